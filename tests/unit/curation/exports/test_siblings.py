"""Pairs from rejected tries (TP-LLaMA): the step, else a sound alternative, against each."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, AnsweredTry, Curated, Options, Pair
from curation.exports.suffix import without_stale
from curation.marks import Mark
from curation.trajectory import Anchor, Message, Trajectory
from curation.tries import try_id
from tests.curated_examples import BOOK, booking, call, curated, result, say, system, user

STEP = 2
FOUR = call(("book_table", '{"people": 4}'), ids=False)
ASKS = say("For how many?")
BROKEN = call(("book_table", '{"people": "four"}'), ids=False)


def with_tries(
    value: Curated,
    *ruled: tuple[Message, str],
    at: int = STEP,
    verdict: StepVerdict | None = None,
    marks: tuple[Mark, ...] = (),
) -> Curated:
    rulings = tuple(RuledTry(at, try_id(m), TryRuling(ruling)) for m, ruling in ruled)
    said = Annotation(
        outcome=value.outcome,
        step_verdicts={} if verdict is None else {at: verdict},
        marks=marks,
        tries=rulings,
    )
    tries = tuple(AnsweredTry(at, try_id(m), m, ("qwen",)) for m, _ in ruled)
    return replace(value, annotation=said, tries=tries)


def dpo(value: Curated) -> tuple[list[Pair], list[DropReason]]:
    found = list(TYPES.get("dpo").examples(value, Options()))
    return (
        [one for one in found if isinstance(one, Pair)],
        [one.reason for one in found if isinstance(one, Dropped)],
    )


def test_every_rejected_try_is_the_other_side_of_the_step() -> None:
    value = with_tries(
        curated(booking()), (FOUR, "rejected"), (BROKEN, "rejected"), (ASKS, "alternative")
    )
    pairs, dropped = dpo(value)
    messages = booking().messages
    assert dropped == []
    assert all(p.prompt == messages[:STEP] and p.chosen == messages[STEP] for p in pairs)
    assert sorted(p.rejected.tool_calls[0].raw_arguments for p in pairs) == [
        BROKEN.tool_calls[0].raw_arguments,
        FOUR.tool_calls[0].raw_arguments,
    ]
    assert all(p.step == STEP and p.tools for p in pairs)


def test_a_try_that_nobody_rejected_is_in_no_pair() -> None:
    assert dpo(with_tries(curated(booking()), (FOUR, "alternative"))) == (
        [],
        [DropReason.NOT_CORRECTED],
    )


@pytest.mark.parametrize("doubt", ["verdict", "mark"])
def test_where_the_step_is_no_target_a_sound_alternative_stands_in(doubt: str) -> None:
    def doubted(*ruled: tuple[Message, str]) -> Curated:
        span = Mark("m", "asktoact", "error_segment", Anchor(message_index=STEP), train=False)
        if doubt == "mark":
            return with_tries(curated(booking()), *ruled, marks=(span,))
        return with_tries(curated(booking()), *ruled, verdict=StepVerdict.INCORRECT)

    pairs, dropped = dpo(
        doubted((FOUR, "rejected"), (ASKS, "alternative"), (BROKEN, "alternative"))
    )
    assert [(p.chosen, p.rejected) for p in pairs] == [(ASKS, FOUR)]
    assert dropped == []
    assert dpo(doubted((FOUR, "rejected"))) == ([], [DropReason.STEP_INCORRECT])
    assert dpo(doubted((FOUR, "rejected"), (BROKEN, "alternative"))) == (
        [],
        [DropReason.BROKEN_ALTERNATIVE],
    )


def test_an_unsure_step_is_preferred_to_nothing() -> None:
    value = with_tries(curated(booking()), (FOUR, "rejected"), verdict=StepVerdict.UNSURE)
    assert dpo(value) == ([], [DropReason.STEP_UNSURE])


def test_a_rejected_trajectory_gives_no_pair() -> None:
    value = with_tries(curated(booking(), Outcome.REJECT), (FOUR, "rejected"))
    assert dpo(value) == ([], [DropReason.REJECTED])


def test_a_try_with_the_same_calls_teaches_nothing() -> None:
    same = call(("book_table", '{"time":"16:00","people":2}'), text="Sure.", ids=False)
    assert dpo(with_tries(curated(booking()), (same, "rejected"))) == ([], [DropReason.SAME_CALLS])


def test_a_promoted_step_is_chosen_against_the_old_one_and_against_the_rejected() -> None:
    value = curated(booking("3"), original=booking("2"))
    pairs, dropped = dpo(with_tries(value, (FOUR, "rejected")))
    assert dropped == []
    assert [p.chosen for p in pairs] == [booking("3").messages[STEP]] * 2
    assert [p.rejected for p in pairs] == [booking("2").messages[STEP], FOUR]


def test_a_try_after_a_corrected_message_answered_another_prompt() -> None:
    value = with_tries(curated(booking("3"), original=booking("2")), (ASKS, "rejected"), at=4)
    pairs, dropped = dpo(value)
    assert len(pairs) == 1
    assert dropped == [DropReason.TRY_OF_OTHER_PROMPT]


def test_a_correction_further_on_does_not_touch_the_pair_and_nothing_stale_is_in_it() -> None:
    value = with_tries(curated(booking(answer="Done."), original=booking()), (FOUR, "rejected"))
    found = list(without_stale(TYPES.get("dpo").examples(value, Options()), value))
    pairs = [one for one in found if isinstance(one, Pair)]
    assert [p.step for p in pairs] == [4, STEP]
    assert pairs[1].chosen == booking().messages[STEP]


def test_a_step_that_was_cut_off_is_in_no_pair() -> None:
    whole = Trajectory(
        (
            system(),
            user("Hi"),
            call(("book_table", '{"people": 2}')),
            result("ok", "c0b"),
            say("Done."),
        ),
        (BOOK,),
    )
    cut = Trajectory(whole.messages[:2], whole.tools)
    pairs, dropped = dpo(with_tries(curated(cut, original=whole), (FOUR, "rejected")))
    assert pairs == []
    assert DropReason.CUT_NOT_ASSISTANT in dropped


def test_the_label_table_names_every_ruled_try_with_its_answer() -> None:
    value = with_tries(curated(booking()), (FOUR, "rejected"), (ASKS, "alternative"))
    assert value.annotation is not None
    value = replace(value, said=(replace(value.said[0], annotation=value.annotation),))
    rows = [
        row
        for row in TYPES.get("labels").examples(value, Options())
        if getattr(row, "kind", "") == "try"
    ]
    assert {(row.value, row.message_index, row.models) for row in rows} == {  # type: ignore[union-attr]
        ("rejected", STEP, "qwen"),
        ("alternative", STEP, "qwen"),
    }
    assert any('"For how many?"' in row.answer for row in rows)  # type: ignore[union-attr]
