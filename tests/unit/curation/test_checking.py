"""The runner, its caches, and the fingerprint of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import pytest

from curation import checking
from curation.checking import (
    CHECKS,
    CheckContext,
    Found,
    Severity,
    ToolsContext,
    catalogue_fingerprint,
    check,
    run_checks,
    tools_context,
    walk,
)
from curation.checks._samples import BOOK, assistant, call, dialogue, result, single, user
from curation.registry import Registry
from curation.trajectory import Anchor, ToolSpec, Trajectory


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A registry of its own, so that a test's checks do not stay behind."""
    registry: Registry[checking.Check] = Registry("check", "curation.taxonomies")
    monkeypatch.setattr(checking, "CHECKS", registry)
    checking._catalogue.clear()
    yield
    checking._catalogue.clear()


def register(name: str, version: int = 1) -> None:
    sample = dialogue(user())

    @check(
        name,
        severity=Severity.INFO,
        title="Own",
        triggers=sample,
        passes=sample,
        version=version,
    )
    def own(context: CheckContext) -> Iterable[Found]:
        """Finds everything."""
        yield Found(Anchor(0), f"{len(context.messages)} messages", "hint")


def test_a_check_registers_itself_with_its_docstring(own_registry: None) -> None:
    register("flow/own", version=3)
    [entry] = list(checking.CHECKS)
    assert (entry.name, entry.version, entry.doc) == ("flow/own", 3, "Finds everything.")
    [finding] = run_checks(dialogue(user()))
    assert (finding.check, finding.version, finding.severity) == ("flow/own", 3, Severity.INFO)
    assert (finding.message, finding.hint) == ("1 messages", "hint")


def test_a_check_registered_later_is_run_too(own_registry: None) -> None:
    register("flow/one")
    assert len(run_checks(dialogue(user()))) == 1

    sample = dialogue(user())

    @check("flow/two", severity=Severity.INFO, title="Two", triggers=sample, passes=sample)
    def two(context: CheckContext) -> Iterable[Found]:
        """Finds everything."""
        yield Found(Anchor(), "two")

    assert [f.check for f in run_checks(dialogue(user()))] == ["flow/two", "flow/one"]


def test_the_fingerprint_changes_with_names_and_versions(own_registry: None) -> None:
    before = catalogue_fingerprint()
    register("flow/own", version=1)
    first = catalogue_fingerprint()
    register("flow/own", version=2)
    assert len({before, first, catalogue_fingerprint()}) == 3


def test_the_fingerprint_of_the_shipped_catalogue_is_stable_within_a_run() -> None:
    assert catalogue_fingerprint() == catalogue_fingerprint()
    assert len(catalogue_fingerprint()) == 16
    assert len(CHECKS) > 30


def test_one_tool_set_is_prepared_once() -> None:
    tools = (BOOK, ToolSpec("now", "The time."))
    assert tools_context(tools) is tools_context(tools)


def test_equal_tools_of_different_tuples_share_their_validators() -> None:
    copy = msgspec.json.decode(msgspec.json.encode(BOOK), type=ToolSpec)
    assert copy is not BOOK
    one, other = tools_context((BOOK,)), tools_context((copy,))
    assert one is not other
    assert one.offered[0].validator is other.offered[0].validator


def test_the_memory_of_tool_sets_is_bounded() -> None:
    from curation import offered_tools

    for i in range(500):
        tools_context((ToolSpec(f"t{i}"),))
    assert len(offered_tools._recent_tool_sets) <= 64


def test_tools_that_cannot_be_encoded_are_still_checked() -> None:
    odd = ToolSpec("odd", "\ud800", BOOK.parameters)
    assert [f.check for f in run_checks(single(call({}, name="odd"), tools=(odd,)))] == [
        "calls/missing-required"
    ]


def test_numbers_beyond_64_bits_in_a_schema_are_no_trouble() -> None:
    parameters = {"type": "object", "properties": {"n": {"type": "int", "maximum": 10**30}}}
    wide = ToolSpec("wide", "Wide.", parameters)
    found = run_checks(single(call('{"n": 1' + "0" * 31 + "}", name="wide"), tools=(wide,)))
    assert [f.check for f in found] == ["calls/constraint"]


def test_a_given_tools_context_is_used() -> None:
    row = single(call())
    assert run_checks(row, tools_context(row.tools)) == run_checks(row) == []
    nothing = ToolsContext(())
    assert run_checks(row, nothing) == []
    other = tools_context((ToolSpec("other", "Another."),))
    assert [f.check for f in run_checks(row, other)] == ["calls/unknown-tool"]


def test_a_trajectory_of_nothing_is_no_trouble() -> None:
    assert {f.check for f in run_checks(Trajectory(()))} == {"flow/no-assistant"}


def test_ten_thousand_messages_are_checked() -> None:
    messages = [user()]
    for i in range(5_000):
        messages += [assistant(None, call({"people": 1 + i % 20}, id=f"c{i}")), result(id=f"c{i}")]
    found = run_checks(dialogue(*messages, assistant("Done.")))
    assert {f.check for f in found} == {"calls/repeated-call"}


def test_arguments_nested_deeply_are_checked() -> None:
    deep = '{"people": 2, "guest": {"name": ' + "[" * 300 + "]" * 300 + "}}"
    assert {f.check for f in run_checks(single(call(deep)))} == {"calls/wrong-type"}


def test_walk_gives_every_leaf_in_order_with_its_pointer() -> None:
    value = {"a": [1, {"b/c": "x"}], "d~": None, "e": {}, "f": []}
    assert list(walk(value)) == [("/a/0", 1), ("/a/1/b~1c", "x"), ("/d~0", None)]


def test_the_context_tells_equal_calls_apart_by_type() -> None:
    row = single(
        call({"people": 1}), call({"people": True}, id="c2"), call({"people": 1.0}, id="c3")
    )
    assert CheckContext(row).equal_calls == []
