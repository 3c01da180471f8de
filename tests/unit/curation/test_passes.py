"""Passes: which places a rubric is asked of, and what becomes of what a judge finds wanting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from curation.checklist_judging import ChecklistRuling, ItemAnswer
from curation.checklists import ChecklistItem
from curation.passes import findings_of_pass, pass_docs, places_of, with_tools
from curation.rubric import rubric_named
from curation.trajectory import Anchor, Message, Role, ToolCall, Trajectory
from tests.episodes import WEATHER, episode

CALL = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city": "Rome"}', "c2"),))
RESULT = Message(Role.TOOL, '{"sky": "grey"}', tool_call_id="c2")
ONE = episode(1)
TWO_TURNS = Trajectory(
    (
        *ONE.messages,
        Message(Role.USER, "And in Rome?"),
        CALL,
        RESULT,
        Message(Role.ASSISTANT, "Grey."),
    ),
    (WEATHER,),
)
"""system, user, call, result, answer; user, call, result, answer."""


def places(name: str, trajectory: Trajectory = TWO_TURNS) -> list[tuple[int, int, int, int]]:
    """(message, turn, messages of context, messages shown) of every place."""
    found = places_of(trajectory, rubric_named(name))
    return [(p.message_index, p.turn, len(p.case.context), len(p.shown)) for p in found]


def test_every_step_is_asked_about_with_what_came_before_it() -> None:
    assert places("consistency") == [(2, 1, 2, 1), (4, 1, 4, 1), (6, 2, 6, 1), (8, 2, 8, 1)]


def test_values_are_asked_about_where_there_are_calls() -> None:
    assert places("hallucinated-values") == [(2, 1, 2, 1), (6, 2, 6, 1)]


def test_results_are_asked_about_at_the_step_that_got_them() -> None:
    assert places("result-plausibility") == [(2, 1, 4, 1), (6, 2, 8, 1)]


def test_a_turn_is_all_that_follows_a_request() -> None:
    assert places("turn-checklist") == [(2, 1, 2, 3), (6, 2, 6, 3)]


def test_what_an_assistant_says_unasked_is_a_turn_of_its_own() -> None:
    greeted = Trajectory((Message(Role.ASSISTANT, "Hello!"), *TWO_TURNS.messages[1:]), (WEATHER,))
    assert places("turn-checklist", greeted) == [(0, 1, 0, 1), (2, 1, 2, 3), (6, 2, 6, 3)]
    unanswered = Trajectory((*TWO_TURNS.messages, Message(Role.USER, "Thanks.")), (WEATHER,))
    assert len(places("turn-checklist", unanswered)) == 2


def test_a_rubric_of_two_answers_is_no_pass() -> None:
    with pytest.raises(ValueError, match="two answers"):
        places("label-verification")
    assert "judge/label-verification" not in pass_docs()
    assert {"judge/consistency", "judge/turn-checklist"} <= pass_docs().keys()


def test_what_is_wanting_is_a_warning_at_the_place_under_the_name_of_the_pass() -> None:
    rubric = rubric_named("hallucinated-values")
    answers = (
        ItemAnswer("has-a-source", False, "Nobody\nnamed G-77."),
        ItemAnswer("is-faithful", True, "Rome is Rome."),
    )
    (found,) = findings_of_pass(ChecklistRuling(answers, 0.5, True), rubric, 2, "m, run 3")
    assert (found.check, found.version, str(found.severity)) == (
        "judge/hallucinated-values", 2, "warning"
    )  # fmt: skip
    assert found.anchor == Anchor(message_index=2)
    assert found.message == "Judge on “has a source”: no. Nobody named G-77."
    assert "m, run 3" in found.hint
    open_ = tuple(ItemAnswer(a.name, None) for a in answers)
    assert findings_of_pass(ChecklistRuling(open_, None, None), rubric, 2, "m") == ()


def test_items_of_tools_are_asked_beside_the_rubrics_own() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    item = ChecklistItem("i", "get_weather", "the city is meant", "", "", "ada", at)
    rubric = with_tools(rubric_named("turn-checklist"), [item])
    assert len(rubric.criteria) == 7
    assert rubric.criteria[-1].question == (
        "In every call of get_weather, is this so: the city is meant?"
    )
    no = ChecklistRuling((ItemAnswer("tool-item-1", False, "Oslo was meant."),), None, None)
    (found,) = findings_of_pass(no, rubric, 2, "m")
    assert "In every call of get_weather" in found.message
