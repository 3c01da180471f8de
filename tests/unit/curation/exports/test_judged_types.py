"""What the types stepwise and rl make of a curated trajectory."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from msgspec.structs import replace

from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.disclosing import kinds_named
from curation.export_reasons import Dropped, DropReason
from curation.exporting import LAYOUTS, TYPES, AnsweredTry, Curated, Options
from curation.exports.suffix import reach, without_stale
from curation.gold import GoldCall, GoldParameter
from curation.judged_rows import Rewarded, StepTexts, Stepwise
from curation.redacting import further_answers, redacted, values_in
from curation.rl_options import RlOptions
from curation.step_facts import AnswerCount, Better, StepFacts
from curation.trajectory import Message, Role, ToolCall, Trajectory
from curation.tries import try_id
from tests.curated_examples import PING, booking, call, curated, parallel, say, user

GOOD, BAD, UNSURE = StepVerdict.CORRECT, StepVerdict.INCORRECT, StepVerdict.UNSURE
FOUR = call(("book_table", '{"people": 4}'), ids=False)
ASKS = say("For how many?")
BROKEN = call(("book_table", '{"people": "four"}'), ids=False)


def stepwise(value: Curated) -> tuple[list[Stepwise], list[tuple[DropReason, int | None]]]:
    found = list(TYPES.get("stepwise").examples(value, Options()))
    rows = [one for one in found if isinstance(one, Stepwise)]
    return rows, [(one.reason, one.step) for one in found if isinstance(one, Dropped)]


def rl(value: Curated, no_call: float = 0.0) -> tuple[list[Rewarded], list[DropReason]]:
    options = Options(rl=RlOptions(no_call))
    found = list(TYPES.get("rl").examples(value, options))
    rows = [one for one in found if isinstance(one, Rewarded)]
    return rows, [one.reason for one in found if isinstance(one, Dropped)]


def test_every_judged_step_has_its_label_and_begins_with_what_was_answered() -> None:
    (row,), dropped = stepwise(curated(parallel(), verdicts={1: GOOD, 4: BAD, 6: GOOD}))
    messages = parallel().messages
    assert row.prompt == messages[:1] and row.labels == (True, False, True)
    assert row.steps == (messages[1:2], messages[2:5], messages[5:7])
    assert dropped == [] and reach(row) == len(messages)


@pytest.mark.parametrize(
    ("verdicts", "labels", "n_prompt", "dropped"),
    [
        ({1: GOOD, 4: UNSURE, 6: GOOD}, (True,), 1, [(DropReason.STEP_UNSURE, 4)]),
        ({1: GOOD, 4: BAD}, (True, False), 1, [(DropReason.STEPS_NOT_JUDGED, 6)]),
        ({4: BAD, 6: GOOD}, (False, True), 4, []),
        ({1: UNSURE, 6: GOOD}, (True,), 6, []),
        ({1: UNSURE}, None, 0, [(DropReason.STEP_UNSURE, 1)]),
        ({}, None, 0, [(DropReason.STEPS_NOT_JUDGED, None)]),
    ],
)
def test_a_row_is_a_run_of_steps_that_have_a_label(
    verdicts: dict[int, StepVerdict],
    labels: tuple[bool, ...] | None,
    n_prompt: int,
    dropped: list[tuple[DropReason, int | None]],
) -> None:
    rows, lost = stepwise(curated(parallel(), verdicts=verdicts))
    assert lost == dropped
    assert [row.labels for row in rows] == ([labels] if labels else [])
    assert all(len(row.prompt) == n_prompt for row in rows)


def test_a_rejected_trajectory_is_as_good_as_its_step_verdicts() -> None:
    (row,), _ = stepwise(curated(booking(), Outcome.REJECT, verdicts={2: GOOD, 4: BAD}))
    assert row.labels == (True, False)


def test_a_correction_gives_the_old_step_as_incorrect_and_the_new_one_as_correct() -> None:
    before, after = booking("2", "Booked for two."), booking("2", "Booked for 4 o'clock.")
    value = curated(after, original=before, verdicts={2: GOOD})
    (old, new), dropped = stepwise(value)
    assert (old.labels, new.labels, dropped) == ((True, False), (True, True), [])
    assert old.of_original and not new.of_original
    assert (old.steps[-1][-1], new.steps[-1][-1]) == (before.messages[4], after.messages[4])


def test_steps_after_a_corrected_one_are_judged_where_they_were_said_and_are_never_stale() -> None:
    value = curated(booking("3"), original=booking("2"), verdicts={2: GOOD, 4: GOOD})
    found = list(without_stale(TYPES.get("stepwise").examples(value, Options()), value))
    old, new = [one for one in found if isinstance(one, Stepwise)]
    assert (old.labels, new.labels) == ((False, True), (True,))
    assert old.steps[1] == booking("2").messages[3:5]


def test_trl_gets_text_with_everything_in_it_and_one_label_a_step() -> None:
    value = curated(parallel(), verdicts={1: GOOD, 4: BAD, 6: GOOD})
    (example,) = TYPES.get("stepwise").examples(value, Options())
    layout = LAYOUTS.get("trl")
    assert isinstance(example, Stepwise)
    fitted = layout.fit(example, Counter())
    assert isinstance(fitted, StepTexts)
    assert '"name":"area"' in fitted.prompt and fitted.prompt.endswith("</user>\n")
    first, second, third = fitted.completions
    assert first.count("<tool_call>") == 2 and '{"people":"x","w":[3,5.0,null]}' in first
    assert second.startswith('<user>\n<tool_response>\n{"area": 15}\n</tool_response>\n<tool_')
    assert "<think>\nBoth worked.\n</think>\n15, and it answers.\n</assistant>" in second
    assert third.startswith("<user>\nThanks") and third.endswith("Welcome.\n</assistant>")


def test_a_call_that_cannot_be_read_is_a_wrong_step_and_never_a_right_one() -> None:
    broken = Message(Role.ASSISTANT, tool_calls=(ToolCall("ping", '{"a": ', "c"),))
    value = curated(Trajectory((user("Ping."), broken), (PING,)), Outcome.REJECT, verdicts={1: BAD})
    (example,), _ = stepwise(value)
    layout = LAYOUTS.get("trl")
    line = layout.encode(layout.fit(example, Counter()))
    layout.contract(line)
    assert '{"a":' in json.loads(line)["completions"][0]
    with pytest.raises(Exception, match="unparsable"):
        layout.fit(replace(example, labels=(True,)), Counter())


def test_each_accepted_step_with_a_call_is_a_row() -> None:
    (row,), dropped = rl(curated(parallel()))
    assert row.prompt == parallel().messages[:1] and row.step == 1
    assert json.loads(row.ground_truth) == [
        {"name": "area", "arguments": {"people": "x", "w": [3, 5.0, None]}},
        {"name": "ping", "arguments": {}},
    ]
    assert (row.uid, row.split, row.alternatives, row.accepted) == (
        parallel().uid, "train", (), "",
    )  # fmt: skip
    assert dropped == [DropReason.NO_CALL] * 2


def test_steps_without_a_call_are_kept_by_the_share_that_is_asked_for() -> None:
    rows, dropped = rl(curated(parallel()), no_call=1.0)
    assert [(row.step, row.ground_truth, row.reply) for row in rows[1:]] == [
        (4, "[]", "15, and it answers."), (6, "[]", "Welcome."),
    ]  # fmt: skip
    assert dropped == []
    kept = [
        len(rl(curated(Trajectory((user(f"{i}?"), say("!")))), no_call=0.5)[0]) for i in range(100)
    ]
    assert 30 < sum(kept) < 70


def test_only_accepted_labels_earn_a_reward() -> None:
    assert rl(curated(booking(), Outcome.REJECT)) == ([], [DropReason.REJECTED])
    assert rl(curated(booking(), verdicts={2: BAD}))[1][0] is DropReason.STEP_INCORRECT
    assert rl(curated(booking(), verdicts={2: UNSURE}))[1][0] is DropReason.STEP_UNSURE
    broken = Trajectory((user("?"), call(("ping", '{"a'))), (PING,))
    assert rl(curated(broken)) == ([], [DropReason.UNPARSABLE_ARGUMENTS])
    untagged = Trajectory((user("?"), say('<tool_call>{"name": "ping"')), (PING,))
    assert rl(curated(untagged), 1.0) == ([], [DropReason.UNPARSABLE_ARGUMENTS])


def with_tries(value: Curated, *messages: Message) -> Curated:
    ruled = tuple(RuledTry(2, try_id(m), TryRuling.ALTERNATIVE) for m in messages)
    said = Annotation(outcome=Outcome.ACCEPT, tries=ruled)
    return replace(
        value,
        annotation=said,
        tries=tuple(AnsweredTry(2, try_id(m), m, ("qwen",)) for m in messages),
    )


def test_alternatives_are_a_list_of_whole_answers() -> None:
    again = call(("book_table", '{"time": "16:00", "people": 2}'), text="Sure.", ids=False)
    value = with_tries(curated(booking()), FOUR, again, BROKEN, ASKS)
    (row,), dropped = rl(value)
    assert [json.loads(one) for one in row.alternatives] == [
        [{"name": "book_table", "arguments": {"people": 4}}]
    ]
    # One in words would let any words earn the reward; one that breaks the schema, a wrong call.
    assert dropped == [DropReason.BROKEN_ALTERNATIVE, DropReason.NO_CALL, DropReason.NO_CALL]
    rows, _ = rl(value, no_call=1.0)
    assert "[]" in rows[0].alternatives


def facts(value: Curated, **known: object) -> Curated:
    return replace(value, facts=StepFacts(**known))  # type: ignore[arg-type]


def test_a_step_that_was_ruled_wrong_is_replaced_by_the_answer_that_was_ruled_right() -> None:
    better = (Better(2, FOUR, "qwen"),)
    (row,), _ = rl(facts(curated(booking(), verdicts={2: BAD}), better=better))
    assert json.loads(row.ground_truth)[0]["arguments"] == {"people": 4}
    # Somebody holds the step right: then it stays, and the other is no alternative either.
    (row,), _ = rl(facts(curated(booking(), verdicts={2: GOOD}), better=better))
    assert json.loads(row.ground_truth)[0]["arguments"]["people"] == 2 and not row.alternatives
    # Corrected in another way, both are right.
    value = curated(booking("3"), original=booking("2"))
    (row,), _ = rl(facts(value, better=better))
    assert json.loads(row.ground_truth)[0]["arguments"]["people"] == 3
    assert json.loads(row.alternatives[0])[0]["arguments"] == {"people": 4}


def test_gold_and_difficulty_hold_of_the_step_they_were_known_of() -> None:
    gold = (GoldCall("ping", (GoldParameter("n", (1, ""), True),)),)
    one_step = Trajectory((user("Ping"), call(("ping", '{"n": 1}'))), (PING,))
    known = {"gold": gold, "answers": {1: AnswerCount(8, 3, 1.25)}}
    (row,), _ = rl(facts(curated(one_step), **known))
    assert json.loads(row.accepted) == [
        {"name": "ping", "accepted": {"n": [1, ""]}, "optional": ["n"]}
    ]
    assert (row.pass_rate, row.perplexity) == (0.375, 1.25)
    other = replace(one_step, messages=(user("Ping"), call(("ping", '{"n": 2}'))))
    (row,), _ = rl(facts(curated(other, original=one_step), **known))
    assert (row.accepted, row.pass_rate) == ("", None)


def test_verl_has_tools_calls_and_results_in_the_text_of_its_prompt() -> None:
    asked = (*booking().messages[:4], call(("book_table", '{"people": 9}')))
    rows, _ = rl(curated(Trajectory(asked, booking().tools)))
    notes = Counter()  # type: ignore[var-annotated]
    fitted = LAYOUTS.get("verl").fit(rows[-1], notes)
    assert isinstance(fitted, Rewarded)
    assert [m.role.value for m in fitted.prompt] == ["system", "user", "assistant", "user"]
    system, _, called, answered = (m.text for m in fitted.prompt)
    assert system.startswith("You book tables.\n\n# Tools") and '"name":"book_table"' in system
    assert called.startswith('<tool_call>\n{"name": "book_table", "arguments": {"people": 2')
    assert answered == '<tool_response>\n{"ok": true}\n</tool_response>'


def test_an_answer_that_breaks_its_schema_is_never_preferred_or_rewarded() -> None:
    value = facts(curated(booking(), verdicts={2: BAD}), better=(Better(2, BROKEN, "qwen"),))
    for kind in ("dpo", "kto", "rl"):
        found = list(TYPES.get(kind).examples(value, Options()))
        reasons = [one.reason for one in found if isinstance(one, Dropped)]
        assert DropReason.BROKEN_ALTERNATIVE in reasons, kind
        assert not any(getattr(one, "label", None) for one in found), kind


def test_what_the_gold_of_a_source_accepts_is_never_rejected() -> None:
    one_step = Trajectory((user("Ping"), call(("ping", '{"n": 1}'))), (PING,))
    two, three = (call(("ping", f'{{"n": {n}}}'), ids=False) for n in (2, 3))
    ruled = tuple(RuledTry(1, try_id(m), TryRuling.REJECTED) for m in (two, three))
    value = replace(
        curated(one_step),
        annotation=Annotation(outcome=Outcome.ACCEPT, tries=ruled),
        tries=tuple(AnsweredTry(1, try_id(m), m, ("qwen",)) for m in (two, three)),
    )
    gold = (GoldCall("ping", (GoldParameter("n", (1, 2)),)),)
    for kind, without, with_gold in (("dpo", 2, 1), ("kto", 3, 2)):
        known = (value, facts(value, gold=gold))
        told = [list(TYPES.get(kind).examples(one, Options())) for one in known]
        rows = [[r for r in some if not isinstance(r, Dropped)] for some in told]
        assert [len(some) for some in rows] == [without, with_gold], kind
        dropped = [r.reason for r in told[1] if isinstance(r, Dropped)]
        assert dropped == [DropReason.REJECTED_IS_ACCEPTED]


def test_gold_leaves_redacted_like_all_else() -> None:
    value = Trajectory((user("Mail"), call(("ping", '{"to": "a"}'))), (PING,))
    mail = "k.lindqvist@northwind-shipping.se"
    gold = (GoldCall("ping", (GoldParameter("to", ("a", [{"cc": [mail]}])),)),)
    held = facts(curated(value), gold=gold)
    done = redacted(held, values_in(further_answers(held), (), kinds_named(("email",))))
    assert done is not None
    (row,), _ = rl(done)
    assert mail not in row.accepted and "cc" in row.accepted
