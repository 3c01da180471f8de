"""What Loopwright said of an export, for comparing with what its trainer made of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def counted(export: Path) -> list[tuple[int, int]]:
    """Tokens and learnt tokens of each row, as the export counted them with the model's files."""
    found = [line["text"] for line in lines(export / "rendering.jsonl")]
    return [(text["tokens"], text["learnt_tokens"]) for text in found]


def said(message: dict[str, Any]) -> list[str]:
    """The words that stand in a rendered text where this message does."""
    words = [str(message.get("content") or "").strip()]
    for call in message.get("tool_calls") or []:
        words.append(f'"{call["function"]["name"]}"')
    return [word for word in words if word]


def took_steps(report: dict[str, Any]) -> None:
    """Two steps were taken, and their loss is a number."""
    assert len(report["losses"]) == 2
    assert all(math.isfinite(loss) and loss > 0 for loss in report["losses"])
