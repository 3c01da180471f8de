"""RoTBench: one turn of ReAct text with every acceptable answer listed (formats §15).

The first answer of the list becomes the step; the others are alternatives, ruled so by an annotator
with the benchmark's name. Tool and parameter names are noisy on purpose and stay as they are. The
tools stand in the system text, which stays as it is too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.alternatives import accepted_besides
from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.react_text import is_react, read_react, tools_in_prompt
from curation.trajectory import Message, Role, Trajectory

ANNOTATOR = "RoTBench"

_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "function": Role.TOOL, "tool": Role.TOOL}
_TAKEN = frozenset(("id", "conversations"))


@import_format
class RoTBench:
    """Rows `{id, conversations, scenario}` whose last assistant value is a list."""

    name = "rotbench"
    title = "RoTBench"
    description = (
        "ReAct conversations whose last assistant turn lists every acceptable answer: the first "
        "becomes the step, the others become accepted alternatives."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        turns = record.get("conversations")
        if not isinstance(turns, list) or not turns:
            return False
        last = turns[-1].get("value")
        return isinstance(last, list) and bool(last) and is_react(last[0])

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        messages: list[Message] = []
        others: list[Message] = []
        step = -1
        for turn in record["conversations"]:
            speaker, value = turn["from"], turn["value"]
            if speaker == "assistant":
                answers = value if isinstance(value, list) else [value]
                if not answers or not all(isinstance(text, str) for text in answers):
                    raise RecordError(
                        "An assistant turn holds no answer.",
                        "Give a text, or a list of acceptable texts.",
                    )
                first, *further = [read_react(text) for text in answers]
                if further:
                    step, others = len(messages), further
                messages.append(first)
            elif speaker in _ROLES:
                messages.append(Message(_ROLES[speaker], value))
            else:
                raise RecordError(
                    f"The speaker {speaker!r} is unknown.",
                    f"Speakers are assistant, {', '.join(sorted(_ROLES))}.",
                )
        system = next((m.text for m in messages if m.role is Role.SYSTEM), "")
        tries, rulings = (
            accepted_besides(messages[step], step, others, ANNOTATOR) if others else ((), ())
        )
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools_in_prompt(system) or context.tools),
            source_id=context.source_id(record),
            source={k: v for k, v in record.items() if k not in _TAKEN},
            predictions=tries,
            annotations=rulings,
        )
