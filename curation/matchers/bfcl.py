"""BFCL's checker for single-turn Python calls: set-valued gold, forgiving about spelling."""

from __future__ import annotations

from collections.abc import Sequence

from curation.bfcl_values import check_value
from curation.diffing import canonical_calls
from curation.gold import GoldCall, gold_of
from curation.json_pointer import escape
from curation.matching import Match, Mismatch, compare_restraint, matcher
from curation.parameter_maps import is_parameter_map
from curation.trajectory import Message, ToolSpec

UNDECODED = "ast_decoder:decoder_failed"
NEEDLESS = "irrelevance_error:decoder_success"
WRONG_NAME = "simple_function_checker:wrong_func_name"
MISSING_REQUIRED = "simple_function_checker:missing_required"
MISSING_OPTIONAL = "simple_function_checker:missing_optional"
UNEXPECTED = "simple_function_checker:unexpected_param"
NO_PARTNER = "parallel_function_checker_no_order:cannot_find_match"


@matcher
class BFCL:
    """The rules of `ast_checker.py` in their order; its `error_type` is `Match.code` (§2.7).

    Number of calls, then per call: tool, required parameters, and for each parameter given
    whether it is declared and in the gold, its type, its value; at last parameters that the gold
    wants and the call leaves out. Several calls: each gold call takes the first unused predicted
    call that fits, in any order; when none fits, `why` tells of the nearest one of its tool.
    Strings are compared without case, spaces and `,./-_*^`; an int passes for a declared float,
    but not inside a list of floats unless the gold holds ints there itself.

    Without gold the reference's values are the only accepted ones, and an answer equal to the
    reference matches, whatever its own schema says of both. Gold of several turns is not compared.
    A dot in a tool's name may be an underscore in the prediction: some endpoints allow no dots.
    Java and JavaScript values, which the benchmark reads as source text, are compared as text.
    """

    name = "bfcl"
    title = "BFCL"
    description = (
        "Calls that pass the Berkeley leaderboard's checks: any accepted value, strings without "
        "case, spaces and punctuation, an int for a declared float, parameters left out."
    )

    def compare(
        self,
        reference: Message,
        prediction: Message,
        tools: Sequence[ToolSpec],
        gold: Sequence[GoldCall] | None,
    ) -> Match:
        n_expected = len(gold) if gold else len(reference.tool_calls)
        if not n_expected or not prediction.tool_calls:
            return _restraint(reference, prediction, n_expected, tools)
        if not gold:
            if sorted(canonical_calls(reference)) == sorted(canonical_calls(prediction)):
                return Match(True)
            gold = gold_of(reference)
            if gold is None:
                broken = [c.parsed().value is None for c in reference.tool_calls].index(True)
                return Match(False, Mismatch.UNREADABLE, reference_call_index=broken)
        calls: list[_Call] = []
        for j, call in enumerate(prediction.tool_calls):
            arguments = call.parsed().value
            if arguments is None:
                return Match(False, Mismatch.UNREADABLE, UNDECODED, call_index=j)
            calls.append((call.name, arguments))
        if len(calls) != len(gold):
            return Match(False, Mismatch.COUNT, _wrong_count(len(gold), tools))
        by_name = {tool.name: tool for tool in tools}
        if len(gold) == 1:
            return _compare_call(gold[0], calls[0], by_name, 0, 0)
        return _compare_in_any_order(gold, calls, by_name)


_Call = tuple[str, dict[str, object]]


def _restraint(
    reference: Message, prediction: Message, n_expected: int, tools: Sequence[ToolSpec]
) -> Match:
    """Where one side makes no call. Text is what could not be decoded; nothing is no call."""
    found = compare_restraint(reference, prediction, n_expected)
    if found is None or found.matched:
        return found or Match(True)
    if found.why is Mismatch.NEEDLESS_CALL:
        return Match(False, found.why, NEEDLESS, call_index=found.call_index)
    code = UNDECODED if prediction.text else _wrong_count(n_expected, tools)
    return Match(False, found.why, code)


def _wrong_count(n_expected: int, tools: Sequence[ToolSpec]) -> str:
    if n_expected > 1:
        return "parallel_function_checker_no_order:wrong_count"
    kind = "multiple" if len(tools) > 1 else "simple"
    return f"{kind}_function_checker:wrong_count"


def _compare_in_any_order(
    gold: Sequence[GoldCall], calls: Sequence[_Call], tools: dict[str, ToolSpec]
) -> Match:
    unused = list(range(len(calls)))
    for i, wanted in enumerate(gold):
        tried = [_compare_call(wanted, calls[j], tools, i, j) for j in unused]
        taken = next((k for k, one in enumerate(tried) if one.matched), None)
        if taken is not None:
            del unused[taken]
            continue
        near = next((one for one in tried if one.code != WRONG_NAME), None)
        if near is None:
            return Match(False, Mismatch.TOOL, NO_PARTNER, reference_call_index=i)
        return Match(
            False,
            near.why,
            NO_PARTNER,
            call_index=near.call_index,
            reference_call_index=i,
            pointer=near.pointer,
        )
    return Match(True)


def _compare_call(gold: GoldCall, call: _Call, tools: dict[str, ToolSpec], i: int, j: int) -> Match:
    """One gold call (place i) against one predicted call (place j)."""

    def wrong(why: Mismatch, code: str, parameter: str | None = None) -> Match:
        pointer = None if parameter is None else f"/{escape(parameter)}"
        return Match(False, why, code, call_index=j, reference_call_index=i, pointer=pointer)

    name, arguments = call
    if name != gold.name and name != gold.name.replace(".", "_"):
        return wrong(Mismatch.TOOL, WRONG_NAME)
    declared, required = _parameters(tools.get(gold.name))
    for parameter in required:
        if parameter not in arguments:
            return wrong(Mismatch.MISSING_ARGUMENT, MISSING_REQUIRED, parameter)
    accepted = gold.accepted()
    for parameter, value in arguments.items():
        if parameter not in accepted or (declared is not None and parameter not in declared):
            return wrong(Mismatch.UNEXPECTED_ARGUMENT, UNEXPECTED, parameter)
        schema = None if declared is None else declared[parameter]
        error = check_value(value, accepted[parameter], schema)
        if error is not None:
            why = Mismatch.TYPE if error.startswith("type_error") else Mismatch.VALUE
            return wrong(why, error, parameter)
    for one in gold.parameters:
        if one.name not in arguments and not one.may_be_omitted:
            return wrong(Mismatch.MISSING_ARGUMENT, MISSING_OPTIONAL, one.name)
    return Match(True)


def _parameters(tool: ToolSpec | None) -> tuple[dict[str, object] | None, list[str]]:
    """Declared parameters (None: not known) and the names of the required ones."""
    schema = tool.parameters if tool is not None else None
    if not schema:
        return None, []
    if is_parameter_map(schema):
        return schema, []
    properties, required = schema.get("properties"), schema.get("required")
    names = [n for n in required if isinstance(n, str)] if isinstance(required, list) else []
    return (properties if isinstance(properties, dict) else None), names
