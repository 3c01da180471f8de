"""What the next checkpoint trains on: four sets of steps mixed within a budget.

LoopTool (arXiv 2511.09148, section 4 and table 3): error seeds, what was expanded from them,
mastered steps of high perplexity, and seed data that no round has used. A mixture is a list of
steps, drawn the same way every time: from each set a prefix of an order of its own, so a larger
budget only adds. Where a set holds less than its part, the mixture says by how much. No step is
taken twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.errors import SettingsError
from curation.high_perplexity import HighPerplexity, check_rule, least_sure


class Part(StrEnum):
    """A set of a mixture. A step that is in several belongs to the first of them."""

    ERROR_SEEDS = "error-seeds"
    """Verified errors: the prediction is wrong, or the label was and is corrected."""
    EXPANDED = "expanded"
    """Samples made from error seeds."""
    HIGH_PERPLEXITY = "high-perplexity"
    """The model is right, and was not sure."""
    SEED_NEW = "seed-new"
    """Seed data that no round has used."""


TABLE_3: dict[str, dict[Part, int]] = {
    name: dict(zip(Part, sizes, strict=True))
    for name, sizes in {
        "D1": (0, 0, 0, 18_304),
        "D2": (1_919, 6_566, 4_187, 5_632),
        "D3": (3_386, 8_066, 4_036, 2_816),
        "D4": (3_731, 8_169, 4_996, 1_408),
    }.items()
}
"""LoopTool's table 3: how many samples of each set every iteration trained on, of 18,304. The table
prints 22.98 % for the high-perplexity set of D2; 4,187 of 18,304 are 22.87 %, and the sizes are
what counts here."""

FILL = "fill"
"""The other preset: all error seeds and all expanded, half as much seed data as the round before,
and as many of high perplexity as are left of the budget. So table 3 can be arrived at."""

PRESETS = (FILL, *TABLE_3)


class MixtureSpec(Struct, frozen=True):
    """What is asked for."""

    budget: int
    """Steps, at most."""
    preset: str = FILL
    """A name of `PRESETS`."""
    seed_new: int | None = None
    """How many new ones `FILL` takes, at most; None: see `seed_new_after`."""
    high_perplexity: HighPerplexity = HighPerplexity()
    """Which mastered steps are considered, before the budget is."""
    keep_both_correct: bool = True
    """Steps ruled BOTH_CORRECT count as mastered (section 4.3 of the paper); else they are left out
    (its algorithm 1)."""
    seed: int = 0
    """Another one draws others where a set holds more than its part."""


class Step(Struct, frozen=True, gc=False):
    """A step that can be taken."""

    trajectory_id: int
    message_index: int
    """Of a step whose messages were not looked at yet: -1 - its 0-based number."""
    uid: str
    """Of the trajectory; the draw goes by it, so it is the same in every store."""
    group: str
    """The family, see `storage.groups`."""
    perplexity: float | None = None
    """Of the prediction; needed in the set of high perplexity."""
    prediction_id: int | None = None
    result_id: int | None = None
    """The correction that is trained on in the trajectory's place."""

    @property
    def place(self) -> tuple[int, int]:
        """What makes it the same step."""
        return self.trajectory_id, self.message_index


class PartCount(Struct, frozen=True):
    """What became of one set."""

    part: Part
    available: int
    wanted: int
    chosen: int

    @property
    def short(self) -> int:
        """How many are missing."""
        return self.wanted - self.chosen


class MixtureRecord(Struct, frozen=True):
    """What was asked for and what came of it."""

    spec: MixtureSpec
    counts: tuple[PartCount, ...]
    """One per `Part`, in its order."""

    @property
    def size(self) -> int:
        """Steps in all."""
        return sum(one.chosen for one in self.counts)

    @property
    def short(self) -> int:
        """How many steps of the budget are not used."""
        return self.spec.budget - self.size

    @property
    def chosen(self) -> dict[Part, int]:
        """Steps by set."""
        return {one.part: one.chosen for one in self.counts}


class Mixture(MixtureRecord, frozen=True):
    """The same with its steps."""

    steps: Mapping[Part, tuple[Step, ...]]

    @property
    def record(self) -> MixtureRecord:
        """Without the steps."""
        return MixtureRecord(self.spec, self.counts)


def seed_new_after(budget: int, before: Mapping[Part, int] | None) -> int:
    """How many new ones follow the mixture before: half of its own, as in the paper from D2 on.

    After none, or after one of seed data alone (D1), the share of D2: 5,632 of 18,304.
    """
    if before is None or sum(before.values()) == before.get(Part.SEED_NEW, 0):
        return budget * TABLE_3["D2"][Part.SEED_NEW] // 18_304
    return before.get(Part.SEED_NEW, 0) // 2


