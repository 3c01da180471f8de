"""Dresses that put a dialogue, or what was before a step, into a text: Glaive, LoopTool, ToolRL."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_GLAIVE = "SYSTEM: {policy}\nYou have access to these functions. Use them if required -\n{tools}"
_LOOPTOOL = (
    "{policy}\n\nYou may call one or more functions. They are given within <tools></tools>:\n"
    "<tools>\n{tools}\n</tools>\nReturn each call as JSON within <tool_call></tool_call>."
)
_TOOLRL = (
    "{policy}\n\n**Available Tools**\nYou can use these tools:\n{tools}\n\n"
    "**Output Format**\nThink within <think>, call within <tool_call>, answer within <response>."
)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _policy(row: SyntheticRow) -> str:
    first = row.messages[0]
    return str(first["content"]) if first["role"] == "system" else "You help with what is asked."


def _said(row: SyntheticRow) -> list[dict[str, Any]]:
    return [m for m in row.messages if m["role"] != "system"]


def glaive(row: SyntheticRow) -> dict[str, Any]:
    """`{system, chat}`; one call a turn, so only rows without parallel calls fit."""
    tools = "\n".join(json.dumps(t["function"], ensure_ascii=False, indent=4) for t in row.tools)
    turns = []
    for message in _said(row):
        content = message["content"] or ""
        if message["role"] == "user":
            turns.append(f"USER: {content}")
        elif message["role"] == "tool":
            turns.append(f"FUNCTION RESPONSE: {content}")
        else:
            called = [
                f'<functioncall> {{"name": "{c["function"]["name"]}", '
                f"\"arguments\": '{c['function']['arguments']}'}}"
                for c in message.get("tool_calls", ())
            ]
            turns.append(f"ASSISTANT: {' '.join([content, *called]).strip()} <|endoftext|>")
    return {
        "system": _GLAIVE.format(policy=_policy(row), tools=tools),
        "chat": "\n\n\n".join(turns),
    }


def _calls(message: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [
        {"name": c["function"]["name"], key: json.loads(c["function"]["arguments"])}
        for c in message.get("tool_calls", ())
    ]


def _tagged(message: dict[str, Any]) -> str:
    """An answer as LoopTool writes it: text, then one block a call."""
    calls = [f"<tool_call>\n{_text(c)}\n</tool_call>" for c in _calls(message, "arguments")]
    return "\n".join(filter(None, [message["content"] or "", *calls]))


def looptool(row: SyntheticRow) -> dict[str, Any]:
    """The step that was predicted, as a probed row."""
    predicted = row.record()["predictions"][0]
    before = row.messages[: predicted["message_index"]]
    turns: list[tuple[str, str]] = []
    for message in (m for m in before if m["role"] != "system"):
        if message["role"] == "tool":
            block = f"<tool_response>\n{message['content']}\n</tool_response>"
            if turns[-1][1].endswith("</tool_response>"):
                turns[-1] = ("user", f"{turns[-1][1]}\n{block}")
            else:
                turns.append(("user", block))
        else:
            answer = message["role"] == "assistant"
            turns.append((message["role"], _tagged(message) if answer else str(message["content"])))
    first, *more = turns
    text = first[1] + "".join(f"<|im_end|>\n<|im_start|>{who}\n{said}" for who, said in more)
    tools = "\n".join(_text(t["function"]) for t in row.tools)
    return {
        "instruction": _LOOPTOOL.format(policy=_policy(row), tools=tools),
        "input": text,
        "output": _tagged(row.messages[predicted["message_index"]]),
        "response": _tagged({"content": None, **predicted["message"]}),
        "think": "",
        "perplexity": predicted.get("perplexity"),
    }


def toolrl(row: SyntheticRow, number: int) -> dict[str, Any]:
    """The last step as verl's columns."""
    *before, last = _said(row)
    tools = "\n".join(
        f"{n}. Name: {t['function']['name']}\nDescription: {t['function']['description']}\n"
        f"Parameters: {_text(t['function']['parameters'])}"
        for n, t in enumerate(row.tools, start=1)
    )
    history = ["**Dialogue Records History**"]
    for message in before:
        if message["role"] == "user":
            history.append(f"<user> {message['content']} </user>")
        elif message["role"] == "tool":
            result = {"name": message["name"], "results": json.loads(message["content"])}
            if history[-1].startswith("<obs>"):
                results = [*json.loads(history[-1][5:-6]), result]
            else:
                results = [result]
            block = f"<obs> {_text(results)} </obs>"
            history[-1:] = [block] if len(results) > 1 else [history[-1], block]
        else:
            history.append(_step(message))
    return {
        "data_source": "rooms",
        "prompt": [
            {"role": "system", "content": _TOOLRL.format(policy=_policy(row), tools=tools)},
            {"role": "user", "content": "\n".join(history)},
        ],
        "ability": "tool_use",
        "reward_model": {"style": "rule", "ground_truth": _step(last)},
        "extra_info": {"split": "train", "index": number},
    }


def _step(message: dict[str, Any]) -> str:
    lines = "\n".join(_text(c) for c in _calls(message, "parameters"))
    calls = f"<tool_call>\n{lines}\n</tool_call>" if lines else ""
    content = f"<response> {message['content']} </response>" if message["content"] else ""
    return "\n".join(filter(None, [calls, content]))
