"""What of the candidates an export takes: the table `[selection]` of a recipe.

Filters, quality gates, deduplication, thinning, caps, quotas and a budget, in that order, and the
order of the rows. What each does is `curation.selecting`; a selection in which nothing is said
takes everything as it is stored.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from curation.errors import ExportError
from curation.filters import Filter, Order
from curation.scoring import score_kinds


class Dedup(StrEnum):
    """Which trajectories count as one, of which one is kept."""

    NONE = "none"
    EXACT = "exact"
    """The same words of the user, the same offered tools and the same calls."""
    NEAR = "near"
    """Also near-duplicates (`curation.near_duplicates`), and what they connect."""
    EMBEDDINGS = "embeddings"
    """Also those whose users ask nearly the same by the vectors of an embedding model, whatever
    they call (`curation.embeddings`), and what they connect."""


class Measure(StrEnum):
    """What makes a trajectory difficult."""

    STEPS = "steps"
    CALLS = "calls"
    PERPLEXITY = "perplexity"
    """Mean over its steps of the perplexity of the model's answers."""
    PASS_RATE = "pass-rate"
    """Share of the model's answers that match the reference; the lower the harder."""


class By(StrEnum):
    """By what places are shared out."""

    TOOL = "tool"
    CATEGORY = "category"
    DOMAIN = "domain"
    LENGTH = "length"
    DIFFICULTY = "difficulty"


class Prefer(StrEnum):
    """Who gets a place where places are short."""

    RANDOM = "random"
    QUALITY = "quality"
    HARDEST = "hardest"
    EASIEST = "easiest"


class RowOrder(StrEnum):
    """The order of what was chosen."""

    STORED = "stored"
    """As imported: the one order that depends on the order of imports."""
    SHUFFLED = "shuffled"
    EASY_TO_HARD = "easy-to-hard"
    """By the difficulty (iTool, arXiv 2501.09766); what nobody measured comes last."""


class Statistic(StrEnum):
    """A count that thinning goes by."""

    TOOLS = "tools"
    """Tools that are offered."""
    TOOLS_CALLED = "tools-called"
    """Different tools that are called."""
    TURNS = "turns"
    """Messages of the user."""
    CALLING_STEPS = "calling-steps"
    """Steps that call something."""
    STEPS = "steps"
    CALLS = "calls"


