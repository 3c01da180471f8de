"""Planted errors: their places exist, point at what they say, and belong to known classes."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec
import pytest

from curation.synthesis import Planted, Source, SyntheticRow
from curation.synthesis.domains import DOMAINS
from curation.taxonomy import Applies, builtin_taxonomies

CANONICAL = {c.name: c for c in builtin_taxonomies()[0].categories}
BY_NAME = {d.name: d for d in DOMAINS}
PLANTABLE = {
    "TOOL_HALLUCINATED", "TOOL_WRONG", "PARAM_MISSING", "PARAM_UNKNOWN_KEY", "PARAM_TYPE",
    "PARAM_VALUE", "PARAM_UNGROUNDED", "PARAM_EMPTY", "PARAM_REDUNDANT", "CALL_REPEATED",
    "FORMAT_UNPARSABLE", "CALL_MISSING", "CALL_ABSENT", "CALL_NOT_NEEDED", "RESULT_MISREAD",
    "RESULT_IGNORED", "RESULT_FABRICATED", "RECOVERY_FAILURE", "CLARIFY_MISSING", "POLICY_OR_SPEC",
    "CONTEXT_LOSS", "TERMINATION", "ENVIRONMENT", "USER_INSTRUCTION", "LABEL_DEFECT",
}  # fmt: skip


def planted(rows: list[SyntheticRow], *kinds: str) -> list[tuple[SyntheticRow, Planted]]:
    found = [(r, p) for r in rows for p in r.planted if not kinds or p.kind in kinds]
    assert found, kinds
    return found


def call_at(row: SyntheticRow, error: Planted) -> dict[str, Any]:
    assert error.message_index is not None
    assert error.call_index is not None
    function = row.messages[error.message_index]["tool_calls"][error.call_index]["function"]
    return dict(function)


def value_at(row: SyntheticRow, error: Planted) -> Any:
    assert error.pointer is not None
    value = msgspec.json.decode(call_at(row, error)["arguments"])
    for key in error.pointer.split("/")[1:]:
        value = value[key]
    return value


def test_every_class_that_can_be_planted_is_planted(rows: list[SyntheticRow]) -> None:
    assert {p.category for _, p in planted(rows)} == PLANTABLE


def test_all_four_sources_occur(rows: list[SyntheticRow]) -> None:
    assert {p.source for _, p in planted(rows)} == set(Source)


def test_anchors_exist_and_suit_their_class(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows):
        assert error.message_index is not None
        message = row.messages[error.message_index]
        applies = CANONICAL[error.category].applies
        if applies is Applies.CALL:
            assert error.call_index is not None, error
        if applies is Applies.STEP:
            assert message["role"] == "assistant", error
        if applies is Applies.USER:
            assert message["role"] == "user", error
        if error.call_index is not None:
            assert error.call_index < len(message["tool_calls"]), error


def test_pointers_lead_to_a_value(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows):
        if error.pointer and error.kind != "unparsable":
            value_at(row, error)


def test_no_place_carries_two_errors_of_one_kind(rows: list[SyntheticRow]) -> None:
    for row in rows:
        places = Counter((p.kind, p.message_index, p.call_index) for p in row.planted)
        assert all(n == 1 for n in places.values()), row.id


def test_an_unknown_tool_is_really_not_offered(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "unknown-tool"):
        offered = {t["function"]["name"] for t in row.tools}
        assert call_at(row, error)["name"] not in offered


def test_a_wrong_tool_is_offered_and_takes_the_arguments(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "wrong-tool"):
        call = call_at(row, error)
        offered = {t["function"]["name"]: t["function"]["parameters"] for t in row.tools}
        assert set(msgspec.json.decode(call["arguments"])) <= set(
            offered[call["name"]]["properties"]
        )


def test_an_unparsable_call_does_not_parse(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "unparsable"):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(call_at(row, error)["arguments"])


def test_an_undeclared_argument_is_undeclared_and_an_unasked_one_is_declared(
    rows: list[SyntheticRow],
) -> None:
    for row, error in planted(rows, "unknown-key", "unasked-argument"):
        schema = BY_NAME[row.domain].schemas[call_at(row, error)["name"]]
        assert error.pointer is not None
        key = error.pointer[1:]
        assert (key in schema["properties"]) == (error.kind == "unasked-argument")
        assert key not in schema["required"]


def test_an_invented_identifier_appears_nowhere_before(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "ungrounded-id"):
        value = value_at(row, error)
        before = msgspec.json.encode(row.messages[: error.message_index]).decode()
        assert value not in before


def test_a_guessed_value_appears_nowhere_in_the_users_words_before(
    rows: list[SyntheticRow],
) -> None:
    for row, error in planted(rows, "guessed-instead-of-asking"):
        value = value_at(row, error)
        spoken = " ".join(
            m["content"] for m in row.messages[: error.message_index] if m["role"] == "user"
        )
        if isinstance(value, str) and any(c.isdigit() for c in value) and len(value) > 3:
            assert value not in spoken


def test_a_lost_result_is_lost_and_a_stray_one_answers_nothing(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "missing-result", "stray-result"):
        assert error.message_index is not None
        message = row.messages[error.message_index]
        calls = {c["id"] for m in row.messages for c in m.get("tool_calls", ())}
        answers = {m["tool_call_id"] for m in row.messages if m["role"] == "tool"}
        if error.kind == "missing-result":
            assert error.call_index is not None
            assert message["tool_calls"][error.call_index]["id"] not in answers
        else:
            assert message["tool_call_id"] not in calls


def test_a_repeated_call_repeats_the_one_before(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "repeated-call"):
        assert error.message_index is not None
        earlier = [
            c["function"]
            for m in row.messages[: error.message_index]
            for c in m.get("tool_calls", ())
        ]
        assert call_at(row, error) in earlier


def test_a_fabricated_claim_stands_in_the_answer(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "fabricated-claim"):
        assert error.message_index is not None
        claim = re.search("“(.*)”", error.note)
        assert claim is not None
        assert claim[1] in row.messages[error.message_index]["content"]


def test_a_misread_figure_is_in_the_answer_and_the_right_one_in_the_result(
    rows: list[SyntheticRow],
) -> None:
    for row, error in planted(rows, "misread-result"):
        assert error.message_index is not None
        figures = re.fullmatch(r"The result says (\S+), the answer says (\S+)\.", error.note)
        assert figures is not None
        assert figures[1] != figures[2]
        assert figures[2] in row.messages[error.message_index]["content"]
        results = [m["content"] for m in row.messages[: error.message_index] if m["role"] == "tool"]
        assert any(figures[1] in text for text in results)


def test_a_missing_confirmation_leaves_no_yes_before_the_call(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "no-confirmation"):
        assert error.message_index is not None
        assert row.messages[error.message_index - 1]["role"] in {"tool", "user"}
        assert row.messages[0]["role"] == "system"


def test_a_recovered_error_is_followed_by_a_complaint_and_a_right_call(
    rows: list[SyntheticRow],
) -> None:
    recovered = [(r, p) for r, p in planted(rows) if p.recovered]
    assert len(recovered) > 20
    for row, error in recovered:
        assert error.message_index is not None
        answer, again = row.messages[error.message_index + 1 : error.message_index + 3]
        assert answer["role"] == "tool"
        assert "error" in answer["content"]
        assert again["tool_calls"]
        assert again["tool_calls"][0]["function"] != call_at(row, error)


def test_an_unhandled_failure_answers_without_mentioning_it(rows: list[SyntheticRow]) -> None:
    for row, error in planted(rows, "unhandled-failure"):
        assert error.message_index is not None
        assert '"error"' in row.messages[error.message_index - 1]["content"]
        answer = row.messages[error.message_index]["content"]
        assert not re.search("sorry|failed|try again|time.?out", answer, re.IGNORECASE)
