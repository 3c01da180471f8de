"""The story of one row of an export in words: where it was read, who said what, what it became."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from curation.export_lineage import Lineage, UsedVerdict


class RowPlace(Struct, frozen=True, omit_defaults=True):
    """One line of `index.jsonl`, as those who look rows up read it."""

    file: str
    row: int
    """0-based."""
    uid: str
    source_id: str = ""
    dataset: str = ""
    group: str = ""
    message_index: int | None = None
    digest: str = ""
    augmentation: str = ""
    """What was done to a copy; "" for the row as it was curated."""


def told(place: RowPlace, line: Lineage | None, split: str) -> list[str]:
    """One sentence an event, in the order they happened."""
    step = f", message {place.message_index}" if place.message_index is not None else ""
    sentences = [f"Line {place.row + 1} of {place.file}: {place.uid}{step}."]
    if line is None:
        return [*sentences, "The export kept nothing of where it comes from."]
    source = f" as {line.source_id}" if line.source_id else ""
    sentences.append(
        f"{_day(line.imported_at)}: imported into {line.dataset or 'no dataset'}"
        f"{f' from {line.where}' if line.where else ''}{source}."
    )
    if line.grown is not None:
        sentences.append(
            f"{line.grown.model} wrote it after an error at message {line.grown.message_index} of "
            f"{line.grown.parent_uid} (directive {line.grown.directive})."
        )
    if line.unchecked:
        sentences.append("No check has looked at it.")
    elif line.n_errors:
        sentences.append(f"Checks found {_count(line.n_errors, 'error')} in it.")
    else:
        sentences.append("Checks found no error in it.")
    sentences += [
        f"{_day(one.at)}: {one.name} annotated it"
        f"{f' and said {one.outcome}' if one.outcome else ''}."
        for one in line.annotators
    ]
    if line.correction is not None:
        made = line.correction
        why = f": {made.reason}" if made.reason else "."
        sentences.append(
            f"{_day(made.at)}: {made.by or 'somebody'} corrected it to {made.uid}, which the row "
            f"is made of{why}"
        )
    sentences += [
        f"The result in message {one.message_index} was made up by {one.model}"
        f"{', then edited' if one.edited else ''}."
        for one in line.simulated
    ]
    sentences += [_ruled(one) for one in line.verdicts]
    if line.unruled:
        sentences.append(f"Nobody ruled on {_count(line.unruled, 'answer')} of other models.")
    if line.decision is None:
        sentences.append("Nobody has decided it.")
    else:
        note = f": {line.decision.note}" if line.decision.note else "."
        sentences.append(
            f"{_day(line.decision.at)}: {line.decision.by} decided {line.decision.outcome}{note}"
        )
    if place.augmentation:
        sentences.append(f"This row is a copy that was changed: {place.augmentation}.")
    sentences.append(
        f"It stands in {split}, on the side of its family {place.group}."
        if place.group
        else f"It stands in {split}."
    )
    return sentences


def _ruled(one: UsedVerdict) -> str:
    about = f"{one.verdict} on the answer of {one.model} to message {one.message_index}"
    if not one.judge:
        blind = " blind" if one.is_blind else ""
        return f"{_day(one.at)}: {one.by} ruled{blind} {about}."
    under = f" under certificate {one.certificate}" if one.certificate is not None else ""
    return (
        f"{_day(one.at)}: {about} by the judge {one.judge} (rubric {one.rubric} version "
        f"{one.rubric_version}), applied without a person{under}, which {one.by} let be."
    )


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
