"""How many examples are wanted and how many are not, in words; and what to do where they differ.

KTO weighs the two sides: with n wanted and m unwanted examples, (desirable_weight · n) to
(undesirable_weight · m) should lie between 1:1 and 4:3 (Ethayarajh et al., arXiv 2402.01306, and
TRL's documentation of KTOTrainer).
"""

from __future__ import annotations

from msgspec import Struct

LOW, HIGH = 1.0, 4.0 / 3.0


class Balance(Struct, frozen=True):
    """Wanted and unwanted examples of one split."""

    wanted: int = 0
    unwanted: int = 0


def balance_text(balance: dict[str, Balance]) -> str:
    """`train: 30 wanted and 10 unwanted; …`; "" where nothing is judged."""
    return "; ".join(
        f"{split}: {one.wanted:,} wanted and {one.unwanted:,} unwanted"
        for split, one in balance.items()
    )


def weights(one: Balance) -> str:
    """The weight that brings both sides together, as TRL's KTOConfig takes it; "" where they are,
    or where one side is empty."""
    if not (one.wanted and one.unwanted) or LOW <= one.wanted / one.unwanted <= HIGH:
        return ""
    if one.wanted > one.unwanted:
        return f"undesirable_weight={one.wanted / one.unwanted:.2f}"
    return f"desirable_weight={one.unwanted / one.wanted:.2f}"


def balance_summary(balance: dict[str, Balance]) -> str:
    """The balance of every split, and what to set where the training split is uneven."""
    text = balance_text(balance)
    train = balance.get("train")
    setting = weights(train) if train is not None else ""
    if setting:
        text += f". Train with {setting}, so that KTO weighs both sides of train alike"
    return f"{text}." if text else ""
