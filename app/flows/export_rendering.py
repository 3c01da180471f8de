"""Rows under the target model's chat template, before they are written.

A template is a program of strangers, so it runs in a process of its own with little memory, a clock
per row, and no file or network that the sandbox would let it reach. What it refuses is left out
with a reason; what it renders badly is told per row and in the manifest.
"""

from __future__ import annotations

import hashlib
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.flows.export_making import Loss, Made, RowText
from app.flows.side_by_side import Apart
from curation.errors import ExportError
from curation.export_manifest import RenderingEntry
from curation.export_reasons import Dropped, DropReason, Unfit
from curation.exporting import LAYOUTS, Example
from curation.rendering.findings import RenderFinding
from curation.rendering.rows import RenderedRow, rendered_row
from curation.rendering.template import (
    ChatTemplate,
    TemplateLimit,
    TemplateRefusal,
    TemplateSource,
)

MEMORY = 1 << 30
"""Bytes that the process of a template may take, beyond what it starts with."""
SECONDS_A_ROW = 2.0
_SECONDS_TO_START = 20.0
_ROWS_AT_A_TIME = 50


class Rendering(Struct, frozen=True):
    """Rows to be rendered."""

    source: TemplateSource
    layout: str
    lines: list[bytes]
    now: datetime
    with_texts: bool = False


class Rendered(Struct, frozen=True):
    """What became of one row."""

    text: RowText | None
    dropped: Dropped | None = None
    row: RenderedRow | None = None
    """The text itself, where it is wanted."""


class Rendition(Struct, frozen=True):
    """What became of some rows."""

    rows: list[Rendered]
    counts_tokens: bool
    marks_generation: bool


def render_rows(work: Rendering) -> Rendition:
    """Render some rows; runs in the process of the template.

    Raises:
        TemplateRefusal: the template cannot be compiled.
    """
    _limit_memory()
    template = _compiled(work.source, work.now)
    counter = _counter(work.source.tokenizer)
    rows = []
    for line in work.lines:
        example = LAYOUTS.get(work.layout).decode(line)
        rows.append(_rendered(template, example, work, counter))
    return Rendition(rows, counter is not None, template.marks_generation)


def _rendered(template: ChatTemplate, example: Example, work: Rendering, counter: Any) -> Rendered:
    source = work.source
    step = getattr(example, "step", None)
    try:
        with _clock():
            row = rendered_row(template, example, source.control_tokens)
    except Unfit as problem:
        return Rendered(None, Dropped(problem.reason, problem.detail, step))
    except MemoryError:
        return Rendered(None, Dropped(DropReason.TEMPLATE_LIMIT, "it needs too much memory", step))
    longest = max(row.texts, key=lambda text: len(text.text))
    characters = len(longest.text)
    learnt = sum([end - start for start, end in longest.learnt])
    findings = list(row.findings)
    tokens = learnt_tokens = None
    if counter is not None:
        offsets = counter.encode(longest.text, add_special_tokens=False).offsets
        tokens = len(offsets)
        learnt_tokens = sum(
            [any(s <= a < e for s, e in longest.learnt) for a, b in offsets if b > a]
        )
        if source.context is not None and tokens > source.context:
            detail = f"{tokens:,} tokens of {source.context:,}"
            return Rendered(None, Dropped(DropReason.TOO_LONG, detail, step))
    elif source.context is not None and characters > source.context:
        findings.append(RenderFinding.MAYBE_TOO_LONG)
    text = RowText(characters, learnt, tokens, learnt_tokens, tuple(findings))
    return Rendered(text, None, row if work.with_texts else None)


@lru_cache(maxsize=1)
def _limit_memory() -> None:
    """Bound what this process may take."""
    if sys.platform == "win32":
        return
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _taken() + MEMORY
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _taken() -> int:
    """Bytes of address space in use."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * 4096
    except OSError:
        return 2 << 30


_last: list[tuple[TemplateSource, ChatTemplate]] = []


def _compiled(source: TemplateSource, now: datetime) -> ChatTemplate:
    if not _last or _last[0][0] != source:
        _last[:] = [(source, ChatTemplate(source, now))]
    return _last[0][1]


@lru_cache(maxsize=1)
def _counter(path: str) -> Any:
    """The model's tokenizer; None where the file or the package is missing."""
    if not path:
        return None
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return None
    try:
        return Tokenizer.from_file(path)
    except Exception as problem:  # noqa: BLE001 - the package raises nothing more special
        raise TemplateRefusal(f"the tokenizer cannot be read: {problem}") from None


@contextmanager
def _clock() -> Iterator[None]:
    """Ends what takes longer than a row may."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise TemplateLimit(f"it took longer than {SECONDS_A_ROW:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_A_ROW)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def ask(process: Apart, work: Rendering) -> Rendition:
    """Render in another process.

    Raises:
        ExportError: the template cannot be used at all.
    """
    seconds = _SECONDS_TO_START + SECONDS_A_ROW * len(work.lines)
    try:
        return process.ask(render_rows, work, seconds)
    except (TimeoutError, RuntimeError) as problem:
        said = str(problem).strip().splitlines()
        raise ExportError(
            f"The chat template cannot be used: {said[-1] if said else 'it broke off'}.",
            where=work.source.name,
            hint="Look at the template; nothing was published.",
        ) from None


class TemplateLook:
    """Renders the rows of an export, and sums up what was found."""

    def __init__(self, source: TemplateSource, layout: str, process: Apart) -> None:
        self._source = source
        self._layout = layout
        self._process = process
        self._now = datetime.now(UTC)
        self._counts_tokens = False
        self._marks = False
        self._findings: Counter[RenderFinding] = Counter()
        self._sums: Counter[str] = Counter()
        self._longest = 0

    def look(self, made: Made) -> Made:
        """The rows that render, and everything that is left out."""
        rows, losses = [], [*made.losses]
        for start in range(0, len(made.rows), _ROWS_AT_A_TIME):
            part = made.rows[start : start + _ROWS_AT_A_TIME]
            lines = [row.encoded for row in part]
            done = ask(self._process, Rendering(self._source, self._layout, lines, self._now))
            self._counts_tokens, self._marks = done.counts_tokens, done.marks_generation
            for row, rendered in zip(part, done.rows, strict=True):
                if rendered.text is None:
                    assert rendered.dropped is not None
                    dropped = replace(rendered.dropped, step=row.step)
                    losses.append(Loss(row.source, dropped, row.augmentation))
                else:
                    rows.append(replace(row, text=rendered.text))
                    self._count(rendered.text)
        return replace(made, rows=rows, losses=losses)

    def _count(self, text: RowText) -> None:
        self._sums["rows"] += 1
        length, learnt = text.characters, text.learnt_characters
        if text.tokens is not None and text.learnt_tokens is not None:
            length, learnt = text.tokens, text.learnt_tokens
        self._sums["length"] += length
        self._sums["learnt"] += learnt
        self._longest = max(self._longest, length)
        self._findings.update(text.findings)

    def entry(self) -> RenderingEntry:
        """What the manifest says of it."""
        return RenderingEntry(
            template=self._source.name,
            sha256=hashlib.sha256(self._source.text.encode()).hexdigest(),
            learnt_by="generation blocks" if self._marks else "what each step adds",
            unit="tokens" if self._counts_tokens else "characters",
            context=self._source.context,
            rows=self._sums["rows"],
            length=self._sums["length"],
            learnt=self._sums["learnt"],
            longest=self._longest,
            findings=dict(sorted(self._findings.items())),
        )
