"""What is installed: everything the program reads, at the versions it is tested with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
PACKAGES = ("app", "components", "curation", "storage")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_constraints_are_names_and_versions_only() -> None:
    for line in CONSTRAINTS:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!+]*", line)


def test_every_dependency_is_pinned() -> None:
    pinned = {_normal(line.partition("==")[0]) for line in CONSTRAINTS if "==" in line}
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(d for extra in extras for d in extra)]
    names = {_normal(re.split(r"[\[<>=~! ]", dependency)[0]) for dependency in wanted}
    assert names - pinned == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_installed_with_it(package: str) -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    for file in (ROOT / package).rglob("*"):
        if file.is_dir() or "__pycache__" in file.parts or file.suffix == ".pyc":
            continue
        folder = file.parent
        if file.suffix == ".py":
            assert (folder / "__init__.py").exists(), f"{folder} is not a package"
            continue
        while not (folder / "__init__.py").exists():
            folder = folder.parent
        inside = file.relative_to(folder)
        # As setuptools matches: a star stays within one folder.
        matched = [p for p in patterns if _matches(inside, p)]
        assert matched, f"{file.relative_to(ROOT)} would be missing from an installation"


def _matches(path: Path, pattern: str) -> bool:
    parts = pattern.split("/")
    return len(parts) == len(path.parts) and path.match(pattern)


def test_no_package_index_is_named_anywhere_in_the_set_up() -> None:
    for name in ("Makefile", "constraints.txt", "pyproject.toml", ".ci/run"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text, name
        assert "index" not in text.replace("package index", ""), name
