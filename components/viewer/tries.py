"""The tries of a step as the browser draws them: what was answered, and how it differs.

Pure: values in, plain JSON out. Calls are matched with those of the reference before they are
compared, so two parallel calls in another order are no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from components.viewer.arguments import argument_rows
from curation.checking import tools_context
from curation.diffing import diff_messages, match_calls
from curation.trajectory import Message, ToolSpec, Trajectory
from curation.tries import Answer, StepTries, Try, broken_calls

MAX_PATH = 40
"""Messages shown of what followed a try; more stay in the store."""
MAX_PATH_TEXT = 1_000


def tries_json(trajectory: Trajectory, tries: Mapping[int, StepTries]) -> dict[str, Any]:
    """Message index (as text) -> `{same, others}` of every step with other answers.

    `same` names the models that said what the reference says; each of `others` is `{id, models,
    n, text, reasoning, calls, pairs, change, problems, facts, path}`: `pairs` are [call of the
    reference, call of the try], `change` is the `MessageChange` from the reference to the try.
    """
    known = tools_context(trajectory.tools) if tries else None
    by_name = {tool.name: tool for tool in reversed(trajectory.tools)}
    return {
        str(index): {
            "same": [_said_by(answer) for answer in step.same],
            "others": [
                {
                    **_try(trajectory.messages[index], one, by_name),
                    "problems": [
                        {
                            "severity": str(found.severity),
                            "message": found.message,
                            "hint": found.hint,
                            "call": found.anchor.call_index,
                        }
                        for found in broken_calls(one.message, trajectory.tools, known)
                    ],
                }
                for one in step.others
            ],
        }
        for index, step in tries.items()
    }


def _try(reference: Message, one: Try, tools: Mapping[str, ToolSpec]) -> dict[str, Any]:
    message = one.message
    return {
        "id": one.try_id,
        "models": [_said_by(answer) for answer in one.answers],
        "n": one.n_samples,
        "text": message.text,
        "reasoning": message.reasoning,
        "calls": [
            {
                "name": call.name,
                "raw": call.raw_arguments,
                "rows": _rows(call.parsed().value, tools.get(call.name)),
            }
            for call in message.tool_calls
        ],
        "pairs": match_calls(_without_ids(reference), _without_ids(message)),
        "change": msgspec.to_builtins(diff_messages(_plain(reference), _plain(message))),
        "facts": _facts(one.answers),
        "path": _path(one.answers),
    }


def _rows(value: dict[str, Any] | None, tool: ToolSpec | None) -> list[dict[str, Any]] | None:
    return None if value is None else argument_rows(value, tool)


def _plain(message: Message) -> Message:
    """Without what no reader compares: ids, and what a source noted beside the message."""
    return msgspec.structs.replace(message, tool_calls=_without_ids(message), extra={}, name=None)


def _without_ids(message: Message) -> tuple[Any, ...]:
    return tuple(msgspec.structs.replace(call, id=None) for call in message.tool_calls)


def _said_by(answer: Answer) -> dict[str, Any]:
    return {"model": answer.model, "perplexity": answer.perplexity, "n": answer.n_samples}


def _facts(answers: Sequence[Answer]) -> list[str]:
    """Short facts of the sources, each once: numbers, words and flags, as `name value`."""
    facts = (
        f"{name.replace('_', ' ')}: {value}"
        for answer in answers
        for name, value in answer.source.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )
    return list(dict.fromkeys(facts))[:6]


def _path(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """What followed the try where it was made (`{role, text, calls}`), the first messages of it."""
    told = next((answer.source["path"] for answer in answers if "path" in answer.source), None)
    try:
        messages = msgspec.convert(told or [], list[Message])
    except msgspec.ValidationError:
        return []  # some other source uses the word for something else
    return [
        {
            "role": str(message.role),
            "text": message.text[:MAX_PATH_TEXT],
            "calls": [f"{c.name} {c.raw_arguments}"[:MAX_PATH_TEXT] for c in message.tool_calls],
        }
        for message in messages[:MAX_PATH]
    ]
