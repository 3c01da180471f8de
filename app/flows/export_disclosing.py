"""Secrets and personal data on their way out: looked for in every trajectory of an export, taken
out where the request says so.

Runs in whichever process makes the rows. Stored bytes are looked at first, because most
trajectories hold nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Raw

from curation.disclosing import DISCLOSURES, Disclosure, Gate, default_kinds, kinds_named
from curation.episodes import ToolText
from curation.errors import ExportError
from curation.export_reasons import Dropped, DropReason
from curation.exporting import Curated
from curation.redacting import Value, further_answers, redacted, values_in
from curation.trajectory import encode_messages

Disclosed = Counter[tuple[str, str]]
"""(kind, what became of it) -> how many; see `KEPT` and the others."""

KEPT = "kept"
"""Values that left with the rows, each counted once a trajectory."""
REDACTED = "redacted"
EXAMPLE = "example"
TRAJECTORIES = "trajectories"
"""Trajectories with a value that is no example."""


def check_kinds(names: tuple[str, ...], where: str) -> None:
    """Refuse names of kinds that do not exist. `where`: the option that they were given to.

    Raises:
        ExportError: lists those that do.
    """
    known = [*DISCLOSURES.names(), "personal", "secrets"]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ExportError(
            f"There is no kind {', '.join(unknown)} of secrets or personal data.",
            where=where,
            hint=f"Choose of {', '.join(known)}.",
        )


class Guard:
    """Looks at what leaves, with the kinds that are looked for and those that are taken out."""

    def __init__(self, redact: tuple[str, ...]) -> None:
        self._redacted = {kind.name for kind in kinds_named(redact)}
        kinds = {kind.name: kind for kind in (*default_kinds(), *kinds_named(redact))}
        self._all = tuple(sorted(kinds))
        self._gate = gate_of(self._all)

    def look(
        self, curated: Curated, stored: tuple[bytes, ...]
    ) -> tuple[Curated | Dropped, Disclosed]:
        """The trajectory as it may leave, and what was found in it.

        Args:
            stored: the JSON of its messages, and of the original's where it is a correction.
        """
        counts: Disclosed = Counter()
        messages = curated.trajectory.messages
        kinds = {kind for json in stored for kind in self._gate.open_to(json)}
        further = further_answers(curated)
        for message in further:
            kinds.update(self._gate.open_to(encode_messages((message,))))
        values: dict[tuple[str, str], Value] = {}
        if kinds:
            if curated.original is not None:
                messages = (*messages, *curated.original.messages)
            messages = (*messages, *further)
            values = _by_content(values_in(messages, (), in_order(kinds)))
        for value in values_of_tools(curated.trajectory.tools, self._all):
            values.setdefault((value.kind, value.canonical), value)
        if not values:
            return curated, counts
        self._count(values.values(), counts)
        taken = [v for v in values.values() if v.kind in self._redacted and not v.is_example]
        if not taken:
            return curated, counts
        done = redacted(curated, taken)
        return (Dropped(DropReason.REDACTION_BREAKS) if done is None else done), counts

    def _count(self, values: Collection[Value], counts: Disclosed) -> None:
        for one in values:
            became = KEPT
            if one.is_example:
                became = EXAMPLE
            elif one.kind in self._redacted:
                became = REDACTED
            counts[one.kind, became] += 1
        counts.update(
            {(name, TRAJECTORIES) for name in {v.kind for v in values if not v.is_example}}
        )


def in_order(kinds: Iterable[Disclosure]) -> tuple[Disclosure, ...]:
    """Kinds in the order in which they count."""
    return tuple(sorted(kinds, key=lambda kind: (kind.rank, kind.name)))


def _by_content(values: Iterable[Value]) -> dict[tuple[str, str], Value]:
    return {(value.kind, value.canonical): value for value in values}


@lru_cache(maxsize=8)
def gate_of(names: tuple[str, ...]) -> Gate:
    """The gate of these kinds."""
    return Gate([DISCLOSURES.get(name) for name in names])


def values_of_tools(tools: Sequence[ToolText], names: tuple[str, ...]) -> Iterator[Value]:
    """What tools hold of these kinds. Thousands of tool sets are made of a few hundred tools: each
    is looked at once."""
    for tool in tools:
        yield from _values_of_tool(tool.description, bytes(tool.parameters), names)


@lru_cache(maxsize=4096)
def _values_of_tool(description: str, schema: bytes, names: tuple[str, ...]) -> tuple[Value, ...]:
    kinds = gate_of(names).open_to(b"%b\n%b" % (description.encode(), schema))
    return tuple(values_in((), (ToolText("", description, Raw(schema)),), kinds)) if kinds else ()
