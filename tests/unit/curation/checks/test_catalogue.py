"""What must hold of every check, present and future: these tests walk the registry."""

from __future__ import annotations

import re

import pytest

from curation.checking import CHECKS, Check, CheckContext, Severity, run_checks
from curation.trajectory import (
    decode_messages,
    decode_tools,
    encode_messages,
    encode_tools,
)

FAMILIES = {"calls", "results", "flow", "answer", "tools", "grounding"}
EVERY = pytest.mark.parametrize("entry", list(CHECKS), ids=lambda entry: entry.name)


@EVERY
def test_the_name_is_a_family_and_a_kebab_case_word(entry: Check) -> None:
    family, _, short = entry.name.partition("/")
    assert family in FAMILIES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", short)
    assert entry.version >= 1 and isinstance(entry.severity, Severity)


@EVERY
def test_the_file_is_called_like_the_check(entry: Check) -> None:
    expected = entry.name.replace("/", "_").replace("-", "_")
    assert entry.function.__module__ == f"curation.checks.{expected}"


@EVERY
def test_title_and_documentation_tell_an_annotator_what_it_looks_for(entry: Check) -> None:
    assert 5 <= len(entry.title) <= 45 and not entry.title.endswith(".")
    assert len(entry.doc) >= 40 and entry.doc.endswith(".")


@EVERY
def test_the_triggering_sample_triggers_it(entry: Check) -> None:
    found = [f for f in run_checks(entry.triggers) if f.check == entry.name]
    assert found, "the sample that should trigger the check does not"
    for finding in found:
        assert (finding.version, finding.severity) == (entry.version, entry.severity)
        assert finding.message and len(finding.message) < 400
        anchor = finding.anchor
        if anchor.message_index is not None:
            message = entry.triggers.messages[anchor.message_index]
            if anchor.call_index is not None:
                assert anchor.call_index < len(message.tool_calls)
            if anchor.span is not None:
                start, end = anchor.span
                assert 0 <= start < end <= len(message.text)
        if anchor.pointer:
            assert anchor.pointer.startswith("/") and anchor.call_index is not None


@EVERY
def test_the_passing_sample_has_no_error_and_leaves_it_silent(entry: Check) -> None:
    found = run_checks(entry.passes)
    assert entry.name not in {f.check for f in found}
    assert not [f for f in found if f.severity is Severity.ERROR]


@EVERY
def test_it_finds_the_same_after_storing_and_loading(entry: Check) -> None:
    sample = entry.triggers
    loaded = type(sample)(
        decode_messages(encode_messages(sample.messages)), decode_tools(encode_tools(sample.tools))
    )
    assert run_checks(loaded) == run_checks(sample)


@EVERY
def test_it_leaves_the_context_to_the_next_check_as_it_was(entry: Check) -> None:
    context = CheckContext(entry.triggers)
    first = entry.run(context)
    assert entry.run(context) == first


def test_every_family_is_there() -> None:
    assert {name.partition("/")[0] for name in CHECKS.names()} == FAMILIES


@EVERY
def test_without_what_it_needs_it_would_find_nothing(entry: Check) -> None:
    """Leaving a check out must never lose a finding."""
    if entry.needs is None:
        return
    for other in CHECKS:
        for sample in (other.triggers, other.passes):
            context = CheckContext(sample)
            if not getattr(context, entry.needs.value):
                assert entry.run(context) == []
