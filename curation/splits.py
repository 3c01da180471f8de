"""Which split a group belongs to: a stable salted hash of its key, nothing else.

No list of rows, no shuffle, no seed state: the same group lands in the same split on every
machine, in every order, and however much data is added later. Whole groups are assigned (source
task, parent and corrections together), so nothing of a test group is ever trained on.
"""

from __future__ import annotations

import hashlib
import math
from enum import StrEnum

from curation.errors import ExportError


class Split(StrEnum):
    """The three splits, in the order their shares are given."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


DEFAULT_SHARES = (0.8, 0.1, 0.1)
DEFAULT_SALT = "loopwright-1"

_STEPS = 2**53


def check_shares(shares: tuple[float, float, float]) -> None:
    """Refuse shares that are no division of the whole.

    Raises:
        ExportError: a share is negative or not a number, or they do not add up to 1.
    """
    usable = all(math.isfinite(share) and share >= 0 for share in shares)
    if len(shares) != 3 or not usable or abs(sum(shares) - 1) > 1e-9:
        raise ExportError(
            f"The shares {', '.join(map(str, shares))} do not divide the data.",
            where="shares",
            hint="Give three numbers for train, validation and test that add up to 1, "
            "for example 0.8, 0.1, 0.1.",
        )


def position(group_key: str, salt: str = DEFAULT_SALT) -> float:
    """The place of a group in [0, 1), uniform over keys, different for every salt."""
    digest = hashlib.sha256(f"{salt}\0{group_key}".encode("utf-8", "surrogatepass")).digest()
    # 53 bits, so that the quotient is exact and never rounds up to 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / _STEPS


def assign(
    group_key: str,
    shares: tuple[float, float, float] = DEFAULT_SHARES,
    salt: str = DEFAULT_SALT,
) -> Split:
    """The split of a group.

    Shares are cut off in the order train, validation, test, so a larger train share only moves
    groups into train and never between the other two's former train groups.
    """
    place = position(group_key, salt)
    if place < shares[0]:
        return Split.TRAIN
    if place < shares[0] + shares[1] or not shares[2]:
        return Split.VALIDATION if shares[1] else Split.TRAIN
    return Split.TEST
