"""What an import format is, what it makes of a record, and how a file's format is told.

The formats live one per file in `curation/formats/`. A format takes one record that somebody else
has read and decoded and pivots it into trajectories; it opens no file and repairs nothing: a call
that does not parse is what annotators must see. Reading files is `app/flows/reading.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from curation.annotation import Annotation
from curation.registry import Registry
from curation.trajectory import Message, ToolSpec, Trajectory, json_type

DETECTION_RECORDS = 20
"""How many records of a file are looked at to tell its format."""

TRUTH = "truth"
"""Key of the source under which a label that the record carries is kept, as an object: screens show
only numbers and words of a source, and nobody who rules or annotates is to see this."""


class RecordError(Exception):
    """A record cannot become a trajectory: what is wrong and what would mend it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def at(self, where: str) -> Problem:
        """The same as a `Problem` at a place."""
        return Problem(where, self.message, self.hint)


class Problem(Struct, frozen=True):
    """Something that could not be imported; the rest of the file was."""

    where: str
    """`<file>:<line>`, `<file>: row <n>`, or the file alone."""
    message: str
    hint: str = ""
    """What the person can do about it."""


class Record(Struct, frozen=True):
    """One decoded record of a file."""

    where: str
    """`<file>:<line>` where it begins, or `<file>: row <n>` in parquet."""
    position: int
    """1-based count of the records and problems of the file up to and with this one."""
    value: Any
    raw: bytes | None = None
    """The bytes it was decoded from; None where the file holds no text (parquet)."""


class ImportedPrediction(Struct, frozen=True):
    """Another model's answer for a step, as the file carried it."""

    message_index: int
    model: str
    message: Message
    perplexity: float | None = None
    n_samples: int = 1
    """How often the model gave this answer, where the file says so."""
    source: dict[str, Any] = {}
    """What else the file says of it."""


class SourceAnnotation(Struct, frozen=True):
    """What somebody said of a trajectory in its source: kept as an annotation of theirs."""

    annotator: str
    """Their name; of a benchmark whose people are not named, the benchmark's."""
    annotation: Annotation
    kind: str = "human"
    """human or judge."""


class Imported(Struct, frozen=True):
    """What a format makes of a record."""

    trajectory: Trajectory
    source_id: str
    """Id in the source, else the record's place."""
    source: dict[str, Any] = {}
    """Everything the record said beside messages and tools (reward, gold, category, …)."""
    group: str | None = None
    """The source task it was made for; rows of one task never straddle splits."""
    predictions: tuple[ImportedPrediction, ...] = ()
    annotations: tuple[SourceAnnotation, ...] = ()
    """Labels of people and judges that the source carries, one an annotator."""


def _no_companion(_path: str) -> list[Any] | None:
    return None


class ImportContext:
    """What a format may know beyond the record, for one file.

    Args:
        tools: definitions given apart from the file, for sources whose rows carry none.
        tool_sets: the same by the file they stood in, named without its endings; for sources that
            name sets of tools (BFCL's classes).
        file_name: name of the file without folders; benchmarks name their answer files by it.
        companions: gives the decoded records of a file beside this one, by its path relative to
            this file's folder, or None when there is no such file.
    """

    def __init__(
        self,
        *,
        tools: Sequence[ToolSpec] = (),
        tool_sets: Mapping[str, Sequence[ToolSpec]] = {},
        file_name: str = "",
        companions: Callable[[str], list[Any] | None] = _no_companion,
    ) -> None:
        self.tools: tuple[ToolSpec, ...] = tuple(tools)
        self.tool_sets = {name: tuple(tools) for name, tools in tool_sets.items()}
        self.file_name = file_name
        self.companions = companions
        self.where = ""
        """Place of the record at hand; `pivot_record` keeps it current."""
        self.memory: dict[str, Any] = {}
        """What a format wants to remember between records of one file (parsed companions)."""
        self._problems: list[Problem] = []

    def complain(self, message: str, hint: str = "") -> None:
        """Note a problem of a part of the record; what else it holds is imported."""
        self._problems.append(Problem(self.where, message, hint))

    def take_problems(self) -> list[Problem]:
        """The problems noted since this was last asked."""
        taken, self._problems = self._problems, []
        return taken

    def source_id(self, record: dict[str, Any], key: str = "id") -> str:
        """The record's own id as text, else its place."""
        value = record.get(key)
        if type(value) is str and value:
            return value
        return str(value) if type(value) is int else self.where


class Format(Protocol):
    """One way to write trajectories down.

    `sniff` looks at one decoded record and says whether it is written so; it decides by content
    and must be cheap. `pivot` gives the trajectories of a record or raises RecordError.
    """

    @property
    def name(self) -> str:
        """Kebab-case, stored with every dataset."""

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def extends(self) -> tuple[str, ...]:
        """Names of the formats this one is a superset of: rows that use none of its additions look
        like the other ones, so a single row with an addition decides for this one."""

    def sniff(self, record: dict[str, Any]) -> bool: ...

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]: ...


FORMATS: Registry[Format] = Registry("format", "curation.formats")

F = TypeVar("F", bound=Format)


