"""The bfcl matcher against verdicts on 6,333 real predictions of three models, and against the
benchmark's own `error_type` where a model's score files are there.

Text answers are decoded here as the benchmark decodes them, with Python's parser: `true` is then a
name and not a value, and a stray `<end_of_turn>` spoils the answer. What our own, kinder reading
changes is counted apart.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from curation.bfcl_results import read_bfcl_result
from curation.gold import GoldCall, read_ground_truth
from curation.importing import RecordError
from curation.matching import MATCHERS, Match, Mismatch, match_step
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec

DATA = Path(__file__).parents[5] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]
BFCL = MATCHERS.get("bfcl")
SINGLE_TURN = ("simple_python", "multiple", "parallel", "live_simple", "live_multiple")
INT_IN_FLOATS = {
    ("gemma4-e4b-toolcall", "simple_python_82"),
    ("gemma4-e4b-toolcall", "simple_python_87"),
}
"""Derived verdicts let an int pass inside an array of float; the benchmark does not."""
NOTHING = Message(Role.ASSISTANT, None)


class Case(NamedTuple):
    model: str
    category: str
    question_id: str
    row: dict[str, Any]
    tools: tuple[ToolSpec, ...]
    gold: tuple[GoldCall, ...] | None

    def said(self, prediction: Message) -> Match:
        return match_step(BFCL, NOTHING, prediction, gold=self.gold, tools=self.tools)


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cases(*categories: str) -> Iterator[Case]:
    for category in categories:
        name = f"BFCL_v4_{category}.json"
        tools = {r["id"]: read_tools(r["function"]) for r in rows(DATA / "bfcl_v4" / name)}
        answers = DATA / "bfcl_v4" / "possible_answer" / name
        found = rows(answers) if answers.is_file() else []
        gold = {r["id"]: read_ground_truth(r["ground_truth"]) for r in found}
        for path in sorted((DATA / "bfcl_pred").glob(f"*/result/BFCL_v4_{category}_result.json")):
            for row in rows(path):
                key = row["id"]
                yield Case(path.parts[-3], category, key, row, tools[key], gold.get(key))


def as_the_benchmark_reads(result: Any) -> Message:
    """Calls of a result row by `default_decode_ast_prompting`; text when it cannot be decoded."""
    if not isinstance(result, str):
        found = read_bfcl_result({"id": "x", "result": result}).answer
        assert found is not None
        return found
    text = result.strip("`\n ")
    text = text if text.startswith("[") else f"[{text}"
    text = text if text.endswith("]") else f"{text}]"
    try:
        body = ast.parse(text.strip("[]'"), mode="eval").body
        calls = [body] if isinstance(body, ast.Call) else body.elts  # type: ignore[attr-defined]
        made = [(ast.unparse(c.func), {k.arg: literal(k.value) for k in c.keywords}) for c in calls]
    except (SyntaxError, ValueError, AttributeError):
        return Message(Role.ASSISTANT, result)
    return Message(Role.ASSISTANT, None, tuple(ToolCall(n, json.dumps(a)) for n, a in made))


def literal(node: Any) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [literal(one) for one in node.elts]
        case ast.Dict():
            return {literal(k): literal(v) for k, v in zip(node.keys, node.values, strict=True)}
        case ast.Name():
            return node.id
        case ast.UnaryOp():
            return -literal(node.operand)
        case ast.Call() if node.keywords:
            return {ast.unparse(node.func): {k.arg: literal(k.value) for k in node.keywords}}
        case ast.Call() | ast.Subscript() | ast.BinOp():
            return ast.unparse(node)
        case _:
            raise ValueError(ast.dump(node))


@lru_cache(maxsize=1)
def single_turn() -> tuple[tuple[Case, Match], ...]:
    """Every single-turn answer as the benchmark reads it, with its match; the same for all."""
    return tuple(as_the_benchmark_matches(case) for case in cases(*SINGLE_TURN))


def as_the_benchmark_matches(case: Case) -> tuple[Case, Match]:
    return case, case.said(as_the_benchmark_reads(case.row["result"]))


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_it_agrees_with_every_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = {
        (r["model"], r["category"], r["id"]): r["correct"]
        for r in rows(DATA / "bfcl_pred" / "verdicts.jsonl")
    }
    agreed: Counter[str] = Counter()
    differing: set[tuple[str, str]] = set()
    for case, found in single_turn():
        expected = verdicts.pop((case.model, case.category, case.question_id))
        if found.matched == expected:
            agreed[case.model] += 1
        else:
            differing.add((case.model, case.question_id))
    with capsys.disabled():
        print(f"\nbfcl matcher agrees: {dict(agreed)}; differs: {sorted(differing)}")
    assert not verdicts, "every verdict has its prediction"
    assert differing == INT_IN_FLOATS
    assert agreed == {"airev-agent-0.8b": 2111, "gemma4-e4b-toolcall": 2109, "glyphh-ada-1.1": 2111}


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_it_names_the_errors_as_the_benchmark_does(capsys: pytest.CaptureFixture[str]) -> None:
    scores = DATA / "bfcl_pred" / "glyphh-ada-1.1" / "score"
    published = {
        row["id"]: row["error_type"]
        for category in (*SINGLE_TURN, "irrelevance")
        for row in rows(scores / f"BFCL_v4_{category}_score.json")
        if "id" in row
    }
    ours: dict[str, str] = {}
    n = 0
    irrelevant = map(as_the_benchmark_matches, cases("irrelevance"))
    for case, found in (*single_turn(), *irrelevant):
        if case.model == "glyphh-ada-1.1":
            n += 1
            if not found.matched:
                ours[case.question_id] = found.code
    with capsys.disabled():
        print(f"\nbfcl matcher: {len(ours)} published errors of {n} answers named alike")
    assert ours == published
    assert (n, len(published)) == (2351, 422)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_what_our_reading_of_text_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON's literals and special tokens make answers right that the benchmark cannot read. Three
    answers it reads and we do not: unquoted names, and an argument given twice."""
    forgiven: Counter[str] = Counter()
    refused: list[str] = []
    for case, found in single_turn():
        try:
            ours = read_bfcl_result(case.row, case.tools).answer
        except RecordError:
            continue
        assert ours is not None
        text = str(case.row["result"])
        after = case.said(ours)
        if after.matched and not found.matched:
            token = re.search(r"<[a-z_]+>\s*$", text)
            literal = re.search(r"\b(true|false|null)\b", text)
            forgiven["token" if token else "literal" if literal else text] += 1
        elif found.matched and not after.matched:
            assert after.why is Mismatch.UNREADABLE, text
            refused.append(case.question_id)
    with capsys.disabled():
        print(f"\nread by us, wrong answers become right: {dict(forgiven)}; wrong: {refused}")
    assert forgiven == {"literal": 266, "token": 35}
    assert len(refused) == 3


