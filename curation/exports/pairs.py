"""The preference pair in a corrected trajectory: original and correction cut where they part.

Both are cut at the first message that differs in meaning (not in spacing or ids), so they share
their prompt word for word, and each side is one assistant message. A pair whose sides make the
same calls teaches nothing and is refused (LoopTool's guard against equal pairs).
"""

from __future__ import annotations

from curation.diffing import first_difference, same_calls
from curation.episodes import ToolText
from curation.export_reasons import Dropped, DropReason
from curation.exporting import Curated, Pair
from curation.rewarding import REWARDS
from curation.trajectory import Message, Role


def cut_pair(curated: Curated) -> Pair | Dropped:
    """The pair of a corrected trajectory, or why there is none."""
    if curated.original is None:
        return Dropped(DropReason.NOT_CORRECTED)
    before, after = curated.original, curated.trajectory
    if before.tools != after.tools:
        return Dropped(DropReason.TOOLS_DIFFER)
    cut = first_difference(before.messages, after.messages)
    if cut is None:
        return Dropped(DropReason.SAME_CALLS, "only the spelling differs")
    sides = (before.messages[cut : cut + 1], after.messages[cut : cut + 1])
    if not all(side and side[0].role is Role.ASSISTANT for side in sides):
        roles = " and ".join(side[0].role.value if side else "nothing" for side in sides)
        return Dropped(DropReason.CUT_NOT_ASSISTANT, f"message {cut} is {roles}", cut)
    rejected, chosen = sides[0][0], sides[1][0]
    if chosen.tool_calls and same_calls(rejected, chosen):
        return Dropped(DropReason.SAME_CALLS, f"message {cut}", cut)
    return pair_of(after.messages[:cut], chosen, rejected, after.tools)


def pair_of(
    prompt: tuple[Message, ...], chosen: Message, rejected: Message, tools: tuple[ToolText, ...]
) -> Pair:
    """The pair with its margin (ToolRM, arXiv 2510.26167: how much worse the rejected side is)."""
    score = REWARDS.get("toolrm").score(chosen, rejected)
    margin = None if score is None else 1.0 - score
    return Pair(prompt, chosen, rejected, tools, len(prompt), margin)
