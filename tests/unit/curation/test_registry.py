"""A registry finds what lies in its folder, whole, whoever asks first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import ModuleType

import pytest
from msgspec import Struct

from curation.registry import Registry

MODULE = """
import time
import {package}_kinds as kinds
time.sleep(0.05)
kinds.KINDS.register(kinds.Kind("{name}"), __name__)
"""


class Kind(Struct, frozen=True):
    name: str


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[Kind]]:
    """A registry over a folder of three slow modules."""
    package = "registry_sample"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name in ("c", "a", "b"):
        (folder / f"{name}.py").write_text(MODULE.format(package=package, name=name))
    registry: Registry[Kind] = Registry("kind", package)
    module = ModuleType(f"{package}_kinds")
    module.KINDS, module.Kind = registry, Kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{package}_kinds", module)
    monkeypatch.syspath_prepend(tmp_path)
    yield registry
    for name in [name for name in sys.modules if name.startswith(package)]:
        sys.modules.pop(name, None)


def test_entries_are_found_and_sorted(kinds: Registry[Kind]) -> None:
    assert kinds.names() == ["a", "b", "c"]
    assert [one.name for one in kinds] == ["a", "b", "c"]
    assert kinds.get("b") == Kind("b")
    with pytest.raises(KeyError, match="there are: a, b, c"):
        kinds.get("d")
    with pytest.raises(ValueError, match="named 'a'"):
        kinds.register(Kind("a"), "elsewhere")


def test_threads_that_ask_at_once_all_see_the_whole(kinds: Registry[Kind]) -> None:
    together = Barrier(4)

    def ask(_: int) -> list[str]:
        together.wait()
        return kinds.names()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [["a", "b", "c"]] * 4


def test_a_module_that_cannot_be_imported_is_told_every_time(
    kinds: Registry[Kind], tmp_path: Path
) -> None:
    broken = tmp_path / "registry_sample" / "d.py"
    broken.write_text("raise RuntimeError('not now')")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not now"):
            kinds.names()
