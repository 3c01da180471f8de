"""Rejected tries, from acts through a decision to files that a trainer loads; golden files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.rule import rule, withdraw
from curation.errors import ExportError
from curation.trajectory import Message, Role, ToolCall
from curation.tries import try_id
from curation.verdicts import Verdict
from storage import trajectories
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes
from tests.revisions import arguments, revised
from tests.unit.app.flows.test_export import GOLDEN, ask, load_beside, rows_of

ROME = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"city": "Rome"}', "r1"),))
ASKS = Message(Role.ASSISTANT, "Which city?")
BROKEN = Message(Role.ASSISTANT, None, (ToolCall("get_weather", '{"town": 3}'),))
CLOUDY = Message(Role.ASSISTANT, "It is cloudy.")


def ruled(person: Person, uid: str, message: Message, ruling: str, at: int = CALL_AT) -> None:
    op = person.op("try", uid, message_index=at, try_id=try_id(message), ruling=ruling)
    (result,) = perform(person.store, person.info, person.session, [op]).results
    assert result.status == "ok"


@pytest.fixture
def uids(store: Store) -> tuple[str, ...]:
    """Accepted with two rejected tries and an alternative; corrected before a rejected try; and
    rejected as a whole."""
    found = add_episodes(store, 3)
    ana = Person(store, "ana")
    with store.write() as conn:
        for uid in found:
            row_id = trajectories.id_of(conn, uid)
            answers = [(CALL_AT, ROME), (CALL_AT, ASKS), (CALL_AT, BROKEN), (ANSWER_AT, CLOUDY)]
            add_predictions(
                conn,
                [
                    (row_id, new_prediction(at, f"model-{n}", message, 1.5))
                    for n, (at, message) in enumerate(answers)
                ],
            )
    propose_correction(
        store,
        ana.info,
        ana.session,
        ana.next_number(),
        found[1],
        revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 3}')),
        "The user said Oslo.",
        attested=[3, 4],
    )
    for uid in found:
        ruled(ana, uid, ROME, "rejected")
        ruled(ana, uid, BROKEN, "rejected")
        ruled(ana, uid, ASKS, "alternative")
        ruled(ana, uid, CLOUDY, "rejected", ANSWER_AT)
        outcome = "reject" if uid == found[2] else "accept"
        perform(
            store,
            ana.info,
            ana.session,
            [ana.op("outcome", uid, outcome=outcome), ana.op("commit", uid)],
        )
        decide(store, uid, decided_by=ana.info, outcome=outcome, adopt_annotator="ana")
    return found


def test_decided_trajectories_give_a_pair_for_every_rejected_try(
    store: Store, uids: tuple[str, ...], tmp_path: Path
) -> None:
    report = ask(store, tmp_path / "out", "dpo")
    # 3 of the first; of the second its correction, and 2 tries before which nothing was changed.
    assert report.rows == 6
    assert report.dropped == {"rejected": 1, "try-of-other-prompt": 1}
    rejected = [row["rejected"][0] for row in rows_of(tmp_path / "out")]  # type: ignore[index]
    assert sum(message.get("content") == CLOUDY.text for message in rejected) == 1


@pytest.mark.parametrize(
    "layout", ["trl", "trl-objects", "openai", "sharegpt", "axolotl", "swift", "llama-factory-v1"]
)
def test_the_files_are_as_they_always_were(
    store: Store, uids: tuple[str, ...], tmp_path: Path, layout: str
) -> None:
    """LOOPWRIGHT_WRITE_GOLDEN=1 rewrites them, the difference is then reviewed."""
    ask(store, tmp_path / "out", "dpo", layout)
    text = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8")
    golden = GOLDEN / f"dpo-{layout}-tries" / "train.jsonl"
    if os.environ.get("LOOPWRIGHT_WRITE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_datasets_loads_the_pairs(store: Store, uids: tuple[str, ...], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    ask(store, tmp_path / "out", "dpo")
    assert len(list(load_beside(tmp_path / "out"))) == 6
    folder = datasets.load_dataset(
        str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert len(folder) == 6
    assert {"prompt", "chosen", "rejected"} <= set(folder.column_names)


def test_the_label_table_lists_rejected_tries_and_alternatives(
    store: Store, uids: tuple[str, ...], tmp_path: Path
) -> None:
    ask(store, tmp_path / "out", "labels", "jsonl")
    (name,) = [p.name for p in (tmp_path / "out").glob("labels*.jsonl")]
    rows = [row for row in rows_of(tmp_path / "out", name) if row["kind"] == "try"]
    assert [(row["value"], row["message_index"]) for row in rows].count(("rejected", CALL_AT)) == 6
    (first, *_) = [row for row in rows if row["value"] == "alternative"]
    assert (first["models"], first["answer"]) == (
        "model-1",
        '{"role":"assistant","content":"Which city?"}',
    )


def test_rulings_of_the_court_make_pairs_and_alternatives_whenever_they_were_given(
    store: Store, tmp_path: Path
) -> None:
    (uid,) = add_episodes(store, 1)
    ana, mara = Person(store, "ana"), Person(store, "mara")
    with store.write() as conn:
        row_id = trajectories.id_of(conn, uid)
        answers = [(row_id, new_prediction(CALL_AT, "m", message, 1.5)) for message in (ROME, ASKS)]
        add_predictions(conn, answers)
        rome, asks = (one.id for one in predictions_of(conn, row_id))
    perform(
        store,
        ana.info,
        ana.session,
        [ana.op("outcome", uid, outcome="accept"), ana.op("commit", uid)],
    )
    decide(store, uid, decided_by=ana.info, outcome="accept", adopt_annotator="ana")
    given = rule(store, mara.info, rome, Verdict.PRED_WRONG, session_id="s", n=1)
    rule(store, mara.info, asks, Verdict.BOTH_CORRECT, session_id="s", n=2)
    assert ask(store, tmp_path / "pair", "dpo").rows == 1
    (row,) = rows_of(tmp_path / "pair")
    assert "Rome" in str(row["rejected"])

    # People who rule differently settle nothing until one of them takes it back.
    rule(store, ana.info, rome, Verdict.BOTH_CORRECT, session_id="a", n=1)
    with pytest.raises(ExportError, match="not-corrected"):
        ask(store, tmp_path / "disputed", "dpo")
    withdraw(store, mara.info, given.id, session_id="s", n=3)
    with pytest.raises(ExportError, match="not-corrected"):
        ask(store, tmp_path / "accepted", "dpo")
