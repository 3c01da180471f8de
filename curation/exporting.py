"""Making training examples out of curated trajectories: the values and the two registries.

Two independent questions. An export *type* says what is learnt (imitate, prefer, avoid): it turns
one `Curated` into examples. A *layout* says how a trainer wants a file written: it takes any
example whose shape it knows. So N types and M layouts are N + M files, and a pair that makes no
sense is refused with the pairs that do. Nothing here reads or writes a file; `app.flows.export`
does, row by row.

What cannot be carried is never bent in silence: it is `Dropped` with a reason, or counted as an
adaptation in `Notes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from msgspec import Struct

from curation.annotation import Annotation, Outcome
from curation.episodes import Episode, ToolText
from curation.errors import ExportError
from curation.export_reasons import Adaptation, Dropped
from curation.judged_rows import Rewarded, StepTexts, Stepwise
from curation.registry import Registry
from curation.rl_options import RlOptions
from curation.simulated import SimulatedResult
from curation.step_facts import NO_FACTS, StepFacts
from curation.trajectory import Message


class Include(StrEnum):
    """Which trajectories are looked at."""

    DECIDED = "decided"
    """Those with a decision: the default, and the only one a person answered for."""
    ANNOTATED = "annotated"
    """Also those with a committed annotation and no decision yet."""
    ALL = "all"
    """Also those nobody rejected and no check calls an error."""


class Said(Struct, frozen=True):
    """One annotator's standing annotation."""

    annotator: str
    annotation: Annotation
    created_at: datetime
    simulated: tuple[SimulatedResult, ...] = ()
    """Results of the annotation's correction that a model proposed."""


class Decided(Struct, frozen=True):
    """The decision in force."""

    outcome: Outcome
    by: str
    """A person's name, or the rule that decided alone."""
    note: str
    created_at: datetime


class AnsweredTry(Struct, frozen=True, gc=False):
    """What was answered in a try that somebody ruled on (`curation/tries.py`)."""

    message_index: int
    """Of the step in the original."""
    try_id: str
    message: Message
    models: tuple[str, ...]
    """Who answered so."""


class Curated(Struct, frozen=True, gc=False):
    """One trajectory with all that was settled about it: what export types work on."""

    uid: str
    """Of the trajectory that was judged (the original, where it was corrected)."""
    source_id: str
    datasets: tuple[str, ...]
    group: str
    trajectory: Episode
    """What is to be trained on: the correction where there is one."""
    original: Episode | None = None
    """The trajectory before its correction; None when nothing was corrected."""
    outcome: Outcome | None = None
    """What was settled; None when nobody said anything."""
    annotation: Annotation | None = None
    """The judgement in force. Its indexes refer to the original."""
    decided_by: str = ""
    n_errors: int = 0
    n_warnings: int = 0
    said: tuple[Said, ...] = ()
    """Every annotator's own words, for the label table."""
    decision: Decided | None = None
    split: str = ""
    """The split of its group."""
    correction_uid: str = ""
    """Of `trajectory`, when it is a correction."""
    attested: tuple[int, ...] = ()
    """Message indexes of the correction that a person says are still true."""
    simulated: frozenset[int] = frozenset()
    """Message indexes of the correction that hold a result which a model made up."""
    checklist_items: dict[str, str] = {}
    """Item of a tool's checklist -> its text, of those that were answered."""
    tries: tuple[AnsweredTry, ...] = ()
    """Every try that the judgement in force or an annotator ruled on."""
    mixed: frozenset[int] | None = None
    """Message indexes of the steps that are asked for, in the original; None: all of them."""
    facts: StepFacts = NO_FACTS
    """What is known of its steps from other answers and from its source; only for types that look
    at it (`ExportType.wants_facts`)."""


class MaskedSpan(Struct, frozen=True, gc=False):
    """A part of an assistant message's text that stays as context and carries no loss."""

    message_index: int
    start: int
    end: int
    """Code points into the text; the end is exclusive."""


class Conversation(Struct, frozen=True, gc=False):
    """A whole trajectory; every assistant message is a target unless masked."""

    messages: tuple[Message, ...]
    tools: tuple[ToolText, ...] = ()
    masked: tuple[int, ...] = ()
    """Indexes of assistant messages that stay as context and carry no loss."""
    spans: tuple[MaskedSpan, ...] = ()
    """In order, apart from each other, in messages that are not masked as a whole."""


class Completion(Struct, frozen=True, gc=False):
    """Only the completion is a target."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    tools: tuple[ToolText, ...] = ()
    step: int = 0
    """Message index of the first message of the completion."""
    spans: tuple[MaskedSpan, ...] = ()
    """As in `Conversation`, of the completion."""


class Pair(Struct, frozen=True, gc=False):
    """The better and the worse continuation of one prompt."""

    prompt: tuple[Message, ...]
    chosen: Message
    rejected: Message
    tools: tuple[ToolText, ...] = ()
    step: int = 0
    margin: float | None = None
    """1 less the rule score of the rejected side against the chosen one (ToolRM, methods §4.6);
    None where the chosen side calls nothing. Layouts leave it out; the index has it."""


class Judged(Struct, frozen=True, gc=False):
    """A continuation that is wanted (true) or unwanted (false)."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    label: bool
    tools: tuple[ToolText, ...] = ()
    step: int = 0


