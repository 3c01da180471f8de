"""Judge against people, counted: the 4×4 table and the shares taken from it.

Rows are what people ruled, columns what the judge said, with one more column for what it left
unscored (methods §6.3). In a stratified sample every case carries the number of cases it stands
for; counts and weights are kept side by side, because a share is of weights and its n is of cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from curation.intervals import Figure, Vector, wilson
from curation.verdicts import Verdict

VERDICTS = tuple(Verdict)
JUDGED: tuple[Verdict | None, ...] = (*VERDICTS, None)
"""What a judge can have said, in the order of the columns; None is unscored."""

Cell = tuple[Verdict, Verdict | None]
"""(what people ruled, what the judge said)."""


class Ruled(Struct, frozen=True):
    """One case that both a judge and people looked at."""

    judge: Verdict | None
    """None: unscored."""
    human: Verdict
    weight: float = 1.0
    """How many cases of the whole it stands for (`curation/sampling.py`)."""


class Confusion(Struct, frozen=True):
    """How often each pair occurred."""

    counts: tuple[tuple[int, ...], ...]
    """4 rows (people, in the order of `VERDICTS`) of 5 columns (judge, in that of `JUDGED`)."""
    weights: tuple[tuple[float, ...], ...]
    """The same, every case counted by its weight."""
    squares: tuple[tuple[float, ...], ...]
    """The same of squared weights; for effective sample sizes."""

    @property
    def n(self) -> int:
        """All cases."""
        return sum(map(sum, self.counts))

    @property
    def n_scored(self) -> int:
        """Cases that the judge gave a verdict."""
        return self.n - sum(row[-1] for row in self.counts)

    def count(self, human: Verdict, judge: Verdict | None) -> int:
        """Cases of one cell."""
        return self.counts[VERDICTS.index(human)][JUDGED.index(judge)]

    def share(self, part: Iterable[Cell], whole: Iterable[Cell]) -> Figure:
        """The weighted share that `part` has in `whole` (which holds it), with Wilson's interval.

        Where weights differ, the interval is that of Kish's effective number of cases,
        (Σw)² / Σw²: how many equal cases the weighted ones are worth.
        """
        cells = list(whole)
        n = sum(self.count(*cell) for cell in cells)
        total = self.weight(cells)
        if not total:
            return Figure(None, n)
        value = min(1.0, self.weight(part) / total)
        worth = total**2 / math.fsum(_at(self.squares, cell) for cell in cells)
        return Figure(value, n, wilson(value * worth, worth))

    def weight(self, cells: Iterable[Cell]) -> float:
        """What some cells weigh together."""
        return math.fsum(_at(self.weights, cell) for cell in cells)

    def flat(self) -> Vector:
        """The weights, row after row: what statistics of resampled clusters work on."""
        return tuple(weight for row in self.weights for weight in row)


def _at(table: tuple[tuple[float, ...], ...], cell: Cell) -> float:
    human, judge = cell
    return table[VERDICTS.index(human)][JUDGED.index(judge)]


def confusion_of(cases: Iterable[Ruled]) -> Confusion:
    """Count cases."""
    counts = [[0] * len(JUDGED) for _ in VERDICTS]
    weights = [[0.0] * len(JUDGED) for _ in VERDICTS]
    squares = [[0.0] * len(JUDGED) for _ in VERDICTS]
    for case in cases:
        row, column = VERDICTS.index(case.human), JUDGED.index(case.judge)
        counts[row][column] += 1
        weights[row][column] += case.weight
        squares[row][column] += case.weight**2
    return Confusion(
        tuple(map(tuple, counts)), tuple(map(tuple, weights)), tuple(map(tuple, squares))
    )
