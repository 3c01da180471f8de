"""The browser's hints against Python's verdict: they point at the same places, on many calls.

Rules that the browser leaves to Python (look-around in patterns, `if`/`then`, `oneOf` that fits
twice) are not in these schemas; what it does say must be right.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from components.viewer.form_schema import form_schema
from curation.schemas import validator_for
from curation.trajectory import ToolSpec

NODE = shutil.which("node")
SCRIPT = Path(__file__).parent / "form_agreement.mjs"

PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 2}, "zip": {"type": "integer"}},
    "required": ["city"],
}
PROPERTIES: dict[str, Any] = {
    "cabin": {"type": "string", "enum": ["economy", "business"]},
    "bags": {"type": "int", "minimum": 0, "maximum": 4},
    "price": {"type": "float", "exclusiveMinimum": 0, "multipleOf": 0.5},
    "insured": {"type": "bool"},
    "day": {"type": "string", "format": "date"},
    "start": {"type": "string", "format": "date-time"},
    "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "note": {"type": ["string", "null"], "maxLength": 5},
    "sizes": {"type": "array", "items": {"type": "number"}, "minItems": 1, "uniqueItems": True},
    "from": PLACE,
    "stops": {"type": "array", "items": {**PLACE, "additionalProperties": False}},
    "to": {"anyOf": [{"type": "string"}, PLACE, {"type": "null"}]},
    "level": {"enum": [1, "1", None, [1]]},
    "free": {},
}
VALUES: list[Any] = [
    "economy", "Economy", "OSL", "osl", "", "a", "2024-02-29", "2023-02-29", "API_call_0", "5",
    "2024-05-01T10:00:00Z", "2024-05-01T10:00:00", 0, 1, 2.0, 2.25, -1, 5, True, None,
    [], [1], [1, 1.0], ["1"], [[1]], {}, {"city": "Oslo"}, {"city": "O", "zip": "0150"},
    {"city": "Oslo", "zap": 1}, [{"city": "Oslo", "zap": 1}, {}],
]  # fmt: skip


def cases() -> list[tuple[ToolSpec, str]]:
    dice = random.Random(7)
    found = []
    for _ in range(600):
        names = dice.sample(sorted(PROPERTIES), 4)
        schema: dict[str, Any] = {
            "type": "dict",
            "properties": {name: PROPERTIES[name] for name in names},
            "required": dice.sample(names, 2),
        }
        if dice.random() < 0.2:
            schema["additionalProperties"] = dice.choice([True, False, {"type": "string"}])
        given = [*dice.sample(names, 3), dice.choice(["cabbin", "extra", names[0] + "s"])]
        text = msgspec.json.encode({name: dice.choice(VALUES) for name in given}).decode()
        found.append((ToolSpec(name="t", parameters=schema), text))
    return found


def problems(tool: ToolSpec, text: str) -> set[str]:
    return {p.pointer for p in validator_for(tool).problems(msgspec.json.decode(text))}


@pytest.mark.skipif(NODE is None, reason="Node is not installed: the form was not compared")
def test_hints_point_where_python_does_and_no_fix_makes_it_worse() -> None:
    asked = cases()
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(SCRIPT)],
        input=msgspec.json.encode([{"schema": form_schema(t), "text": x} for t, x in asked]),
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    n_fixes = 0
    for (tool, text), answer in zip(asked, msgspec.json.decode(done.stdout), strict=True):
        verdict = problems(tool, text)
        assert set(answer["hinted"]) == verdict, (tool.parameters, text)
        for fixed in answer["fixed"]:
            n_fixes += 1
            assert len(problems(tool, fixed)) <= len(verdict), (tool.parameters, text, fixed)
    assert n_fixes > 200
