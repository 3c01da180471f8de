"""Sessions of Google's Agent Development Kit, and the cases of its evaluation sets.

Relied on: the kit's documentation of `Event` and `Session` and of evaluation sets; keys are written
`functionCall` (its server) or `function_call` (its Python). A session holds `events`, each with an
author and Gemini content of parts: text, thought, function call, function response. Every event of
a model is a step. Chunks of streaming (`partial`) repeat what the whole event says and are left
out. A session carries no tools: give them with --tools. Of an evaluation set each case becomes a
trajectory: what is expected of the agent, its gold answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.openai_messages import read_arguments
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

_TAKEN = frozenset(("id", "events", "tools", "eval_cases", "evalCases"))
_CASE_TAKEN = frozenset(("eval_id", "evalId", "conversation"))
_USER = "user"


@import_format
class GoogleADK:
    """Rows `{id, app_name, events}`, and evaluation sets `{eval_set_id, eval_cases}`."""

    name = "google-adk"
    title = "Google ADK sessions"
    description = (
        "Sessions of Google's Agent Development Kit: events with author and content parts "
        "(functionCall, functionResponse, text, thought). Cases of its evaluation sets too."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        cases = _get(record, "eval_cases")
        if isinstance(cases, list):
            return all(isinstance(c.get("conversation"), list) for c in cases)
        events = record.get("events")
        return isinstance(events, list) and any(
            isinstance(e.get("author"), str) and ("content" in e or _get(e, "invocation_id"))
            for e in events
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        tools = context.tools if record.get("tools") is None else read_tools(record["tools"])
        about = {k: v for k, v in record.items() if k not in _TAKEN}
        cases = _get(record, "eval_cases")
        if isinstance(cases, list):
            for number, case in enumerate(cases, start=1):
                yield _case(case, tools, about, f"{context.where}#{number}")
            return
        events = record.get("events")
        if not isinstance(events, list):
            raise RecordError(
                "The session has no list of events.",
                "Export it with its events (`events`), as the kit's session service gives it.",
            )
        whole = [e for e in events if isinstance(e, dict) and not e.get("partial")]
        yield Imported(
            trajectory=Trajectory(tuple(_messages(whole)), tools),
            source_id=context.source_id(record),
            source={
                **about,
                "events": [{k: v for k, v in e.items() if k != "content" and v} for e in whole],
            },
        )


def _get(record: dict[str, Any], snake: str) -> Any:
    """The value of a key in either spelling."""
    if snake in record:
        return record[snake]
    first, *rest = snake.split("_")
    return record.get(first + "".join(word.capitalize() for word in rest))


def _messages(events: list[dict[str, Any]]) -> Iterator[Message]:
    for event in events:
        author = event.get("author")
        content = event.get("content")
        if isinstance(content, dict):
            yield from _of_content(content, author if isinstance(author, str) else "")


def _of_content(content: dict[str, Any], author: str) -> Iterator[Message]:
    """The messages of one content: its results, then what was said and called."""
    texts: list[str] = []
    thoughts: list[str] = []
    others: list[dict[str, Any]] = []
    calls: list[ToolCall] = []
    n_results = 0
    for part in content.get("parts") or ():
        call, response = _get(part, "function_call"), _get(part, "function_response")
        if isinstance(call, dict):
            arguments = read_arguments(call.get("args", {}))
            calls.append(ToolCall(call.get("name") or "", arguments, call.get("id")))
        elif isinstance(response, dict):
            n_results += 1
            yield _result(response)
        elif isinstance(part.get("text"), str):
            (thoughts if part.get("thought") else texts).append(part["text"])
        elif others_of := {k: v for k, v in part.items() if v is not None}:
            others.append(others_of)
    if not (texts or thoughts or others or calls):
        return
    is_user = author == _USER or (not author and content.get("role") == _USER)
    text: Any = "".join(texts) if texts else None
    if others:
        text = [*({"type": "text", "text": t} for t in texts), *others]
    yield Message(
        Role.USER if is_user else Role.ASSISTANT,
        text,
        tuple(calls),
        name=None if is_user else author or None,
        reasoning="".join(thoughts) or None,
    )


def _result(response: dict[str, Any]) -> Message:
    value = response.get("response")
    return Message(
        Role.TOOL,
        value if isinstance(value, str) else json_text(value),
        tool_call_id=response.get("id"),
        name=response.get("name"),
    )


def _case(
    case: dict[str, Any], tools: tuple[ToolSpec, ...], about: dict[str, Any], place: str
) -> Imported:
    """One case: for every turn the request, the calls expected, and the answer expected."""
    messages: list[Message] = []
    for turn in case["conversation"]:
        messages += _of_content(_get(turn, "user_content") or {}, _USER)
        between = _get(turn, "intermediate_data") or {}
        uses = _get(between, "tool_uses") or []
        if uses:
            parts = [{"function_call": use} for use in uses]
            messages += _of_content({"parts": parts}, "agent")
        for response in _get(between, "tool_responses") or ():
            messages.append(_result(response))
        messages += _of_content(_get(turn, "final_response") or {}, "agent")
    eval_id = _get(case, "eval_id")
    return Imported(
        trajectory=Trajectory(tuple(messages), tools),
        source_id=eval_id if isinstance(eval_id, str) and eval_id else place,
        source={**about, **{k: v for k, v in case.items() if k not in _CASE_TAKEN}},
    )