class Sizes(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Bounds, inclusive; messages are among the conditions of `where`."""

    min_steps: int | None = None
    max_steps: int | None = None
    min_calls: int | None = None
    max_calls: int | None = None
    min_tools: int | None = None
    """Tools that are offered."""
    max_tools: int | None = None


class ScoreGate(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Bounds, inclusive, of the mean of a score over the model's answers to a trajectory; one that
    has no such score does not pass."""

    score: str
    """`curation.scoring.score_kinds`."""
    least: float | None = None
    most: float | None = None


class Gates(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a trajectory has to meet."""

    no_errors: bool = False
    """No finding of severity error."""
    max_warnings: int | None = None
    clean: tuple[str, ...] = ()
    """Checks that have found nothing in it."""
    min_annotators: int = 0
    min_agreement: float = 0.0
    """Share of its annotators who say the outcome that most of them say."""
    scores: tuple[ScoreGate, ...] = ()


class Thin(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A share that is dropped of those whose statistic lies in a range; several rules multiply."""

    statistic: Statistic
    drop: float
    least: int = 0
    most: int | None = None


CM2 = (
    Thin(Statistic.TOOLS, 0.7, 1, 1),
    Thin(Statistic.TOOLS, 0.4, 2, 2),
    Thin(Statistic.TURNS, 0.4, 1, 1),
    Thin(Statistic.TOOLS_CALLED, 0.4, 1, 1),
    Thin(Statistic.CALLING_STEPS, 0.3, 1, 1),
    Thin(Statistic.CALLS, 0.3, 1, 2),
)
"""Ratios of CM2 (arXiv 2602.12268, `filter_by_stats.py`): one tool offered .7, two .4; one turn .4;
one tool called .4; one step .3; one or two calls .3."""


class Cap(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """At most so many of one value. Give `most`, or a `share` of the budget."""

    by: By
    most: int | None = None
    share: float | None = None
    value: str | None = None
    """None: of every value."""


class Quota(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Places for one value, as a share of the budget. Values without a quota get what is left of
    the whole."""

    by: By
    value: str
    share: float


class Difficulty(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is difficult, and where easy ends."""

    by: Measure = Measure.STEPS
    edges: tuple[float, ...] = ()
    """Bounds between buckets, ascending, of the measure (of pass-rate: of the share that does not
    pass); none: easy, medium and hard, a third each of what is left
    after deduplication."""


class Selection(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an export takes."""

    seed: int = 0
    model: str | None = None
    """Whose predictions say what is difficult; may be left out where there is one model."""
    where: Filter | None = None
    """Only what these conditions find, as in Browse."""
    unless: Filter | None = None
    """Nothing of what these find."""
    sizes: Sizes = Sizes()
    gates: Gates = Gates()
    dedup: Dedup = Dedup.NONE
    embedding_model: str | None = None
    """Whose vectors are compared; may be left out where there is one model."""
    threshold: float = 0.95
    """Cosine from which two vectors count as one."""
    thinning: tuple[Thin, ...] = ()
    caps: tuple[Cap, ...] = ()
    quotas: tuple[Quota, ...] = ()
    budget: int | None = None
    """Trajectories."""
    prefer: Prefer = Prefer.RANDOM
    domain: str = "dataset"
    """What a domain is: the dataset, or `source.KEY` for a field that the source carried."""
    lengths: tuple[int, ...] = (2, 4, 8)
    """Steps at which the second, third, … bucket of lengths begins."""
    difficulty: Difficulty = Difficulty()
    order: RowOrder = RowOrder.STORED

    @property
    def shared_by(self) -> frozenset[By]:
        """By what places are shared out."""
        return frozenset([cap.by for cap in self.caps] + [quota.by for quota in self.quotas])


NOTHING = Selection()
"""Takes everything."""

SOURCE = "source."
LEVELS = ("easy", "medium", "hard")
UNKNOWN = "unknown"


def length_names(edges: Sequence[int]) -> list[str]:
    """Values of `By.LENGTH`, from the shortest: "0-1", "2", "3 or more"."""
    bounds = [0, *[edge for edge in edges if edge > 0]]
    names = [str(low) if high - low == 1 else f"{low}-{high - 1}" for low, high in pairwise(bounds)]
    return [*names, f"{bounds[-1]} or more"]


def difficulty_names(edges: Sequence[float]) -> list[str]:
    """Values of `By.DIFFICULTY`, from the easiest; without bounds it is parted into thirds."""
    if not edges:
        return [*LEVELS, UNKNOWN]
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} or more", UNKNOWN]


def check_selection(asked: Selection) -> None:
    """Refuse a selection that contradicts itself.

    Raises:
        ExportError: a share or bound makes no sense, or a quota has no budget to be a share of.
    """
    for name in ("where", "unless"):
        wanted = getattr(asked, name)
        if wanted is not None and wanted.order is not Order.NEWEST:
            _refuse("An order has no place among conditions", name, "Say selection.order instead.")
    if asked.budget is not None and asked.budget < 1:
        _refuse(f"A budget of {asked.budget} takes nothing", "budget", "Say how many are wanted.")
    if asked.domain != "dataset" and asked.domain.removeprefix(SOURCE) in ("", asked.domain):
        _refuse(f"{asked.domain!r} is no domain", "domain", "Say dataset, or source.KEY.")
    for name, edges in (("lengths", asked.lengths), ("difficulty.edges", asked.difficulty.edges)):
        if list(edges) != sorted(set(edges)) or not all(math.isfinite(edge) for edge in edges):
            _refuse("The bounds of buckets do not ascend", name, "Give them in ascending order.")
    if not 0 < asked.threshold <= 1:
        hint = "Say a cosine above 0, up to 1; 0.95 is usual."
        _refuse(f"{asked.threshold:g} is no threshold", "threshold", hint)
    _check_gates(asked.gates)
    for rule in asked.thinning:
        if not 0 <= rule.drop <= 1:
            _refuse(f"{rule.drop:g} is no share to drop", "thinning", "Say 0 to 1.")
    _check_caps(asked)
    _check_quotas(asked)
    _check_values(asked)


def _check_values(asked: Selection) -> None:
    """A value that there cannot be would do nothing, and nobody would know."""
    known = {
        By.LENGTH: length_names(asked.lengths),
        By.DIFFICULTY: difficulty_names(asked.difficulty.edges),
    }
    named = [("caps", cap.by, cap.value) for cap in asked.caps]
    named += [("quotas", quota.by, quota.value) for quota in asked.quotas]
    for where, by, value in named:
        if value is not None and value not in known.get(by, [value]):
            _refuse(f"No {by} is {value!r}", where, f"There are {', '.join(known[by])}.")


def _check_gates(gates: Gates) -> None:
    if not 0 <= gates.min_agreement <= 1:
        _refuse(f"{gates.min_agreement:g} is no agreement", "gates.min_agreement", "Say 0 to 1.")
    known = score_kinds()
    for gate in gates.scores:
        if gate.score not in known:
            hint = f"There are {', '.join(known)}."
            _refuse(f"There is no score {gate.score!r}", "gates.scores", hint)
        if gate.least is None and gate.most is None:
            _refuse(f"The gate of {gate.score} has no bound", "gates.scores", "Say least or most.")


def _check_caps(asked: Selection) -> None:
    for cap in asked.caps:
        if (cap.most is None) == (cap.share is None):
            _refuse(f"A cap by {cap.by} needs one of most and share", "caps", "Say one of them.")
        if cap.most is not None and cap.most < 0:
            _refuse(f"A cap of {cap.most} makes no sense", "caps", "Say 0 or more.")
        if cap.share is not None and not 0 <= cap.share <= 1:
            _refuse(f"{cap.share:g} is no share", "caps", "Say 0 to 1.")
        if cap.share is not None and asked.budget is None:
            _refuse("The share of a cap is one of the budget", "caps", "Say a budget, or most.")


def _check_quotas(asked: Selection) -> None:
    if asked.quotas and asked.budget is None:
        _refuse("Quotas are shares of the budget", "quotas", "Say a budget.")
    shares: dict[By, float] = defaultdict(float)
    seen: set[tuple[By, str]] = set()
    for quota in asked.quotas:
        if not 0 <= quota.share <= 1:
            _refuse(f"{quota.share:g} is no share", "quotas", "Say 0 to 1.")
        if (quota.by, quota.value) in seen:
            _refuse(f"{quota.by} {quota.value} has two quotas", "quotas", "Leave one of them out.")
        seen.add((quota.by, quota.value))
        shares[quota.by] += quota.share
    for by, total in shares.items():
        if total > 1 + 1e-9:
            _refuse(f"The quotas by {by} add up to {total:g}", "quotas", "Let them add up to 1.")


def _refuse(what: str, where: str, hint: str) -> None:
    raise ExportError(f"{what}.", where=f"selection.{where}", hint=hint)
