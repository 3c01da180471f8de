"""LoopTool: instruction triples and verl rows with `<tools>`, and its judged rows (formats §14).

The input is the dialogue so far: the first request, and after it further turns as ChatML, or turns
marked `user:`, `assistant:`, `tool:`. The output (the label) becomes the last step. A row that
probing wrote (`greedy_capability_prob.py`) carries the model's `response` with its thinking and
perplexity, which becomes a prediction; what LoopTool's judges said of the two
(`judgement_label_verification.py`) is kept with it as published truth, never as a verdict of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    TRUTH,
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
)
from curation.openai_messages import ROLES, tools_of
from curation.tagged_turns import read_turn, tools_in_tags
from curation.training_rows import (
    accepted_besides_gold,
    is_triple,
    is_verl,
    read_json_answer,
    read_training_row,
    system_of,
)
from curation.trajectory import Message, Role, Trajectory

PROBED = "probed"
"""Model name of the answer in rows that do not name their model."""

VERDICTS = {
    "original_incorrect": "LABEL_WRONG",
    "model_incorrect": "PRED_WRONG",
    "both_correct": "BOTH_CORRECT",
    "both_incorrect": "BOTH_WRONG",
}
"""LoopTool's status -> the verdict it stands for; other statuses are none."""

_JUDGED = ("status", "error_message", "judge_details", "consensus_achieved")
_PROBED = (
    "avg_log_prob",
    "avg_negative_log_likelihood",
    "response_tokens",
    "cumulative_logprob",
)
_TAKEN = frozenset(("tools", "response", "think", "perplexity", "model", *_JUDGED, *_PROBED))
_CHATML = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>|(?=<\|im_start\|>)|\Z)", re.DOTALL)
_MARK = re.compile(r"^(user|assistant|tool):[ \t]*", re.MULTILINE)


@import_format
class LoopTool:
    """Rows `{instruction, input, output}` with tools and calls in tags."""

    name = "looptool"
    title = "LoopTool"
    description = (
        "instruction with <tools>, input and output with <tool_call>, also as verl rows. A probed "
        "`response` becomes a prediction with its perplexity; LoopTool's judgement is kept with it."
    )
    extends = ("qwen-text",)  # its inputs hold ChatML, too

    def sniff(self, record: dict[str, Any]) -> bool:
        return "<tools>" in system_of(record)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        if not is_triple(record) and not is_verl(record):
            raise RecordError(
                "There is neither an instruction triple nor a prompt with its reward.",
                "Give instruction, input and output, or prompt and reward_model.ground_truth.",
            )
        row = read_training_row(record, context)
        messages = [Message(Role.SYSTEM, row.system)] if row.system else []
        for message in row.before:
            if message.role is Role.USER and isinstance(message.content, str):
                messages.extend(_dialogue(message.content))
            elif message.role is Role.ASSISTANT and isinstance(message.content, str):
                messages.extend(read_turn(Role.ASSISTANT, message.content))
            else:
                messages.append(message)
        index = len(messages)
        gold = None if is_triple(record) else read_json_answer(row.gold, row.reply)
        messages.append(gold or next(read_turn(Role.ASSISTANT, row.gold)))
        further, said = accepted_besides_gold(row, messages[index], index)
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), tools_in_tags(row.system) or tools_of(record, context)
            ),
            source_id=row.source_id,
            source={k: v for k, v in row.source.items() if k not in _TAKEN},
            predictions=(*_prediction(record, index), *further),
            annotations=said,
        )


def _dialogue(text: str) -> Iterator[Message]:
    """The turns of the input; text without any mark is the user's."""
    if "<|im_start|>" in text:
        first, _, _ = text.partition("<|im_start|>")
        first = first.strip().removesuffix("<|im_end|>")
        if first.strip():
            yield from read_turn(Role.USER, first.strip())
        for found in _CHATML.finditer(text):
            yield from read_turn(_role(found.group(1)), found.group(2).strip())
        return
    text = text.strip().removesuffix("<|im_end|>").rstrip()
    marks = list(_MARK.finditer(text))
    if not marks or marks[0].start() != 0:
        yield from read_turn(Role.USER, text)
        return
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        yield from read_turn(_role(mark.group(1)), text[mark.end() : end].strip())


def _role(name: str) -> Role:
    role = ROLES.get(name)
    if role is None:
        raise RecordError(
            f"The input has a turn by {name!r}.", f"Roles are {', '.join(sorted(ROLES))}."
        )
    return role


def _prediction(record: dict[str, Any], index: int) -> Iterator[ImportedPrediction]:
    """The probed answer, with what was measured and judged of it."""
    response = record.get("response")
    if not isinstance(response, str):
        return
    message = next(read_turn(Role.ASSISTANT, response))
    thinking = record.get("think")
    if isinstance(thinking, str) and thinking:
        message = msgspec.structs.replace(message, reasoning=thinking)
    perplexity = record.get("perplexity")
    model = record.get("model")
    source = {key: record[key] for key in _PROBED if record.get(key) is not None}
    judged = {key: record[key] for key in _JUDGED if record.get(key) not in (None, "", {})}
    if record.get("status") in VERDICTS:
        judged["verdict"] = VERDICTS[record["status"]]
    if judged:
        source[TRUTH] = judged
    yield ImportedPrediction(
        index,
        model if isinstance(model, str) and model else PROBED,
        message,
        float(perplexity) if isinstance(perplexity, int | float) else None,
        source=source,
    )
