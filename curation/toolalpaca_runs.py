"""ToolAlpaca's runs: training instances, and the prompts in which runs are judged (formats §7)."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from curation.importing import RecordError, json_text
from curation.openai_messages import read_arguments
from curation.toolalpaca_docs import tools_in_documentation
from curation.trajectory import Message, Role, ToolCall, ToolSpec

_INSTANCE = frozenset(("input", "output", "Final Thought", "intermediate_steps"))
_HEADING = re.compile(
    r"^## (Documentation|Task Instruction|Standard Answer|AI Assistant's Solution|Analysis)[ ]*\n?",
    re.MULTILINE,
)
_ITEM = re.compile(r"^\d+\. (?=Function: |Final Response: )", re.MULTILINE)
_CALL = re.compile(r"Function: (.*?)\nParameters: (.*?)(?:\nRet(?:ru|ur)ns: (.*))?\s*\Z", re.DOTALL)
_ACTION = re.compile(r"\n?\s*Action:.*\Z", re.DOTALL)
_FINAL = "Final Response: "


class JudgedRun(Struct, frozen=True):
    """What a judge was shown."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    gold: list[dict[str, str]]
    """The calls of the standard answer: name, and arguments as they stand."""


def read_judged_prompt(text: str) -> JudgedRun:
    """The run, the tools and the standard answer in a judge's prompt.

    Raises:
        RecordError: the prompt lacks the task or the solution.
    """
    marks = list(_HEADING.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    # The guidelines name "## Analysis" too; of each heading the last one is meant.
    parts = {
        mark.group(1): text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)
    }
    task, solution = parts.get("Task Instruction"), parts.get("AI Assistant's Solution")
    if not task or not solution:
        raise RecordError(
            "The judge's prompt lacks the task or the solution.",
            "It needs the headings Task Instruction and AI Assistant's Solution.",
        )
    messages = [Message(Role.USER, task)]
    for item in _ITEM.split(solution)[1:] or [solution]:
        messages.extend(_item(item))
    gold = [
        {"name": found.group(1).strip(), "arguments": found.group(2).strip()}
        for item in _ITEM.split(parts.get("Standard Answer", ""))[1:]
        if (found := _CALL.match(item))
    ]
    return JudgedRun(tuple(messages), tools_in_documentation(parts.get("Documentation", "")), gold)


def _item(item: str) -> list[Message]:
    """A call with its result, or an answer in words."""
    found = _CALL.match(item)
    if found is None:
        return [Message(Role.ASSISTANT, item.strip().removeprefix(_FINAL))]
    name = found.group(1).strip()
    call = Message(Role.ASSISTANT, None, (ToolCall(name, found.group(2).strip()),))
    if found.group(3) is None:
        return [call]
    return [call, Message(Role.TOOL, found.group(3).strip(), name=name)]


def read_instance(instance: dict[str, Any]) -> tuple[tuple[Message, ...], dict[str, Any]]:
    """The messages of a training instance, and what else it says.

    A step is `[[action, input, log], observation]`; the log repeats action and input after the
    thought, and only the thought is kept of it.

    Raises:
        RecordError: it has neither steps nor an answer, or a step has another shape.
    """
    request = instance.get("input")
    if not isinstance(request, str):
        raise RecordError("The instance has no request.", "Give `input` as text.")
    steps = instance.get("intermediate_steps") or []
    output, thought = instance.get("output"), instance.get("Final Thought")
    if not steps and not output:
        raise RecordError(
            "The instance has neither steps nor an answer.",
            "It failed when it was made; there is nothing to import.",
        )
    messages = [Message(Role.USER, request)]
    for number, step in enumerate(steps, start=1):
        try:
            (action, arguments, *log), observation = step
        except (TypeError, ValueError):
            raise RecordError(
                f"Step {number} is not [[action, input, log], observation].", "Correct the step."
            ) from None
        reasoning = _ACTION.sub("", str(log[0])).strip() if log else ""
        call = ToolCall(str(action), read_arguments(arguments))
        messages.append(Message(Role.ASSISTANT, None, (call,), reasoning=reasoning or None))
        text = observation if isinstance(observation, str) else json_text(observation)
        messages.append(Message(Role.TOOL, text, name=str(action)))
    if isinstance(output, str):
        reasoning = thought.strip() if isinstance(thought, str) else ""
        messages.append(Message(Role.ASSISTANT, output, reasoning=reasoning or None))
    return tuple(messages), {k: v for k, v in instance.items() if k not in _INSTANCE}
