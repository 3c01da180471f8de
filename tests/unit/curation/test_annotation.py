"""Folding acts into an annotation."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from curation.annotation import (
    ActKind,
    Annotation,
    CorrectPayload,
    EmptyPayload,
    MarkPayload,
    NotePayload,
    Outcome,
    OutcomePayload,
    StepVerdict,
    UnmarkPayload,
    VerdictsPayload,
    apply,
    fold,
    read_payload,
)
from curation.errors import AnnotationError
from curation.marks import Mark
from curation.recovery import Recovery
from curation.trajectory import Anchor


def mark(mark_id: str, category: str = "a", message_index: int | None = 1) -> Mark:
    return Mark(mark_id, "canonical", category, Anchor(message_index=message_index))


def test_nothing_said_is_empty() -> None:
    assert fold([]).is_empty
    assert fold([EmptyPayload()]).is_empty


def test_a_later_word_replaces_an_earlier_one() -> None:
    said = fold(
        [
            OutcomePayload(Outcome.ACCEPT),
            NotePayload("first"),
            OutcomePayload(Outcome.REJECT),
            NotePayload("second"),
        ]
    )
    assert (said.outcome, said.note) == (Outcome.REJECT, "second")


def test_recovery_labels_are_a_set_per_step_and_ignored_stands_alone() -> None:
    def act(label: str, holds: bool = True, step: int = 4) -> Any:
        return read_payload(
            ActKind.RECOVERY, {"message_index": step, "label": label, "holds": holds}
        )

    both = [act("corrected"), act("reflected"), act("corrected"), act("skipped", step=2)]
    assert fold(both).recovery == {
        2: (Recovery.SKIPPED,),
        4: (Recovery.REFLECTED, Recovery.CORRECTED),
    }
    assert fold([*both, act("ignored")]).recovery[4] == (Recovery.IGNORED,)
    assert fold([*both, act("ignored"), act("retried")]).recovery[4] == (Recovery.RETRIED,)
    assert fold([act("finished"), act("finished", holds=False)]).is_empty
    assert fold([act("finished", holds=False)]).is_empty
    with pytest.raises(AnnotationError, match="recovery"):
        act("recovered")


def test_an_outcome_can_be_unsaid() -> None:
    assert fold([OutcomePayload(Outcome.ACCEPT), OutcomePayload(None)]).is_empty


def test_a_mark_with_the_same_id_is_replaced_and_others_stay_in_order() -> None:
    said = fold(
        [MarkPayload(mark("1")), MarkPayload(mark("2")), MarkPayload(mark("1", category="b"))]
    )
    assert [(m.mark_id, m.category) for m in said.marks] == [("2", "a"), ("1", "b")]


def test_removing_an_unknown_mark_changes_nothing() -> None:
    said = Annotation(marks=(mark("1"),))
    assert apply(said, UnmarkPayload("2")) == said
    assert apply(said, UnmarkPayload("1")).is_empty


def test_verdicts_merge_clear_and_stay_sorted_by_step() -> None:
    said = fold(
        [
            VerdictsPayload({6: StepVerdict.CORRECT, 2: StepVerdict.INCORRECT}),
            VerdictsPayload({4: StepVerdict.UNSURE, 6: None}),
        ]
    )
    assert list(said.step_verdicts.items()) == [
        (2, StepVerdict.INCORRECT),
        (4, StepVerdict.UNSURE),
    ]


def test_a_correction_is_attached_and_detached() -> None:
    said = fold([CorrectPayload("tj1-x")])
    assert said.correction_uid == "tj1-x"
    assert apply(said, CorrectPayload(None)).is_empty


def test_folding_leaves_earlier_annotations_as_they_were() -> None:
    before = fold([VerdictsPayload({2: StepVerdict.CORRECT})])
    apply(before, VerdictsPayload({2: StepVerdict.INCORRECT}))
    assert before.step_verdicts == {2: StepVerdict.CORRECT}


def test_an_annotation_survives_its_json() -> None:
    said = fold(
        [
            MarkPayload(mark("1")),
            VerdictsPayload({2: StepVerdict.CORRECT}),
            OutcomePayload(Outcome.UNSURE),
            NotePayload("n"),
            CorrectPayload("tj1-x"),
        ]
    )
    assert msgspec.json.decode(msgspec.json.encode(said), type=Annotation) == said


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (ActKind.MARK, {}),
        (ActKind.MARK, {"mark": {"mark_id": 1}}),
        (ActKind.UNMARK, {"id": "x"}),
        (ActKind.VERDICTS, {"verdicts": {"two": "correct"}}),
        (ActKind.VERDICTS, {"verdicts": {"2": "fine"}}),
        (ActKind.OUTCOME, {}),
        (ActKind.OUTCOME, {"outcome": "ACCEPT"}),
        (ActKind.NOTE, {"note": None}),
        (ActKind.COMMIT, {"force": True}),
        (ActKind.NOTE, "note"),
    ],
)
def test_a_payload_that_does_not_fit_names_the_kind_and_a_remedy(kind: ActKind, data: Any) -> None:
    with pytest.raises(AnnotationError) as caught:
        read_payload(kind, data)
    assert repr(kind.value) in caught.value.message
    assert caught.value.hint


def test_every_kind_of_act_has_a_payload() -> None:
    samples: dict[ActKind, Any] = {
        ActKind.MARK: {"mark": msgspec.to_builtins(mark("1"))},
        ActKind.UNMARK: {"mark_id": "1"},
        ActKind.VERDICTS: {"verdicts": {"2": None}},
        ActKind.RECOVERY: {"message_index": 2, "label": "corrected", "holds": True},
        ActKind.OUTCOME: {"outcome": None},
        ActKind.NOTE: {"note": ""},
        ActKind.CORRECT: {"correction_uid": None},
        ActKind.TRY: {"message_index": 2, "try_id": "try1-a", "ruling": None},
        ActKind.CHECKLIST: {"message_index": 2, "call_index": 0, "item_id": "i", "answer": None},
        ActKind.COMMIT: {},
        ActKind.UNDO: {},
        ActKind.REDO: {},
    }
    assert samples.keys() == set(ActKind)
    for kind, data in samples.items():
        read_payload(kind, data)