def import_format(cls: type[F]) -> type[F]:
    """Class decorator that registers an import format."""
    FORMATS.register(cls(), origin=f"{cls.__module__}.{cls.__qualname__}")
    return cls


def detect(values: Sequence[Any]) -> Format | None:
    """The format of a file, from its first records; None when none fits.

    The format that recognises most of the first `DETECTION_RECORDS` records wins. A format that
    extends the winner and recognises at least one record wins over it. Ties cannot be settled
    by content and go to the first name in the alphabet; the contract tests keep them from arising.
    """
    sample = [v for v in values[:DETECTION_RECORDS] if isinstance(v, dict)]
    counts = {f.name: sum(1 for v in sample if _recognises(f, v)) for f in FORMATS}
    best = max(counts, key=lambda name: counts[name], default="")
    if not counts.get(best):
        return None
    extending = [f.name for f in FORMATS if best in f.extends and counts[f.name]]
    return FORMATS.get(max(extending, key=lambda name: counts[name], default=best))


def _recognises(entry: Format, record: dict[str, Any]) -> bool:
    """A sniff that stumbles over odd data has not recognised it."""
    try:
        return bool(entry.sniff(record))
    except (TypeError, KeyError, AttributeError, IndexError, ValueError, RecursionError):
        return False


def explain_unknown(values: Sequence[Any]) -> tuple[str, str]:
    """Message and hint for a file whose format `detect` cannot tell."""
    known = ", ".join(FORMATS.names())
    first = values[0] if values else None
    if not isinstance(first, dict):
        return (
            f"The records are not objects; the first one is a JSON {json_type(first)}.",
            "Give one JSON object per line, an array of objects, or a parquet table.",
        )
    if _looks_like_tool(first):
        return (
            "The file holds tool definitions, not trajectories.",
            "Pass it with --tools beside the file of trajectories that uses them.",
        )
    inside = _records_inside(first) if len(values) == 1 else None
    if inside is not None:
        return inside
    keys = ", ".join(sorted(map(str, first))[:8]) or "no keys"
    return (
        f"No known format has records with these keys: {keys}.",
        f"Name the format with --format if it is one of {known}. If it is none, say where things "
        "stand with a field mapping (`loopwright propose-mapping FILE` begins one).",
    )


def _records_inside(whole: dict[str, Any]) -> tuple[str, str] | None:
    """Message and hint when the file's one object holds the records; None when it does not."""
    for key, value in whole.items():
        if isinstance(value, list) and detect(value) is not None:
            return (
                f"The file is one object with its records in the list {key!r}.",
                f"Give the list itself (`jq '.[{msgspec.json.encode(key).decode()}]' FILE > "
                "records.json` takes it out).",
            )
    if detect(list(whole.values())) is not None:
        return (
            f"The file is one object with a record under each key, such as {next(iter(whole))!r}.",
            "Give a list of them (`jq '[.[]]' FILE > records.json` makes it).",
        )
    return None


def _looks_like_tool(value: dict[str, Any]) -> bool:
    inner = value.get("function", value)
    return (
        isinstance(inner, dict)
        and ("name" in inner or "api_name" in inner)
        and ("parameters" in inner or "input_parameters" in inner)
    )


def gathered(entry: Format, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
    """The records of a file as the format wants them.

    Most take them one by one. A format whose trajectories are spread over several records (the
    spans of a trace) has a method `gather` from the file's records and problems to fewer, larger
    ones; it says where each begins, bounds what it holds, and gives the same for the same file,
    because an interrupted import goes on by counting them.
    """
    gather: Callable[[Iterator[Record | Problem]], Iterator[Record | Problem]] | None
    gather = getattr(entry, "gather", None)
    return items if gather is None else gather(items)


def pivot_record(entry: Format, record: Record, context: ImportContext) -> list[Imported]:
    """All trajectories of one record, sure to be storable.

    Raises:
        RecordError: the record cannot be read in this format.
    """
    context.where = record.where
    value = record.value
    if not isinstance(value, dict):
        raise RecordError(
            f"The record is a JSON {json_type(value)}, not an object.",
            "Every record must be a JSON object.",
        )
    try:
        found = list(entry.pivot(value, context))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        raise RecordError(
            f"The record does not have the shape of {entry.title}: {_words(problem)}.",
            "Compare it with the description of the format (`loopwright formats`).",
        ) from problem
    except RecursionError:
        raise RecordError(
            "The record is nested too deeply.", "Flatten it to fewer than 200 levels."
        ) from None
    for imported in found:
        if not imported.trajectory.messages:
            raise RecordError("There are no messages.", "Give at least one message.")
    return found


def _words(problem: Exception) -> str:
    if isinstance(problem, KeyError):
        return f"the key {problem.args[0]!r} is missing"
    return str(problem) or type(problem).__name__


def json_text(value: Any) -> str:
    """Compact JSON of a value that a source gave as an object.

    Raises:
        RecordError: the value holds text that is not valid Unicode.
    """
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise RecordError(
            "A text holds half of a surrogate pair, which is not valid Unicode.",
            "Remove the character or write the whole pair.",
        ) from None
