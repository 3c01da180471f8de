"""What an export is made of and who had a hand in it: the counts its manifest and card carry.

Counted row by row while they are written; memory grows with the number of datasets, people, judges
and sizes, not of rows.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from curation.export_lineage import Lineage


class Terms(Struct, frozen=True, omit_defaults=True):
    """Under which terms a dataset may be used, and where it is from; "" for what nobody said."""

    license: str = ""
    source_url: str = ""
    citation: str = ""


class ImportEntry(Struct, frozen=True):
    """One import into a dataset."""

    id: int
    at: str
    format: str
    paths: tuple[str, ...]
    """Names of the files and folders, without the folders they stood in."""


class SourceEntry(Struct, frozen=True):
    """A dataset that rows come from."""

    dataset: str
    format: str
    terms: Terms
    rows: int
    trajectories: int
    imports: tuple[ImportEntry, ...] = ()
    """The latest of them."""


class JudgeUse(Struct, frozen=True):
    """A judge whose verdicts were applied without a person, in one version of its rubric."""

    judge: str
    rubric: str
    rubric_version: int
    verdicts: int
    certificates: tuple[int, ...] = ()


class People(Struct, frozen=True):
    """Who had a hand in it: name -> how many trajectories with rows."""

    annotators: dict[str, int] = {}
    deciders: dict[str, int] = {}
    """People, and rules that decided alone."""
    correctors: dict[str, int] = {}
    rulers: dict[str, int] = {}
    """Whose verdicts on other models' answers count: verdicts, not trajectories."""


class DisclosureCount(Struct, frozen=True):
    """Values of one kind of secrets or personal data; a value counts once a trajectory."""

    kind: str
    title: str
    trajectories: int = 0
    """With values that are no examples."""
    kept: int = 0
    """Left with the rows."""
    redacted: int = 0
    example: int = 0
    """Made for manuals and tests; never taken out."""


class Composition(Struct, frozen=True):
    """Rows by what they are like; ranges in the order of size."""

    dataset: dict[str, int] = {}
    tools: dict[str, int] = {}
    """By how many tools are offered."""
    steps: dict[str, int] = {}
    """By the steps of the trajectory."""
    length: dict[str, int] = {}
    """By bytes of the row as it is written."""
    category: dict[str, int] = {}
    """By the error categories that the judgement in force marks in the trajectory; a row with
    several counts under each."""


class Looks(Struct, frozen=True):
    """How much the trajectories with rows were looked at."""

    trajectories: int = 0
    nobody: int = 0
    """No person or judge annotated or decided them."""
    one: int = 0
    """One annotator did."""
    several: int = 0
    corrected: int = 0
    simulated: int = 0
    grown: int = 0
    unchecked: int = 0
    unruled: int = 0
    """With answers of other models that nobody ruled on."""
    with_errors: int = 0
    """A check calls an error in them and no correction stands in their place."""


_COUNTS = (0, 1, 2, 3, 4, 5, 8, 12, 20, 40, 80)
_BYTES = (1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 256 << 10)


def in_range(n: int, bounds: tuple[int, ...] = _COUNTS) -> int:
    """Number of the range that `n` falls in: of the first bound that is not smaller."""
    return next((i for i, bound in enumerate(bounds) if n <= bound), len(bounds))


def _named(n: int, bounds: tuple[int, ...], unit: str = "") -> str:
    """The range in words."""
    if n == len(bounds):
        return f"over {bounds[-1]}{unit}"
    low = bounds[n - 1] + 1 if n else 0
    if unit:
        return f"up to {bounds[n]}{unit}"
    return str(bounds[n]) if low == bounds[n] else f"{low}-{bounds[n]}"


class Tally:
    """Counts what becomes of trajectories while their rows are written."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.trajectories: Counter[str] = Counter()
        self._tools: Counter[int] = Counter()
        self._steps: Counter[int] = Counter()
        self._length: Counter[int] = Counter()
        self._categories: Counter[str] = Counter()
        self._people: dict[str, Counter[str]] = {
            name: Counter() for name in People.__struct_fields__
        }
        self._judges: dict[tuple[str, str, int], Counter[int | None]] = {}
        self._looks: Counter[str] = Counter()

    def row(self, dataset: str, n_tools: int, n_steps: int, n_bytes: int) -> None:
        """One written row."""
        self.rows[dataset] += 1
        self._tools[n_tools] += 1
        self._steps[n_steps] += 1
        self._length[in_range(n_bytes, _BYTES)] += 1

    def trajectory(self, line: Lineage, n_rows: int, categories: frozenset[str]) -> None:
        """A trajectory that gave rows."""
        looks, people = self._looks, self._people
        self.trajectories[line.dataset] += 1
        looks["trajectories"] += 1
        for category in categories:
            self._categories[category] += n_rows
        heard = len(line.annotators)
        seen = "several" if heard > 1 else "one" if heard or line.decision else "nobody"
        looks[seen] += 1
        looks["unchecked"] += line.unchecked
        looks["grown"] += line.grown is not None
        looks["unruled"] += bool(line.unruled)
        looks["simulated"] += bool(line.simulated)
        looks["with_errors"] += bool(line.n_errors) and line.correction is None
        people["annotators"].update({one.name for one in line.annotators})
        if line.decision is not None:
            people["deciders"][line.decision.by] += 1
        if line.correction is not None:
            looks["corrected"] += 1
            people["correctors"][line.correction.by or "unknown"] += 1
        for used in line.verdicts:
            people["rulers"][used.by] += 1
            if used.judge:
                judge = (used.judge, used.rubric, used.rubric_version)
                self._judges.setdefault(judge, Counter())[used.certificate] += 1

    def people(self) -> People:
        """Names in the order of the alphabet."""
        return People(**{name: dict(sorted(of.items())) for name, of in self._people.items()})

    def judges(self) -> tuple[JudgeUse, ...]:
        """Judges in the order of their names."""
        return tuple(
            JudgeUse(*judge, sum(by.values()), tuple(sorted(c for c in by if c is not None)))
            for judge, by in sorted(self._judges.items())
        )

    def looks(self) -> Looks:
        """How much it was looked at."""
        return Looks(**self._looks)

    def composition(self) -> Composition:
        """Rows by what they are like."""
        return Composition(
            dataset=dict(sorted(self.rows.items(), key=lambda pair: (-pair[1], pair[0]))),
            tools=_ranged(self._tools),
            steps=_ranged(self._steps),
            length={_named(n, _KIB, " KiB"): k for n, k in sorted(self._length.items())},
            category=dict(sorted(self._categories.items(), key=lambda pair: (-pair[1], pair[0]))),
        )


_KIB = tuple(bound >> 10 for bound in _BYTES)


def _ranged(counts: Counter[int]) -> dict[str, int]:
    """Counts by range, in order."""
    ranged: Counter[int] = Counter()
    for n, k in counts.items():
        ranged[in_range(n)] += k
    return {_named(n, _COUNTS): ranged[n] for n in sorted(ranged)}
