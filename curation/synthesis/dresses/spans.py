"""Traces of the same runs: OpenTelemetry's GenAI spans, OpenInference's, and Datadog's.

One model call is one span, which repeats the history; every call of a tool is a span as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from curation.synthesis.row import SyntheticRow

_BEGIN = 1_767_225_600_000_000_000
"""2026-01-01, in nanoseconds."""
_STEP = 1_500_000_000
_MODEL = "example-small"


def _id(row: SyntheticRow, name: str, length: int) -> str:
    return hashlib.sha256(f"{row.id} {name}".encode()).hexdigest()[:length]


def _model_calls(row: SyntheticRow) -> Iterator[int]:
    """Indexes of the assistant's messages."""
    return (i for i, m in enumerate(row.messages) if m["role"] == "assistant")


def _calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    return list(message.get("tool_calls") or ())


# --- OpenTelemetry ------------------------------------------------------------------------------


def otlp(row: SyntheticRow) -> dict[str, Any]:
    """One batch of a collector that holds the whole trace."""
    spans = [
        _otlp_span(row, "chat " + _MODEL, index, {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": _MODEL,
            "gen_ai.input.messages": [_parts(m) for m in row.messages[:index]],
            "gen_ai.output.messages": [
                {**_parts(row.messages[index]), "finish_reason": "stop"}
            ],
            "gen_ai.tool.definitions": [{"type": "function", **t["function"]} for t in row.tools],
        })
        for index in _model_calls(row)
    ] + [
        _otlp_span(row, "execute_tool " + call["function"]["name"], index, {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call["function"]["name"],
            "gen_ai.tool.call.id": call["id"],
        })
        for index in _model_calls(row) for call in _calls(row.messages[index])
    ]  # fmt: skip
    resource = {"attributes": [_attribute("service.name", "example-agent")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


def _otlp_span(
    row: SyntheticRow, name: str, index: int, attributes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "traceId": _id(row, "trace", 32),
        "spanId": _id(row, f"{name} {index} {attributes.get('gen_ai.tool.call.id')}", 16),
        "name": name,
        "startTimeUnixNano": str(_BEGIN + index * _STEP),
        "endTimeUnixNano": str(_BEGIN + index * _STEP + _STEP // 2),
        "attributes": [_attribute(k, v) for k, v in attributes.items()],
    }


def _attribute(key: str, value: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {"key": key, "value": {"stringValue": text}}


def _parts(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        result = {"type": "tool_call_response", "id": message["tool_call_id"]}
        return {"role": "tool", "parts": [{**result, "response": message["content"]}]}
    parts = [{"type": "text", "content": message["content"]}] if message.get("content") else []
    for call in _calls(message):
        function = call["function"]
        arguments = _object_or_text(function["arguments"])
        parts.append({"type": "tool_call", "id": call["id"], "name": function["name"],
                      "arguments": arguments})  # fmt: skip
    return {"role": message["role"], "parts": parts}


def _object_or_text(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


# --- OpenInference ------------------------------------------------------------------------------


def openinference(row: SyntheticRow) -> Iterator[dict[str, Any]]:
    """One span a line, as the exporter of OpenTelemetry's Python SDK writes them."""
    for index in _model_calls(row):
        attributes: dict[str, Any] = {
            "openinference.span.kind": "LLM",
            "llm.model_name": _MODEL,
        }
        for n, tool in enumerate(row.tools):
            attributes[f"llm.tools.{n}.tool.json_schema"] = json.dumps(tool, ensure_ascii=False)
        for n, message in enumerate(row.messages[:index]):
            _flatten(attributes, f"llm.input_messages.{n}.message.", message)
        _flatten(attributes, "llm.output_messages.0.message.", row.messages[index])
        yield {
            "name": "ChatCompletion",
            "context": {
                "trace_id": "0x" + _id(row, "trace", 32),
                "span_id": "0x" + _id(row, f"span {index}", 16),
            },
            "parent_id": None,
            "start_time": f"2026-01-01T00:{index // 60:02}:{index % 60:02}.000000Z",
            "attributes": attributes,
        }


def _flatten(attributes: dict[str, Any], start: str, message: dict[str, Any]) -> None:
    attributes[start + "role"] = message["role"]
    if message.get("content"):
        attributes[start + "content"] = message["content"]
    if "tool_call_id" in message:
        attributes[start + "tool_call_id"] = message["tool_call_id"]
    for n, call in enumerate(_calls(message)):
        at = f"{start}tool_calls.{n}.tool_call."
        attributes[at + "id"] = call["id"]
        attributes[at + "function.name"] = call["function"]["name"]
        attributes[at + "function.arguments"] = call["function"]["arguments"]


# --- Datadog ------------------------------------------------------------------------------------


def datadog(row: SyntheticRow) -> Iterator[dict[str, Any]]:
    """One span a line."""
    tools = [
        {
            "name": t["function"]["name"],
            "description": t["function"]["description"],
            "schema": t["function"]["parameters"],
        }
        for t in row.tools
    ]
    for index in _model_calls(row):
        yield {
            "trace_id": _id(row, "trace", 32),
            "span_id": _id(row, f"span {index}", 16),
            "parent_id": "undefined",
            "name": "answer",
            "ml_app": "example-agent",
            "start_ns": _BEGIN + index * _STEP,
            "duration": _STEP // 2,
            "meta": {
                "kind": "llm",
                "model_name": _MODEL,
                "tool_definitions": tools,
                "input": {"messages": [_datadog(m) for m in row.messages[:index]]},
                "output": {"messages": [_datadog(row.messages[index])]},
            },
        }


def _datadog(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        result = {"tool_id": message["tool_call_id"], "result": message["content"]}
        return {"role": "tool", "tool_results": [{**result, "type": "tool_result"}]}
    found: dict[str, Any] = {"role": message["role"], "content": message.get("content") or ""}
    if _calls(message):
        found["tool_calls"] = [
            {
                "name": call["function"]["name"],
                "arguments": _object_or_text(call["function"]["arguments"]),
                "tool_id": call["id"],
                "type": "function",
            }
            for call in _calls(message)
        ]
    return found
