"""The files beside an Axolotl export: a config that parses, and the module that renders pairs."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import jinja2
import pytest
import yaml
from datasets import Dataset, Features, Json, List, Value

from curation.exporting import LAYOUTS
from curation.exports.training_config import MODEL

TEMPLATE = """\
{%- if tools %}{{ tools | tojson }}
{% endif %}
{%- for m in messages %}<{{ m.role }}>{{ m.content }}
{%- for c in m.tool_calls or [] %}{{ c.function.name }}({{ c.function.arguments.city }}){% endfor %}
{%- if m.role == "assistant" %}</s>
{% endif %}
{%- endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"""


class Tokenizer:
    """Renders like one of `transformers`."""

    def __init__(self, template: str = TEMPLATE) -> None:
        self._template = jinja2.Environment(autoescape=False).from_string(template)

    def apply_chat_template(
        self,
        messages: list[dict[str, Any]],
        tools: list[Any] | None = None,
        tokenize: bool = True,
        add_generation_prompt: bool = False,
    ) -> str:
        assert not tokenize
        return self._template.render(
            messages=messages, tools=tools, add_generation_prompt=add_generation_prompt
        )


def call(city: str) -> dict[str, Any]:
    arguments = json.dumps({"city": city})
    function = {"name": "weather", "arguments": arguments}
    # As `datasets` gives it: keys of other messages are there, and null.
    calls = [{"id": None, "type": "function", "function": function}]
    return {"role": "assistant", "content": "", "tool_calls": calls, "name": None}


ROW = {
    "messages": [{"role": "user", "content": "Oslo?", "tool_calls": None}],
    "chosen": call("Oslo"),
    "rejected": call("Rome"),
    "completion": [call("Oslo")],
    "label": True,
    "tools": '[{"type": "function"}]',
}


COLUMNS = {
    "dpo": ("messages", "chosen", "rejected", "tools"),
    "kto": ("messages", "completion", "label", "tools"),
}
# What the JSON loader makes of messages with different keys.
FEATURES = {
    "messages": List(Json()),
    "chosen": Json(),
    "rejected": Json(),
    "completion": List(Json()),
    "label": Value("bool"),
    "tools": Value("string"),
}


def strategy(name: str, tokenizer: Tokenizer, row: dict[str, Any] = ROW) -> dict[str, Any]:
    space: dict[str, Any] = {}
    files = LAYOUTS.get("axolotl").companions({"train": "train.jsonl"}, "Pair")
    exec(files["loopwright_rows.py"], space)
    transform, options = space[name]({}, dataset_idx=0)
    made: dict[str, Any] = transform(row, tokenizer=tokenizer)
    columns = {key: FEATURES[key] for key in COLUMNS[name]}
    found = Dataset.from_list([{key: row[key] for key in columns}], Features(columns)).map(
        partial(transform, tokenizer=tokenizer), **options
    )
    assert found[0] == made
    return made


def test_pairs_are_rendered_with_their_calls_and_tools() -> None:
    assert strategy("dpo", Tokenizer()) == {
        "prompt": '[{"type": "function"}]\n<user>Oslo?<assistant>',
        "chosen": "weather(Oslo)</s>",
        "rejected": "weather(Rome)</s>",
    }
    plain = strategy("dpo", Tokenizer(), {**ROW, "tools": "[]"})
    assert plain["prompt"] == "<user>Oslo?<assistant>"


def test_what_is_wanted_is_rendered_with_its_label() -> None:
    made = strategy("kto", Tokenizer())
    assert (made["completion"], made["label"]) == ("weather(Oslo)</s>", True)


def test_a_template_that_rewrites_the_prompt_stops_the_run() -> None:
    rewriting = TEMPLATE.replace("{%- if tools %}", "{{ messages | length }}{%- if tools %}")
    with pytest.raises(ValueError, match="only adds to its text"):
        strategy("dpo", Tokenizer(rewriting))


@pytest.mark.parametrize("shape", ["Conversation", "Completion", "Pair", "Judged"])
@pytest.mark.parametrize("splits", [("train",), ("train", "validation", "test")])
def test_the_config_is_whole_but_for_the_model(shape: str, splits: tuple[str, ...]) -> None:
    layout = LAYOUTS.get("axolotl")
    files = layout.companions({split: f"{split}.jsonl" for split in splits}, shape)
    config = yaml.safe_load(files["axolotl.yaml"])
    assert config["base_model"] == MODEL and files["axolotl.yaml"].count(MODEL) == 1
    (dataset,) = config["datasets"]
    assert (dataset["path"], dataset["ds_type"]) == ("train.jsonl", "json")
    evaluated = [one["path"] for one in config.get("test_datasets", [])]
    assert evaluated == (["validation.jsonl"] if "validation" in splits else [])
    assert ("evals_per_epoch" in config) is bool(evaluated) and config["val_set_size"] == 0
    assert isinstance(config["learning_rate"], float)
    if shape in ("Conversation", "Completion"):
        assert dataset["type"] == "chat_template" and dataset["roles_to_train"] == []
        assert dataset["message_field_training"] == "train" and "rl" not in config
    else:
        kind = {"Pair": "dpo", "Judged": "kto"}[shape]
        assert config["rl"] == kind and dataset["type"] == f"loopwright_rows.{kind}"
        assert (config.get("remove_unused_columns") is False) is (kind == "kto")
