"""Reading what a model answered in a BFCL run: one row of a `…_result.json` file (formats §8).

Two spellings of calls: a list of `{name: arguments as JSON text}` from models with function
calling, and `[f(a=1), g(b=2)]` text from models that are only prompted. A single-turn row holds
one answer; a multi-turn row a list per turn of a list per step. Nothing is mended: an answer that
cannot be read as calls is a message with the raw text as its content, which is what annotators
must see. Matching answers with the gold is `curation/matchers/bfcl.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from curation.call_text import read_calls
from curation.importing import RecordError, json_text
from curation.trajectory import Message, Role, ToolCall, ToolSpec, json_type

_FAILURE = "Error during inference:"
"""What the benchmark writes in place of an answer when the endpoint gave none."""
_END_TOKEN = re.compile(r"<\|?[a-z]+(?:_[a-z]+)*\|?>|</s>")
"""A special token (`<end_of_turn>`, `<|im_end|>`, `</s>`) that a server left at the end."""
_AROUND = "`\n "
"""What the benchmark strips from a text before it decodes it."""


class BfclResult(Struct, frozen=True):
    """What a model answered to one question."""

    question_id: str
    turns: tuple[tuple[Message, ...], ...]
    """Per turn the assistant messages of its steps. Single-turn: exactly one turn of one message.
    Multi-turn: a turn without a step is (). The results the calls got are not in the file."""
    source: dict[str, Any] = {}
    """What else the row says: token counts, latency, the log of the inference."""

    @property
    def answer(self) -> Message | None:
        """The one message of a single-turn row; None for more, or fewer."""
        found = [message for turn in self.turns for message in turn]
        return found[0] if len(found) == 1 else None


def is_bfcl_result(row: dict[str, Any]) -> bool:
    """Whether a decoded row looks like one of a result file, by its keys and their types."""
    return (
        isinstance(row.get("id"), str)
        and isinstance(row.get("result"), str | list)
        and "question" not in row
        and "messages" not in row
    )


def read_bfcl_result(row: dict[str, Any], tools: Sequence[ToolSpec] = ()) -> BfclResult:
    """Read one row of a result file.

    Args:
        row: the decoded row, `{"id": …, "result": …}`.
        tools: the tools of the question. With them names that hold brackets are recognised in
            text and positional arguments get their names; the rest is read without.

    Raises:
        RecordError: the row has no id or result, its result has neither shape, or it records
            that the endpoint failed: then the model has answered nothing.
    """
    question_id, result = row.get("id"), row.get("result")
    if not isinstance(question_id, str) or not question_id:
        raise RecordError("The row has no id.", "Give the result file as the benchmark wrote it.")
    source = {k: v for k, v in row.items() if k not in ("id", "result", "reasoning_content")}
    if isinstance(result, str) and (result.startswith(_FAILURE) or "traceback" in row):
        raise RecordError(
            f"The model was not reached for {question_id}: {result[:200]}",
            "Ask it again; a failure of the endpoint is no answer.",
        )
    if not isinstance(result, str | list):
        raise RecordError(
            f"The result of {question_id} is a JSON {json_type(result)}.",
            "It is text or a list in files of the benchmark.",
        )
    if isinstance(result, list) and _is_multi_turn(question_id, result):
        turns = tuple(_turn(turn, tools) for turn in result)
        if "reasoning_content" in row:
            source["reasoning_content"] = row["reasoning_content"]
        return BfclResult(question_id, turns, source)
    return BfclResult(question_id, ((_step(result, tools, row.get("reasoning_content")),),), source)


def _is_multi_turn(question_id: str, result: list[Any]) -> bool:
    """An empty list is "no call" in one and "no turn" in the other; there only the id tells."""
    if not result:
        return question_id.startswith("multi_turn")
    return all(isinstance(turn, list | str) for turn in result)


def _turn(turn: Any, tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
    """The steps of a turn: a list of them, or one text."""
    if isinstance(turn, list) and not all(isinstance(step, dict) for step in turn):
        return tuple(_step(step, tools) for step in turn)
    return (_step(turn, tools),) if turn else ()


def _step(answer: Any, tools: Sequence[ToolSpec], reasoning: Any = None) -> Message:
    """One assistant message, of `[{name: "json"}]`, `"[f(a=1)]"`, or text that is the answer."""
    thinking = reasoning if isinstance(reasoning, str) and reasoning else None
    content: str | None = None
    calls: tuple[ToolCall, ...] = ()
    if isinstance(answer, str):
        calls = _calls_in_text(answer, tools)
        content = None if calls else answer
    elif isinstance(answer, list) and all(isinstance(one, dict) for one in answer):
        calls = tuple(
            ToolCall(str(name), arguments if isinstance(arguments, str) else json_text(arguments))
            for one in answer
            for name, arguments in one.items()
        )
    else:
        content = json_text(answer)
    return Message(Role.ASSISTANT, content, calls, reasoning=thinking)


def _calls_in_text(text: str, tools: Sequence[ToolSpec]) -> tuple[ToolCall, ...]:
    """The calls of a text that is nothing but calls; () for prose, also for prose around calls.

    A list that breaks off keeps its calls, the last with arguments that do not parse.
    """
    found = read_calls(_without_end_tokens(text).strip(_AROUND), tools)
    return found.calls if found is not None and not found.rest else ()


def _without_end_tokens(text: str) -> str:
    while True:
        text = text.rstrip()
        start = text.rfind("<")
        if start < 0 or not _END_TOKEN.fullmatch(text, start):
            return text
        text = text[:start]
