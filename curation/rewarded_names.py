"""Names of tools in what earns a reward: the calls that stand beside a prompt as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from curation.example_parts import Trained
from curation.judged_rows import Rewarded
from curation.trajectory import canonical_json


def names_in_answers(example: Trained) -> set[str]:
    """The tools that accepted answers call; empty for rows that hold their answers as messages."""
    if not isinstance(example, Rewarded):
        return set()
    texts = (example.ground_truth, *example.alternatives, example.accepted or "[]")
    return {call["name"] for text in texts for call in msgspec.json.decode(text)}


def with_answers_renamed(example: Trained, names: Mapping[str, str]) -> Trained:
    """The example with other names in its accepted answers. `names`: old -> new."""
    if not isinstance(example, Rewarded):
        return example
    return replace(
        example,
        ground_truth=_renamed(example.ground_truth, names),
        alternatives=tuple([_renamed(text, names) for text in example.alternatives]),
        accepted=_renamed(example.accepted, names, in_order=False) if example.accepted else "",
    )


def _renamed(text: str, names: Mapping[str, str], *, in_order: bool = True) -> str:
    """Calls as canonical JSON. `in_order`: in the order of their text, as answers are written."""
    calls = [
        canonical_json({**call, "name": names.get(call["name"], call["name"])})
        for call in msgspec.json.decode(text)
    ]
    return f"[{b','.join(sorted(calls) if in_order else calls).decode()}]"
