"""One case of the court as the browser draws it: what was asked, the tools, two answers, votes.

Pure but for `draw_case`: values in, plain JSON out, and every text of it becomes `textContent` in
`viewer/assets/court.js`. Which side is the label is in the JSON only when it may be told: blind,
the sides are A and B, and nothing else of the case differs between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from components.viewer import draw_module
from components.viewer.arguments import argument_rows, properties_of
from curation.checking import Finding
from curation.diffing import match_calls
from curation.grounding import Grounding
from curation.judging import Omission, Vote
from curation.text_diff import diff_text
from curation.thinking import without_thinking
from curation.trajectory import Message, Role, ToolCall, ToolSpec

LONGEST_DIFF = 4_000
"""Characters of a value that is compared word by word."""

Row = dict[str, Any]


class Side(Struct, frozen=True):
    """One of the two answers."""

    title: str
    message: Message
    findings: Sequence[Finding] = ()
    groundings: Sequence[Grounding] = ()


class Opinion(Struct, frozen=True):
    """What a judge or a person says of the case as a whole."""

    says: str
    who: str
    when: str
    texts: Sequence[str] = ()
    """How it came about, a note."""
    is_taken_back: bool = False


class ShownVote(Struct, frozen=True):
    """A vote and what it was part of."""

    judge: str
    vote: Vote


class ShownCase(Struct, frozen=True):
    """All that is drawn of a case."""

    context: Sequence[Message]
    """The messages before the step."""
    tools: Sequence[ToolSpec]
    left: Side
    right: Side
    opinions: Sequence[Opinion] = ()
    votes: Sequence[ShownVote] = ()
    is_blind: bool = False
    """Nothing is told that only one of the sides has for being the label: its thinking."""


def draw_case(case: ShownCase, *, key: str) -> None:
    """Draw a case; `key` must be the same for every case of a page, so that nothing is remounted
    (and nothing jumps) from one to the next."""
    draw_module("loopwright_court", "court.js", case_json(case), key=key)


def case_json(case: ShownCase) -> dict[str, Any]:
    """What `court.js` draws."""
    users = [i for i, m in enumerate(case.context) if m.role is Role.USER]
    sides = (case.left, case.right)
    called = {call.name for side in sides for call in side.message.tool_calls}
    tools = sorted(case.tools, key=lambda tool: tool.name not in called)
    return {
        "earlier": [_message(m) for m in case.context[: users[-1] if users else 0]],
        "turn": [_message(m) for m in case.context[users[-1] if users else 0 :]],
        "tools": [_tool(tool, is_called=tool.name in called) for tool in tools],
        "titles": [side.title for side in sides],
        "texts": _texts(*(_text(side.message) for side in sides)),
        "thinking": [None if case.is_blind else side.message.reasoning for side in sides],
        "calls": _calls(case),
        "findings": [[_finding(f) for f in side.findings] for side in sides],
        "opinions": msgspec.to_builtins(case.opinions),
        "votes": [_vote(shown) for shown in case.votes],
    }


def _text(message: Message) -> str:
    return without_thinking(message.text).strip()


def _message(message: Message) -> dict[str, Any]:
    is_own = message.role is Role.ASSISTANT
    return {
        "role": str(message.role),
        "name": message.name,
        "text": _text(message) if is_own else message.text,
        "calls": [f"{call.name} {call.raw_arguments}" for call in message.tool_calls],
    }


def _tool(tool: ToolSpec, *, is_called: bool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "is_called": is_called,
        "properties": properties_of(tool),
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {"severity": str(found.severity), "message": found.message}


def _texts(left: str, right: str) -> list[list[Row]]:
    """Both texts as pieces `{text, is_own}`; own is what the other side does not say."""
    if not left or not right or max(len(left), len(right)) > LONGEST_DIFF:
        return [_whole(left), _whole(right)]
    hunks = diff_text(left, right)
    if not hunks:
        return [_whole(left), _whole(right)]
    return [
        [{"text": h.text, "is_own": h.kind == own} for h in hunks if h.kind in ("kept", own)]
        for own in ("removed", "added")
    ]


def _whole(text: str) -> list[Row]:
    return [{"text": text, "is_own": False}] if text else []


def _calls(case: ShownCase) -> list[dict[str, Any]]:
    """Calls side by side, those that are versions of each other in one entry: `{names, rows,
    raw}`."""
    left, right = case.left.message.tool_calls, case.right.message.tool_calls
    pairs = match_calls(*([_plain(call) for call in calls] for calls in (left, right)))
    paired = {i for i, _ in pairs}, {j for _, j in pairs}
    places: list[tuple[int | None, int | None]] = sorted(pairs)
    places += [(i, None) for i in range(len(left)) if i not in paired[0]]
    places += [(None, j) for j in range(len(right)) if j not in paired[1]]
    tools = {tool.name: tool for tool in reversed(case.tools)}
    shown = []
    for i, j in places:
        calls = None if i is None else left[i], None if j is None else right[j]
        sides = [_argument_rows(call, tools) for call in calls]
        shown.append(
            {
                "names": [call.name if call else None for call in calls],
                "raw": [
                    call.raw_arguments if call and rows is None else None
                    for call, rows in zip(calls, sides, strict=True)
                ],
                "origins": [
                    None if at is None else _origins(side, at)
                    for side, at in zip((case.left, case.right), (i, j), strict=True)
                ],
                "rows": _aligned(
                    sides[0] or [], sides[1] or [], both=i is not None and j is not None
                ),
            }
        )
    return shown


def _plain(call: ToolCall) -> ToolCall:
    """Without its id: models number their calls as they like."""
    return ToolCall(call.name, call.raw_arguments)


def _origins(side: Side, call_index: int) -> dict[str, dict[str, str | None]]:
    """Pointer -> where the value is from and how; as `grounding.js` reads it."""
    return {
        grounding.anchor.pointer or "": {"origin": grounding.origin, "how": grounding.how}
        for grounding in side.groundings
        if grounding.anchor.call_index == call_index
    }


def _argument_rows(call: ToolCall | None, tools: Mapping[str, ToolSpec]) -> list[Row] | None:
    """Rows of a call's arguments; None when they do not parse."""
    if call is None:
        return []
    value = call.parsed().value
    return None if value is None else argument_rows(value, tools.get(call.name))


