"""Exports by several processes: the same files as by one, and the same distrust of them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.flows import export as export_flow
from app.flows import export_folder, export_settling, export_streaming
from app.flows.annotate import perform
from app.flows.export import ExportRequest, export
from app.flows.export_making import Made, Making, make
from app.flows.running import Cancelled, Run
from curation.errors import ExportError
from curation.exporting import Include
from storage.engine import Store
from tests.curated_examples import parallel
from tests.episodes import Person, add_episodes, add_trajectories


@pytest.fixture
def many(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Forty trajectories and a few judgements, in chunks of seven."""
    monkeypatch.setattr(export_settling, "CHUNK_ROWS", 7)
    uids = add_episodes(store, 39)
    add_trajectories(store, [parallel()], "other")
    ana = Person(store, "ana")
    for n, uid in enumerate(uids[:12]):
        ops = [ana.op("outcome", uid, outcome="reject" if n % 3 else "accept")]
        perform(store, ana.info, ana.session, [*ops, ana.op("commit", uid)])
    return store


def request(out: Path, kind: str = "sft", layout: str = "trl") -> ExportRequest:
    return ExportRequest(kind, layout, str(out), Include.ALL)


def files_of(out: Path) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    manifest = json.loads(files["manifest.json"])
    del manifest["created_at"]
    return {**files, "manifest.json": json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    ("kind", "layout"),
    [("sft", "trl"), ("sft", "openai"), ("kto", "trl"), ("labels", "csv")],
)
def test_two_processes_write_what_one_writes(
    many: Store, tmp_path: Path, kind: str, layout: str
) -> None:
    alone = export(many, request(tmp_path / "alone", kind, layout), processes=1)
    together = export(many, request(tmp_path / "both", kind, layout), processes=2)
    assert together.rows == alone.rows > 0 and alone.trajectories == 40
    assert files_of(tmp_path / "both") == files_of(tmp_path / "alone")


def test_a_small_export_starts_no_process(
    many: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    honest = export_flow.workers

    def counted(processes: int) -> object:
        asked.append(processes)
        return honest(1)

    monkeypatch.setattr(export_flow, "workers", counted)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    export(many, request(tmp_path / "a"))
    monkeypatch.setattr(export_flow, "POOL_FROM_ROWS", 40)
    export(many, request(tmp_path / "b"))
    assert asked == [1, 4]


def _lying(work: Making, honest: bytes, lie: bytes) -> Made:
    made = make(work)
    last = made.rows[-1]
    made.rows[-1] = replace(last, encoded=last.encoded.replace(honest, lie))
    return made


def change(work: Making) -> Made:
    """Another word in the last row of every chunk, still a row of the right form."""
    return _lying(work, b"city", b"town")


def misspell(work: Making) -> Made:
    """A key that no trainer knows."""
    return _lying(work, b'"tools":', b'"tool":')


def repeat(work: Making) -> Made:
    """The last row once more than it was made."""
    made = make(work)
    last = made.rows[-1]
    made.rows[-1] = replace(last, encoded=last.encoded + b"\n" + last.encoded)
    return made


@pytest.mark.parametrize(
    ("lie", "what"),
    [
        (change, "differ from those in the store"),
        (misspell, "row 3 does not read back"),
        (repeat, "rows where"),
    ],
)
def test_processes_that_lie_are_caught_by_processes_that_read(
    many: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: object, what: str
) -> None:
    monkeypatch.setattr(export_streaming, "make", lie)
    wanted = replace(request(tmp_path / "out"), shares=(1.0, 0.0, 0.0))
    with pytest.raises(ExportError, match=what):
        export(many, wanted, processes=2)
    assert not (tmp_path / "out").exists()


def test_a_disk_that_changes_a_byte_is_caught(
    many: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = export_folder.HashedFile.close

    def close(self: export_folder.HashedFile) -> None:
        honest(self)
        if self.path.suffix == ".jsonl" and self.path.name.startswith("train"):
            data = self.path.read_bytes()
            self.path.write_bytes(data + b" ")

    monkeypatch.setattr(export_folder.HashedFile, "close", close)
    with pytest.raises(ExportError, match="bytes differ from those written"):
        export(many, request(tmp_path / "out"), processes=2)


def test_a_cancelled_export_ends_its_processes_and_leaves_nothing(
    many: Store, tmp_path: Path
) -> None:
    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if unit == "trajectories":
                assert (done, total) == (7, 40)
                raise Cancelled

    with pytest.raises(Cancelled):
        export(many, request(tmp_path / "out"), Impatient(), processes=2)
    assert not (tmp_path / "out").exists()


def killed_at_the_last_chunk(work: Making) -> Made:
    """Forty trajectories come seven at a time: the sixth chunk is the short one."""
    if len(work.settled) < 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return make(work)


def test_a_process_killed_in_the_middle_leaves_nothing_and_the_next_export_succeeds(
    many: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_streaming, "make", killed_at_the_last_chunk)
    with pytest.raises(RuntimeError, match="killed"):
        export(many, request(tmp_path / "new" / "out"), processes=2)
    assert list((tmp_path / "new").iterdir()) == []
    monkeypatch.setattr(export_streaming, "make", make)
    assert export(many, request(tmp_path / "new" / "out"), processes=2).trajectories == 40


@pytest.mark.postgres
def test_two_processes_export_from_postgresql_what_one_does(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_settling, "CHUNK_ROWS", 7)
    add_episodes(postgres_store, 40)
    alone = export(postgres_store, request(tmp_path / "alone"), processes=1)
    together = export(postgres_store, request(tmp_path / "both"), processes=2)
    assert together.rows == alone.rows > 0
    assert files_of(tmp_path / "both") == files_of(tmp_path / "alone")
