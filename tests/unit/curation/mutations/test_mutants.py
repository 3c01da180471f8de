"""The driver, and each mutation where its sample says too little."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from curation.mutating import MUTATIONS, Mutant, mutants
from curation.right_step import RightStep, put_at, spelling_of
from curation.trajectory import Message, Role, ToolCall, ToolSpec

RESERVE = ToolSpec(
    "reserve",
    "",
    {
        "type": "object",
        "properties": {
            "guest": {"type": "string"},
            "people": {"type": "integer", "maximum": 12},
            "day": {"type": "string", "format": "date"},
            "note": {"type": "string", "default": ""},
            "vip": {"type": "boolean", "default": False},
            "area": {"type": "string", "enum": ["inside", "terrace"], "default": "inside"},
            "unit": {"type": "string", "default": "table"},
        },
        "required": ["guest", "people", "unit"],
    },
)


def answer(*arguments: dict[str, Any] | str, name: str = "reserve") -> Message:
    texts = [a if isinstance(a, str) else json.dumps(a) for a in arguments]
    return Message(
        Role.ASSISTANT, None, tuple(ToolCall(name, t, f"c{i}") for i, t in enumerate(texts))
    )


def user(text: str) -> Message:
    return Message(Role.USER, text)


def every(
    name: str, message: Message, *context: Message, tools: tuple[ToolSpec, ...] = (RESERVE,)
) -> list[Mutant]:
    """Distinct mutants of one mutation over many seeds."""
    entry = MUTATIONS.get(name)
    made = [entry.mutate(message, tools, context, Random(seed)) for seed in range(60)]
    found: list[Mutant] = []
    for mutant in made:
        if mutant is not None and mutant.message not in [other.message for other in found]:
            found.append(mutant)
    return found


def arguments(mutant: Mutant) -> dict[str, Any]:
    assert mutant.anchor.call_index is not None
    value = mutant.message.tool_calls[mutant.anchor.call_index].parsed().value
    assert value is not None
    return value


FULL = {"guest": "Ada", "people": 4, "unit": "table"}


def test_one_mutant_of_each_mutation_that_finds_an_opening() -> None:
    found = mutants(answer(FULL, {**FULL, "people": 6}), [RESERVE], [user("Two tables.")], seed="s")
    names = [mutant.mutation for mutant in found]
    assert len(set(names)) == len(names)
    assert {
        "misspelt-tool", "missing-key", "cast-value", "blank-value", "unasked-key", "broken-json",
        "wrapped-in-prose", "dropped-call", "doubled-call", "value-from-elsewhere",
    } == set(names)  # fmt: skip


def test_equal_seeds_give_equal_mutants_and_others_do_not() -> None:
    message = answer(FULL, {**FULL, "people": 6})
    one = mutants(message, [RESERVE], seed="trajectory-1/3")
    assert one == mutants(message, [RESERVE], seed="trajectory-1/3")
    assert one != mutants(message, [RESERVE], seed="trajectory-2/3")


def test_one_mutation_is_the_same_alone_and_among_others() -> None:
    message = answer(FULL)
    among = {m.mutation: m for m in mutants(message, [RESERVE], seed="s")}
    for name, mutant in among.items():
        assert mutants(message, [RESERVE], seed="s", mutations=[name]) == [mutant]


def test_an_unknown_mutation_is_named() -> None:
    with pytest.raises(KeyError, match=r"no mutation is called 'nope'.*broken-json"):
        mutants(answer(FULL), [RESERVE], seed="s", mutations=["nope"])


def test_an_answer_without_calls_has_no_mutants() -> None:
    assert mutants(Message(Role.ASSISTANT, "For how many?"), [RESERVE], seed="s") == []


def test_an_accepted_alternative_is_never_given_as_wrong() -> None:
    # Two required keys can be left out ("unit" is its default); one of the results is accepted.
    accepted = answer({"people": 4, "unit": "table"})
    for seed in map(str, range(40)):
        (found,) = mutants(
            answer(FULL), [RESERVE], seed=seed, mutations=["missing-key"], alternatives=[accepted]
        )
        assert arguments(found) == {"guest": "Ada", "unit": "table"}
    both = [accepted, answer({"guest": "Ada", "unit": "table"})]
    wanted = ["missing-key"]
    assert mutants(answer(FULL), [RESERVE], seed="s", mutations=wanted, alternatives=both) == []


def test_what_a_matcher_accepts_is_never_given_as_wrong() -> None:
    found = mutants(answer(FULL), [RESERVE], seed="s", is_accepted=lambda m: not m.tool_calls)
    assert "wrapped-in-prose" not in {m.mutation for m in found}
    assert found
    assert mutants(answer(FULL), [RESERVE], seed="s", is_accepted=lambda _: True) == []


def test_an_alternative_in_words_does_not_shield_calls_told_in_words() -> None:
    asks = Message(Role.ASSISTANT, "Shall I?")
    found = mutants(answer(FULL), [RESERVE], seed="s", alternatives=[asks])
    assert "wrapped-in-prose" in {m.mutation for m in found}


def test_a_required_argument_that_is_its_default_is_not_left_out() -> None:
    assert {frozenset(arguments(m)) for m in every("missing-key", answer(FULL))} == {
        frozenset({"people", "unit"}),
        frozenset({"guest", "unit"}),
    }


def test_casts_break_the_declared_type_and_nothing_else() -> None:
    tool = ToolSpec(
        "t",
        "",
        {
            "type": "object",
            "properties": {
                "n": {"type": "integer"},
                "flag": {"type": "boolean"},
                "code": {"type": "string"},
                "any": {},
                "tags": {"type": "array", "items": {"type": "string"}},
                "inner": {"type": "object", "properties": {"x": {"type": "number"}}},
            },
        },
    )
    given = {
        "n": 1234567, "flag": True, "code": "42", "any": "x", "tags": ["a", "b"],
        "inner": {"x": 1.5},
    }  # fmt: skip
    found = every("cast-value", answer(given, name="t"), tools=(tool,))
    changes = {m.anchor.pointer: arguments(m) for m in found}
    expected = {
        "/n": "1234567", "/flag": "true", "/code": 42, "/tags": "a, b", "/tags/0": ["a"],
        "/tags/1": ["b"], "/inner": '{"x":1.5}', "/inner/x": "1.5",
    }  # fmt: skip
    assert changes == {pointer: put_at(given, pointer, v) for pointer, v in expected.items()}


def test_a_cast_into_a_mistyped_default_is_no_error_that_is_known() -> None:
    loud = {"type": "boolean", "default": "false"}
    tool = ToolSpec("reserve", "", {"properties": {"loud": loud, "n": {"type": "integer"}}})
    found = every("cast-value", answer({"loud": False, "n": 3}), tools=(tool,))
    assert [arguments(m) for m in found] == [{"loud": False, "n": "3"}]


def test_blanks_are_put_at_required_arguments_that_take_them() -> None:
    def blanked(given: dict[str, Any], tool: ToolSpec = RESERVE) -> dict[str | None, Any]:
        found = every("blank-value", answer(given), tools=(tool,))
        return {m.anchor.pointer: arguments(m)[str(m.anchor.pointer)[1:]] for m in found}

    assert blanked({**FULL, "note": "by the window", "vip": True}) == {"/guest": "", "/unit": ""}
    # No text among them: null breaks the type, and nothing else is left.
    assert blanked({"people": 4}) == {"/people": None}
    intended = {"properties": {"note": {"type": "string", "default": ""}}, "required": ["note"]}
    assert blanked({"note": "by the window"}, ToolSpec("reserve", "", intended)) == {}


def test_added_arguments_fit_differ_from_the_default_and_were_not_asked_for() -> None:
    added = {
        (m.anchor.pointer, arguments(m)[str(m.anchor.pointer)[1:]])
        for m in every("unasked-key", answer(FULL), user("A table for Ada and three others."))
    }
    assert added == {("/vip", True), ("/area", "terrace")}
    said = every("unasked-key", answer(FULL), user("On the terrace, and she is a VIP."))
    assert said == []


def test_descriptions_tell_of_values_and_of_defaults() -> None:
    described = {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "description": "One of 'cm' or 'inch'. Default is 'cm'."},
            "limit": {"type": "integer", "description": "How many, defaults to 10."},
            "loud": {"type": "boolean", "description": "Default: false"},
            "name": {"type": "string", "description": "The customer's name, it's optional."},
        },
    }
    found = every("unasked-key", answer("{}"), tools=(ToolSpec("reserve", "", described),))
    added = {(key, value) for m in found for key, value in arguments(m).items()}
    assert added == {("unit", "inch"), ("limit", 5), ("loud", True)}


def test_values_from_elsewhere_are_of_the_same_name_or_else_of_the_same_form() -> None:
    context = [
        user("For Ada on 2026-05-01, or on 2026-05-08. Last time we were 9, now 4, at most 99."),
        answer({**FULL, "guest": "Grace", "people": 2}),
        Message(
            Role.TOOL, '{"host": "Edsger", "date": "2026-04-30", "free": 3}', tool_call_id="c0"
        ),
    ]
    right = answer({**FULL, "day": "2026-05-01"})
    found: dict[str, set[Any]] = {}
    for mutant in every("value-from-elsewhere", right, *context):
        pointer = str(mutant.anchor.pointer)
        found.setdefault(pointer, set()).add(arguments(mutant)[pointer[1:]])
    assert found == {
        "/guest": {"Grace"},
        "/people": {2},
        "/day": {"2026-05-08", "2026-04-30"},
        "/unit": {"Ada", "Grace", "Edsger"},
    }


def test_a_value_that_only_differs_in_case_is_no_other_value() -> None:
    earlier = answer({"guest": "ADA ", "people": 4, "unit": "table"})
    found = every("value-from-elsewhere", answer(FULL), earlier)
    assert {arguments(m)["guest"] for m in found} == {"Ada", "table"}
    assert {arguments(m)["unit"] for m in found} == {"table", "Ada", "ADA "}


def test_made_up_identifiers_stand_nowhere() -> None:
    given = {"guest": "G-12", "people": 4, "unit": "table"}
    context = [user("Guest G-12, not G-21, G-11 or G-13.")]
    found = every("made-up-identifier", answer(given), *context)
    made = {arguments(m)["guest"] for m in found}
    assert len(made) > 5
    assert not made & {"G-12", "G-21", "G-11", "G-13"}


def test_names_are_misspelt_as_models_do_and_never_into_an_offered_tool() -> None:
    tools = (ToolSpec("find_books"), ToolSpec("findBooks"))
    message = answer({}, name="find_books")
    names = {m.message.tool_calls[0].name for m in every("misspelt-tool", message, tools=tools)}
    assert names == {"FindBooks", "get_find_books", "find_book"}


def test_the_sibling_takes_the_arguments_if_any_does() -> None:
    needs = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    near = ToolSpec("reserves", "", needs)
    far = ToolSpec("cancel", "", {"type": "object", "additionalProperties": True})
    names = {
        m.message.tool_calls[0].name
        for m in every("sibling-tool", answer(FULL), tools=(RESERVE, near, far))
    }
    assert names == {"cancel"}
    names = {
        m.message.tool_calls[0].name
        for m in every("sibling-tool", answer(FULL), tools=(RESERVE, near))
    }
    assert names == {"reserves"}


def test_calls_told_in_prose_are_json_that_says_what_was_called() -> None:
    message = answer(FULL, "", name='odd "name"')
    for mutant in every("wrapped-in-prose", message):
        assert mutant.message.tool_calls == ()
        block = mutant.message.text.split("```json\n")[1].split("\n```")[0]
        told = [json.loads(line) for line in block.splitlines()]
        assert told == [
            {"name": 'odd "name"', "arguments": FULL},
            {"name": 'odd "name"', "arguments": {}},
        ]


def test_one_of_two_equal_calls_is_not_dropped() -> None:
    assert every("dropped-call", answer(FULL, FULL)) == []
    kept = {len(m.message.tool_calls) for m in every("dropped-call", answer(FULL, FULL, "{}"))}
    assert kept == {2}


def test_a_doubled_call_has_an_id_of_its_own() -> None:
    for mutant in every("doubled-call", answer(FULL, "{}")):
        ids = [call.id for call in mutant.message.tool_calls]
        assert len(ids) == 3 == len(set(ids))
    bare = Message(Role.ASSISTANT, None, (ToolCall("reserve", "{}"),))
    (mutant,) = every("doubled-call", bare)
    assert [call.id for call in mutant.message.tool_calls] == [None, None]


def test_arguments_that_do_not_parse_are_left_alone() -> None:
    found = mutants(answer("{not json"), [RESERVE], seed="s")
    assert {m.mutation for m in found} == {"doubled-call"}


@pytest.mark.parametrize(
    "raw",
    [
        '{"guest":"Zoë","people":4,"unit":"table"}',
        '{"guest": "Zoë", "people": 4, "unit": "table"}',
        '{"guest": "Zo\\u00eb", "people": 4, "unit": "table"}',
        '{\n  "guest": "Zoë",\n  "people": 4,\n  "unit": "table"\n}',
    ],
)
def test_a_mutant_is_spelt_as_its_original(raw: str) -> None:
    spell = spelling_of(raw, json.loads(raw))
    for mutant in every("missing-key", answer(raw)):
        assert mutant.message.tool_calls[0].raw_arguments == spell(arguments(mutant))
    assert spell(json.loads(raw)) == raw


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a", {"a": 0, "": [1, {"x/y": 2}]}),
        ("//0", {"a": {"b": 1}, "": [0, {"x/y": 2}]}),
        ("//1/x~1y", {"a": {"b": 1}, "": [1, {"x/y": 0}]}),
        ("/a/b", {"a": {"b": 0}, "": [1, {"x/y": 2}]}),
        ("", 0),
    ],
)
def test_putting_a_value_at_a_pointer(pointer: str, expected: Any) -> None:
    value = {"a": {"b": 1}, "": [1, {"x/y": 2}]}
    assert put_at(value, pointer, 0) == expected
    assert value == {"a": {"b": 1}, "": [1, {"x/y": 2}]}


def test_calls_of_tools_that_are_not_offered_can_still_be_made_wrong() -> None:
    step = RightStep(answer(FULL, name="unknown"), (RESERVE,))
    assert step.calls[0].validator is None
    names = {m.mutation for m in mutants(step.message, step.tools, seed="s")}
    assert names == {
        "sibling-tool", "misspelt-tool", "blank-value", "broken-json", "wrapped-in-prose",
        "doubled-call", "value-from-elsewhere",
    }  # fmt: skip
