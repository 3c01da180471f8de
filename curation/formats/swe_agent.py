"""SWE-agent trajectories (`.traj`): one run a file, in any of three dialects (formats §12).

The messages are those of `history`, which is what the model was given and wrote; a file that has
none is put together from its steps. Thought with a fenced command and thought with a command in XML
tags stay the text that they are: the shell's answer is the user's turn there. Runs with function
calling have calls and results with ids. The file defines no tools; give them with --tools. Messages
of a demonstration keep `is_demo`. How the run ended (exit status, submission, costs, edited files)
becomes the source, with the state of the environment at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.openai_messages import read_message
from curation.trajectory import Message, Role, Trajectory

_TAKEN = frozenset(("history", "trajectory", "info", "replay_config"))
_NOISE = frozenset(("thought", "action", "agent", "message_type", "tool_call_ids"))
"""Keys that repeat the content, or say what the role says."""
_TURN = frozenset(("action", "observation"))


@import_format
class SweAgent:
    """One run `{environment, trajectory, history, info}`, or a demonstration's history alone."""

    name = "swe-agent"
    title = "SWE-agent trajectories"
    description = (
        "`.traj` files of SWE-agent: the history becomes the messages, with calls where the run "
        "used function calling, and text as generated where it did not."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        steps, history = record.get("trajectory"), record.get("history")
        if isinstance(steps, list) and steps:
            return all(step.keys() >= _TURN for step in steps[:3])
        return (
            isinstance(history, list)
            and bool(history)
            and any("agent" in m and "thought" in m for m in history)
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        history, steps = record.get("history") or [], record.get("trajectory") or []
        if not history and not steps:
            raise RecordError(
                "There is neither a history nor a step.", "Give the file as SWE-agent wrote it."
            )
        messages = [_message(raw) for raw in history] or list(_of_steps(steps))
        info = record.get("info")
        source: dict[str, Any] = {k: v for k, v in record.items() if k not in _TAKEN}
        if isinstance(info, dict):
            source.update(info)
        if steps:
            source["states"] = [
                {k: step[k] for k in ("state", "execution_time") if k in step} for step in steps
            ]
            last = steps[-1].get("observation")
            if history and history[-1].get("role") == "assistant" and last:
                source["last_observation"] = last
        file_name = context.file_name.removesuffix(".gz")
        name = file_name.removesuffix(".traj") if file_name.endswith(".traj") else ""
        yield Imported(
            trajectory=Trajectory(tuple(messages), context.tools),
            source_id=name or context.source_id(record),
            source=source,
        )


def _message(raw: Any) -> Message:
    """One message of the history. A result of several calls keeps all their ids."""
    if not isinstance(raw, dict):
        raise RecordError("A message of the history is no object.", "Give role and content.")
    kept = {k: v for k, v in raw.items() if k not in _NOISE and v is not None}
    if "content" in raw:
        kept["content"] = raw["content"]
    answered = raw.get("tool_call_ids")
    if raw.get("role") == "tool" and isinstance(answered, list) and answered:
        kept["tool_call_id"] = answered[0]
        if len(answered) > 1:
            kept["tool_call_ids"] = answered
    return read_message(kept)


def _of_steps(steps: list[Any]) -> Iterator[Message]:
    """What was written and what came back, where no history was kept; what the model was given
    before its first step is then `query` (from 1.1.0) or `messages` of that step."""
    first = steps[0]
    for raw in first.get("query") or first.get("messages") or ():
        yield _message(raw)
    for number, step in enumerate(steps):
        yield Message(Role.ASSISTANT, step.get("response") or step.get("thought") or "")
        if step.get("observation") or number + 1 < len(steps):
            yield Message(Role.USER, step.get("observation") or "")
