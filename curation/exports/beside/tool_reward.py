"""The reward of an answer: 1.0 when it makes the calls that are accepted, else 0.0.

TRL:   GRPOTrainer(..., reward_funcs=[tool_reward])
verl:  custom_reward_function.path=tool_reward.py custom_reward_function.name=compute_score
Alone: python tool_reward.py train.jsonl   (every ground truth has to earn its own reward)

An answer is right when its calls are those of `ground_truth`, of one of `alternatives`, or fit
`accepted` (lists of accepted values, as benchmarks have them). The order of calls and of an
object's keys means nothing; how often a call is made, the order of a list, and types count: 1, 1.0
and true are three values. Calls that cannot be read earn nothing. Where the right answer makes no
call, words without one earn the reward; an empty answer does not.

Calls are read from `tool_calls` of a message, or from <tool_call> blocks in its text: an object, a
list, or one object a line, with the keys name and arguments (or parameters). For a model that
writes calls otherwise, change `calls_in_text`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

Call = tuple[str, dict[str, Any]]
"""Name and arguments."""

_BLOCK = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_THINKING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)


def tool_reward(
    completions: list[Any],
    ground_truth: list[str],
    alternatives: list[Any] | None = None,
    accepted: list[str] | None = None,
    **_columns: Any,
) -> list[float]:
    """Rewards of TRL's GRPOTrainer: one for each completion."""
    n = len(completions)
    rows = zip(
        completions, ground_truth, alternatives or [None] * n, accepted or [""] * n, strict=True
    )
    return [reward(*row) for row in rows]


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None, **_more: Any
) -> float:
    """The reward of verl: of one answer."""
    extra = extra_info or {}
    alternatives = extra.get("alternatives")
    return reward(
        solution_str,
        ground_truth,
        [] if alternatives is None else list(alternatives),
        extra.get("accepted") or "",
    )


def reward(answer: Any, ground_truth: str, alternatives: Any = (), accepted: str = "") -> float:
    """1.0 or 0.0. `answer`: text, a message, or a list with one message."""
    try:
        calls, words = read_answer(answer)
        for right in (ground_truth, *(alternatives or ())):
            wanted = [(call["name"], call["arguments"]) for call in json.loads(right)]
            if wanted and same_calls(calls, wanted):
                return 1.0
            if not wanted and not calls and words:
                return 1.0
        return 1.0 if accepted and fits(calls, json.loads(accepted)) else 0.0
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0.0


def read_answer(answer: Any) -> tuple[list[Call], str]:
    """The calls of an answer as (name, arguments), and its words.

    Raises ValueError where a call cannot be read.
    """
    if isinstance(answer, list):
        answer = answer[-1] if answer else ""
    made = []
    if isinstance(answer, dict):
        made = [_of_message(call) for call in answer.get("tool_calls") or []]
        answer = answer.get("content") or ""
        if isinstance(answer, list):
            answer = "\n".join(part.get("text", "") for part in answer)
    text = without_thinking(answer)
    return made + calls_in_text(text), _BLOCK.sub("", text).strip()


def without_thinking(text: str) -> str:
    """The text behind its thinking, which may name the tags of calls."""
    found = _THINKING.match(text)
    if found:
        return text[found.end() :]
    if "</think>" in text and "<think>" not in text:
        return text.partition("</think>")[2]
    return text


def calls_in_text(text: str) -> list[Call]:
    """The calls between their tags."""
    return [call for block in _BLOCK.findall(text) for call in _of_block(block.strip())]


def _of_block(block: str) -> list[Call]:
    if not block:
        raise ValueError("no call")
    try:
        value = read_json(block)
    except ValueError:
        value = [read_json(line) for line in block.splitlines() if line.strip()]
    return [_call(one) for one in (value if isinstance(value, list) else [value])]


def _of_message(call: dict[str, Any]) -> Call:
    return _call(call.get("function") or call)


def _call(call: Any) -> Call:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise ValueError("no call")
    arguments = call.get("arguments", call.get("parameters"))
    if arguments is None:
        arguments = {}
    elif isinstance(arguments, str):
        arguments = read_json(arguments) if arguments.strip() else {}
    if not isinstance(arguments, dict):
        raise ValueError("arguments are no object")
    return call["name"], arguments


def read_json(text: str) -> Any:
    """A JSON value; NaN, Infinity and half characters are none."""
    value = json.loads(text, parse_constant=_refuse)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def canonical(value: Any) -> str:
    """Text that is equal for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def same_calls(made: list[Call], wanted: list[Call]) -> bool:
    """The same calls, each as often, in any order."""
    if len(made) != len(wanted):
        return False
    return sorted(canonical(call) for call in made) == sorted(canonical(call) for call in wanted)


def fits(made: list[Call], expected: list[dict[str, Any]]) -> bool:
    """Whether calls fit the expected ones, each of which takes one of them."""
    if len(made) != len(expected) or not made:
        return False
    return _pairs_off(made, list(expected))


def _pairs_off(made: list[Call], left: list[dict[str, Any]]) -> bool:
    if not made:
        return True
    for place, one in enumerate(left):
        rest = left[:place] + left[place + 1 :]
        if _fits_one(made[0], one) and _pairs_off(made[1:], rest):
            return True
    return False


def _fits_one(call: Call, expected: dict[str, Any]) -> bool:
    name, arguments = call
    values, optional = expected["accepted"], expected["optional"]
    if name != expected["name"] or any(key not in values for key in arguments):
        return False
    return all(
        any(_accepts(one, arguments[key]) for one in values[key])
        if key in arguments
        else key in optional
        for key in values
    )


def _accepts(accepted: Any, value: Any) -> bool:
    """Whether a value is an accepted one. Objects in `accepted` hold lists of accepted values."""
    if isinstance(accepted, dict) and isinstance(value, dict):
        return all(key in accepted for key in value) and all(
            any(_accepts(one, value[key]) for one in _choices(accepted[key]))
            if key in value
            else "" in _choices(accepted[key])
            for key in accepted
        )
    if (
        isinstance(accepted, list)
        and accepted
        and all(isinstance(one, dict) for one in accepted)
        and isinstance(value, list)
    ):
        return len(accepted) == len(value) and all(map(_accepts, accepted, value))
    return canonical(accepted) == canonical(value)


def _choices(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def main(paths: list[str]) -> int:
    """Give every row its own ground truth as the answer; say which do not earn the reward."""
    failed = n = 0
    for path in paths:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = json.loads(line)
                n += 1
                if reward(as_answer(row), row["ground_truth"], row["alternatives"]) != 1.0:
                    failed += 1
                    sys.stdout.write(f"{path}:{number}: its own ground truth earns nothing\n")
    sys.stdout.write(f"{n - failed} of {n} ground truths earn their reward.\n")
    return 1 if failed or not n else 0


def as_answer(row: dict[str, Any]) -> str:
    """The text with which a model would give the ground truth of a row."""
    calls = json.loads(row["ground_truth"])
    if not calls:
        return str(row["reply"])
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
