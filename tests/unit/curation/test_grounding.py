"""Where arguments come from, on conversations small enough to see it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.check_context import CheckContext
from curation.checking import run_checks
from curation.checks._samples import assistant, call, dialogue, result, system, user
from curation.grounding import Grounding
from curation.identifiers import is_identifier
from curation.origins import How, Origin
from curation.trajectory import Anchor, Message, ToolSpec, Trajectory

TOOL = ToolSpec(
    "act",
    "Does things, by default for 30 days.",
    {
        "type": "object",
        "properties": {
            "x": {"type": "string", "description": "For example premium."},
            "kind": {"enum": ["plain", "fancy"], "default": "plain"},
        },
    },
)


def grounding(*before: Message, **arguments: Any) -> list[Grounding]:
    """The groundings of one call after some messages."""
    trajectory = dialogue(*before, assistant(None, call(arguments, name="act")), tools=(TOOL,))
    return list(CheckContext(trajectory).grounds.all())


def origin_of(value: Any, *before: Message) -> tuple[Origin, How | None]:
    [found] = grounding(*before, x=value)
    return found.origin, found.how


@pytest.mark.parametrize(
    ("value", "text", "how"),
    [
        ("Berlin", "A trip to Berlin.", How.EXACT),
        ("berlin", "A trip to BERLIN.", How.CASE),
        (42, "I need 42 of them.", How.EXACT),
        (42, "I need forty-two of them.", How.NUMBER),
        (5000, "Around 5k.", How.NUMBER),
        (0.05, "At 5% interest.", How.NUMBER),
        (5000, "Within 5 km.", How.UNIT),
        ("2024-05-03", "On May 3rd.", How.DATE),
        ("2024-05-03", "Tomorrow, please.", How.DATE),
        ("14:30", "At 2:30 pm.", How.DATE),
        ("Chicago, Illinois", "Something in Chicago.", How.WORDS),
        ("weekly_report", "The weekly reports, please.", How.WORDS),
        ("NYC", "In New York City.", How.WORDS),
        ("fr", "Translate it into French.", How.WORDS),
        ("EUR", "In euros.", How.WORDS),
        ("350 - 122", "It was 350, then 122.", How.NUMBER),
    ],
)
def test_the_user_said_it_somehow(value: Any, text: str, how: How) -> None:
    assert origin_of(value, user(text)) == (Origin.USER, how)


def test_the_place_is_told() -> None:
    [found] = grounding(system(), user("Please, to Berlin."), x="Berlin")
    assert found.anchor == Anchor(2, 0, "/x")
    assert found.source == Anchor(1, span=(11, 17))


def test_the_latest_result_before_the_call_is_the_source() -> None:
    book = assistant(None, call(id="c1"), call(id="c2"))
    [_, _, found] = grounding(
        user("Go on, for two: 2."), book, result('{"id": "BX-77120"}'),
        result('{"ref": "BX-77120"}', id="c2"), x="BX-77120",
    )  # fmt: skip
    assert (found.origin, found.how, found.source) == (
        Origin.RESULT, How.EXACT, Anchor(3, span=(9, 17)),
    )  # fmt: skip


def test_a_result_with_escapes_is_read_as_what_it_says() -> None:
    before = (user("Where?"), assistant(None, call(id="c1")), result('{"city": "K\\u00f6ln"}'))
    *_, found = grounding(*before, x="Köln")
    assert (found.origin, found.how) == (Origin.RESULT, How.EXACT)


def test_what_comes_later_is_no_source() -> None:
    step = assistant(None, call({"x": "BX-77120"}, name="act"))
    later = dialogue(user("Go."), step, result("BX-77120"), user("BX-77120"), tools=(TOOL,))
    [found] = CheckContext(later).grounds.all()
    assert found.origin is Origin.NOWHERE


def test_the_system_text_the_tool_and_the_assistant_are_sources_in_this_order() -> None:
    said = (system("Call it alpha."), user("Go."), assistant("Then beta and alpha."))
    assert origin_of("alpha", *said) == (Origin.SYSTEM, How.EXACT)
    assert origin_of("premium", *said) == (Origin.SCHEMA, How.EXACT)
    assert origin_of("plain", *said) == (Origin.SCHEMA, How.EXACT)
    assert origin_of(30, *said) == (Origin.SCHEMA, How.EXACT)
    assert origin_of("beta", *said) == (Origin.ASSISTANT, How.EXACT)
    assert origin_of("gamma", *said) == (Origin.NOWHERE, None)


def test_an_argument_of_an_earlier_call_is_the_assistants_own() -> None:
    first = assistant(None, call({"x": "gamma"}, name="act", id="c1"))
    *_, found = grounding(user("Go."), first, result("done"), x="gamma")
    assert (found.origin, found.source) == (Origin.ASSISTANT, Anchor(1, 0, "/x"))


def test_a_reference_to_an_earlier_call_is_its_result() -> None:
    first = assistant(None, call({"x": "a"}, name="act", id="c1"))
    *_, found = grounding(user("Do a."), first, x="API_call_0")
    assert (found.origin, found.how, found.source) == (
        Origin.RESULT, How.REFERENCE, Anchor(1, 0),
    )  # fmt: skip


def test_written_text_is_not_held_against_the_assistant() -> None:
    letter = "Dear neighbours, unfortunately nobody told us about yesterday's rather loud rehearsal"
    assert origin_of(letter, user("Apologise."))[0] is Origin.COMPOSED


def test_yes_no_nothing_and_empty_ask_for_no_source() -> None:
    assert grounding(user("Go."), x=True, y=None, z="", u=[], v={}) == []


def test_part_of_a_word_is_no_source() -> None:
    assert origin_of("cat", user("A category."))[0] is not Origin.USER or (
        origin_of("cat", user("A category."))[1] is How.WORDS
    )
    assert origin_of(5, user("Room 15.")) == (Origin.NOWHERE, None)


@pytest.mark.parametrize(
    "value", ["GX-88213", "ev_651249", "a@b.de", "https://x.y/z", "W3399747", "550123", 4477125]
)
def test_identifiers(value: Any) -> None:
    assert is_identifier(value)


@pytest.mark.parametrize(
    "value", ["2024-05-03", "14:30", "10km", "Berlin", "350 - 122", 2024, 50_000, True, None, "5%"]
)
def test_no_identifiers(value: Any) -> None:
    assert not is_identifier(value)


def _unknown(trajectory: Trajectory) -> list[str]:
    found = run_checks(trajectory)
    return [f.anchor.pointer or "" for f in found if f.check == "grounding/unknown-identifier"]


def test_an_invented_identifier_is_a_finding_and_a_mistyped_one_too() -> None:
    order = assistant(None, call({"x": "W3399747"}, name="act"))
    assert _unknown(dialogue(user("Cancel order W3399477."), order, tools=(TOOL,))) == ["/x"]
    assert _unknown(dialogue(user("Cancel order W3399747."), order, tools=(TOOL,))) == []
    assert _unknown(dialogue(user("Cancel order w-3399747."), order, tools=(TOOL,))) == []


def test_nothing_is_said_behind_a_call_whose_result_is_not_on_record() -> None:
    first = assistant(None, call({"x": "a"}, name="act", id="c1"))
    second = assistant(None, call({"x": "W3399747"}, name="act", id="c2"))
    assert _unknown(dialogue(user("Do a."), first, second, tools=(TOOL,))) == []
    told = dialogue(user("Do a."), first, result("none"), second, tools=(TOOL,))
    assert _unknown(told) == ["/x"]


@given(st.text(min_size=1, max_size=30), st.text(max_size=40), st.text(max_size=40))
def test_what_stands_in_the_text_is_found_where_it_stands(
    value: str, before: str, after: str
) -> None:
    value = value.strip()
    text = f"{before} «{value}» {after}"
    for found in grounding(user(text), x=value):
        assert found.origin is Origin.USER and found.source is not None
        span = found.source.span
        assert span is not None and text[span[0] : span[1]] == value


@given(st.integers(0, 10**6))
def test_an_invented_code_is_found_whatever_surrounds_it(seed: int) -> None:
    random_ = random.Random(seed)
    code = f"QX{random_.randrange(10**8, 10**9)}"
    other = f"QX{random_.randrange(10**8, 10**9)}"
    step = assistant(None, call({"x": code, "y": {"z": [other, 3]}}, name="act"))
    found = _unknown(dialogue(user(f"Use {other} for 3."), step, tools=(TOOL,)))
    assert found == ([] if code == other else ["/x"])


@pytest.mark.parametrize(
    "raw",
    [
        '{"x": ' + "9" * 400 + "}",
        '{"x": "' + "9" * 400 + '"}',
        '{"x": 1e308, "y": -1e-308, "z": "nan"}',
        '{"x": "' + "1-" * 20_000 + '?"}',
        '{"x": "' + "@." * 20_000 + '"}',
        '{"x": "' + "a1-" * 20_000 + '"}',
    ],
)
def test_absurd_values_are_asked_about_without_trouble(raw: str) -> None:
    step = assistant(None, call(raw, name="act", id="c1"))
    absurd = dialogue(user("9" * 400), step, result("9" * 400), assistant("a-" * 20_000))
    assert list(CheckContext(absurd).grounds.all())
    run_checks(absurd)
