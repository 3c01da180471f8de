"""What a row of each layout says it teaches: words that carry loss, and words that must not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import parquet

Row = dict[str, Any]


class Side(NamedTuple):
    """One text of a row; a pair has two."""

    learnt: list[str]
    context: list[str]


def rows_of(export: Path) -> list[Row]:
    """The rows to train on; of a table, without the nulls where a row has no such key."""
    if (export / "train.jsonl").exists():
        return lines(export / "train.jsonl")
    rows: list[Row] = _without_nulls(parquet.read_table(export / "train.parquet").to_pylist())
    return rows


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def lines(path: Path) -> list[Row]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def stands(words: str, text: str) -> bool:
    """Whether words stand in a text, as they are or as JSON spells them."""
    spelled = {words, json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]}
    return any(one in text for one in spelled)


def sides_of(layout: str, row: Row) -> list[Side]:
    """The texts of a row."""
    if layout == "sharegpt":
        return _sharegpt(row)
    if layout == "swift":
        rejected = [row["rejected_messages"]] if "rejected_messages" in row else []
        return [_flagged(messages, "loss") for messages in (row["messages"], *rejected)]
    if layout == "llama-factory-v1":
        pair = [
            row[f"{side}_messages"] for side in ("chosen", "rejected") if f"{side}_messages" in row
        ]
        return [_weighed(messages) for messages in pair or [row["messages"]]]
    before = row.get("prompt") or row["messages"]
    if "chosen" in row:
        return [_continued(before, row[side]) for side in ("chosen", "rejected")]
    if "completion" in row:
        return [_continued(before, row["completion"])]
    return [_flagged(row["messages"], "train")]


def tool_names(row: Row) -> list[str]:
    """Names of the tools of a row."""
    tools = json.loads(row["tools"] or "[]")
    return [tool.get("function", tool)["name"] for tool in tools]


def said(message: Row) -> list[str]:
    """The words that stand in a text where this message does."""
    calls = [call["function"] for call in message.get("tool_calls") or []]
    content = message.get("content", message.get("value")) or ""
    if message.get("role", message.get("from")) in ("tool_call", "function_call"):
        found = json.loads(content)
        calls, content = found if isinstance(found, list) else [found], ""
    words = [content.strip()]
    for call in calls:
        given = call["arguments"]
        given = json.loads(given) if isinstance(given, str) else given
        words += [call["name"], *[value for value in given.values() if isinstance(value, str)]]
    return [word for word in words if word]


def _flagged(messages: Sequence[Row], flag: str) -> Side:
    steps = ("assistant", "tool_call")
    learnt = [m["role"] in steps and m.get(flag, True) for m in messages]
    return _side(
        [m for m, one in zip(messages, learnt, strict=True) if one],
        [m for m, one in zip(messages, learnt, strict=True) if not one],
    )


def _weighed(messages: Sequence[Row]) -> Side:
    """Of messages whose content stands in parts."""
    steps: tuple[list[Row], list[Row]] = ([], [])
    for message in messages:
        parts = [{"role": part["type"], "content": part["value"]} for part in message["content"]]
        steps[message["loss_weight"] == 0].extend(parts)
    return _side(*steps)


def _continued(before: Sequence[Row], after: Row | Sequence[Row]) -> Side:
    return _side([after] if isinstance(after, dict) else after, before)


def _sharegpt(row: Row) -> list[Side]:
    turns = row["conversations"]
    if "chosen" in row:
        return [_continued(turns, row[side]) for side in ("chosen", "rejected")]
    if "kto_tag" in row:
        return [_continued(turns[:-1], turns[-1])]
    speaks = ("gpt", "function_call")
    answers = [turn for turn in turns if turn["from"] in speaks]
    return [_side(answers, [turn for turn in turns if turn["from"] not in speaks])]


def _side(learnt: Sequence[Row], context: Sequence[Row]) -> Side:
    return Side([w for m in learnt for w in said(m)], [w for m in context for w in said(m)])
