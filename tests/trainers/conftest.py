"""One judged store for all tests here, its exports, and the trainers that read them.

A trainer runs in an environment of its own (`make test-trainers`), which a variable names; without
it its tests are skipped and say so.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import cli
from tests.trainers.curated_store import SAMPLES, fill
from tests.trainers.toy_model import write_toy_model

CONSUMERS = Path(__file__).parent / "consumers"

Exported = Callable[..., Path]
Consumed = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def judged_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the store."""
    folder = tmp_path_factory.mktemp("judged")
    url = f"sqlite:///{folder / 'judged.db'}"
    fill(url, folder)
    return url


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the model that is trained."""
    texts = SAMPLES.read_text(encoding="utf-8").splitlines()[:40]
    return write_toy_model(tmp_path_factory.mktemp("model") / "toy", texts)


def export_from(store: str, out: Path, kind: str, layout: str, *more: str) -> Path:
    """An export with every row in its train file."""
    command = ["--db", store, "export", "--type", kind, "--layout", layout, "--out", str(out)]
    if kind != "labels":
        command += ["--shares", "1,0,0"]
    assert cli.perform([*command, "--include", "all", *more]) == 0
    return out


@pytest.fixture
def exported(judged_store: str, toy_model: Path, tmp_path: Path) -> Exported:
    """Exports into a folder, rendered with the model's template."""

    def export(kind: str, layout: str, *more: str, template: bool = True) -> Path:
        rendered = ["--template", str(toy_model)] if template else []
        return export_from(judged_store, tmp_path / "export", kind, layout, *more, *rendered)

    return export


def environment(home: Path) -> dict[str, str]:
    """Offline, telling nobody, on one thread; caches under `home`."""
    own = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "AXOLOTL_DO_NOT_TRACK": "1",
        "HF_HOME": str(home / "home"),
        "HF_DATASETS_CACHE": str(home / "cache"),
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
    }
    own.pop("PYTHONPATH", None)
    return own


def run_in(
    variable: str, script: str, given: list[str], environment: dict[str, str], folder: Path
) -> dict[str, Any]:
    """Run a consumer by the interpreter that a variable names; what its last line reports."""
    answer = subprocess.run(
        [os.environ[variable], str(CONSUMERS / f"{script}.py"), *given],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    said: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    print(said["versions"])
    return said


@pytest.fixture
def consumed(toy_model: Path, tmp_path: Path) -> Consumed:
    """Runs a trainer's own code on an export; what it reports."""

    def consume(variable: str, script: str, export: Path, **options: Any) -> dict[str, Any]:
        given = [str(export), str(toy_model), str(tmp_path / "scraps"), json.dumps(options)]
        return run_in(variable, script, given, environment(tmp_path), tmp_path)

    return consume


def needs(variable: str) -> pytest.MarkDecorator:
    """Skips where the trainers are not installed."""
    return pytest.mark.skipif(
        variable not in os.environ,
        reason=f"{variable} names no interpreter with the trainers (`make test-trainers` does)",
    )
