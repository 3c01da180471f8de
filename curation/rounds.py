"""A round of the loop: whose answers to which data are looked at, and what came of it.

What is counted is derived from what is stored, never typed in; how the next training set is drawn
is `curation/mixture.py`.
"""

from __future__ import annotations

from msgspec import Struct

from curation.verdicts import Verdict


class RoundSetup(Struct, frozen=True, omit_defaults=True):
    """What a round is about."""

    model: str = ""
    """The checkpoint whose answers are looked at; "" for a first round of seed data alone."""
    datasets: tuple[str, ...] = ()
    """What it was asked."""
    seed_from: tuple[str, ...] | None = None
    """Where new seed data is taken from: trajectories without an answer of the model that no
    mixture of an earlier round holds. None: from the datasets it was asked."""
    expanded: tuple[str, ...] | None = None
    """Samples made from error seeds, likewise; the last step of each. None: all that were grown
    from the datasets it was asked, whenever that was."""
    mastered_by: str = "strict"
    """Matcher that tells which answers are right."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """Datasets that new seed data is taken from."""
        return self.datasets if self.seed_from is None else self.seed_from

    @property
    def all_datasets(self) -> tuple[str, ...]:
        """Every dataset it names, each once."""
        return tuple(dict.fromkeys((*self.datasets, *self.seeds, *(self.expanded or ()))))


class RoundCounts(Struct, frozen=True, omit_defaults=True):
    """How the answers of a round's model came out, a step each. Of several answers to one step a
    greedy one counts, of those the latest; sampled ones do not."""

    trajectories: int = 0
    """In what the model was asked."""
    answered: int = 0
    """Steps with an answer."""
    compared: int = 0
    matched: int = 0
    """Right without a judge."""
    with_perplexity: int = 0
    """Of the matched."""
    mean_perplexity: float | None = None
    """Of those."""
    by_verdict: dict[Verdict, int] = {}
    """Verdicts in force, on whatever they are; disputed ones are not counted here."""
    unscored: int = 0
    disputed: int = 0
    waiting: int = 0
    """Answers that do not match and have no verdict from anybody."""
    corrected: int = 0
    """Labels ruled wrong by people or by the gate, so that the step is corrected."""
    expanded: int = 0
    """Trajectories that were made from errors, and that no earlier round used."""
    expanded_from: tuple[str, ...] = ()
    """Their datasets."""
    seed_new: int = 0
    """Trajectories of seed data that no round used."""

    @property
    def mismatched(self) -> int:
        """Answers that were compared and are not the reference or an alternative."""
        return self.compared - self.matched

    @property
    def match_rate(self) -> float | None:
        """Share of the compared answers that match; None without any."""
        return self.matched / self.compared if self.compared else None
