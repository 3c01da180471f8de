"""OpenTelemetry's spans of model calls, by the conventions for generative AI (formats §13).

Read from OTLP JSON (what a collector writes, one batch a line), and from one span a line. Relied
on: the attributes `gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`
and `gen_ai.tool.definitions` of semantic-conventions (docs/gen-ai), as JSON text or structured, on
the span or on its event; messages are `{role, parts}`. OpenLLMetry's older indexed attributes
(`gen_ai.prompt.0.content`) are read too. Events of one message each (`gen_ai.user.message`), which
the conventions have given up, are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from curation.flattened import nested
from curation.importing import ImportContext, Imported, Problem, Record, import_format
from curation.openai_messages import read_arguments, read_message
from curation.spans import Span, raw_spans, read_span
from curation.threads import ModelCall, ToolRun
from curation.tool_schemas import read_tools
from curation.trace_gathering import gather_traces
from curation.traces import as_text, decoded, read_trace
from curation.trajectory import Message, Role, ToolCall

_CONTENT = (
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.prompt",
    "gen_ai.completion",
    "llm.request.functions",
)
_ROLES = {"tool": Role.TOOL, "user": Role.USER, "system": Role.SYSTEM, "developer": Role.DEVELOPER}
_HINT = (
    "Recording content is off by default: switch it on in the instrumentation "
    "(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY) and record again."
)


@import_format
class OTelGenAI:
    """Spans with `gen_ai.*` attributes; those of one trace become one trajectory."""

    name = "otel-genai"
    title = "OpenTelemetry GenAI spans"
    description = (
        "OTLP JSON or one span a line, with gen_ai.input.messages and gen_ai.output.messages. The "
        "spans of a trace become one trajectory (a sub-agent's its own); other answers to the same "
        "history become predictions. At most 20,000 spans or 32 MiB are held to gather a trace."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return any(
            any(k.startswith("gen_ai.") for k in attributes)
            and "openinference.span.kind" not in attributes
            for attributes in (read_span(raw).attributes for raw in raw_spans(record))
        )

    def gather(self, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
        return gather_traces(items)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        return read_trace(record, context, _read, is_content=_is_content, hint=_HINT)


def _is_content(key: str) -> bool:
    return key.startswith(_CONTENT)


def _read(span: Span) -> ModelCall | ToolRun | None:
    has = span.attributes.get
    if "gen_ai.tool.call.result" in span.attributes:
        return ToolRun(
            as_text(has("gen_ai.tool.call.id")),
            as_text(has("gen_ai.tool.name")),
            as_text(has("gen_ai.tool.call.result")),
        )
    if has("gen_ai.operation.name") in ("invoke_agent", "create_agent", "execute_tool"):
        return None  # an agent's span repeats what the model calls inside it say
    given = _messages(has("gen_ai.input.messages"))
    answers = _messages(has("gen_ai.output.messages"))
    if not given and not answers:
        given = _indexed(nested(span.attributes, "gen_ai.prompt"))
        answers = _indexed(nested(span.attributes, "gen_ai.completion"))
    if not given and not answers:
        return None
    system = _system(decoded(has("gen_ai.system_instructions")))
    tools = decoded(has("gen_ai.tool.definitions"))
    if tools is None:
        tools = nested(span.attributes, "llm.request.functions")
    return ModelCall(
        given=(*system, *given),
        answers=tuple(m for m in answers if m.role is Role.ASSISTANT),
        tools=read_tools(tools),
        model=as_text(has("gen_ai.response.model") or has("gen_ai.request.model")),
    )


def _system(value: Any) -> tuple[Message, ...]:
    """The instructions that stand apart from the messages."""
    if isinstance(value, str):
        return (Message(Role.SYSTEM, value),) if value else ()
    if not isinstance(value, list) or not value:
        return ()
    return tuple(_of_parts(Role.SYSTEM, value))


def _messages(value: Any) -> tuple[Message, ...]:
    """Messages in the conventions' form, or as the provider's client had them."""
    value = decoded(value)
    found: list[Message] = []
    for raw in value if isinstance(value, list) else ():
        if not isinstance(raw, dict):
            continue
        if isinstance(raw.get("parts"), list):
            found += _of_parts(_role(raw), raw["parts"])
        else:
            found.append(read_message(raw))
    return tuple(found)


def _role(raw: dict[str, Any]) -> Role:
    return _ROLES.get(str(raw.get("role")), Role.ASSISTANT)


def _of_parts(role: Role, parts: Iterable[Any]) -> Iterator[Message]:
    """One message of its parts; results become messages of their own before it."""
    texts: list[str] = []
    thinking: list[str] = []
    others: list[dict[str, Any]] = []
    calls: list[ToolCall] = []
    n_results = 0
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else "text"
        if kind == "text":
            texts.append(as_text(part.get("content") if isinstance(part, dict) else part))
        elif kind in ("reasoning", "thinking"):
            thinking.append(as_text(part.get("content")))
        elif kind == "tool_call":
            arguments = read_arguments(part.get("arguments"))
            calls.append(ToolCall(as_text(part.get("name")), arguments, _id(part)))
        elif kind == "tool_call_response":
            n_results += 1
            result = part.get("response", part.get("result"))
            name = part.get("name")
            yield Message(
                Role.TOOL,
                as_text(result),
                tool_call_id=_id(part),
                name=name if isinstance(name, str) else None,
            )
        else:
            others.append(part)
    if n_results and not (texts or others or calls):
        return
    content: Any = "\n".join(texts) if texts else None
    if others:
        content = [*({"type": "text", "text": text} for text in texts), *others]
    yield Message(role, content, tuple(calls), reasoning="\n".join(thinking) or None)


def _id(part: dict[str, Any]) -> str | None:
    return as_text(part.get("id")) or None


def _indexed(value: Any) -> tuple[Message, ...]:
    """OpenLLMetry's messages: calls are flat `{id, name, arguments}`."""
    if not isinstance(value, list):
        return ()
    return tuple(read_message({"role": "assistant", **raw}) for raw in value)
