"""A seed of an error, and generators' replies about it: good, broken and hostile ones."""

from __future__ import annotations

import json
from typing import Any

from curation.expansion.seeds import ErrorSeed
from curation.judging import JudgeReply
from curation.trajectory import Message, Role, ToolCall, ToolSpec
from curation.verdicts import Verdict

WEATHER = ToolSpec(
    "get_weather",
    "Weather of a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
TICKET = ToolSpec(
    "get_ticket",
    "A support ticket",
    {"type": "object", "properties": {"ticket_id": {"type": "string"}}, "required": ["ticket_id"]},
)


def step(city: str, name: str = "get_weather") -> Message:
    """The step that asks for the weather of a city."""
    return Message(Role.ASSISTANT, None, (ToolCall(name, json.dumps({"city": city}), "call_1"),))


def seed(text: str = "What is the weather in Paris?", **more: Any) -> ErrorSeed:
    """A prediction asked for the wrong city."""
    known: dict[str, Any] = {
        "tools": (WEATHER, TICKET),
        "context": (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, text)),
        "correct": step("Paris"),
        "wrong": step("Lyon"),
        "verdict": Verdict.PRED_WRONG,
    }
    return ErrorSeed(**{**known, **more})


def said(role: str, content: str = "", *calls: dict[str, Any]) -> dict[str, Any]:
    """A message of a reply."""
    return {"role": role, "content": content, "calls": list(calls)}


def made(name: str = "get_weather", **arguments: Any) -> dict[str, Any]:
    """A call of a reply."""
    return {"name": name, "arguments": json.dumps(arguments)}


def sample(*messages: dict[str, Any], calls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The object that a generator is asked for; without anything a good one about Oslo."""
    return {
        "plan": "Another city, another way to ask.",
        "messages": list(messages) or [said("user", "Do I need a coat in Oslo this evening?")],
        "calls": [made(city="Oslo")] if calls is None else calls,
        "answer": "",
    }


def replied(value: Any, finish: str | None = "stop") -> JudgeReply:
    """A reply of that JSON, or that text."""
    return JudgeReply(value if isinstance(value, str) else json.dumps(value), finish)
