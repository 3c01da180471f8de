"""A model's chat template, run as `transformers` runs it, and kept from doing anything else.

The same environment: sandboxed and immutable, `trim_blocks` and `lstrip_blocks`, loop controls,
`tojson` without HTML escapes, `raise_exception`, `strftime_now`, and `{% generation %}` blocks,
whose place in the text is what a trainer learns (`assistant_only_loss`). No loader, so no file can
be included. A template is a program of strangers: steps and sizes are bounded here, by counting, so
that the same template always ends the same way. Memory and time are bounded by the process that it
runs in (`app.flows.export_rendering`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.ext import Extension, LoopControlExtension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

MOST_STEPS = 50_000
"""Passes through loops and macros of one rendering."""
MOST_CHARACTERS = 20_000_000
"""Of a rendered text, and of any text or list that is made by repetition."""
MOST_SOURCE = 1_000_000
"""Characters of a template; the longest in use have some 20,000."""


class TemplateRefusal(Exception):
    """The template does not render this row; the text says why."""


class TemplateLimit(TemplateRefusal):
    """The template went over a bound."""


class TemplateSource(Struct, frozen=True):
    """A template with all that its model's folder says beside it."""

    text: str
    name: str
    """Where it comes from, for people."""
    special_tokens: dict[str, str] = {}
    """`bos_token`, `eos_token` and so on: variables of the template."""
    control_tokens: tuple[str, ...] = ()
    """Every token that is no text."""
    context: int | None = None
    """Tokens that the model takes."""
    tokenizer: str = ""
    """Path of `tokenizer.json`; "": unknown, so characters are counted."""


class Marked(Struct, frozen=True, gc=False):
    """A rendered text and its generation blocks."""

    text: str
    blocks: tuple[tuple[int, int], ...]
    """Half-open ranges of characters."""


class ChatTemplate:
    """A compiled template."""

    def __init__(self, source: TemplateSource, now: datetime) -> None:
        """`now`: what `strftime_now` says, once for all rows.

        Raises:
            TemplateRefusal: it cannot be compiled.
        """
        if len(source.text) > MOST_SOURCE:
            raise TemplateLimit(f"it has more than {MOST_SOURCE:,} characters")
        self._begin, self._end = (f"\ue000{secrets.token_hex(8)}\ue001" for _ in range(2))
        self._environment = _Bounded(self._begin, self._end)
        self._environment.globals["raise_exception"] = _raise
        self._environment.globals["strftime_now"] = now.strftime
        self._environment.globals.pop("lipsum", None)
        self._special = dict(source.special_tokens)
        try:
            self._template = self._environment.from_string(source.text)
        except (TemplateError, RecursionError, SyntaxError, ValueError) as problem:
            raise TemplateRefusal(f"it is no Jinja template: {problem}") from None
        self.marks_generation = self._environment.marks_generation

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        *,
        prompt: bool = False,
    ) -> Marked:
        """The text of some messages. `prompt`: with the start of the assistant's next message.

        Raises:
            TemplateRefusal: the template refuses them, fails, or goes over a bound.
        """
        self._environment.steps = 0
        try:
            text = self._template.render(
                messages=messages,
                tools=tools or None,
                documents=None,
                add_generation_prompt=prompt,
                **self._special,
            )
        except TemplateRefusal:
            raise
        except MemoryError:
            raise TemplateLimit("it needs too much memory") from None
        except RecursionError:
            raise TemplateLimit("it calls itself without end") from None
        except SecurityError as problem:
            raise TemplateRefusal(f"it does what no template may: {problem}") from None
        except UndefinedError as problem:
            raise TemplateRefusal(f"it reads what is not there: {problem}") from None
        except Exception as problem:  # noqa: BLE001 - a program of strangers may raise anything
            raise TemplateRefusal(f"{type(problem).__name__}: {problem}") from None
        if len(text) > MOST_CHARACTERS:
            raise TemplateLimit(f"its text has more than {MOST_CHARACTERS:,} characters")
        return self._marked(text)

    def _marked(self, text: str) -> Marked:
        if self._begin not in text:
            return Marked(text, ())
        parts: list[str] = []
        blocks: list[tuple[int, int]] = []
        length = 0
        for piece in text.split(self._begin):
            inner, end, after = piece.partition(self._end)
            if end:
                blocks.append((length, length + len(inner)))
            parts += [inner, after]
            length += len(inner) + len(after)
        return Marked("".join(parts), tuple(blocks))


def _raise(message: object = "") -> None:
    raise TemplateRefusal(str(message))


class _Generation(Extension):
    """`{% generation %} … {% endgeneration %}`: the model's own words."""

    tags = {"generation"}  # noqa: RUF012 - declared so by jinja2

    def parse(self, parser: Parser) -> nodes.Node:
        """The body, between two marks that no text holds."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        environment = self.environment
        assert isinstance(environment, _Bounded)
        environment.marks_generation = True
        call = self.call_method("wrapped")
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def wrapped(self, caller: Callable[[], str]) -> str:
        """The rendered body with its marks."""
        environment = self.environment
        assert isinstance(environment, _Bounded)
        return f"{environment.begin}{caller()}{environment.end}"


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, with counted steps and sizes."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, begin: str, end: str) -> None:
        self.begin, self.end = begin, end
        self.marks_generation = False
        self.steps = 0
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, LoopControlExtension]
        )
        self.filters["tojson"] = _to_json

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """The template, in which every pass through a loop and every macro is counted."""
        template = super()._parse(source, name, filename)
        for node in template.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
            # Looked up, not called: a call goes through the sandbox and costs twenty times as much.
            count = nodes.EnvironmentAttribute("counted")
            node.body.insert(0, nodes.ExprStmt(count, lineno=node.lineno))  # type: ignore[attr-defined]
            count.set_environment(self)
        return template

    @property
    def counted(self) -> int:
        """One step more.

        Raises:
            TemplateLimit: it is one too many.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TemplateLimit(f"its loops make more than {MOST_STEPS:,} steps")
        return self.steps

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """What may grow without bound, bounded."""
        if operator == "**":
            raise TemplateLimit("it raises to a power")
        if operator == "%" and isinstance(left, str):
            raise TemplateLimit("it formats text with %, which has no bound")
        if operator == "*":
            for text, times in ((left, right), (right, left)):
                if isinstance(text, str | list | tuple) and isinstance(times, int):
                    if len(text) * times > MOST_CHARACTERS:
                        raise TemplateLimit("it repeats a text too often")
                elif isinstance(text, int) and abs(text) > 1 << 63:
                    raise TemplateLimit("its numbers grow too large")
        return super().call_binop(context, operator, left, right)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    if isinstance(indent, int) and indent > 16:
        raise TemplateLimit("it indents too far")
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )
