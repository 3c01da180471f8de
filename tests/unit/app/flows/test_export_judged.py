"""Rows for rewards and for process supervision, from acts and rulings of the real flows."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pyarrow import parquet

from app.flows.export_preview import preview
from app.flows.export_request import ExportRequest
from app.flows.ingest import ingest
from curation.annotation import Annotation, Outcome, StepVerdict
from curation.export_reasons import Dropped, Unfit
from curation.exporting import LAYOUTS, TYPES, Options
from curation.rl_options import RlOptions
from storage.engine import Store
from tests.chat_templates import CHATML
from tests.curated_examples import curated
from tests.episodes import CALL_AT, Person, add_episodes, episode
from tests.unit.app.flows.test_export import ask, rows_of, say
from tests.unit.app.flows.test_export_contract import clean_episodes, set_in, without

Row = dict[str, Any]


def judged(store: Store) -> None:
    """Three accepted trajectories whose steps were judged."""
    uids = add_episodes(store, 3)
    ana = Person(store, "ana")
    for uid in uids:
        say(store, ana, uid, "accept", m2="correct", m4="correct")


def in_text(*path: str | int, change: Callable[[Any], Any]) -> Callable[[Row], None]:
    """Change JSON that stands as text in a row."""

    def at(row: Row) -> None:
        place: Any = row
        for key in path[:-1]:
            place = place[key]
        value = json.loads(place[path[-1]])
        place[path[-1]] = json.dumps(change(value))

    return at


def swapped(calls: list[Row]) -> list[Row]:
    return [{**calls[0], "arguments": json.dumps(calls[0]["arguments"])}]


def renamed(calls: list[Row]) -> list[Row]:
    return [{**calls[0], "name": "get_wether"}]


def repeating(key: str) -> Callable[[Row], None]:
    def at(row: Row) -> None:
        place = row if key in row else row["reward_model"]
        place[key] = place[key].replace('"days":2', '"days":2,"days":3')

    return at


def foreign_null(calls: list[Row]) -> list[Row]:
    return [{**calls[0], "arguments": {**calls[0]["arguments"], "iban": None}}]


ALL_STEPS = RlOptions(no_call=1.0)
CALL = '[{"arguments":{"city":"City 1","days":2},"name":"get_weather"}]'
TRUTH = ("reward_model", "ground_truth")
REFUSED: list[tuple[str, str, str, Callable[[Row], None], str]] = [
    ("arguments as text", "rl", "trl", in_text("ground_truth", change=swapped), "arguments-type"),
    ("arguments as text", "rl", "verl", in_text(*TRUTH, change=swapped), "arguments-type"),
    ("a tool nobody offers", "rl", "trl", in_text("ground_truth", change=renamed),
     "unoffered-tool"),
    ("a tool nobody offers", "rl", "verl", in_text(*TRUTH, change=renamed), "unoffered-tool"),
    ("a key twice", "rl", "trl", repeating("ground_truth"), "repeated-key"),
    ("a key twice", "rl", "verl", repeating("ground_truth"), "repeated-key"),
    ("nulls of other rows", "rl", "trl", in_text("ground_truth", change=foreign_null),
     "null-filled"),
    ("nulls of other rows", "rl", "verl", set_in("extra_info", "reply", to=None), "null-filled"),
    ("nulls of other rows", "rl", "trl", set_in("perplexity", to=None), "null-filled"),
    ("nothing to compare with", "rl", "trl", set_in("ground_truth", to="get_weather"), "row-form"),
    ("nothing to compare with", "rl", "verl", set_in(*TRUTH, to=7), "row-form"),
    ("an alternative that is none", "rl", "trl", set_in("alternatives", to=[CALL]), "row-form"),
    ("alternatives as text", "rl", "verl", set_in("extra_info", "alternatives", to=CALL),
     "row-form"),
    ("gold without a call", "rl", "trl", set_in("accepted", to="[]"), "row-form"),
    ("no words and no call", "rl", "trl", set_in("ground_truth", to="[]"), "empty-target"),
    ("tools lost", "rl", "trl", set_in("tools", to="[]"), "no-tools"),
    ("tools lost from the prompt", "rl", "verl",
     set_in("prompt", 0, "content", to="You know the weather."), "no-tools"),
    ("a prompt that ends with the answer", "rl", "verl", set_in("prompt", 1, "role",
     to="assistant"), "prompt-end"),
    ("a role that templates refuse", "rl", "verl", set_in("prompt", 1, "role", to="tool"),
     "row-form"),
    ("a call in the prompt of a user", "rl", "trl", set_in("prompt", 1, "tool_call_id", to="c"),
     "role-order"),
    ("no rule", "rl", "verl", set_in("reward_model", "style", to="model"), "row-form"),
    ("half the labels", "stepwise", "trl", set_in("labels", to=[True]), "half-mask"),
    ("labels as numbers", "stepwise", "trl", set_in("labels", to=[1, 0]), "row-form"),
    ("a label that Arrow filled in", "stepwise", "trl", set_in("labels", to=[True, None]),
     "null-filled"),
    ("messages instead of text", "stepwise", "trl", set_in("completions", to=[[], []]),
     "row-form"),
    ("an empty step", "stepwise", "trl", set_in("completions", 1, to=" "), "empty-target"),
    ("a step that ends with a separator", "stepwise", "trl", set_in("completions", 1, to="So.\n"),
     "row-form"),
    ("no prompt", "stepwise", "trl", set_in("prompt", to=""), "no-prompt"),
    ("tools lost from the prompt", "stepwise", "trl", set_in("prompt", to="Hello."), "no-tools"),
    ("labels lost", "stepwise", "trl", without("labels"), "row-form"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "layout", "change", "reason"), REFUSED)
def test_what_a_faulty_layout_writes_is_refused_with_the_right_reason(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: str,
    layout: str,
    change: Callable[[Row], None],
    reason: str,
) -> None:
    judged(store)
    chosen = LAYOUTS.get(layout)
    honest = chosen.encode

    def encode(example: Any) -> bytes:
        line = honest(example)
        if b"City 1" not in line:
            return line
        row = json.loads(line)
        change(row)
        # The first key stays where it is: it tells what kind of row a line is.
        return json.dumps(row, separators=(",", ":")).encode()

    monkeypatch.setattr(chosen, "encode", encode)
    report = ask(store, tmp_path / "out", kind, layout, include="annotated")
    report.dropped.pop("no-call", None)
    assert (report.rows, report.dropped) == (2, {reason: 1}), name


def test_a_share_of_the_steps_without_a_call_is_a_wish_of_the_request(
    store: Store, tmp_path: Path
) -> None:
    judged(store)
    report = ask(store, tmp_path / "out", "rl", include="annotated", rl=ALL_STEPS)
    assert report.rows == 6 and report.dropped == {}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["request"]["rl"] == {"no_call": 1.0}
    assert {row["ground_truth"] == "[]" for row in rows_of(tmp_path / "out")} == {True, False}


def test_the_file_for_verl_is_imported_again_with_its_answers(store: Store, tmp_path: Path) -> None:
    judged(store)
    ask(store, tmp_path / "out", "rl", "verl", include="annotated", rl=ALL_STEPS)
    table = parquet.read_table(tmp_path / "out" / "train.parquet")
    assert str(table.schema.field("reward_model").type) == (
        "struct<style: string, ground_truth: string>"
    )
    report = ingest(store, [tmp_path / "out" / "train.parquet"], dataset="again")
    assert (report.added, report.n_problems) == (6, 0)
    again = tmp_path / "again"
    ask(store, again, "rl", "verl", include="all", dataset="again", rl=ALL_STEPS)
    told = [
        {
            # Without the spaces that a source may have between the arguments of a call.
            (row["reward_model"]["ground_truth"], json.dumps(row["prompt"]).replace(" ", ""))
            for row in rows
        }
        for rows in (table.to_pylist(), parquet.read_table(again / "train.parquet").to_pylist())
    ]
    # Rows of a second step hold the first one as well, which is then a row of its own.
    assert len(told[0]) == 6 and told[0] == told[1]


class Tokenizer:
    """Stands for one of `transformers`, with a template that shows what it is given."""

    bos_token, bos_token_id = "<s>", 1

    def apply_chat_template(
        self, messages: Any, *, tools: Any, add_generation_prompt: bool, tokenize: bool
    ) -> str:
        assert add_generation_prompt and not tokenize
        return "<s>" + json.dumps([messages, tools])

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [1, *(1 if c == "<" else 2 for c in text)]}


def test_the_script_for_grpo_renders_each_prompt_with_its_own_tools(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    judged(store)
    ask(store, tmp_path / "out", "rl", include="annotated")
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    for name in ("load_rows", "tool_reward", "train_grpo"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import train_grpo  # type: ignore[import-not-found]

    # As the JSON loader makes it of messages whose keys it finds too different.
    loaded = train_grpo.load("train").to_list()
    messages = datasets.Dataset.from_list(
        [{"prompt": row["prompt"]} for row in loaded],
        datasets.Features(prompt=datasets.List(datasets.Json())),
    )
    others = datasets.Dataset.from_list(
        [{k: row[k] for k in row if k != "prompt"} for row in loaded]
    )
    as_json = datasets.concatenate_datasets([messages, others], axis=1)
    assert as_json[0]["prompt"] == loaded[0]["prompt"]
    rows = train_grpo.as_prompts(as_json, Tokenizer())
    for name in ("load_rows", "tool_reward", "train_grpo"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert "tools" not in rows.column_names and len(rows) == 3
    messages, tools = json.loads(rows[0]["prompt"])
    assert [m["role"] for m in messages] == ["system", "user"] and len(messages) == CALL_AT
    assert tools[0]["function"]["parameters"]["required"] == ["city"]
    rewards = train_grpo.tool_reward(
        prompts=rows["prompt"],
        completions=["<tool_call>" + truth[1:-1] for truth in rows["ground_truth"]],
        **{name: rows[name] for name in rows.column_names if name != "prompt"},
    )
    assert rewards == [1.0, 1.0, 1.0]


def test_a_chat_template_is_given_the_prompts_and_the_tools_of_rewarded_rows(
    store: Store, tmp_path: Path
) -> None:
    judged(store)
    (tmp_path / "chat.jinja").write_text(CHATML)
    more = {"include": "annotated", "template": str(tmp_path / "chat.jinja")}
    for layout in ("trl", "verl"):
        request = ExportRequest("rl", layout, str(tmp_path / layout), **more)  # type: ignore[arg-type]
        seen = preview(store, request)
        (shown,) = seen.texts
        assert shown.text.count('"name":') + shown.text.count('"name": ') >= 1, layout
        assert shown.learnt == () and "How is the weather" in shown.text
    report = ask(store, tmp_path / "rl", "rl", **more)
    assert report.rendering is not None and report.rendering.findings == {}
    assert "which a model answers itself" in (tmp_path / "rl" / "README.md").read_text()
    steps = preview(store, ExportRequest("stepwise", "trl", "", **more))  # type: ignore[arg-type]
    (shown,) = steps.texts
    assert [shown.text[start:end] for start, end in shown.learnt] == ["\n", "\n"]
    assert shown.text[: shown.learnt[0][0]].endswith("</tool_call>\n</assistant>")


@pytest.mark.parametrize(("kind", "layout"), [("rl", "trl"), ("rl", "verl"), ("stepwise", "trl")])
def test_a_thousand_clean_trajectories_are_refused_nowhere(kind: str, layout: str) -> None:
    chosen, refused, rows = LAYOUTS.get(layout), [], 0
    for value in clean_episodes():
        correct = dict.fromkeys(value.assistant_indexes(), StepVerdict.CORRECT)
        said = Annotation(outcome=Outcome.ACCEPT, step_verdicts=correct)
        judged_so = replace(curated(episode(0)), trajectory=value, annotation=said)
        for example in TYPES.get(kind).examples(judged_so, Options(rl=ALL_STEPS)):
            rows += 1
            if isinstance(example, Dropped):
                refused.append(example)
                continue
            try:
                chosen.contract(chosen.encode(chosen.fit(example, Counter())))
            except Unfit as problem:
                refused.append(Dropped(problem.reason, problem.detail))
    assert rows >= 1_000 and [(r.reason, r.detail) for r in refused] == []


def test_the_configuration_for_verl_names_what_stands_beside_it(
    store: Store, tmp_path: Path
) -> None:
    yaml = pytest.importorskip("yaml")
    judged(store)
    out = tmp_path / "out"
    ask(store, out, "rl", "verl", include="annotated")
    said = yaml.safe_load((out / "verl.yaml").read_text())
    assert {said["data"]["train_files"], said["data"]["val_files"]} == {"train.parquet"}
    names = said["custom_reward_function"]
    space: dict[str, Any] = {"__name__": "tool_reward"}
    exec((out / names["path"]).read_text(), space)
    (row, *_) = parquet.read_table(out / "train.parquet").to_pylist()
    answer = "<tool_call>" + row["reward_model"]["ground_truth"][1:-1] + "</tool_call>"
    given = row["data_source"], answer, row["reward_model"]["ground_truth"], row["extra_info"]
    assert space[names["name"]](*given) == 1.0
