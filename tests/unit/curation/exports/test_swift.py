"""What ms-swift reads: steps in pieces, results by their place, both sides of a pair."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import yaml

from curation.episodes import episode_of
from curation.export_reasons import Adaptation, Unfit
from curation.exporting import LAYOUTS, Conversation, Judged, MaskedSpan, Notes, Pair
from curation.exports.training_config import MODEL
from curation.trajectory import Message, Trajectory
from tests.curated_examples import AREA, PING, booking, call, parallel, result, say, user

SWIFT = LAYOUTS.get("swift")
TOOLS = episode_of(Trajectory((), (AREA, PING))).tools


def row_of(example: Any, notes: Notes | None = None) -> dict[str, Any]:
    fitted = SWIFT.fit(example, Counter() if notes is None else notes)
    encoded = SWIFT.encode(fitted)
    SWIFT.contract(encoded)
    row: dict[str, Any] = json.loads(encoded)
    return row


def test_calls_are_messages_of_their_own_and_thinking_stands_before_text() -> None:
    asked = user("Ping the square.")
    text = call(("ping", ""), ("area", '{"w": 1.50}'), text="Both.")
    thought = say("Done.", "One\nby one.")
    whole = (asked, text, result("pong", "c0p"), result("2.25", "c1a"), thought)
    row = row_of(Conversation(whole, TOOLS))
    assert [(m["role"], m["content"]) for m in row["messages"]] == [
        ("user", "Ping the square."),
        ("assistant", "Both."),
        ("tool_call", '{"name":"ping","arguments":{}}'),
        ("tool_call", '{"name":"area","arguments":{"w": 1.50}}'),
        ("tool_response", "pong"),
        ("tool_response", "2.25"),
        ("assistant", "<think>\nOne\nby one.\n</think>\n\nDone."),
    ]
    assert [m["loss"] for m in row["messages"] if "loss" in m] == [True] * 4
    assert [t["function"]["name"] for t in json.loads(row["tools"])] == ["area", "ping"]


def test_results_are_put_in_the_order_of_their_calls() -> None:
    messages = parallel().messages
    swapped = (*messages[:2], messages[3], messages[2], *messages[4:])
    notes: Notes = Counter()
    tools = episode_of(parallel()).tools
    assert row_of(Conversation(swapped, tools), notes) == row_of(Conversation(messages, tools))
    assert notes[Adaptation.RESULTS_ORDERED] == 1


def test_words_of_a_step_that_thinks_are_masked_behind_the_thinking() -> None:
    answer = say("Wrong. Right.", "Hm.")
    example = Conversation((user("?"), answer), (), (), (MaskedSpan(1, 0, 5),))
    row = row_of(example)
    assert row["messages"][1:] == [
        {"role": "assistant", "content": "<think>\nHm.\n</think>\n\n", "loss": True},
        {"role": "assistant", "content": "Wrong.", "loss": False},
        {"role": "assistant", "content": " Right.", "loss": True},
    ]
    inside = say("<think>\nHm.\n</think>\n\nWrong. Right.")
    with pytest.raises(Unfit, match="half-mask"):
        row_of(Conversation((user("?"), inside), (), (), (MaskedSpan(1, 3, 5),)))


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((user("a"), user("b"), say("c")), "alternation"),
        ((say("Hello."), user("?"), say("!")), "alternation"),
        ((user("?"), call(("ping", "{}")), user("and?"), say("x")), "unanswered-call"),
        ((user("?"), call(("ping", "{}")), result("x", "c0p"), user("y"), say("x")), "alternation"),
        ((user("?"), say("x", "a\n</think>\n\nb")), "text-with-call"),
    ],
)
def test_what_has_no_place_is_refused(messages: tuple[Message, ...], reason: str) -> None:
    with pytest.raises(Unfit, match=reason):
        row_of(Conversation(messages, TOOLS))


def test_each_side_of_a_pair_is_a_conversation_with_its_tools() -> None:
    episode = episode_of(booking())
    worse = call(("book_table", '{"people": 3}'))
    row = row_of(Pair(episode.messages[:2], episode.messages[2], worse, episode.tools, 2))
    assert row["messages"][:2] == row["rejected_messages"][:2]
    assert row["tools"] == row["rejected_tools"]
    assert json.loads(row["rejected_messages"][2]["content"])["arguments"] == {"people": 3}
    later = episode.messages[4]
    row = row_of(Pair(episode.messages[:4], later, say("No."), episode.tools, 4))
    assert [m["loss"] for m in row["messages"] if "loss" in m] == [False, True]


def test_only_what_is_judged_carries_loss() -> None:
    episode = episode_of(booking())
    row = row_of(Judged(episode.messages[:2], episode.messages[2:], False, episode.tools, 2))
    assert row["label"] is False
    assert [m["loss"] for m in row["messages"] if "loss" in m] == [True, True]
    row = row_of(Judged(episode.messages[:4], episode.messages[4:], True, episode.tools, 4))
    assert [m["loss"] for m in row["messages"] if "loss" in m] == [False, True]


@pytest.mark.parametrize("shape", ["Conversation", "Completion", "Pair", "Judged"])
@pytest.mark.parametrize("splits", [("train",), ("train", "validation", "test")])
def test_the_config_is_whole_but_for_the_model(shape: str, splits: tuple[str, ...]) -> None:
    files = SWIFT.companions({split: f"{split}.jsonl" for split in splits}, shape)
    config = yaml.safe_load(files["swift.yaml"])
    assert config["model"] == MODEL and files["swift.yaml"].count(MODEL) == 1
    assert config["dataset"] == "train.jsonl" and config["strict"] is True
    evaluated = "validation" in splits
    assert config.get("val_dataset") == ("validation.jsonl" if evaluated else None)
    assert config["eval_strategy"] == ("epoch" if evaluated else "no")
    kinds = {"Pair": "dpo", "Judged": "kto"}
    assert config.get("rlhf_type") == kinds.get(shape)
    assert (" swift rlhf " in files["swift.yaml"]) is (shape in kinds)