class LabelRow(Struct, frozen=True):
    """One statement about a trajectory, flat."""

    kind: str
    """outcome, verdict, recovery, mark, checklist, try, note, simulated or decision."""
    uid: str
    source_id: str
    dataset: str
    split: str
    annotator: str = ""
    value: str = ""
    """The outcome, the verdict, the recovery label, the ruling, the answer to an item (yes, no, na)
    or the model that simulated a result; "" for marks and notes."""
    message_index: int | None = None
    """Of a simulated result: in the correction."""
    call_index: int | None = None
    pointer: str | None = None
    span_start: int | None = None
    """Code points into the text of the message that `span_field` names; the end is exclusive."""
    span_end: int | None = None
    span_field: str = ""
    quote: str = ""
    """The words of the span."""
    mark_id: str = ""
    taxonomy: str = ""
    category: str = ""
    severity: str = ""
    root_cause: bool | None = None
    caused_by: str = ""
    """`mark_id` of the same annotator's mark that this one follows from."""
    train: bool | None = None
    """False: "error, do not learn"."""
    expected_clarification: str = ""
    try_id: str = ""
    item_id: str = ""
    """Of the item of the tool's checklist."""
    item: str = ""
    """Its text."""
    models: str = ""
    """Who answered the try."""
    answer: str = ""
    """The try's message as JSON."""
    note: str = ""
    correction_uid: str = ""
    decision: str = ""
    """Outcome of the decision in force; "" when there is none."""
    created_at: str = ""


Example = Conversation | Completion | Pair | Judged | Stepwise | StepTexts | Rewarded | LabelRow

Notes = Counter[Adaptation]
"""How often a row was adapted to its layout, by kind."""


class Options(Struct, frozen=True):
    """What the person asked of the type."""

    per_step: bool = False
    rl: RlOptions = RlOptions()


class ExportType(Protocol):
    """What is learnt from a curated trajectory. One instance per file in `exports/types/`."""

    name: str
    title: str
    description: str
    shapes: tuple[type[Struct], ...]
    """Shapes of the examples it makes; a layout has to know them all."""
    splits: bool
    """Whether rows are dealt into split files; the label table is one file."""
    wants_facts: bool
    """Whether it looks at `Curated.facts`, which are fetched for it only."""

    def examples(self, curated: Curated, options: Options) -> Iterator[Example | Dropped]:
        """Every example of one trajectory, and everything that is left out."""
        ...


def every_row(row: int) -> bool:
    """True: every row is wanted."""
    return True


class RowWriter(Protocol):
    """Writes encoded rows in order; `finish` writes what is still to be written."""

    def add(self, rows: Sequence[bytes]) -> None: ...

    def finish(self) -> None: ...


class Layout(Protocol):
    """How a trainer wants its file. One instance per file in `exports/layouts/`."""

    name: str
    title: str
    description: str
    shapes: tuple[type[Struct], ...]
    suffix: str
    divisible: bool
    """Whether any run of rows, cut out of a file, is read by `rows` as a file of its own."""
    through_arrow: bool
    """Whether its readers load files of JSON lines through Arrow."""

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the export types it can carry."""
        ...

    def fit(self, example: Example, notes: Notes) -> Example:
        """The example as this layout can carry it: exactly what `rows` gives back.

        Raises:
            Unfit: the layout's contract cannot carry it.
        """
        ...

    def encode(self, example: Example) -> bytes:
        """A fitted example as its writer takes it: most of the work, and it needs no file."""
        ...

    def decode(self, encoded: bytes) -> Example:
        """Inverse of `encode`."""
        ...

    def contract(self, encoded: bytes) -> None:
        """Look at an encoded row as its trainer reads it; knows nothing of how it was made.

        Raises:
            Unfit: the trainer would refuse it, or learn something else from it.
        """
        ...

    def writer(self, file: BinaryIO) -> RowWriter:
        """A writer of encoded rows into an open file."""
        ...

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The examples in a file, strictly read: an unknown or missing key is an error.

        Rows whose number is not `wanted` are checked for their form and given as None.
        """
        ...

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """Further files the trainer needs, by name; `files` maps split to file name."""
        ...

    def advice(self, type_name: str) -> str:
        """Markdown for the dataset card: how to load and train."""
        ...


TYPES: Registry[ExportType] = Registry("export type", "curation.exports.types")
LAYOUTS: Registry[Layout] = Registry("export layout", "curation.exports.layouts")


def supported() -> dict[str, list[str]]:
    """Type name -> names of the layouts that can carry it."""
    return {
        kind.name: [layout.name for layout in LAYOUTS if kind.name in types_of(layout)]
        for kind in TYPES
    }


def choose(type_name: str, layout_name: str) -> tuple[ExportType, Layout]:
    """The pair of that name.

    Raises:
        ExportError: an unknown name, or a layout that cannot carry the type; lists the rest.
    """
    pairs = supported()
    possible = "; ".join(f"{name}: {', '.join(layouts)}" for name, layouts in pairs.items())
    if type_name not in pairs or layout_name not in LAYOUTS.names():
        unknown = f"type {type_name!r}" if type_name not in pairs else f"layout {layout_name!r}"
        raise ExportError(f"There is no export {unknown}.", hint=f"Possible are {possible}.")
    if layout_name not in pairs[type_name]:
        raise ExportError(
            f"The layout {layout_name} has no way to write {type_name}.",
            hint=f"For {type_name} choose {' or '.join(pairs[type_name])}.",
        )
    return TYPES.get(type_name), LAYOUTS.get(layout_name)


def types_of(layout: Layout) -> tuple[str, ...]:
    """Names of the types that `layout` can carry."""
    return tuple(kind.name for kind in TYPES if set(kind.shapes) <= set(layout.shapes))
