"""Certificates: what they say, that they show it, and that nothing in them acts."""

from __future__ import annotations

import re
from html import unescape

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from curation.certificates import Certificate, certificate_markdown, sample_hash
from curation.verdicts import Verdict

SAMPLE = Certificate(
    contract="LABEL_WRONG puts the prediction in the reference's place.",
    verdict=Verdict.LABEL_WRONG,
    judge="openai: qwen3-32b, 3 votes",
    rubric="label-verification",
    rubric_version="2",
    slice="dataset bfcl_v4",
    sample=sample_hash(["b", "a"]),
    counts={Verdict.LABEL_WRONG: 96, Verdict.PRED_WRONG: 3, Verdict.BOTH_WRONG: 1},
    target=0.9,
    confidence=0.95,
    audit_share=0.05,
    date="2026-03-01",
    versions={"loopwright": "0.1.0", "checks": "9f2c"},
)


def rendered(markdown: str) -> str:
    """The page as HTML, with the extensions that viewers switch on."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


def cells(markdown: str) -> dict[str, str]:
    """What the tables show, first column -> second."""
    found = re.findall(r"<td>(.*?)</td>\s*<td>(.*?)</td>", rendered(markdown), re.DOTALL)
    return {unescape(name): unescape(value) for name, value in found}


def test_a_certificate_says_what_its_sample_says() -> None:
    assert (SAMPLE.right, SAMPLE.n) == (96, 100)
    assert SAMPLE.bound == pytest.approx(0.9016, abs=1e-4)
    assert replace(SAMPLE, counts={}).bound is None


def test_a_certificate_says_what_cases_of_one_group_count() -> None:
    # 96 of 100 in groups that are worth 50 independent cases: as 48 of 50, from 0.8654.
    grouped = replace(SAMPLE, groups=50, effective_n=50.0)
    assert grouped.bound == pytest.approx(0.8654, abs=1e-4)
    assert cells(certificate_markdown(grouped))["Counted as"].startswith("50.0 independent cases")
    assert "50 groups" in cells(certificate_markdown(grouped))["Counted as"]
    assert cells(certificate_markdown(SAMPLE))["Counted as"] == "100 independent cases, one each"


def test_a_certificate_from_before_groups_were_told_keeps_its_fingerprint() -> None:
    assert b"groups" not in msgspec.json.encode(SAMPLE)
    assert b"groups" in msgspec.json.encode(replace(SAMPLE, groups=2, effective_n=2.0))


def test_the_page_shows_every_fact() -> None:
    page = certificate_markdown(SAMPLE)
    shown = cells(page)
    assert shown["Verdict"] == "LABEL_WRONG"
    assert shown["Judge"] == "openai: qwen3-32b, 3 votes"
    assert shown["Rubric"] == "label-verification, version 2"
    assert shown["Slice"] == "dataset bfcl_v4"
    assert shown["Issued"] == "2026-03-01"
    assert shown["Gold cases"] == f"100 (sample {SAMPLE.sample})"
    assert shown["Right"] == "96 of 100"
    assert shown["Lower bound"] == "0.9016 (Wilson, 95% two-sided)"
    assert shown["Target"] == "0.9000"
    assert shown["Audits"] == "5.0% of the applied cases go to people"
    assert shown["Version of loopwright"] == "0.1.0"
    assert shown["Version of checks"] == "9f2c"
    assert shown["Fingerprint"] == SAMPLE.fingerprint
    assert [shown[v.value] for v in Verdict] == ["3", "96", "0", "1"]
    assert "LABEL_WRONG puts the prediction in the reference's place." in unescape(rendered(page))


def test_without_cases_there_is_no_bound() -> None:
    page = certificate_markdown(replace(SAMPLE, counts={}))
    assert cells(page)["Lower bound"].startswith("none")


HOSTILE = [
    "| a | b |\n| --- | --- |",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1)) ![i](http://x.y/z.png)",
    "<http://evil.example>",
    "# heading\n\n## more",
    "- item",
    "1. item",
    "```\ncode\n```",
    "**bold** _it_ ~~no~~ `code`",
    "&lt;b&gt; &amp;",
    "a\\| b\\",
    "www.evil.example",
    "> quote",
    "===",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    page = certificate_markdown(
        replace(SAMPLE, contract=text, judge=text, slice=text, versions={text: text})
    )
    line = " ".join(text.split())
    shown = cells(page)
    assert shown["Judge"] == shown["Slice"] == line
    assert shown[f"Version of {line}"] == line
    assert f"<p>{line}</p>" in unescape(rendered(page))
    _assert_only_our_markup(page)


@given(st.text(max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    _assert_only_our_markup(certificate_markdown(replace(SAMPLE, contract=text, slice=text)))


def _assert_only_our_markup(page: str) -> None:
    tags = set(re.findall(r"</?([a-z0-9]+)", rendered(page)))
    assert tags <= {"h1", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert rendered(page).count("<tr>") == rendered(certificate_markdown(SAMPLE)).count(
        "<tr>"
    ) - 2 + len(re.findall(r"Version", page))
    assert rendered(page).count("<h1>") == 1


def test_a_certificate_can_be_stored() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(SAMPLE), type=Certificate)
    assert stored == SAMPLE
    assert stored.fingerprint == SAMPLE.fingerprint


def test_a_sample_is_the_same_in_any_order_and_however_often_named() -> None:
    assert sample_hash(["a", "b"]) == sample_hash(["b", "a", "a"])
    assert sample_hash(["a", "b"]) != sample_hash(["ab"])
    assert sample_hash(["a"]) != sample_hash([])


@pytest.mark.parametrize(
    "changed",
    [
        {"contract": "Another."},
        {"counts": {Verdict.LABEL_WRONG: 97}},
        {"target": 0.91},
        {"date": "2026-03-02"},
        {"versions": {}},
    ],
)
def test_the_fingerprint_changes_with_anything(changed: dict[str, object]) -> None:
    assert replace(SAMPLE, **changed).fingerprint != SAMPLE.fingerprint
    assert replace(SAMPLE).fingerprint == SAMPLE.fingerprint
