"""What a schema says as items of a checklist, and when two tools of a name are not the same."""

from __future__ import annotations

from curation.checklists import MAX_SEEDS, seeded_items, tool_fingerprint
from curation.trajectory import ToolSpec


def tool(**properties: object) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return ToolSpec(name="t", parameters=schema)


def test_required_choices_formats_and_bounds_are_offered_in_the_order_of_the_schema() -> None:
    found = seeded_items(
        tool(
            day={"type": "string", "format": "date"},
            unit={"enum": ["C", "F"]},
            seats={"type": "integer", "minimum": 1, "maximum": 9},
            note={"type": "string"},
        )
    )
    assert found == [
        "day is given",
        "day is a date",
        "unit is one of C, F",
        "seats is at least 1",
        "seats is at most 9",
    ]


def test_long_lists_of_choices_are_cut_and_strange_schemas_say_nothing() -> None:
    (_, many) = seeded_items(tool(x={"enum": list(range(20))}))
    assert many == "x is one of 0, 1, 2, 3, 4, 5 or 14 others"
    for strange in (None, {"properties": []}, {"required": [1]}, {"properties": {"a": 3}}):
        assert seeded_items(ToolSpec(name="t", parameters=strange)) == []
    wide = tool(**{f"p{i}": {"minimum": i} for i in range(99)})
    assert len(seeded_items(wide)) == MAX_SEEDS


def test_the_fingerprint_is_of_what_the_tool_takes_not_of_its_words() -> None:
    one, other = tool(a={"type": "string"}), tool(a={"type": "integer"})
    assert tool_fingerprint(one) != tool_fingerprint(other)
    described = ToolSpec(name="t", description="d", parameters=one.parameters)
    assert tool_fingerprint(one) == tool_fingerprint(described)
