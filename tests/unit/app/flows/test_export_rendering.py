"""Exports under a chat template: what is refused, what is told, and what a template cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.flows import export_rendering
from app.flows.export import ExportReport, ExportRequest, export
from app.flows.export_preview import preview
from app.flows.export_rendering import Rendering, ask, render_rows
from app.flows.side_by_side import Apart, apart
from app.flows.template_files import read_template
from curation.errors import ExportError
from curation.export_manifest import Manifest
from curation.exporting import Include
from curation.rendering.template import TemplateSource
from storage.engine import Store
from tests.chat_templates import CHATML, FORGETFUL, HOSTILE, MARKED
from tests.episodes import add_episodes, add_trajectories, episode

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROW = (
    b'{"messages":[{"role":"user","content":"?"},{"role":"assistant","content":"!"}],"tools":"[]"}'
)


def write(store: Store, out: Path, template: Path, **more: object) -> ExportReport:
    request = {"type": "sft", "layout": "trl", "include": "all", "shares": (1.0, 0.0, 0.0), **more}
    return export(store, ExportRequest(out=str(out), template=str(template), **request))  # type: ignore[arg-type]


def manifest_of(out: Path) -> Manifest:
    return msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest)


def folder(tmp_path: Path, **config: object) -> Path:
    home = tmp_path / "model"
    home.mkdir()
    said = {"chat_template": CHATML, "eos_token": {"content": "<|stop|>"}, **config}
    (home / "tokenizer_config.json").write_text(json.dumps(said))
    return home


def test_an_export_says_what_its_rows_are_under_the_template(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 3)
    home = folder(tmp_path, model_max_length=100)
    report = write(store, tmp_path / "out", home)
    entry = manifest_of(tmp_path / "out").rendering
    assert entry is not None and report.rendering == entry
    assert (entry.rows, entry.learnt_by, entry.context) == (3, "what each step adds", 100)
    lines = [json.loads(n) for n in (tmp_path / "out" / "rendering.jsonl").read_text().splitlines()]
    assert [(line["file"], line["row"]) for line in lines] == [("train.jsonl", n) for n in range(3)]
    assert 0 < lines[0]["text"]["learnt_characters"] < lines[0]["text"]["characters"]
    again = write(store, tmp_path / "plain", home, layout="openai", context=1_000_000)
    assert again.rendering is not None and again.rendering.context == 1_000_000


def test_lengths_without_a_tokenizer_are_characters_and_it_is_said(
    store: Store, tmp_path: Path
) -> None:
    add_episodes(store, 2)
    report = write(store, tmp_path / "out", folder(tmp_path), context=100)
    assert report.rendering is not None and report.rendering.unit == "characters"
    assert report.rendering.findings == {"maybe-too-long": 2} and report.rows == 2
    assert any("counted in characters" in one for one in report.cautions)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 of 2 rows under the chat template model" in card


def test_a_template_that_drops_tools_is_told_in_one_line(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 2)
    (tmp_path / "bad.jinja").write_text(FORGETFUL)
    report = write(store, tmp_path / "out", tmp_path / "bad.jinja")
    told = [one for one in report.cautions if "leaves the tools out" in one]
    assert told == [told[0]] and told[0].startswith("2 of 2 rows under the chat template bad.jinja")


def test_rows_that_the_template_refuses_are_listed_and_the_rest_is_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flows.export_comparing.ALL_COMPARED", 1)
    monkeypatch.setattr("app.flows.export_comparing.COMPARED_EVERY", 2)
    uids = add_episodes(store, 4)
    picky = "{% if 'City 2' in messages[1].content %}{{ raise_exception('Not there.') }}{% endif %}"
    (tmp_path / "picky.jinja").write_text(picky + CHATML)
    report = write(store, tmp_path / "out", tmp_path / "picky.jinja")
    assert (report.rows, report.dropped) == (3, {"template-refuses": 1})
    (refused,) = manifest_of(tmp_path / "out").refused
    assert (refused.uid, refused.detail) == (uids[2], "Not there.")
    left = [
        json.loads(n)["uid"] for n in (tmp_path / "out" / "index.jsonl").read_text().splitlines()
    ]
    assert left == [uids[0], uids[1], uids[3]]


def test_pairs_and_judged_rows_are_rendered_too(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 2)
    (tmp_path / "marked.jinja").write_text(MARKED)
    steps = write(store, tmp_path / "steps", tmp_path / "marked.jinja", per_step=True)
    assert steps.rendering is not None
    assert (steps.rendering.rows, steps.rendering.learnt_by) == (4, "generation blocks")
    with pytest.raises(ExportError, match="no chat template applies"):
        write(store, tmp_path / "labels", tmp_path / "marked.jinja", type="labels", layout="jsonl")


@pytest.fixture(scope="module")
def process() -> Iterator[Apart]:
    with apart() as one:
        yield one


@pytest.mark.parametrize("name", ["doubling", "a wide center", "a wide method", "endless loops"])
def test_a_hostile_template_costs_a_row_and_no_more(process: Apart, name: str) -> None:
    source = TemplateSource(HOSTILE[name], name)
    (row,) = ask(process, Rendering(source, "trl", [ROW], NOW)).rows
    assert row.dropped is not None and row.dropped.reason.startswith("template-")
    good = ask(process, Rendering(TemplateSource(CHATML, "good"), "trl", [ROW], NOW)).rows
    assert good[0].text is not None


def test_a_template_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rendering, "SECONDS_A_ROW", 0.05)
    monkeypatch.setattr(export_rendering, "_limit_memory", lambda: None)
    slow = "{% for a in range(99000) %}{{ messages | tojson | length * a }}{% endfor %}"
    slow += "{% for a in range(99000) %}{{ messages | tojson | upper }}{% endfor %}"
    done = render_rows(Rendering(TemplateSource(slow, "slow"), "trl", [ROW], NOW))
    (row,) = done.rows
    assert row.dropped is not None and "took longer" in row.dropped.detail


def test_a_process_that_hangs_is_killed() -> None:
    with apart() as one, pytest.raises(TimeoutError):
        one.ask(_sleep, 60, 0.2)


def _sleep(seconds: int) -> None:
    import time

    time.sleep(seconds)


def test_templates_are_read_from_folders_configurations_and_files(tmp_path: Path) -> None:
    home = folder(
        tmp_path,
        bos_token="<s>",
        model_max_length=1e30,
        chat_template=[{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"}],
        added_tokens_decoder={
            "1": {"content": "<|start|>", "special": True},
            "2": {"content": "a"},
        },
    )
    found = read_template(home)
    assert (found.text, found.name, found.context) == ("t", "model", None)
    assert found.special_tokens == {"bos_token": "<s>", "eos_token": "<|stop|>"}
    assert found.control_tokens == ("<s>", "<|start|>", "<|stop|>")
    (home / "config.json").write_text('{"max_position_embeddings": 4096}')
    (home / "chat_template.jinja").write_text("own")
    (home / "tokenizer.json").write_text("{}")
    found = read_template(home)
    assert (found.text, found.context) == ("own", 4096)
    assert found.tokenizer == str(home / "tokenizer.json")
    assert read_template(home / "tokenizer_config.json", 99).context == 99
    (tmp_path / "alone.jinja").write_text("alone")
    assert read_template(tmp_path / "alone.jinja") == TemplateSource("alone", "alone.jinja")


@pytest.mark.parametrize("content", ["{}", "[", '{"chat_template": 3}'])
def test_what_is_no_template_is_told_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer_config.json").write_text(content)
    with pytest.raises(ExportError, match=r"There is no chat template|not a tokenizer"):
        read_template(tmp_path / "tokenizer_config.json")
    with pytest.raises(ExportError, match=r"no chat template|cannot be read"):
        read_template(tmp_path / "nowhere")


def test_tokens_are_counted_where_the_tokenizer_is(store: Store, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    home = folder(tmp_path)
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    words.save(str(home / "tokenizer.json"))
    add_episodes(store, 1)
    long = episode(7)
    said = (*long.messages[:-1], msgspec.structs.replace(long.messages[-1], content="so " * 500))
    add_trajectories(store, [msgspec.structs.replace(long, messages=said)])
    report = write(store, tmp_path / "out", home, context=300)
    assert (report.rows, report.dropped) == (1, {"too-long": 1})
    (line,) = (tmp_path / "out" / "rendering.jsonl").read_text().splitlines()
    text = json.loads(line)["text"]
    # "The sky over City 0 is clear.<|stop|>" has seven words, the call eight.
    assert text["learnt_tokens"] == 15 and text["tokens"] < 300
    assert report.rendering is not None and report.rendering.unit == "tokens"


def test_a_template_that_is_none_publishes_nothing(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 1)
    (tmp_path / "broken.jinja").write_text("{% for %}")
    with pytest.raises(ExportError, match=r"cannot be used: .*no Jinja template"):
        write(store, tmp_path / "out", tmp_path / "broken.jinja")
    assert not (tmp_path / "out").exists()


def test_a_row_is_looked_at_before_anything_is_written(store: Store, tmp_path: Path) -> None:
    uids = add_episodes(store, 3)
    picky = "{% if 'City 2' in messages[1].content %}{{ raise_exception('Not there.') }}{% endif %}"
    (tmp_path / "picky.jinja").write_text(picky + MARKED)
    request = ExportRequest(
        "sft", "trl", "", include=Include.ALL, template=str(tmp_path / "picky.jinja")
    )
    seen = preview(store, request, 2)
    (text,) = seen.texts
    assert seen.uid == uids[1] and seen.learnt_by_blocks and seen.measured is not None
    assert [text.text[a:b] for a, b in text.learnt][-1] == "The sky over City 1 is clear.<|stop|>"
    refused = preview(store, request, 3)
    assert refused.texts == () and refused.dropped is not None
    assert refused.dropped.detail == "Not there."
    with pytest.raises(ExportError, match="no row 4"):
        preview(store, request, 4)
