"""The label table: everything that was said, one statement per row.

For statistics and for other tools, not for training: no messages, but the address of each
statement down to the argument, who made it and when, and what was decided in the end.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, LabelRow, Options, Said
from curation.trajectory import quoted


class Labels:
    """See the module."""

    name = "labels"
    title = "Label table"
    description = (
        "One row per outcome, verdict, recovery, mark, checklist answer, try, note, simulation, "
        "decision."
    )
    shapes: tuple[type[Struct], ...] = (LabelRow,)
    splits = False
    wants_facts = False

    def examples(self, curated: Curated, options: Options) -> Iterator[LabelRow | Dropped]:
        """All statements about one trajectory, annotator by annotator, the decision last."""
        blank = LabelRow(
            kind="",
            uid=curated.uid,
            source_id=curated.source_id,
            dataset=curated.datasets[0] if curated.datasets else "",
            split=curated.split,
            decision=curated.decision.outcome.value if curated.decision else "",
        )
        rows = [row for said in curated.said for row in _statements(blank, curated, said)]
        if curated.decision is not None:
            rows.append(
                replace(
                    blank,
                    kind="decision",
                    annotator=curated.decision.by,
                    value=curated.decision.outcome.value,
                    note=curated.decision.note,
                    correction_uid=curated.correction_uid,
                    created_at=curated.decision.created_at.isoformat(),
                )
            )
        if rows:
            yield from rows
        else:
            yield Dropped(DropReason.NOTHING_SAID)


def _statements(blank: LabelRow, curated: Curated, said: Said) -> Iterator[LabelRow]:
    annotation = said.annotation
    base = replace(blank, annotator=said.annotator, created_at=said.created_at.isoformat())
    if annotation.outcome is not None:
        yield replace(
            base,
            kind="outcome",
            value=annotation.outcome.value,
            correction_uid=annotation.correction_uid or "",
        )
    for index, verdict in sorted(annotation.step_verdicts.items()):
        yield replace(base, kind="verdict", value=verdict.value, message_index=index)
    for index, labels in sorted(annotation.recovery.items()):
        for label in labels:
            yield replace(base, kind="recovery", value=label.value, message_index=index)
    messages = (curated.original or curated.trajectory).messages
    for mark in annotation.marks:
        start, end = mark.anchor.span or (None, None)
        yield replace(
            base,
            kind="mark",
            message_index=mark.anchor.message_index,
            call_index=mark.anchor.call_index,
            pointer=mark.anchor.pointer,
            span_start=start,
            span_end=end,
            span_field="" if start is None else mark.anchor.field.value,
            quote=quoted(messages, mark.anchor),
            mark_id=mark.mark_id,
            taxonomy=mark.taxonomy,
            category=mark.category,
            severity=mark.severity.value,
            root_cause=mark.root_cause,
            caused_by=mark.caused_by or "",
            train=mark.train,
            expected_clarification=mark.expected_clarification,
            note=mark.note,
        )
    for one_item in sorted(annotation.checklist, key=lambda a: (a.message_index, a.call_index)):
        yield replace(
            base,
            kind="checklist",
            value=one_item.answer.value,
            message_index=one_item.message_index,
            call_index=one_item.call_index,
            item_id=one_item.item_id,
            item=curated.checklist_items.get(one_item.item_id, ""),
        )
    answered = {(one.message_index, one.try_id): one for one in curated.tries}
    for ruled in sorted(annotation.tries, key=lambda t: (t.message_index, t.try_id)):
        one = answered.get((ruled.message_index, ruled.try_id))
        yield replace(
            base,
            kind="try",
            value=ruled.ruling.value,
            message_index=ruled.message_index,
            try_id=ruled.try_id,
            models=", ".join(one.models) if one else "",
            answer=msgspec.json.encode(one.message).decode() if one else "",
        )
    if annotation.note:
        yield replace(base, kind="note", note=annotation.note)
    for result in said.simulated:
        yield replace(
            base,
            kind="simulated",
            value=result.model,
            message_index=result.message_index,
            note="then edited" if result.edited else "",
            correction_uid=annotation.correction_uid or "",
        )


TYPES.register(Labels(), __name__)
