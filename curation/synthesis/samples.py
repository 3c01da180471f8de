"""Writes `sample_data/`: `python -m curation.synthesis.samples [FOLDER]`.

The committed folder is what this command writes, so it can be checked and made again. Nothing is
random: every file is a choice from the set with seed 7.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from curation.synthesis.build import make_row
from curation.synthesis.domains.retail import RETAIL
from curation.synthesis.dresses import (
    acebench,
    adk,
    anthropic,
    bfcl,
    chatml,
    dialogues,
    gold_calls,
    labelled,
    one_text,
    openai,
    react,
    sharegpt,
    spans,
    swe,
    tau,
    toolace,
    toolbench,
    tooleval,
    xlam,
)
from curation.synthesis.row import SyntheticRow

SEED = 7
ROWS = 300
_FORMATS_FROM = 10_000
"""Format samples are chosen from here on, so that they are not rows of trajectories.jsonl."""

Rule = Callable[[SyntheticRow], bool]
_encode = msgspec.json.encode


def sample_files() -> dict[str, bytes]:
    """Path below `sample_data/` -> content, of every generated file."""
    rows = [make_row(SEED, i) for i in range(ROWS)]
    files = {
        "trajectories.jsonl": _lines(row.record() for row in rows),
        "truth.jsonl": _lines(row.truth() for row in rows),
    }
    files.update({f"formats/{name}": data for name, data in _formats().items()})
    return files


def _formats() -> dict[str, bytes]:
    errors = _chosen(5, lambda r: bool(r.planted) and _short(r))
    clean = _chosen(5, lambda r: _clean(r) and r.scenario in {"nested", "parallel", "clarify"})
    silent = _chosen(5, lambda r: _clean(r) and _wordless(r) and r.scenario != "recover")
    pairs = _chosen(5, lambda r: _short(r) and openai.dpo(r) is not None)
    mended = _chosen(5, lambda r: any(p.recovered for p in r.planted) and _short(r))
    queries = _chosen(6, _undated)
    simple = _chosen(6, lambda r: _clean(r) and r.scenario in {"single", "parallel"})
    shop = _chosen(4, lambda r: _clean(r) and _shop(r) and len(r.messages) > 6, mixed=False)
    failed = _chosen(2, lambda r: _shop(r) and _conduct(r), mixed=False)
    predicted = _chosen(6, lambda r: bool(r.predictions) and _short(r))
    searched = _chosen(3, lambda r: _clean(r) and toolbench.fits(r), mixed=False)
    mistaken = _chosen(4, lambda r: _short(r) and labelled.fits(r))
    slips = _chosen(4, lambda r: _short(r) and labelled.is_slip(r))
    reacted = _chosen(4, lambda r: _clean(r) and react.fits(r))
    several = _chosen(3, lambda r: react.fits(r) and len(react.accepted(r)) > 1, mixed=False)
    own = _lines(row.record() for row in predicted)
    numbered = list(enumerate(simple))
    return {
        "openai-chat.jsonl": _lines(openai.chat(r) for r in (*clean[:3], *errors)),
        "openai-finetune-sft.jsonl": _lines(openai.sft(r) for r in mended),
        "openai-finetune-dpo.jsonl": _lines(openai.dpo(r) for r in pairs),
        "sharegpt.json": _array(sharegpt.plain(r) for r in silent),
        "hermes-xml.json": _array(sharegpt.hermes(r) for r in clean),
        "toolace.json": _array(toolace.toolace(r) for r in silent),
        "xlam.json": _array(xlam.xlam(r, n) for n, r in enumerate(queries)),
        "bfcl.json": _lines(bfcl.question(r, n) for n, r in numbered),
        "possible_answer/bfcl.json": _lines(bfcl.possible_answer(r, n) for n, r in numbered),
        "tau-bench.json": _array(tau.run(r, n) for n, r in enumerate((*shop, *failed))),
        "tau-tools.json": _array(RETAIL.tools),
        "toolbench.json": _array(
            toolbench.tree(r, gave_up=n == len(searched) - 1) for n, r in enumerate(searched)
        ),
        "toolbench-flat.json": _array(react.flat(r) for r in reacted),
        "toolbench-query.json": _array(tooleval.query(r, n) for n, r in enumerate(queries)),
        "tooleval.json": _encode({str(n): tooleval.answer(r) for n, r in enumerate(searched)}),
        "tau2.json": _encode(tau.tau2((*shop, *failed), RETAIL.tools)),
        "swe-agent.traj": _encode(swe.run(clean[0])),
        "rotbench.json": _array(react.rotbench(r) for r in (*several, *reacted[:1])),
        "acebench.json": _lines(acebench.question(r, n) for n, r in numbered),
        "possible_answer/acebench.json": _lines(
            acebench.possible_answer(r, n) for n, r in numbered
        ),
        "who-and-when.jsonl": _lines(labelled.who_and_when(r) for r in mistaken),
        "agent-error-bench.jsonl": _lines(labelled.agent_error(r) for r in mistaken),
        "critictool.json": _encode({f"q{n}": labelled.critictool(r) for n, r in enumerate(slips)}),
        "otel-genai.jsonl": _lines(spans.otlp(r) for r in clean),
        "openinference.jsonl": _lines(s for r in clean[:4] for s in spans.openinference(r)),
        "datadog-llm.jsonl": _lines(s for r in clean[:4] for s in spans.datadog(r)),
        "google-adk.json": _array(adk.session(r) for r in (*shop, *failed)),
        "anthropic-messages.jsonl": _lines(anthropic.logged(r) for r in (*clean[:2], *errors[:3])),
        "qwen-text.jsonl": _lines(chatml.logged(r) for r in clean),
        **_research(silent, simple, predicted, shop),
        "loopwright.jsonl": own,
        "loopwright.jsonl.gz": gzip.compress(own, mtime=0),
    }


def _research(
    silent: list[SyntheticRow],
    simple: list[SyntheticRow],
    predicted: list[SyntheticRow],
    shop: list[SyntheticRow],
) -> dict[str, bytes]:
    """The layouts of papers' data sets."""
    alone = _chosen(4, lambda r: _clean(r) and _wordless(r) and _one_by_one(r))
    domains = sorted({r.domain for r in simple})
    return {
        "glaive-v2.jsonl": _lines(one_text.glaive(r) for r in alone),
        "looptool.json": _array(one_text.looptool(r) for r in predicted),
        "toolrl.jsonl": _lines(one_text.toolrl(r, n) for n, r in enumerate(silent)),
        "llama-factory-v1.jsonl": _lines(
            [dialogues.llama_factory(r) for r in silent[:3]]
            + [dialogues.preference(r) for r in predicted[:3]]
        ),
        **{
            f"api-bank/dialogue-{n}.jsonl": _lines(dialogues.api_bank(r))
            for n, r in enumerate(shop[:2], start=1)
        },
        "api-bank/apis.json": _array(dialogues.api_bank_schemas(RETAIL.tools)),
        "toolalpaca.json": _array(
            gold_calls.toolalpaca([r for r in simple if r.domain == domain]) for domain in domains
        ),
        "seal-tools.json": _array(gold_calls.seal_tools(r) for r in simple),
        "nestools.jsonl": _lines(gold_calls.nestools(r, n) for n, r in enumerate(simple)),
    }


