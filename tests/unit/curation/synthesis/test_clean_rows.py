"""Rows without planted errors are clean: schemas, pairing, and every rule check agree."""

from __future__ import annotations

import re
from collections import defaultdict

import msgspec
from jsonschema import Draft202012Validator

from curation.checking import Severity, run_checks
from curation.importing import ImportContext
from curation.openai_messages import read_record
from curation.synthesis import SyntheticRow
from curation.synthesis.domains import DOMAINS
from curation.synthesis.domains.airline import AIRLINE
from curation.trajectory import Trajectory

VALIDATORS = {
    (domain.name, name): Draft202012Validator(schema)
    for domain in DOMAINS
    for name, schema in domain.schemas.items()
}


def read(row: SyntheticRow) -> Trajectory:
    record = msgspec.to_builtins({"messages": row.messages, "tools": row.tools})
    return read_record(record, ImportContext(), frozenset()).trajectory


def test_calls_of_clean_rows_fit_their_schemas(rows: list[SyntheticRow]) -> None:
    for row in rows:
        if row.planted:
            continue
        offered = {t["function"]["name"] for t in row.tools}
        for message in row.messages:
            for call in message.get("tool_calls", ()):
                name = call["function"]["name"]
                arguments = msgspec.json.decode(call["function"]["arguments"])
                assert name in offered
                validator = VALIDATORS[row.domain, name]
                problems = [e.message for e in validator.iter_errors(arguments)]
                assert not problems, (row.id, name, problems)
                assert set(arguments) <= set(validator.schema["properties"]), row.id


def test_clean_rows_pair_every_call_with_one_result_and_end_in_words(
    rows: list[SyntheticRow],
) -> None:
    for row in rows:
        if row.planted:
            continue
        made = [c["id"] for m in row.messages for c in m.get("tool_calls", ())]
        answered = [m["tool_call_id"] for m in row.messages if m["role"] == "tool"]
        assert made == answered, row.id
        assert len(set(made)) == len(made), row.id
        assert row.messages[-1]["role"] == "assistant"
        assert row.messages[-1]["content"]


def test_no_check_calls_a_clean_row_wrong(rows: list[SyntheticRow]) -> None:
    complaints = [
        (row.id, finding.check, finding.message)
        for row in rows[:600]
        if not row.planted
        for finding in run_checks(read(row))
        if finding.severity is Severity.ERROR
    ]
    assert not complaints


def test_identifiers_in_calls_of_clean_rows_come_from_somewhere(rows: list[SyntheticRow]) -> None:
    """Every value with a pattern was said or found before, airport codes aside."""
    for row in rows:
        if row.planted or row.domain == AIRLINE.name:
            continue
        before = ""
        for message in row.messages:
            for call in message.get("tool_calls", ()):
                arguments = msgspec.json.decode(call["function"]["arguments"])
                schema = VALIDATORS[row.domain, call["function"]["name"]].schema["properties"]
                for key, value in arguments.items():
                    if "pattern" in schema[key] and ":" not in value:
                        assert value in before, (row.id, key, value)
            before += f"\n{message['content']}"


def test_texts_are_finished_sentences(rows: list[SyntheticRow]) -> None:
    for row in rows:
        for message in row.messages:
            if message["role"] in {"user", "assistant"} and message["content"]:
                text = message["content"]
                assert not re.search(
                    r"\{[a-z_]+\}|\bNone\b|  |\.\.|\bon (tomorrow|today)\b", text
                ), text
                assert not re.search(r"\ba (interview|onboarding|[aeiou]\w+ doctor)\b", text), text


VISIBLE = {
    "unknown-tool": "calls/unknown-tool",
    "missing-required": "calls/missing-required",
    "unknown-key": "calls/undeclared-argument",
    "wrong-type": "calls/wrong-type",
    "bad-enum": "calls/not-in-enum",
    "empty-value": "calls/empty-value",
    "unparsable": "calls/unparsable",
    "repeated-call": "calls/repeated-call",
    "missing-result": "results/missing-result",
    "stray-result": "results/orphan-result",
    "tool-failure": "results/error-result",
}
"""Planted kinds that need no understanding -> the check that must see them."""


def test_checks_find_every_planted_error_that_rules_can_see(rows: list[SyntheticRow]) -> None:
    planted: dict[str, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        kinds = [p for p in row.planted if p.kind in VISIBLE]
        if not kinds:
            continue
        findings = run_checks(read(row))
        for error in kinds:
            planted[error.kind] += 1
            found[error.kind] += any(
                f.check == VISIBLE[error.kind]
                and f.anchor.message_index == error.message_index
                and f.anchor.call_index in {error.call_index, None}
                for f in findings
            )
    assert set(planted) == set(VISIBLE)
    assert found == planted
