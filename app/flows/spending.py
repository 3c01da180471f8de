"""What a run has cost so far, and whether it may go on.

Tokens are counted as endpoints report them and priced by the prices on record. What is not known is
said to be unknown: a model without a price, or an endpoint that reports no tokens, has no cost.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from curation.errors import SettingsError

MILLION = 1_000_000


class Price(Struct, frozen=True):
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def of(self, tokens: Tokens) -> float:
        """Dollars for an answer; what is not known of its tokens is free."""
        return (
            (tokens.prompt or 0) * self.prompt + (tokens.completion or 0) * self.completion
        ) / MILLION


class Budget(Struct, frozen=True):
    """What a run may cost; None: as much as it takes."""

    tokens: int | None = None
    usd: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        return self.tokens is not None or self.usd is not None


class Tokens(Struct, frozen=True):
    """What one answer took, as the endpoint reports it; None when it does not."""

    prompt: int | None = None
    completion: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the endpoint reported both."""
        return self.prompt is not None and self.completion is not None


class BudgetSpent(Exception):
    """The next question might cost more than is left."""


class Spending:
    """Tokens and dollars of one run, over all its models."""

    def __init__(self, budget: Budget, prices: Mapping[str, Price], models: set[str]) -> None:
        """Start counting.

        Raises:
            SettingsError: the budget is in dollars, and a model has no price on record.
        """
        unpriced = sorted(models - prices.keys())
        if budget.usd is not None and unpriced:
            raise SettingsError(
                f"There is no price on record for {', '.join(unpriced)}, so a budget in dollars "
                "cannot be kept.",
                where="budget",
                hint="Set LOOPWRIGHT_PRICES, or give the budget in tokens.",
            )
        self._budget = budget
        self._prices = prices
        self.prompt = 0
        self.completion = 0
        self.answers = 0
        self._usd = 0.0
        self.n_unpriced = 0
        """Answers without a price: of a model that has none, or of an endpoint that is silent."""

    @property
    def tokens(self) -> int:
        """All tokens so far."""
        return self.prompt + self.completion

    @property
    def usd(self) -> float | None:
        """Dollars so far; None when a price or a count is missing."""
        return None if self.n_unpriced else self._usd

    def add(self, model: str, tokens: Tokens) -> None:
        """Count an answer of a model.

        Raises:
            SettingsError: there is a budget, and the endpoint does not report its tokens.
        """
        self.answers += 1
        price = self._prices.get(model)
        if not tokens.is_known or price is None:
            self.n_unpriced += 1
        else:
            self._usd += price.of(tokens)
        self.prompt += tokens.prompt or 0
        self.completion += tokens.completion or 0
        if self._budget.is_set and not tokens.is_known:
            raise SettingsError(
                f"The endpoint of {model} does not report tokens, so no budget can be kept.",
                where="budget",
                hint="Leave the budget out, and limit what is asked in another way.",
            )

    def add_earlier(self, tokens: Tokens, answers: int, usd: float | None) -> None:
        """Count what the same run cost before it was stopped."""
        self.answers += answers
        self.prompt += tokens.prompt or 0
        self.completion += tokens.completion or 0
        self._usd += usd or 0.0

    def require_room(self, under_way: int) -> None:
        """Refuse another question when those under way, at the usual cost, spend what is left.

        The first questions go before anything is known of their cost, so a budget may be overrun
        by as many questions as go at once.

        Raises:
            BudgetSpent: see above.
        """
        share = (self.answers + under_way) / self.answers if self.answers else 1.0
        for limit, spent in ((self._budget.tokens, self.tokens), (self._budget.usd, self._usd)):
            if limit is not None and (limit <= spent or spent * share >= limit):
                raise BudgetSpent
