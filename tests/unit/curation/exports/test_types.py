"""What each export type makes of a curated trajectory."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from curation.annotation import Annotation, Outcome, StepVerdict
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Completion, Conversation, Curated, Judged, Options, Pair
from curation.marks import Mark
from curation.trajectory import Anchor, Message, Role, TextField, ToolCall, Trajectory
from tests.curated_examples import booking, call, curated, marked, parallel, result, say, user


def examples(type_name: str, value: Curated, per_step: bool = False) -> list[object]:
    return list(TYPES.get(type_name).examples(value, Options(per_step=per_step)))


def reasons(found: list[object]) -> list[DropReason]:
    return [one.reason for one in found if isinstance(one, Dropped)]


def test_sft_gives_the_whole_trajectory_once() -> None:
    (one,) = examples("sft", curated(booking()))
    assert isinstance(one, Conversation)
    assert one.messages == booking().messages and one.masked == ()


def test_sft_per_step_gives_one_example_per_assistant_turn() -> None:
    found = examples("sft", curated(parallel()), per_step=True)
    assert [one.step for one in found if isinstance(one, Completion)] == [1, 4, 6]
    for one in found:
        assert isinstance(one, Completion)
        assert one.prompt + one.completion == parallel().messages[: one.step + 1]


def test_a_step_judged_incorrect_carries_no_loss_and_is_no_target() -> None:
    value = curated(parallel(), verdicts={4: StepVerdict.INCORRECT, 6: StepVerdict.CORRECT})
    (whole,) = examples("sft", value)
    assert isinstance(whole, Conversation) and whole.masked == (4,)
    steps = examples("sft", value, per_step=True)
    assert [one.step for one in steps if isinstance(one, Completion)] == [1, 6]
    assert reasons(steps) == [DropReason.STEP_INCORRECT]
    later = steps[-1]
    assert isinstance(later, Completion) and later.prompt[4] == parallel().messages[4]


def unlearning(value: Curated, *anchors: Anchor) -> Curated:
    """Accepted, with marks "do not learn" at these anchors and one to learn from."""
    marks = [
        Mark(f"m{i}", "asktoact", "error_segment", anchor, train=False)
        for i, anchor in enumerate(anchors)
    ]
    marks.append(Mark("other", "canonical", "OTHER", Anchor(message_index=6)))
    return replace(value, annotation=Annotation(outcome=Outcome.ACCEPT, marks=tuple(marks)))


def masks_of(value: Curated) -> tuple[tuple[int, ...], list[tuple[int, int, int]]]:
    (whole,) = examples("sft", value)
    assert isinstance(whole, Conversation)
    return whole.masked, [(s.message_index, s.start, s.end) for s in whole.spans]


def test_words_that_are_not_to_be_learnt_carry_no_loss_and_the_rest_of_the_step_does() -> None:
    value = unlearning(
        curated(parallel()),
        Anchor(message_index=4, span=(9, 12)),
        Anchor(message_index=4, span=(0, 2)),
        Anchor(message_index=4, span=(1, 4)),
        Anchor(message_index=5, span=(0, 2)),  # what a user says is never learnt
    )
    assert masks_of(value) == ((), [(4, 0, 4), (4, 9, 12)])
    (first, second, third) = examples("sft", value, per_step=True)
    assert isinstance(second, Completion) and [s.start for s in second.spans] == [0, 9]
    assert isinstance(first, Completion) and isinstance(third, Completion)
    assert first.spans == third.spans == ()
    messages = parallel().messages
    repaired = Trajectory((*messages[:4], say("15."), *messages[5:]), parallel().tools)
    corrected = curated(repaired, original=parallel())
    assert masks_of(unlearning(corrected, Anchor(message_index=4, span=(0, 2)))) == ((), [])


@pytest.mark.parametrize(
    ("anchor", "step"),
    [
        (Anchor(message_index=4), 4),
        (Anchor(message_index=4, span=(0, 4), field=TextField.REASONING), 4),
        (Anchor(message_index=4, span=(0, 900)), 4),
        (Anchor(message_index=1, call_index=0, pointer="/people"), 1),
        (Anchor(message_index=1, span=(0, 4)), 1),
    ],
)
def test_a_place_that_no_trainer_masks_by_itself_takes_its_step_out_of_the_loss(
    anchor: Anchor, step: int
) -> None:
    assert masks_of(unlearning(curated(parallel()), anchor)) == ((step,), [])


@pytest.mark.parametrize("key", ["weight", "loss_weight"])
def test_a_weight_of_zero_in_the_source_is_respected(key: str) -> None:
    messages = (
        user("q"),
        Message(Role.ASSISTANT, "5", extra={key: 0.0}),
        user("sure?"),
        say("4"),
    )
    (one,) = examples("sft", curated(Trajectory(messages)))
    assert isinstance(one, Conversation) and one.masked == (1,)


def test_a_verdict_on_a_step_that_was_corrected_no_longer_holds() -> None:
    value = curated(
        booking("2"),
        original=booking('"two"'),
        verdicts={2: StepVerdict.INCORRECT, 4: StepVerdict.INCORRECT},
    )
    (whole,) = examples("sft", value)
    assert isinstance(whole, Conversation) and whole.masked == (4,)


def test_nothing_is_learnt_from_rejected_or_fully_wrong_trajectories() -> None:
    assert reasons(examples("sft", curated(booking(), Outcome.REJECT))) == [DropReason.REJECTED]
    wrong = curated(booking(), verdicts={2: StepVerdict.INCORRECT, 4: StepVerdict.INCORRECT})
    assert reasons(examples("sft", wrong)) == [DropReason.NO_TARGET]
    assert reasons(examples("sft", curated(Trajectory((user("?"),))))) == [DropReason.NO_TARGET]


def test_dpo_cuts_both_sides_at_the_first_difference() -> None:
    (pair,) = examples("dpo", curated(booking("2"), original=booking('"two"')))
    assert isinstance(pair, Pair)
    assert pair.prompt == booking().messages[:2]
    assert (pair.chosen, pair.rejected) == (booking("2").messages[2], booking('"two"').messages[2])


def test_dpo_needs_a_correction_that_says_something_else() -> None:
    assert reasons(examples("dpo", curated(booking()))) == [DropReason.NOT_CORRECTED]
    spelled = Trajectory(
        (*booking().messages[:2], call(("book_table", '{"time":"16:00","people":2}')),
         *booking().messages[3:]),
        booking().tools,
    )  # fmt: skip
    assert reasons(examples("dpo", curated(spelled, original=booking()))) == [DropReason.SAME_CALLS]


def test_dpo_refuses_pairs_that_make_the_same_calls() -> None:
    one, two = ("ping", "{}"), ("area", '{"w": 1}')
    before = Trajectory((user("?"), call(one, two, ids=False)), parallel().tools)
    after = Trajectory((user("?"), call(two, one, ids=False)), parallel().tools)
    assert reasons(examples("dpo", curated(after, original=before))) == [DropReason.SAME_CALLS]


def test_dpo_refuses_a_difference_that_is_not_the_assistants() -> None:
    messages = booking().messages
    after = Trajectory(
        (*messages[:3], result('{"ok": false}', "c0b"), messages[4]), booking().tools
    )
    (dropped,) = examples("dpo", curated(after, original=booking()))
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.CUT_NOT_ASSISTANT and "tool" in dropped.detail
    shorter = Trajectory(messages[:4], booking().tools)
    assert reasons(examples("dpo", curated(shorter, original=booking()))) == [
        DropReason.CUT_NOT_ASSISTANT
    ]


def test_dpo_refuses_two_tool_sets() -> None:
    other = Trajectory(booking("3").messages, parallel().tools)
    assert reasons(examples("dpo", curated(other, original=booking()))) == [DropReason.TOOLS_DIFFER]


def test_kto_labels_whole_trajectories_by_their_outcome() -> None:
    for outcome, label in ((Outcome.ACCEPT, True), (Outcome.REJECT, False)):
        (one,) = examples("kto", curated(booking(), outcome))
        assert isinstance(one, Judged) and one.label is label
        assert one.prompt + one.completion == booking().messages and one.step == 2


def test_kto_wants_a_correction_that_replaced_no_step() -> None:
    before = booking()
    asked = Trajectory((before.messages[0], user("For two."), *before.messages[2:]), before.tools)
    (one,) = examples("kto", curated(asked, original=before))
    assert isinstance(one, Judged) and one.label
    assert one.prompt + one.completion == asked.messages
    per_step = examples("kto", curated(asked, original=before), per_step=True)
    assert [step.label for step in per_step if isinstance(step, Judged)] == [True, True]


def test_kto_never_wants_what_is_not_to_be_learnt() -> None:
    span = Anchor(message_index=4, span=(0, 2))
    marked = Annotation(
        outcome=Outcome.ACCEPT,
        marks=(Mark("m1", "asktoact", "error_segment", span, train=False),),
    )
    value = replace(curated(parallel()), annotation=marked)
    assert reasons(examples("kto", value)) == [DropReason.NOT_TO_LEARN]
    found = examples("kto", value, per_step=True)
    assert [r.step for r in found if isinstance(r, Dropped)] == [4]
    assert all(r.label for r in found if isinstance(r, Judged)) and len(found) > 1
    unwanted = replace(value, outcome=Outcome.REJECT)
    (one,) = examples("kto", unwanted)
    assert isinstance(one, Judged) and not one.label


def test_kto_judges_nothing_that_comes_after_the_last_step() -> None:
    thanked = Trajectory((*booking().messages, user("Thanks, bye.")), booking().tools)
    (one,) = examples("kto", curated(thanked))
    assert isinstance(one, Judged) and one.completion == booking().messages[2:]


def test_kto_labels_judged_steps_one_by_one() -> None:
    verdicts = {1: StepVerdict.CORRECT, 4: StepVerdict.INCORRECT, 6: StepVerdict.UNSURE}
    found = examples("kto", curated(parallel(), Outcome.REJECT, verdicts=verdicts))
    judged = [
        (one.step, one.label, len(one.completion)) for one in found if isinstance(one, Judged)
    ]
    assert judged == [(1, True, 1), (4, False, 1)]
    assert reasons(found) == [DropReason.STEP_UNSURE]


def test_kto_does_not_guess_which_step_was_wrong() -> None:
    rejected = curated(booking(), Outcome.REJECT)
    assert reasons(examples("kto", rejected, per_step=True)) == [DropReason.NO_STEP_VERDICTS]
    accepted = examples("kto", curated(booking()), per_step=True)
    assert [one.label for one in accepted if isinstance(one, Judged)] == [True, True]
    assert reasons(examples("kto", curated(booking(), None))) == [DropReason.UNDECIDED]


def test_kto_wants_the_correction_and_not_what_it_replaced() -> None:
    found = examples("kto", curated(booking("2"), original=booking('"two"')))
    sides = [(one.label, one.completion[0].tool_calls[0].raw_arguments) for one in found]  # type: ignore[attr-defined]
    assert sides == [
        (True, '{"people": 2, "time": "16:00"}'),
        (False, '{"people": "two", "time": "16:00"}'),
    ]


def test_labels_are_one_row_per_statement_with_its_address() -> None:
    rows = examples("labels", marked())
    assert [row.kind for row in rows] == [  # type: ignore[attr-defined]
        "outcome", "verdict", "verdict", "recovery", "recovery", "mark", "mark", "mark", "mark",
        "note", "decision",
    ]  # fmt: skip
    assert [(row.message_index, row.value) for row in rows[3:5]] == [  # type: ignore[attr-defined]
        (4, "reflected"), (4, "corrected"),
    ]  # fmt: skip
    mark = rows[5]
    assert (mark.message_index, mark.call_index, mark.pointer) == (2, 0, "/people")  # type: ignore[attr-defined]
    assert (mark.severity, mark.root_cause, mark.annotator) == ("critical", True, "+Ana")  # type: ignore[attr-defined]
    span = rows[8]
    assert (span.span_start, span.span_end, span.span_field, span.quote) == (
        0,
        4,
        "content",
        "Book",
    )  # type: ignore[attr-defined]
    assert (span.train, span.caused_by, mark.train) == (False, mark.mark_id, True)  # type: ignore[attr-defined]
    assert span.expected_clarification == "-1 or 2?"  # type: ignore[attr-defined]
    assert {row.decision for row in rows} == {"reject"}  # type: ignore[attr-defined]


def test_labels_of_a_trajectory_of_which_nothing_was_said_are_counted_as_missing() -> None:
    silent = replace(curated(booking()), said=(), decision=None)
    assert reasons(examples("labels", silent)) == [DropReason.NOTHING_SAID]


def test_a_call_that_does_not_parse_still_makes_a_pair() -> None:
    broken = Trajectory(
        (*booking().messages[:2],
         Message(Role.ASSISTANT, tool_calls=(ToolCall("book_table", '{"people": 2', "c0b"),)),
         *booking().messages[3:]),
        booking().tools,
    )  # fmt: skip
    (pair,) = examples("dpo", curated(booking(), original=broken))
    assert isinstance(pair, Pair) and pair.rejected.tool_calls[0].raw_arguments == '{"people": 2'
