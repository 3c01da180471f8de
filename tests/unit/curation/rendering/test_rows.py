"""What of a row's text is learnt, and what a template leaves out of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from curation.episodes import episode_of
from curation.export_reasons import WHY, Unfit
from curation.exporting import Completion, Conversation, Example, Judged, MaskedSpan, Pair
from curation.rendering.findings import FOUND, RenderFinding
from curation.rendering.rows import RenderedRow, rendered_row
from curation.rendering.template import ChatTemplate, TemplateSource
from curation.trajectory import Message, Role
from tests.chat_templates import CHATML, FORGETFUL, MARKED, REWRITING
from tests.curated_examples import parallel
from tests.episodes import episode

EPISODE = episode_of(episode(3))
CALL = '<call>{"name": "get_weather", "arguments": {"city": "City 3", "days": 2}}</call><|stop|>'
ANSWER = "The sky over City 3 is clear.<|stop|>"


def row(template: str, example: Example) -> RenderedRow:
    source = TemplateSource(template, "test", control_tokens=("<|start|>", "<|stop|>"))
    return rendered_row(ChatTemplate(source, datetime(2026, 3, 1, tzinfo=UTC)), example,
                        source.control_tokens)  # fmt: skip


def learnt(found: RenderedRow, place: int = 0) -> list[str]:
    text = found.texts[place]
    return [text.text[start:end] for start, end in text.learnt]


def whole(*masked: int) -> Conversation:
    return Conversation(EPISODE.messages, EPISODE.tools, masked)


@pytest.mark.parametrize("template", [CHATML, MARKED])
def test_what_the_assistant_says_is_learnt_and_nothing_else(template: str) -> None:
    found = row(template, whole())
    assert learnt(found) == [CALL, ANSWER] and found.findings == ()
    assert learnt(row(template, whole(2))) == [ANSWER]
    step = Completion(EPISODE.messages[:2], EPISODE.messages[2:3], EPISODE.tools, 2)
    assert learnt(row(template, step)) == [CALL]
    judged = Judged(EPISODE.messages[:4], EPISODE.messages[4:], False, EPISODE.tools, 4)
    assert learnt(row(template, judged)) == [ANSWER]
    several = episode_of(parallel())
    assert row(template, Conversation(several.messages, several.tools)).findings == ()


@pytest.mark.parametrize("template", [CHATML, MARKED])
def test_masked_words_are_in_the_text_and_not_learnt(template: str) -> None:
    spans = (MaskedSpan(4, 0, 3), MaskedSpan(4, 12, 19))
    found = row(template, Conversation(EPISODE.messages, EPISODE.tools, (2,), spans))
    assert learnt(found) == [" sky over", " is clear.<|stop|>"] and found.findings == ()
    assert "City 3 is clear." in found.texts[0].text


def test_a_pair_has_two_texts_with_one_prompt() -> None:
    worse = Message(Role.ASSISTANT, "Rain.")
    pair = Pair(EPISODE.messages[:4], EPISODE.messages[4], worse, EPISODE.tools, 4)
    found = row(CHATML, pair)
    assert [text.title for text in found.texts] == ["chosen", "rejected"]
    assert learnt(found) == [ANSWER] and learnt(found, 1) == ["Rain.<|stop|>"]


def test_what_a_template_leaves_out_is_found() -> None:
    assert set(row(FORGETFUL, whole()).findings) == {
        RenderFinding.TOOLS_MISSING,
        RenderFinding.RESULTS_MISSING,
        RenderFinding.CALLS_MISSING,
    }
    quiet = CHATML.replace("{{ tool | tojson }}", "")
    assert RenderFinding.TOOLS_MISSING not in row(quiet, whole()).findings  # a heading stays
    named = CHATML.replace("{{- message.content }}", "{{- message.content | tojson }}")
    assert row(named, whole()).findings == ()


def test_a_template_that_writes_null_as_a_word_is_told() -> None:
    silent = [replace(m, content=None) if m.tool_calls else m for m in EPISODE.messages]
    example = Conversation(tuple(silent), EPISODE.tools)
    assert row(CHATML, example).findings == ()
    assert RenderFinding.NULL_AS_TEXT in row(FORGETFUL, example).findings


def test_a_template_that_rewrites_what_it_wrote_is_told() -> None:
    assert RenderFinding.PREFIX_CHANGES in row(REWRITING, whole()).findings
    step = Completion(EPISODE.messages[:2], EPISODE.messages[2:3], EPISODE.tools, 2)
    with pytest.raises(Unfit, match=r"prefix-changes.*at character"):
        row(REWRITING, step)


def test_a_template_that_learns_nothing_is_refused() -> None:
    nothing = "{% generation %}{% endgeneration %}{{ messages | tojson }}"
    with pytest.raises(Unfit, match="no-loss"):
        row(nothing, whole())
    with pytest.raises(Unfit, match=r"template-refuses.*No system"):
        row("{{ raise_exception('No system messages') }}", whole())


def test_a_control_token_in_a_message_is_found() -> None:
    said = (Message(Role.USER, "Say <|stop|>."), Message(Role.ASSISTANT, "No."))
    assert row(CHATML, Conversation(said)).findings == (RenderFinding.CONTROL_TOKEN,)


def test_every_finding_is_explained() -> None:
    assert set(FOUND) == set(RenderFinding) and len(WHY) > len(FOUND)
