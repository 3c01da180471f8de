"""What is asked of an export, and what is told of it when it is done."""

from __future__ import annotations

from msgspec import Struct

from curation.augmenting import NO_AUGMENT, Augment
from curation.decontamination import Decontaminate
from curation.errors import ExportError
from curation.export_augmented import AugmentedEntry
from curation.export_manifest import RenderingEntry
from curation.exporting import Include
from curation.funnel import Funnel
from curation.kto_balance import Balance
from curation.rl_options import RlOptions
from curation.selection import NOTHING, Selection
from curation.split_ledger import LedgerSetup
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES
from curation.stratified_splits import Stratum


class ExportRequest(Struct, frozen=True):
    """What to export, and where to."""

    type: str
    layout: str
    out: str
    include: Include = Include.DECIDED
    dataset: str | None = None
    per_step: bool = False
    shares: tuple[float, float, float] = DEFAULT_SHARES
    salt: str = DEFAULT_SALT
    stratify: tuple[Stratum, ...] = ()
    """What splits are to be alike in."""
    test_datasets: tuple[str, ...] = ()
    """A fixed test set: these datasets and nothing else, also where only one dataset is wanted."""
    tool_sets: bool = False
    """Whether what offers the same set of tools stands in one split."""
    round: int | None = None
    """Only the steps of this round's mixture, one row each."""
    template: str | None = None
    """The chat template of the model to be trained: a folder, its tokenizer_config.json, or a
    .jinja file. Every row is rendered with it before it leaves."""
    context: int | None = None
    """Tokens that the model takes; None: as its files say."""
    augment: Augment = NO_AUGMENT
    """Copies of rows."""
    selection: Selection = NOTHING
    """What of the candidates is taken, and in which order."""
    rl: RlOptions = RlOptions()
    """What an export for reinforcement learning holds."""

    decontaminate: Decontaminate = Decontaminate()
    """Benchmarks that nothing of may be in it."""
    redact: tuple[str, ...] = ()
    """Kinds of secrets and personal data that placeholders take the place of
    (`loopwright scan`); `secrets` and `personal` name all of a group."""

    @property
    def ledger(self) -> LedgerSetup:
        """The split ledger that it is dealt by."""
        return LedgerSetup(
            self.shares, self.salt, self.stratify, self.test_datasets, self.tool_sets
        )


class ExportReport(Struct, frozen=True):
    """What was exported."""

    type: str
    layout: str
    out: str
    rows: int
    trajectories: int
    """How many were looked at."""
    by_split: dict[str, int]
    dropped: dict[str, int]
    adapted: dict[str, int]
    cautions: tuple[str, ...]
    """What to know before training on it."""
    rendering: RenderingEntry | None
    augmented: dict[str, AugmentedEntry]
    """Copies by augmentation; they are among the rows."""
    files: tuple[str, ...]
    manifest: str
    selection: Funnel | None = None
    """What the recipe's selection left out; None where it says nothing."""
    balance: dict[str, Balance] = {}
    """By split; only where examples are wanted or unwanted."""


def include_named(name: str) -> Include:
    try:
        return Include(name)
    except ValueError:
        known = ", ".join(include.value for include in Include)
        raise ExportError(
            f"Nothing is called {name!r} to include.", hint=f"Choose one of {known}."
        ) from None