def compose(pools: Mapping[Part, Sequence[Step]], spec: MixtureSpec) -> Mixture:
    """Draw a mixture.

    Args:
        pools: the steps each set could give; sets may overlap. A step without a perplexity is none
            of high perplexity.

    Raises:
        SettingsError: a negative budget, an unknown preset, or a rule that makes no sense.
    """
    check_spec(spec)
    ordered = _ordered(pools, spec)
    wanted = _wanted(spec, {part: len(steps) for part, steps in ordered.items()})
    chosen = {part: steps[: wanted[part]] for part, steps in ordered.items()}
    counts = tuple(
        PartCount(part, len(ordered[part]), wanted[part], len(chosen[part])) for part in Part
    )
    return Mixture(spec, counts, chosen)


def sizes_of(
    available: Mapping[Part, int], perplexities: Sequence[float], spec: MixtureSpec
) -> MixtureRecord:
    """What `compose` would come to, from the sizes of sets that do not overlap.

    Args:
        available: of every set but that of high perplexity.
        perplexities: of the steps of that one.
    """
    check_spec(spec)
    considered = least_sure(perplexities, float, spec.high_perplexity)
    held = {part: available.get(part, 0) for part in Part}
    held[Part.HIGH_PERPLEXITY] = len(considered)
    wanted = _wanted(spec, held)
    return MixtureRecord(
        spec,
        tuple(
            PartCount(part, held[part], wanted[part], min(wanted[part], held[part]))
            for part in Part
        ),
    )


def check_spec(spec: MixtureSpec) -> None:
    """Raise SettingsError when the mixture cannot be drawn."""
    if spec.budget < 0 or (spec.seed_new or 0) < 0:
        raise SettingsError(
            "A mixture cannot hold less than nothing.", where="budget", hint="Say 0 or more steps."
        )
    if spec.preset not in PRESETS:
        raise SettingsError(
            f"There is no preset {spec.preset!r}.",
            where="preset",
            hint=f"Choose one of {', '.join(PRESETS)}.",
        )
    check_rule(spec.high_perplexity)


def sizes_by_share(weights: Mapping[Part, int], budget: int) -> dict[Part, int]:
    """Whole numbers that add up to the budget, in proportion to the weights.

    By Webster's method: exact where the proportion is, and no part shrinks when the budget grows,
    which rounding the largest remainders up would not give.
    """
    total = sum(weights.values())
    # Webster's result is nowhere further than (parts + 1) / 2 from the exact share.
    margin = len(weights) // 2 + 1
    sizes = {p: max(0, w * budget // total - margin) for p, w in weights.items()}
    for _ in range(budget - sum(sizes.values())):
        best = max(weights, key=lambda part: weights[part] / (2 * sizes[part] + 1))
        sizes[best] += 1
    return sizes


def _wanted(spec: MixtureSpec, available: Mapping[Part, int]) -> dict[Part, int]:
    if spec.preset != FILL:
        return sizes_by_share(TABLE_3[spec.preset], spec.budget)
    new = seed_new_after(spec.budget, None) if spec.seed_new is None else spec.seed_new
    wanted: dict[Part, int] = {}
    left = spec.budget
    for part, most in (
        (Part.ERROR_SEEDS, available[Part.ERROR_SEEDS]),
        (Part.EXPANDED, available[Part.EXPANDED]),
        (Part.SEED_NEW, new),
        (Part.HIGH_PERPLEXITY, spec.budget),
    ):
        wanted[part] = min(most, left)
        left -= min(wanted[part], available[part])
    return wanted


def _ordered(
    pools: Mapping[Part, Sequence[Step]], spec: MixtureSpec
) -> dict[Part, tuple[Step, ...]]:
    """Every set in the order in which it gives its steps, each step in one set."""
    taken: set[tuple[int, int]] = set()
    found: dict[Part, tuple[Step, ...]] = {}
    for part in Part:
        own: dict[tuple[int, int], Step] = {}
        for step in pools.get(part, ()):
            known = part is not Part.HIGH_PERPLEXITY or step.perplexity is not None
            if known and step.place not in taken:
                own.setdefault(step.place, step)
        taken |= own.keys()
        if part is Part.HIGH_PERPLEXITY:
            known_order = sorted(own.values(), key=lambda step: (step.uid, step.message_index))
            found[part] = tuple(least_sure(known_order, _perplexity, spec.high_perplexity))
        else:
            found[part] = tuple(_spread(own.values(), spec.seed))
    return found


def _perplexity(step: Step) -> float:
    assert step.perplexity is not None
    return step.perplexity


def _spread(steps: Iterable[Step], seed: int) -> list[Step]:
    """By chance, but one step of every family before the second of any: a small part of a set shows
    as many tasks as it can."""
    drawn = sorted(steps, key=lambda step: _lot(seed, step.uid, step.message_index))
    rank: dict[str, int] = {}
    lots: dict[str, bytes] = {}
    ranked: list[tuple[int, bytes, Step]] = []
    for step in drawn:
        turn = rank.get(step.group, 0)
        rank[step.group] = turn + 1
        lot = lots.get(step.group) or lots.setdefault(step.group, _lot(seed, step.group, -1))
        ranked.append((turn, lot, step))
    return [step for _, _, step in sorted(ranked, key=lambda one: one[:2])]


def _lot(seed: int, name: str, number: int) -> bytes:
    said = f"mixture\x1f{seed}\x1f{name}\x1f{number}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).digest()
