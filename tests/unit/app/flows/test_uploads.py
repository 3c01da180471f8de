"""Uploads: kept once by content, under the last part of their name, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from app.flows.uploads import keep_upload


def test_the_same_content_is_kept_once_and_found_at_the_same_place(tmp_path: Path) -> None:
    first = keep_upload(tmp_path, "rows.jsonl", b"{}\n")
    assert keep_upload(tmp_path, "rows.jsonl", b"{}\n") == first
    assert first.read_bytes() == b"{}\n"
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["rows.jsonl"]


def test_another_content_of_the_same_name_does_not_replace_the_first(tmp_path: Path) -> None:
    first = keep_upload(tmp_path, "rows.jsonl", b"1")
    second = keep_upload(tmp_path, "rows.jsonl", b"2")
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    kept = keep_upload(tmp_path / "home", "../../outside.jsonl", b"x")
    assert kept.is_relative_to(tmp_path / "home")
    assert keep_upload(tmp_path / "home", "..", b"y").is_file()
