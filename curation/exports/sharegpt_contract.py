"""The contract of a ShareGPT row, read from its bytes as LLaMA-Factory reads them.

Its converter leaves out a row that breaks these rules with a line in the log; here it is refused
with a reason before it is written.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.row_text import check_arguments, check_schema


class _Turn(Struct, gc=False, forbid_unknown_fields=True, rename={"speaker": "from"}):
    speaker: str
    value: str


class _Row(Struct, gc=False, forbid_unknown_fields=True):
    conversations: list[_Turn]
    system: str
    tools: str
    chosen: _Turn | UnsetType = UNSET
    rejected: _Turn | UnsetType = UNSET
    kto_tag: bool | UnsetType = UNSET


class _Definition(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    description: str
    parameters: Raw
    strict: bool | UnsetType = UNSET


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


_row_decoder = msgspec.json.Decoder(_Row)
_tools_decoder = msgspec.json.Decoder(list[_Definition])
_calls_decoder = msgspec.json.Decoder(_Call | list[_Call])

_ASKS = ("human", "observation")
_ANSWERS = ("gpt", "function_call")


def check_sharegpt_row(line: bytes) -> None:
    """Refuse a row that the converter would leave out or read otherwise.

    Raises:
        Unfit: the row breaks the contract.
    """
    try:
        row = _row_decoder.decode(line)
        schemas = _schemas(row.tools) if row.tools else {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        text = str(problem)
        filled = "got `null`" in text
        raise Unfit(DropReason.NULL_FILLED if filled else DropReason.ROW_FORM, text) from None
    turns = row.conversations
    for place, turn in enumerate(turns):
        _check_place(turns, place)
        if turn.speaker == "function_call":
            _check_calls(turn.value, f"turn {place + 1}", schemas)
    if row.chosen and row.rejected:
        if len(turns) % 2 == 0:
            raise Unfit(DropReason.PROMPT_END, "the prompt ends with an answer")
        for side in (row.chosen, row.rejected):
            if side.speaker not in _ANSWERS:
                raise Unfit(DropReason.ROLE_ORDER, f"a side is {side.speaker}")
        _check_side(row.chosen, schemas)
        _check_side(row.rejected, schemas)
        if row.chosen == row.rejected:
            raise Unfit(DropReason.SAME_SIDES)
    elif not turns or len(turns) % 2:
        raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"{len(turns)} turns")
    target = row.chosen or turns[-1]
    if not target.value and row.kto_tag is not False:
        raise Unfit(DropReason.EMPTY_TARGET, "the last turn")


def _check_place(turns: list[_Turn], place: int) -> None:
    speaker = turns[place].speaker
    if speaker not in (*_ASKS, *_ANSWERS):
        raise Unfit(DropReason.ROW_FORM, f"turn {place + 1}: the speaker {speaker!r}")
    if speaker == "observation" and (place == 0 or turns[place - 1].speaker != "function_call"):
        later = any(turn.speaker == "function_call" for turn in turns[place:])
        reason = DropReason.RESULT_BEFORE_CALL if later else DropReason.ORPHAN_RESULT
        raise Unfit(reason, f"turn {place + 1}")
    if speaker not in (_ANSWERS if place % 2 else _ASKS):
        raise Unfit(DropReason.ALTERNATION, f"turn {place + 1} is {speaker}")


def _check_side(side: _Turn, schemas: dict[str, bytes]) -> None:
    if side.speaker == "function_call":
        _check_calls(side.value, "a side", schemas)


def _check_calls(text: str, where: str, schemas: dict[str, bytes]) -> None:
    if not schemas:
        raise Unfit(DropReason.NO_TOOLS, where)
    try:
        found = _calls_decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise Unfit(DropReason.ROW_FORM, f"{where}: {problem}") from None
    calls = found if isinstance(found, list) else [found]
    if not calls:
        raise Unfit(DropReason.ROW_FORM, f"{where}: no call")
    for call in calls:
        raw = bytes(call.arguments)
        if raw[:1] != b"{":
            detail = f"{where}, {call.name}: an object is due"
            raise Unfit(DropReason.ARGUMENTS_TYPE, detail)
        check_arguments(raw, call.name, where, schemas)


# Tool sets repeat from row to row.
@lru_cache(maxsize=2048)
def _schemas(text: str) -> dict[str, bytes]:
    """Tool name -> schema, each looked at."""
    schemas: dict[str, bytes] = {}
    for tool in _tools_decoder.decode(text):
        schema = bytes(tool.parameters)
        if schemas.get(tool.name, schema) != schema:
            raise Unfit(DropReason.REPEATED_TOOL, tool.name)
        check_schema(tool.name, schema)
        schemas[tool.name] = schema
    return schemas
