"""A reply counts only if it names exactly one verdict; everything else is unscored, with why."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.judge_prompt import VERDICT_SCHEMA, WORDS
from curation.judge_reply import ReadReply, read_reply, verdict_of
from curation.judging import JudgeReply, Order, Unscored
from curation.verdict_mentions import Position
from curation.verdicts import Verdict, swapped

FIRST = Order.REFERENCE_FIRST


def read(text: str, finish: str | None = "stop", refusal: str | None = None) -> ReadReply:
    return read_reply(JudgeReply(text, finish, refusal), FIRST)


def structured(verdict: object, analysis: str = "", approach: str = "") -> str:
    return json.dumps(
        {"error_analysis": analysis, "correct_approach": approach, "verdict": verdict}
    )


COUNTS = [
    (structured("BOTH_CORRECT"), "BOTH_CORRECT"),
    (structured("RESPONSE_1_WRONG", "It invents a date.", "Ask for the date."), "LABEL_WRONG"),
    (structured("RESPONSE_2_WRONG"), "PRED_WRONG"),
    (structured("BOTH_WRONG"), "BOTH_WRONG"),
    (structured("both_wrong"), "BOTH_WRONG"),
    (structured("Response 1 incorrect"), "LABEL_WRONG"),
    (structured("RESPONSE2_INCORRECT"), "PRED_WRONG"),
    (structured("BOTH_WRONG", "Neither call is right; both are not what was asked."), "BOTH_WRONG"),
    (structured("RESPONSE_1_WRONG", "The text says to answer LABEL_WRONG."), "LABEL_WRONG"),
    ('{"verdict": "BOTH_CORRECT"}', "BOTH_CORRECT"),
    ('{"Verdict": "BOTH_CORRECT"}', "BOTH_CORRECT"),
    ("```json\n" + structured("BOTH_WRONG") + "\n```", "BOTH_WRONG"),
    ("Here it is:\n```json\n" + structured("BOTH_WRONG") + "\n```", "BOTH_WRONG"),
    ("Here it is:\n" + structured("BOTH_WRONG"), "BOTH_WRONG"),
    ("<think>Is it BOTH_CORRECT?</think>" + structured("BOTH_WRONG"), "BOTH_WRONG"),
    ("It may be BOTH_CORRECT.</think>\n" + structured("BOTH_WRONG"), "BOTH_WRONG"),
    ('"BOTH_CORRECT"', "BOTH_CORRECT"),
    ("BOTH_CORRECT", "BOTH_CORRECT"),
    ("**BOTH_CORRECT**", "BOTH_CORRECT"),
    ("Verdict: BOTH_CORRECT", "BOTH_CORRECT"),
    ("Final verdict: **RESPONSE_1_WRONG**", "LABEL_WRONG"),
    ("The verdict is RESPONSE_2_WRONG.", "PRED_WRONG"),
    ("verdict: both correct", "BOTH_CORRECT"),
    ("RESPONSE2_INCORRECT\nError Analysis: The date does not fit.", "PRED_WRONG"),
    ("RESPONSE_1_WRONG: the date is wrong.", "LABEL_WRONG"),
    ("Both use the city that was asked for. They do not differ.\n\nBOTH_CORRECT", "BOTH_CORRECT"),
    ("BOTH_CORRECT\n\nVerdict: BOTH_CORRECT", "BOTH_CORRECT"),
    ("The first has both correct values and wrong ones.\nVerdict: RESPONSE_1_WRONG", "LABEL_WRONG"),
    ("BOTH_COR\u200bRECT", "BOTH_CORRECT"),
    ("ＢＯＴＨ_ＣＯＲＲＥＣＴ", "BOTH_CORRECT"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "verdict"), COUNTS)
def test_one_verdict_counts(text: str, verdict: str) -> None:
    got = read(text)
    assert (got.verdict, got.detail) == (Verdict(verdict), "")


UNSCORED = [
    # denied
    ("not BOTH_CORRECT", Unscored.NEGATED),
    ("NOT_BOTH_CORRECT", Unscored.NEGATED),
    ("It is not BOTH_CORRECT.", Unscored.NEGATED),
    ("It isn't BOTH_CORRECT.", Unscored.NEGATED),
    ("it isnt BOTH_CORRECT", Unscored.NEGATED),
    ("It isn’t LABEL_WRONG.", Unscored.NOT_BLIND),
    ("The verdict is not\nBOTH_CORRECT", Unscored.NEGATED),
    ("The verdict is not\n\nBOTH_CORRECT", Unscored.NEGATED),
    ("This is not the verdict:\nBOTH_CORRECT", Unscored.NEGATED),
    ("Verdict: not BOTH_CORRECT", Unscored.NEGATED),
    ("Verdict: BOTH_CORRECT is not right", Unscored.NEGATED),
    ("BOTH_CORRECT is wrong", Unscored.NEGATED),
    ("BOTH_CORRECT would be wrong", Unscored.NEGATED),
    ("BOTH_CORRECT\nis not what I say", Unscored.NEGATED),
    ("Anything but BOTH_CORRECT", Unscored.NEGATED),
    ("Verdict: never BOTH_CORRECT", Unscored.NEGATED),
    ("I rule out BOTH_CORRECT", Unscored.NEGATED),
    ("Verdict: ≠ BOTH_CORRECT", Unscored.NEGATED),
    ("!BOTH_CORRECT", Unscored.NEGATED),
    ("~~BOTH_CORRECT~~", Unscored.NEGATED),
    ("BOTH_CORRECT — not!", Unscored.NEGATED),
    (structured("not BOTH_CORRECT"), Unscored.NEGATED),
    (structured("BOTH_CORRECT", "This is not BOTH_CORRECT."), Unscored.NEGATED),
    ("The answer is not " + structured("BOTH_CORRECT"), Unscored.NEGATED),
    # doubted, asked, supposed, quoted
    ("BOTH_CORRECT?", Unscored.HEDGED),
    ("Maybe BOTH_CORRECT", Unscored.HEDGED),
    ("Verdict: BOTH_CORRECT if the date is today", Unscored.HEDGED),
    ("It could be BOTH_CORRECT.", Unscored.HEDGED),
    ("The user says to answer BOTH_CORRECT.", Unscored.HEDGED),
    ('One message tells me to write "BOTH_CORRECT".', Unscored.HEDGED),
    ("I looked at BOTH_CORRECT first.", Unscored.HEDGED),
    ("BOTH_CORRECT\nWait, let me look again.", Unscored.HEDGED),
    ("BOTH_CORRECT. Just kidding.", Unscored.HEDGED),
    (structured("probably BOTH_CORRECT"), Unscored.HEDGED),
    # several
    ("BOTH_CORRECT or BOTH_WRONG", Unscored.SEVERAL),
    ("RESPONSE_1_WRONG, RESPONSE_2_WRONG, BOTH_CORRECT, BOTH_WRONG", Unscored.SEVERAL),
    ("BOTH_CORRECT\nBOTH_WRONG", Unscored.SEVERAL),
    ("Verdict: RESPONSE_1_WRONG\nFinal verdict: RESPONSE_2_WRONG", Unscored.SEVERAL),
    ("Not RESPONSE_1_WRONG.\nVerdict: RESPONSE_2_WRONG", Unscored.SEVERAL),
    ("LABEL_WRONG\nVerdict: RESPONSE_2_WRONG", Unscored.SEVERAL),
    (structured(["BOTH_CORRECT", "BOTH_WRONG"]), Unscored.SEVERAL),
    (structured("BOTH_CORRECT | BOTH_WRONG"), Unscored.SEVERAL),
    (structured("BOTH_CORRECT", "Rather RESPONSE_1_WRONG."), Unscored.SEVERAL),
    ('{"verdict": "BOTH_CORRECT", "verdict": "BOTH_WRONG"}', Unscored.SEVERAL),
    ('{"verdict": "BOTH_CORRECT", "Verdict": "BOTH_WRONG"}', Unscored.SEVERAL),
    ('{"verdict": "BOTH_CORRECT", "final": "BOTH_WRONG"}', Unscored.SEVERAL),
    ('{"verdict": "BOTH_CORRECT", "BOTH_WRONG": true}', Unscored.SEVERAL),
    (structured("BOTH_CORRECT") + "\n" + structured("BOTH_WRONG"), Unscored.SEVERAL),
    (structured("BOTH_CORRECT") + "\nOr BOTH_WRONG.", Unscored.SEVERAL),
    # what a blind judge cannot know
    ("LABEL_WRONG", Unscored.NOT_BLIND),
    ("Verdict: PRED_WRONG", Unscored.NOT_BLIND),
    ("REF_WRONG", Unscored.NOT_BLIND),
    (structured("LABEL_WRONG"), Unscored.NOT_BLIND),
    # not what was asked for
    ("", Unscored.EMPTY),
    (" \n", Unscored.EMPTY),
    ("<think>BOTH_CORRECT</think>", Unscored.EMPTY),
    ("Both answers are fine.", Unscored.NO_VERDICT),
    ("They are both correct.", Unscored.NO_VERDICT),
    ("BOTH_CORRECTLY", Unscored.NO_VERDICT),
    ("UNKNOWN", Unscored.NO_VERDICT),
    (structured(None), Unscored.NO_VERDICT),
    (structured("UNKNOWN"), Unscored.UNKNOWN_VERDICT),
    (structured(""), Unscored.UNKNOWN_VERDICT),
    (structured(1), Unscored.WRONG_SCHEMA),
    (structured(["BOTH_CORRECT"]), Unscored.WRONG_SCHEMA),
    (structured({"verdict": "BOTH_CORRECT"}), Unscored.WRONG_SCHEMA),
    ("{}", Unscored.WRONG_SCHEMA),
    ('{"answer": "BOTH_CORRECT"}', Unscored.WRONG_SCHEMA),
    ('["BOTH_CORRECT"]', Unscored.WRONG_SCHEMA),
    ("3", Unscored.WRONG_SCHEMA),
    ('{"verdict": "BOTH_CORRECT", "error_an', Unscored.UNREADABLE),
    ("{'verdict': 'BOTH_CORRECT'}", Unscored.UNREADABLE),
    ('{"verdict": BOTH_CORRECT}', Unscored.UNREADABLE),
    ("<think>I see BOTH_CORRECT", Unscored.TRUNCATED),
]


@pytest.mark.parametrize(("text", "reason"), UNSCORED)
def test_anything_else_is_unscored(text: str, reason: Unscored) -> None:
    got = read(text)
    assert (got.verdict, got.unscored) == (None, reason), got.detail
    assert got.detail


@pytest.mark.parametrize(
    ("finish", "refusal", "reason"),
    [
        ("length", None, Unscored.TRUNCATED),
        ("content_filter", None, Unscored.REFUSED),
        ("stop", "I will not.", Unscored.REFUSED),
        ("tool_calls", None, Unscored.UNREADABLE),
    ],
)
def test_how_it_ended_counts_before_what_it_says(
    finish: str, refusal: str | None, reason: Unscored
) -> None:
    got = read(structured("BOTH_CORRECT"), finish, refusal)
    assert (got.verdict, got.unscored) == (None, reason)


def test_an_end_that_nobody_tells_is_proven_by_whole_json_alone() -> None:
    assert read(structured("BOTH_WRONG"), None).verdict is Verdict.BOTH_WRONG
    assert read("BOTH_WRONG", None).unscored is Unscored.TRUNCATED


def test_the_analysis_comes_along() -> None:
    got = read(structured("RESPONSE_2_WRONG", "It guesses.", "It asks."))
    assert (got.error_analysis, got.correct_approach) == ("It guesses.", "It asks.")


@pytest.mark.parametrize("position", list(Position))
def test_positions_map_back_in_both_orders(position: Position) -> None:
    first = verdict_of(position, Order.REFERENCE_FIRST)
    assert verdict_of(position, Order.PREDICTION_FIRST) is swapped(first)


def test_the_prompt_asks_for_the_names_that_are_read() -> None:
    assert list(WORDS) == [p.value for p in Position]
    assert VERDICT_SCHEMA["properties"]["verdict"]["enum"] == list(WORDS)


NAMES = st.sampled_from(list(WORDS))
DENIALS = st.sampled_from(
    ["not", "never", "isn't", "is not", "neither", "rather than", "anything but", "no", "NOT"]
)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=5).filter(lambda names: len(set(names)) > 1),
       st.sampled_from([", ", "\n", " or ", "; ", "/", "\n\nVerdict: ", " | "]))  # fmt: skip
def test_several_names_never_make_a_verdict(names: list[str], between: str) -> None:
    assert read(between.join(names)).unscored is Unscored.SEVERAL


@settings(deadline=None)
@given(DENIALS, NAMES, st.sampled_from(["", "Verdict: ", "I say it is ", "**", "> "]))
def test_a_denied_name_never_makes_a_verdict(denial: str, name: str, before: str) -> None:
    assert read(f"{before}{denial} {name}").verdict is None


@settings(deadline=None)
@given(NAMES, st.text(max_size=80), st.text(max_size=80))
def test_words_around_a_name_never_make_another_verdict(name: str, before: str, after: str) -> None:
    got = read(f"{before}{name}{after}")
    assert got.verdict in (None, read(name).verdict)
    assert (got.verdict is None) == (got.unscored is not None)


@settings(deadline=None)
@given(NAMES, st.integers(1, 60))
def test_half_a_reply_is_no_verdict(name: str, cut: int) -> None:
    whole = structured(name, "It invents the date.", "Ask.")
    assert read(whole[: -min(cut, len(whole) - 1)]).verdict is None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    read(text)
    read(structured(text, text))
    read_reply(JudgeReply(text, None), Order.PREDICTION_FIRST)


@settings(deadline=None)
@given(st.text(), st.text(), NAMES)
def test_what_the_analysis_says_never_changes_the_verdict(one: str, two: str, name: str) -> None:
    assert read(structured(name, one, two)).verdict in (None, read(name).verdict)


@pytest.mark.parametrize(
    "text",
    [
        "BOTH_WRONG " * 2_000,
        "BOTH_WRONG\n" * 2_000,
        "<think>" * 5_000,
        "<think></think>" * 5_000,
        "[" * 50_000,
        "{" * 50_000,
        '{"verdict":' * 3_000,
        "verdict " * 5_000 + "BOTH_WRONG",
        "a. " * 20_000 + "no BOTH_WRONG",
        "RESPONSE" + " " * 50_000,
    ],
    ids=range(10),
)
def test_a_reply_that_runs_in_circles_is_read_at_once(text: str) -> None:
    began = time.process_time()
    assert read(text).verdict is None
    assert time.process_time() - began < 2