def _aligned(left: list[Row], right: list[Row], *, both: bool) -> list[Row]:
    """One row an argument: `{pointer, name, depth, is_required, differs, cells}`; a cell is None on
    a side that does not name the argument, else `{pieces, type, is_missing}`."""
    by_pointer = [{row["pointer"]: row for row in rows} for rows in (left, right)]
    order = [row["pointer"] for row in left]
    for position, row in enumerate(right):
        if row["pointer"] not in by_pointer[0]:
            before = right[position - 1]["pointer"] if position else None
            order.insert(order.index(before) + 1 if before is not None else 0, row["pointer"])
    aligned = []
    for pointer in order:
        rows = [side.get(pointer) for side in by_pointer]
        any_row = rows[0] or rows[1]
        assert any_row is not None
        given = [None if row is None or row["missing"] else row for row in rows]
        said = [None if row is None else (row["type"], row["value"]) for row in given]
        differs = both and said[0] != said[1]
        texts = [row["value"] if row else "" for row in given]
        pieces = _texts(*texts) if differs else [_whole(text) for text in texts]
        aligned.append(
            {
                "pointer": pointer,
                "name": any_row["name"],
                "depth": any_row["depth"],
                "is_required": any_row["required"],
                "differs": differs,
                "cells": [
                    None
                    if row is None
                    else {
                        "pieces": pieces[k],
                        "type": row["type"],
                        "is_missing": row["missing"],
                    }
                    for k, row in enumerate(rows)
                ],
            }
        )
    return aligned


def _vote(shown: ShownVote) -> dict[str, Any]:
    vote = shown.vote
    return {
        "judge": shown.judge,
        "model": vote.key.model,
        "order": str(vote.key.order),
        "number": vote.key.number + 1,
        "verdict": vote.verdict.value if vote.verdict else None,
        "unscored": str(vote.unscored) if vote.unscored else None,
        "detail": vote.detail,
        "analysis": vote.error_analysis,
        "approach": vote.correct_approach,
        "omitted": [omitted_words(one) for one in vote.omitted],
        "reply": vote.reply.refusal or vote.reply.text if vote.reply else None,
    }


def omitted_words(one: Omission) -> str:
    """What a judge was not shown, in words."""
    place = "" if one.message_index is None else f" of message {one.message_index}"
    name = f" {one.name}" if one.name else ""
    return f"{one.kind}{name}{place} ({one.chars:,} characters)"