def test_every_result_file_can_be_read() -> None:
    """Multi-turn files of four models too: turns, steps, and no call lost."""
    counts: Counter[str] = Counter()
    for path in sorted((DATA / "bfcl_pred").glob("*/result/*.json")):
        for row in rows(path):
            try:
                found = read_bfcl_result(row)
            except RecordError:
                counts["failed"] += 1
                continue
            counts["rows"] += 1
            for turn in found.turns:
                for step in turn:
                    counts["steps"] += 1
                    counts["calls"] += len(step.tool_calls)
            if isinstance(row["result"], list) and path.parts[-3] == "deepseek-v3.1":
                inside = [s for turn in row["result"] for s in turn]
                assert sum(len(turn) for turn in found.turns) == len(inside)
    assert counts["failed"] == 4
    assert len({p.parts[-3] for p in (DATA / "bfcl_pred").glob("*/result/*.json")}) == 4
    assert counts["rows"] > 7000


def test_no_matcher_masters_a_wrong_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """On pairs of which one or both are wrong nothing may match: matched steps go to no judge."""
    matched: Counter[tuple[str, str]] = Counter()
    n = 0
    for row in rows(DATA / "jglv_pairs" / "pairs.jsonl"):
        n += 1
        label, prediction = (as_message(row[side]) for side in ("label", "prediction"))
        for matcher in MATCHERS:
            said = match_step(matcher, label, prediction, tools=read_tools(row["tools"]))
            matched[row["verdict"], matcher.name] += said.matched
    with capsys.disabled():
        print(f"\nmatched of 80 pairs a verdict: { ({k: v for k, v in matched.items() if v}) }")
    assert n == 320
    for (verdict, name), count in matched.items():
        assert count == 0 or verdict == "BOTH_CORRECT", (verdict, name, count)


def as_message(answer: Any) -> Message:
    """An answer of `jglv_pairs`: a list of calls, or text."""
    if not isinstance(answer, list):
        return Message(Role.ASSISTANT, str(answer))
    calls = tuple(ToolCall(one["name"], json.dumps(one["arguments"])) for one in answer)
    return Message(Role.ASSISTANT, None, calls)