def _chosen(n: int, rule: Rule, *, mixed: bool = True) -> list[SyntheticRow]:
    """The first `n` rows that obey the rule, of different domains when `mixed`."""
    found: list[SyntheticRow] = []
    domains: dict[str, int] = {}
    for i in range(_FORMATS_FROM, _FORMATS_FROM + 5000):
        row = make_row(SEED, i)
        if rule(row) and (not mixed or domains.get(row.domain, 0) <= len(found) // 4):
            found.append(row)
            domains[row.domain] = domains.get(row.domain, 0) + 1
        if len(found) == n:
            break
    return found


def _short(row: SyntheticRow) -> bool:
    return len(row.messages) <= 14


def _shop(row: SyntheticRow) -> bool:
    """tau-bench has one tool set for all runs of a file."""
    return row.domain == RETAIL.name and row.messages[0]["role"] == "system"


def _clean(row: SyntheticRow) -> bool:
    return not row.planted and _short(row)


def _wordless(row: SyntheticRow) -> bool:
    """No step has both text and a call, which two of the formats cannot express."""
    return all(not m["content"] for m in row.messages if "tool_calls" in m)


def _one_by_one(row: SyntheticRow) -> bool:
    """No step has two calls."""
    return all(len(m.get("tool_calls", ())) < 2 for m in row.messages)


def _undated(row: SyntheticRow) -> bool:
    """A request that needs neither the system text nor today's date."""
    return (
        _clean(row)
        and row.scenario in {"single", "parallel"}
        and row.domain in {"home", "devops", "library", "retail"}
    )


def _conduct(row: SyntheticRow) -> bool:
    """Wrong in conduct only: its calls are still the right ones."""
    kinds = {"no-confirmation", "fabricated-claim", "misread-result"}
    return _short(row) and len(row.planted) == 1 and row.planted[0].kind in kinds


def _lines(values: Iterable[Any]) -> bytes:
    return b"".join(_encode(value) + b"\n" for value in values)


def _array(values: Iterable[Any]) -> bytes:
    return (json.dumps(list(values), ensure_ascii=False, indent=1) + "\n").encode()


def write(folder: Path) -> Iterator[Path]:
    """Write every generated file below `folder`, yielding the paths."""
    for name, data in sample_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        yield path


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("sample_data")
    for written in write(target):
        print(f"{written} {written.stat().st_size:,} bytes")  # noqa: T201
