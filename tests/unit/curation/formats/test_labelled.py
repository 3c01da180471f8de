"""Formats whose rows carry labels, several right answers, or many trajectories in one object."""

from __future__ import annotations

from typing import Any

import pytest

from curation.annotation import Annotation, Outcome, StepVerdict, TryRuling
from curation.formats.agent_error_bench import FAILURES, category_of
from curation.formats.critictool import ERRORS
from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.taxonomy import builtin_taxonomies
from curation.trajectory import Role
from curation.tries import try_id

from .samples import SAMPLES


def pivot(
    name: str, record: dict[str, Any], context: ImportContext | None = None
) -> tuple[list[Imported], list[str]]:
    """What came of a record, and the words of the problems of its parts."""
    context = context or ImportContext()
    found = pivot_record(FORMATS.get(name), Record("f.json:3", 3, record), context)
    return found, [problem.message for problem in context.take_problems()]


def sample(name: str, **keys: Any) -> dict[str, Any]:
    return {**SAMPLES[name].records[0], **keys}


def said(item: Imported) -> Annotation:
    (one,) = item.annotations
    return one.annotation


# --- Who&When ----------------------------------------------------------------------------------


def test_a_mistake_is_a_rejection_with_its_step() -> None:
    (item,), problems = pivot("who-and-when", sample("who-and-when", question_ID="q7"))
    assert item.annotations[0].annotator == "Who&When"
    assert said(item) == Annotation(
        Outcome.REJECT, step_verdicts={1: StepVerdict.INCORRECT}, note="It adds."
    )
    assert (item.source_id, item.group, problems) == ("q7", "who-and-when:q7", [])
    # What names the mistake is not among the facts that screens show.
    assert item.source["truth"]["mistake_agent"] == "Planner"
    assert "mistake_agent" not in item.source


@pytest.mark.parametrize(
    ("step", "agent", "says"),
    [
        ("2", "Planner", "step 2 is by Checker"),
        ("9", "Planner", "no step '9' in a history of 3"),
        ("last", "Planner", "no step 'last'"),
        ("1", "Computer_terminal", "step 1 is not an agent's"),
    ],
)
def test_a_label_that_does_not_fit_is_kept_as_a_note_and_told(
    step: str, agent: str, says: str
) -> None:
    record = sample("who-and-when", mistake_step=step, mistake_agent=agent)
    (item,), (problem,) = pivot("who-and-when", record)
    assert says in problem
    assert said(item).step_verdicts == {}
    assert said(item).outcome is Outcome.REJECT
    assert "It adds." in said(item).note


def test_a_history_that_begins_with_the_person_is_not_asked_twice() -> None:
    history = [
        {"role": "human", "content": "How big?"},
        {"role": "Orchestrator (thought)", "content": "I add."},
    ]
    record = sample("who-and-when", history=history, mistake_agent="Orchestrator", mistake_step="1")
    (item,), problems = pivot("who-and-when", record)
    assert [(m.role.value, m.name) for m in item.trajectory.messages] == [
        ("user", None),
        ("assistant", "Orchestrator (thought)"),
    ]
    assert said(item).step_verdicts == {1: StepVerdict.INCORRECT}
    assert problems == []


# --- AgentErrorBench ---------------------------------------------------------------------------


def test_failures_are_marks_and_the_critical_one_is_the_root_cause() -> None:
    (item,), problems = pivot("agent-error-bench", sample("agent-error-bench"))
    annotation = said(item)
    (mark,) = annotation.marks
    assert (mark.taxonomy, mark.category, mark.anchor.message_index) == (
        "agenterror", "parameter_error", 1,
    )  # fmt: skip
    assert (mark.root_cause, mark.note) == (True, "Swapped.")
    assert annotation.step_verdicts == {1: StepVerdict.INCORRECT}
    assert annotation.note == "step 1, planning: daydreaming. ?"  # a type the taxonomy lacks
    assert (annotation.outcome, problems) == (Outcome.REJECT, [])


def test_every_failure_type_is_a_category_of_the_taxonomy() -> None:
    known = {c.name for t in builtin_taxonomies() if t.name == "agenterror" for c in t.categories}
    assert {category_of(m, kind) for m, kinds in FAILURES.items() for kind in kinds} == known
    assert category_of("planning", "hallucination") is None


