"""A chat template runs as `transformers` runs it, within bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from curation.rendering.template import ChatTemplate, TemplateRefusal, TemplateSource
from tests.chat_templates import CHATML, HOSTILE, MARKED

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAID = [{"role": "user", "content": "<b>é"}]


def rendered(text: str, **special: str) -> str:
    source = TemplateSource(text, "test", special_tokens=special)
    return ChatTemplate(source, NOW).render(SAID, None).text


def test_what_templates_are_given() -> None:
    assert rendered("{{ bos_token }}{{ messages | tojson }}", bos_token="<s>") == (
        '<s>[{"role": "user", "content": "<b>é"}]'
    )
    assert rendered("{{ strftime_now('%d %b %Y') }}") == "01 Mar 2026"
    assert rendered("{% if tools is none %}none{% endif %}") == "none"
    assert rendered("{% for m in [1, 2, 3] %}{% if m == 2 %}{% break %}{% endif %}{{ m }}"
                    "{% endfor %}") == "1"  # fmt: skip
    # Blocks take their line with them.
    assert rendered("a\n  {% if true %}\nb\n  {% endif %}\nc") == "a\nb\nc"
    with pytest.raises(TemplateRefusal, match="only assistants"):
        rendered("{{ raise_exception('only assistants') }}")
    with pytest.raises(TemplateRefusal, match=r"no Jinja template: .*'endfor'"):
        rendered("{% for m in messages %}")


def test_generation_blocks_are_found_and_leave_no_trace() -> None:
    template = ChatTemplate(TemplateSource(MARKED, "marked"), NOW)
    said = [*SAID, {"role": "assistant", "content": "Yes."}, *SAID,
            {"role": "assistant", "content": "No."}]  # fmt: skip
    marked = template.render(said, None)
    assert template.marks_generation
    assert [marked.text[a:b] for a, b in marked.blocks] == ["Yes.<|stop|>", "No.<|stop|>"]
    assert "\ue000" not in marked.text
    plain = ChatTemplate(TemplateSource(CHATML, "plain"), NOW)
    assert not plain.marks_generation and plain.render(said, None).blocks == ()


OF_THE_PROCESS = {"doubling", "a wide center", "a wide method"}
"""Bounded by the memory of the process; see the tests of `app.flows.export_rendering`."""


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - OF_THE_PROCESS))
def test_a_hostile_template_gets_nothing_and_ends(name: str) -> None:
    try:
        text = rendered(HOSTILE[name])
    except TemplateRefusal as problem:
        assert "root:" not in str(problem)
    else:
        assert text == "", "what it was refused is written as nothing"


def test_the_bound_holds_for_each_rendering_not_for_all_together() -> None:
    template = ChatTemplate(
        TemplateSource("{% for i in range(20000) %}{% endfor %}ok", "long"), NOW
    )
    assert [template.render(SAID, None).text for _ in range(4)] == ["ok"] * 4
