"""Secrets and personal data on their way out: looked for in every trajectory of an export, taken
out where the request says so.

Runs in whichever process makes the rows. Stored bytes are looked at first, because most
trajectories hold nothing; the tools of a trajectory are looked at once per tool set.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from curation.disclosing import DISCLOSURES, Disclosure, Gate, default_kinds, kinds_named
from curation.errors import ExportError
from curation.export_reasons import Dropped, DropReason
from curation.exporting import Curated
from curation.redacting import Value, further_answers, redacted, values_in
from curation.trajectory import encode_messages
from storage.packed_episodes import PackedEpisode

Disclosed = Counter[tuple[str, str]]
"""(kind, what became of it) -> how many; see `KEPT` and the others."""

KEPT = "kept"
"""Values that left with the rows, each counted once a trajectory."""
REDACTED = "redacted"
EXAMPLE = "example"
TRAJECTORIES = "trajectories"
"""Trajectories with a value that is no example."""


def check_redact(names: tuple[str, ...]) -> None:
    """Refuse names of kinds that do not exist.

    Raises:
        ExportError: lists those that do.
    """
    known = [*DISCLOSURES.names(), "personal", "secrets"]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ExportError(
            f"There is no kind {', '.join(unknown)} to redact.",
            where="redact",
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
        self, curated: Curated, bodies: tuple[PackedEpisode | None, ...]
    ) -> tuple[Curated | Dropped, Disclosed]:
        """The trajectory as it may leave, and what was found in it.

        Args:
            bodies: its stored forms: what is trained on and, where that is a correction, the
                original.
        """
        counts: Disclosed = Counter()
        kinds: dict[str, Disclosure] = {}
        for body in bodies:
            if body is not None:
                for kind in (
                    *self._gate.open_to(body.messages_json()),
                    *open_to_tools(body.tools, self._all),
                ):
                    kinds[kind.name] = kind
        for message in further_answers(curated):
            for kind in self._gate.open_to(encode_messages((message,))):
                kinds[kind.name] = kind
        if not kinds:
            return curated, counts
        ordered = tuple(sorted(kinds.values(), key=lambda kind: (kind.rank, kind.name)))
        values = _values(curated, ordered)
        self._count(values, counts)
        taken = tuple(kind for kind in ordered if kind.name in self._redacted)
        if not any(one.kind in self._redacted and not one.is_example for one in values):
            return curated, counts
        done = redacted(curated, taken)
        if done is None:
            return Dropped(DropReason.REDACTION_BREAKS), counts
        return done[0], counts

    def _count(self, values: list[Value], counts: Disclosed) -> None:
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


def _values(curated: Curated, kinds: tuple[Disclosure, ...]) -> list[Value]:
    original = curated.original.messages if curated.original is not None else ()
    messages = (*curated.trajectory.messages, *original, *further_answers(curated))
    return values_in(messages, curated.trajectory.tools, kinds)


@lru_cache(maxsize=8)
def gate_of(names: tuple[str, ...]) -> Gate:
    """The gate of these kinds."""
    return Gate([DISCLOSURES.get(name) for name in names])


@lru_cache(maxsize=512)
def open_to_tools(packed: bytes, names: tuple[str, ...]) -> tuple[Disclosure, ...]:
    """What a stored tool set may hold; most trajectories share theirs."""
    return gate_of(names).open_to(PackedEpisode(b"", packed).tools_json())