def test_the_run_is_found_beside_its_labels_and_missed_by_name() -> None:
    record = sample("agent-error-bench", trajectory_id="small_3")
    run = {"metadata": {"seed": 1}, "messages": record.pop("messages")}
    beside = {"trajectories/small_3.json": [run]}
    (item,), _ = pivot("agent-error-bench", record, ImportContext(companions=beside.get))
    assert (item.source_id, item.source["metadata"]) == ("small_3", {"seed": 1})
    with pytest.raises(RecordError, match="'small_3' that these labels"):
        pivot("agent-error-bench", record)
    asked: list[str] = []
    context = ImportContext(companions=asked.append)  # type: ignore[arg-type]
    with pytest.raises(RecordError):
        pivot("agent-error-bench", {**record, "trajectory_id": "../../secret"}, context)
    assert asked == []


def test_a_label_for_a_step_that_is_not_there_is_a_note() -> None:
    step = {"step": 5, "action": {"failure_type": "parameter_error", "reasoning": "Late."}}
    record = sample("agent-error-bench", critical_failure_step=5, step_annotations=[step])
    (item,), problems = pivot("agent-error-bench", record)
    assert len(problems) == 2
    assert "step 5" in problems[0]
    assert said(item).marks == ()
    assert "Late." in said(item).note


# --- several right answers ---------------------------------------------------------------------


def test_rotbench_accepts_the_other_answers_as_well() -> None:
    (item,), _ = pivot("rotbench", sample("rotbench"))
    (other,) = item.predictions
    assert other.message.tool_calls[0].name == "paint.order"
    (ruled,) = said(item).tries
    assert (ruled.message_index, ruled.try_id) == (2, try_id(other.message))
    assert ruled.ruling is TryRuling.ALTERNATIVE
    assert said(item).outcome is Outcome.ACCEPT


def test_one_answer_or_the_same_twice_needs_no_ruling() -> None:
    (first, *_), _ = pivot("rotbench", sample("rotbench"))
    conversation = sample("rotbench")["conversations"]
    answers = conversation[-1]["value"][:1] * 2
    record = sample(
        "rotbench", conversations=[*conversation[:-1], {"from": "assistant", "value": answers}]
    )
    (item,), _ = pivot("rotbench", record)
    assert item.trajectory.messages == first.trajectory.messages
    assert (item.predictions, item.annotations) == ((), ())


_TWICE = ["room_area", "room_area"]


@pytest.mark.parametrize(
    ("row_id", "answer", "steps"),
    [
        ("normal_atom_bool_1", {"room_area_1": {"width": 1}, "room_area_2": {}}, [_TWICE]),
        ("normal_atom_bool_1", [{"room_area": {"width": 1}}, {"room_area": {}}], [["room_area"]]),
        ("special_irrelevant_1", "I cannot.", [[]]),
        ("special_incomplete_1", {"room_area": ["width"]}, []),
        ("special_error_param_1", {"width": ["three"]}, []),
        ("agent_multi_turn_1", [{"Shop": {"open": True}}], []),
        ("normal_atom_bool_1", None, []),
    ],
)  # fmt: skip
def test_acebench_answers_become_the_step_where_they_are_written_out(
    row_id: str, answer: Any, steps: list[list[str]]
) -> None:
    record = sample("acebench", id=row_id, question="user: go\n", ground_truth=answer)
    (item,), _ = pivot("acebench", record)
    messages = item.trajectory.messages
    found = [[c.name for c in m.tool_calls] for m in messages if m.role is Role.ASSISTANT]
    assert found == steps
    assert item.source.get("possible_answer") == answer
    assert len(item.predictions) == (isinstance(answer, list) and bool(steps))


def test_acebench_lines_without_a_speaker_belong_to_the_turn_before() -> None:
    record = sample("acebench", question="user: one\n  - two\nsystem: three\nuser: four\n")
    (item,), _ = pivot("acebench", record)
    assert [m.text for m in item.trajectory.messages[1:4]] == ["one\n  - two", "three", "four"]


def test_turns_of_one_acebench_dialogue_are_a_group() -> None:
    ids = ("normal_multi_turn_user_switch_3_0", "normal_multi_turn_user_switch_3_1")
    groups = {pivot("acebench", sample("acebench", id=i))[0][0].group for i in ids}
    assert groups == {"acebench:normal_multi_turn_user_switch_3"}
    assert pivot("acebench", sample("acebench"))[0][0].group == "acebench:normal_atom_number_7"


# --- CriticTool --------------------------------------------------------------------------------


