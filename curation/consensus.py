"""What several votes on one case amount to.

A vote counts only as a pair: the same judge, asked in both orders, naming the same verdict both
times (ToolRM counts a pair right only so). At least `least_equal` counting votes must agree, and no
other verdict may have as many (LoopTool: three votes, two equal). Everything else is unscored, with
the reason. LoopTool's default, one vote of one model that needs two to agree, cannot be written
down here: it would never decide anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.judging import Order, Vote, VoteKey
from curation.verdicts import Verdict


class ConsensusRule(Struct, frozen=True):
    """How many votes are asked for, and how many must agree."""

    votes: int = 3
    least_equal: int = 2
    both_orders: bool = True
    """Off: the reference is always Response 1, as in LoopTool's code. Cheaper, and blind to a judge
    that prefers a position."""

    def __post_init__(self) -> None:
        if not 1 <= self.least_equal <= self.votes:
            raise ValueError(f"{self.least_equal} of {self.votes} votes can never agree")

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders that every vote is asked in."""
        return tuple(Order) if self.both_orders else (Order.REFERENCE_FIRST,)


PROOF = ConsensusRule(votes=1, least_equal=1)
"""For judges that always say the same."""


class RulingReason(StrEnum):
    """Why there is, or is not, a verdict. Stored with the ruling."""

    AGREED = "agreed"
    OPEN = "open"
    """Votes that are still missing may decide."""
    UNSCORED = "unscored"
    """Too few replies named a verdict."""
    ORDERS_DISAGREE = "orders-disagree"
    """Too few votes said the same in both orders."""
    TIE = "tie"
    DISAGREEMENT = "disagreement"
    """Enough votes count, but too few of them agree."""


class Ruling(Struct, frozen=True, omit_defaults=True):
    """What the votes on one case amount to."""

    verdict: Verdict | None
    reason: RulingReason
    detail: str
    """The same in a sentence."""
    counts: dict[Verdict, int] = {}
    """Counting votes per verdict."""
    n_votes: int = 0
    """Votes asked for that are complete: answered in every order."""
    n_unscored: int = 0
    """Of them: with a reply that names no verdict."""
    n_split: int = 0
    """Of them: with another verdict in the other order."""

    @property
    def is_final(self) -> bool:
        """Whether no further vote could change it."""
        return self.reason is not RulingReason.OPEN


def questions(rule: ConsensusRule, models: Sequence[str]) -> list[VoteKey]:
    """All questions about one case, vote by vote; the votes go round the models."""
    if not models:
        raise ValueError("no model to ask")
    return [
        VoteKey(models[n % len(models)], n, order)
        for n in range(rule.votes)
        for order in rule.orders
    ]


def next_questions(
    votes: Sequence[Vote], rule: ConsensusRule, models: Sequence[str]
) -> list[VoteKey]:
    """What has to be asked before a verdict can be: [] when no further vote could change it.

    As few votes as might settle it: the third of three is not asked when two agree.
    """
    ruling = consensus(votes, rule)
    if ruling.is_final:
        return []
    answered = {vote.key for vote in votes}
    lacking = rule.least_equal - max(ruling.counts.values(), default=0)
    open_votes: dict[int, list[VoteKey]] = {}
    for key in questions(rule, models):
        if key not in answered:
            open_votes.setdefault(key.number, []).append(key)
    wanted = sorted(open_votes)[: max(1, lacking)]
    return [key for number in wanted for key in open_votes[number]]


def consensus(votes: Iterable[Vote], rule: ConsensusRule) -> Ruling:
    """The ruling that votes on one case amount to.

    Raises:
        ValueError: two votes answer the same question, or one was never asked for.
    """
    replies: dict[int, dict[Order, Vote]] = {}
    for vote in votes:
        of_number = replies.setdefault(vote.key.number, {})
        if vote.key.order in of_number:
            raise ValueError(f"vote {vote.key.number} is there twice in order {vote.key.order}")
        if vote.key.number >= rule.votes or vote.key.order not in rule.orders:
            raise ValueError(f"the rule asks for no vote {vote.key.number} in {vote.key.order}")
        of_number[vote.key.order] = vote
    complete = [list(by.values()) for by in replies.values() if len(by) == len(rule.orders)]
    counts: Counter[Verdict] = Counter()
    n_unscored = n_split = 0
    for pair in complete:
        named = {vote.verdict for vote in pair}
        if None in named:
            n_unscored += 1
        elif len(named) > 1:
            n_split += 1
        else:
            counts.update(verdict for verdict in named if verdict is not None)
    verdict, reason = _ruled(counts, rule, len(complete), n_unscored, n_split)
    return Ruling(
        verdict,
        reason,
        _in_words(verdict, reason, counts, rule, len(complete), n_unscored, n_split),
        dict(counts),
        len(complete),
        n_unscored,
        n_split,
    )


def _ruled(
    counts: Counter[Verdict], rule: ConsensusRule, n_votes: int, n_unscored: int, n_split: int
) -> tuple[Verdict | None, RulingReason]:
    missing = rule.votes - n_votes
    ranked = [*counts.most_common(2), (None, 0), (None, 0)]
    (leader, most), (_, second) = ranked[0], ranked[1]
    if most >= rule.least_equal and most > second + missing:
        return leader, RulingReason.AGREED
    # A verdict that no vote names yet could still be named by all that are missing.
    if missing and most + missing >= rule.least_equal:
        return None, RulingReason.OPEN
    if most >= rule.least_equal:
        return None, RulingReason.TIE
    if counts.total() >= rule.least_equal:
        return None, RulingReason.DISAGREEMENT
    # Fewer count than must agree, so the others are split or unscored.
    reason = RulingReason.ORDERS_DISAGREE if n_split >= n_unscored else RulingReason.UNSCORED
    return None, reason


def _in_words(
    verdict: Verdict | None,
    reason: RulingReason,
    counts: Counter[Verdict],
    rule: ConsensusRule,
    n_votes: int,
    n_unscored: int,
    n_split: int,
) -> str:
    found = ", ".join(f"{n} for {v}" for v, n in counts.most_common()) or "none counts"
    if n_split:
        found += f"; {n_split} said otherwise when the order changed"
    if n_unscored:
        found += f"; {n_unscored} with a reply that names no verdict"
    head = {
        RulingReason.AGREED: f"{verdict}",
        RulingReason.OPEN: "Not all votes are in",
        RulingReason.UNSCORED: "Too few replies name a verdict",
        RulingReason.ORDERS_DISAGREE: "Too few votes say the same in both orders",
        RulingReason.TIE: "A tie",
        RulingReason.DISAGREEMENT: "Too few votes agree",
    }[reason]
    return f"{head}: {n_votes} of {rule.votes} votes, {rule.least_equal} must agree; {found}."
