"""Secrets and personal data in exports: told, and taken out where the request says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportRequest, export
from app.flows.lineage import read_manifest
from app.flows.scan import ScanHit, scan
from curation.errors import ExportError
from curation.export_manifest import cautions
from curation.redacting import moved_span
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from storage.engine import Store
from tests.episodes import Person, add_episodes, add_trajectories
from tests.revisions import arguments, revised

MAIL, OTHER, PHONE, CARD = "ana@posteo.de", "bo@posteo.de", "(415) 226-7312", "4539148803436467"


def booking(
    properties: dict[str, Any], given: dict[str, Any], said: str, result: str = "{}"
) -> Trajectory:
    schema = {"type": "object", "properties": properties, "required": sorted(properties)}
    return Trajectory(
        messages=(
            Message(role=Role.USER, content=said),
            Message(
                role=Role.ASSISTANT,
                reasoning=f"They said: {said}",
                tool_calls=(ToolCall("book", json.dumps(given, indent=1), "c1"),),
            ),
            Message(role=Role.TOOL, content=result, tool_call_id="c1"),
            Message(role=Role.ASSISTANT, content=f"Done for {MAIL}\n"),
        ),
        tools=(ToolSpec("book", f"Ask {OTHER} for help", schema),),
    )


TEXT = {"type": "string"}
PLAIN = booking(
    {"mail": TEXT, "phone": TEXT},
    {"mail": MAIL, "phone": "4152267312"},
    f"Book for {MAIL.upper()}, phone {PHONE}; cc user@example.com",
    f'{{"sent": ["{MAIL}", "{OTHER}"]}}',
)


def ask(store: Store, out: Path, *redact: str, kind: str = "sft") -> list[dict[str, Any]]:
    request = ExportRequest(
        kind, "openai", str(out), include="all", shares=(1.0, 0.0, 0.0), redact=redact
    )  # type: ignore[arg-type]
    export(store, request, processes=1)
    return [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]


def test_one_value_has_one_placeholder_in_text_arguments_results_and_tools(
    store: Store, tmp_path: Path
) -> None:
    add_trajectories(store, [PLAIN])
    (row,) = ask(store, tmp_path / "out", "personal")
    user, call, result, last = row["messages"]
    assert user["content"] == ("Book for <EMAIL_1>, phone <PHONE_1>; cc user@example.com"), (
        "examples stay"
    )
    raw = call["tool_calls"][0]["function"]["arguments"]
    assert json.loads(raw) == {"mail": "<EMAIL_1>", "phone": "<PHONE_1>"}, "written otherwise, too"
    assert json.loads(result["content"]) == {"sent": ["<EMAIL_1>", "<EMAIL_2>"]}
    assert last["content"] == "Done for <EMAIL_1>\n"
    assert row["tools"][0]["function"]["description"] == "Ask <EMAIL_2> for help"
    everything = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert MAIL not in everything.lower() and "226-7312" not in everything
    manifest = read_manifest(tmp_path / "out")
    counts = {one.kind: (one.kept, one.redacted, one.example) for one in manifest.disclosures}
    assert counts == {"email": (0, 2, 1), "phone": (0, 1, 0)}
    assert manifest.request.redact == ("personal",)
    assert not any("left with the rows" in line for line in cautions(manifest))


def test_what_is_not_taken_out_is_a_caution(store: Store, tmp_path: Path) -> None:
    add_trajectories(store, [PLAIN])
    (row,) = ask(store, tmp_path / "out", "phone")
    assert MAIL in json.dumps(row) and "<PHONE_1>" in json.dumps(row)
    said = [line for line in cautions(read_manifest(tmp_path / "out")) if "left with" in line]
    assert said == [
        "2 × e-mail address in 1 trajectories left with the rows: export with "
        'redact = ["email"] to put placeholders there.'
    ]
    assert "| E-mail address | 2 | 0 | 1 |" in (tmp_path / "out" / "README.md").read_text()
    with pytest.raises(ExportError, match="There is no kind mail"):
        ask(store, tmp_path / "out", "mail")


def test_calls_that_fit_their_tool_still_do(store: Store, tmp_path: Path) -> None:
    fussy = booking(
        {
            "mail": {"type": "string", "format": "email"},
            "card": {"type": "integer"},
            "phone": {"type": "string", "pattern": r"^\(\d{3}\) \d{3}-\d{4}$"},
        },
        {"mail": MAIL, "card": int(CARD), "phone": PHONE},
        f"{MAIL} pays with {CARD}, call {PHONE}",
    )
    add_trajectories(store, [fussy])
    (row,) = ask(store, tmp_path / "out", "personal")
    given = json.loads(row["messages"][1]["tool_calls"][0]["function"]["arguments"])
    assert given["card"] == 9999999999999991 and given["phone"] == "(999) 999-9991"
    said = row["messages"][0]["content"]
    assert str(given["card"]) in said and given["phone"] in said, "grounding holds"
    assert given["mail"] in said and MAIL not in said


def test_a_call_that_cannot_be_kept_whole_is_dropped_with_its_reason(
    store: Store, tmp_path: Path
) -> None:
    closed = booking({"mail": {"type": "string", "enum": [MAIL]}}, {"mail": MAIL}, f"As {MAIL}")
    limit = int(CARD) + 1
    card = booking({"card": {"type": "integer", "maximum": limit}}, {"card": int(CARD)}, "Pay")
    add_trajectories(store, [closed, card, PLAIN])
    rows = ask(store, tmp_path / "out", "personal")
    assert len(rows) == 2, "an enum of the tool goes with its value"
    manifest = read_manifest(tmp_path / "out")
    assert {reason.value: n for reason, n in manifest.dropped.items()} == {"redaction-breaks": 1}


def test_corrections_keep_one_set_of_placeholders_and_notes_are_clean(
    store: Store, tmp_path: Path
) -> None:
    (uid,) = add_trajectories(store, [PLAIN])
    ana = Person(store, "ana")
    edit = revised(4, arguments(1, json.dumps({"mail": OTHER, "phone": "4152267312"})))
    number = ana.next_number()
    propose_correction(
        store, ana.info, ana.session, number, uid, edit, f"It is {OTHER}.", attested=[2, 3]
    )
    ops = [ana.op("outcome", uid, outcome="accept"), ana.op("commit", uid)]
    perform(store, ana.info, ana.session, ops)
    decide(
        store, uid, decided_by=ana.info, outcome="accept", adopt_annotator="ana", note=f"See {MAIL}"
    )
    (row,) = ask(store, tmp_path / "out", "email", kind="dpo")
    sides = [
        json.loads(row[side][0]["tool_calls"][0]["function"]["arguments"])["mail"]
        for side in ("preferred_output", "non_preferred_output")
    ]
    assert sides[0] != sides[1] and {*sides} == {"<EMAIL_1>", "<EMAIL_2>"}
    lineage = (tmp_path / "out" / "lineage.jsonl").read_text()
    assert "posteo" not in lineage and "It is <EMAIL>." in lineage and "See <EMAIL>" in lineage


def test_spans_follow_their_words() -> None:
    # "mail ana@posteo.de now": the address is 5..18, the placeholder nine long.
    edits = [(5, 18, "<EMAIL_1>")]
    assert moved_span((0, 4), edits) == (0, 4)
    assert moved_span((19, 22), edits) == (15, 18)
    assert moved_span((5, 18), edits) == (5, 14)
    assert moved_span((8, 20), edits) == (5, 16), "begun inside: all of it"
    assert moved_span((0, 10), edits) == (0, 14)


def test_a_scan_counts_masks_and_tells_every_hit(any_store: Store) -> None:
    add_trajectories(any_store, [PLAIN], "mine")
    add_episodes(any_store, 2)
    told: list[ScanHit] = []
    report = scan(any_store, tell=told.append, processes=1)
    by_kind = {one.kind: one for one in report.kinds}
    assert (report.trajectories, report.with_hits) == (3, 1)
    assert (by_kind["email"].values, by_kind["email"].examples) == (2, 1)
    assert by_kind["phone"].first[0].masked == "(4… (14 characters)"
    assert len(told) == 4 and "posteo" not in repr(told)
    assert scan(any_store, dataset="weather").with_hits == 0
    only = scan(any_store, dataset="mine", kinds=["phone"])
    assert [one.kind for one in only.kinds] == ["phone"]


def test_an_unknown_kind_is_named_with_the_option_that_took_it(store: Store) -> None:
    with pytest.raises(ExportError, match=r"^kind: There is no kind emial of secrets or personal"):
        scan(store, kinds=["emial"])