def test_an_error_type_is_a_mark_and_the_right_answer_an_alternative() -> None:
    (item,), _ = pivot("critictool", {"q1": sample("critictool")})
    annotation = said(item)
    assert item.source_id == "q1"
    assert [(m.category, m.anchor.message_index) for m in annotation.marks] == [
        ("parameters_key_error", 2)
    ]
    assert annotation.step_verdicts == {2: StepVerdict.INCORRECT}
    assert item.predictions[0].message.tool_calls[0].raw_arguments == '{"width":3}'
    assert [t.ruling for t in annotation.tries] == [TryRuling.ALTERNATIVE]
    assert item.source["truth"] == {"error_type": "parameters_key_error"}
    known = {c.name for t in builtin_taxonomies() if t.name == "critictool" for c in t.categories}
    assert known == ERRORS


def test_a_right_call_is_accepted_and_a_prompt_without_one_gets_the_right_answer() -> None:
    (item,), _ = pivot("critictool", {"q": sample("critictool", error_type="")})
    assert said(item).outcome is Outcome.ACCEPT
    prompt = sample("critictool")["query_prompt"][:2]
    (item,), _ = pivot("critictool", {"q": sample("critictool", query_prompt=prompt)})
    assert item.trajectory.messages[-1].tool_calls[0].name == "room_area"
    assert (item.annotations, item.predictions) == ((), ())


# --- objects of many ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "broken"),
    [("critictool", {"ground_truth": "?"}), ("tooleval", {"answer": {"answer_details": [
        {"role": "tool", "message": "x" * 100, "next": []}]}})],
)  # fmt: skip
def test_what_is_broken_under_one_key_stops_no_other(name: str, broken: dict[str, Any]) -> None:
    record = {"q1": sample(name), "q2": sample(name, **broken), "q3": sample(name)}
    found, problems = pivot(name, record)
    assert [item.source_id for item in found] == ["q1", "q3"]
    assert len(problems) == 1
    assert problems[0].startswith("Query q2: ")


def test_other_branches_of_tooleval_are_tries() -> None:
    (item,), _ = pivot("tooleval", sample("tooleval"))
    (one,) = item.predictions
    assert (one.message_index, one.message.tool_calls[0].raw_arguments) == (1, "{}")


def test_the_calls_of_the_user_are_no_part_of_the_conversation() -> None:
    (whole,) = sample("tau2")["simulations"]
    phone = [
        {"role": "user", "content": None, "tool_calls": [
            {"id": "u1", "name": "look", "arguments": {"at": "phone"}, "requestor": "user"}]},
        {"id": "u1", "role": "tool", "content": "no signal", "requestor": "user", "error": False},
    ]  # fmt: skip
    run = {**whole, "messages": [*whole["messages"][:2], *phone, *whole["messages"][2:]]}
    voice = {"id": "v", "ticks": [{}], "messages": None}
    found, problems = pivot("tau2", sample("tau2", simulations=[run, voice]))
    (item,) = found
    (before,), _ = pivot("tau2", sample("tau2"))
    assert item.trajectory == before.trajectory
    assert item.source["user_calls"] == [
        {
            "before_message": 3,
            "id": "u1",
            "name": "look",
            "arguments": {"at": "phone"},
            "result": {"content": "no signal", "error": False},
        }
    ]
    assert problems == [
        "Simulation 1: It is a full-duplex voice run, which has ticks and no messages."
    ]
    assert (item.source["reward"], item.source["task"]["id"]) == (1.0, "0")
    assert item.trajectory.messages[-1].extra == {"error": True}


def test_several_results_that_came_as_one_message_are_taken_apart() -> None:
    (run,) = sample("tau2")["simulations"]
    last = run["messages"][-1]
    many = {"role": "tool", "tool_messages": [last, {**last, "id": "t2", "content": "x"}]}
    (item,), _ = pivot(
        "tau2", sample("tau2", simulations=[{**run, "messages": [*run["messages"][:-1], many]}])
    )
    assert [m.tool_call_id for m in item.trajectory.messages[-2:]] == ["t1", "t2"]


def test_a_swe_agent_file_without_history_is_its_steps() -> None:
    record = sample("swe-agent")
    record.pop("history")
    (item,), _ = pivot("swe-agent", record, ImportContext(file_name="fix-7.traj"))
    assert [m.role.value for m in item.trajectory.messages] == ["assistant", "user"]
    assert (item.source_id, item.source["exit_status"]) == ("fix-7", "submitted")
