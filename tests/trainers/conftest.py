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
NEWEST = "LOOPWRIGHT_TRAINERS_PYTHON"
PINNED = "LOOPWRIGHT_PINNED_TRAINERS_PYTHON"

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


@pytest.fixture
def exported(judged_store: str, toy_model: Path, tmp_path: Path) -> Exported:
    """Exports into a folder, every row into its train file, rendered with the model's template."""

    def export(kind: str, layout: str, *more: str, template: bool = True) -> Path:
        out = tmp_path / "export"
        command = ["--db", judged_store, "export", "--type", kind, "--layout", layout]
        command += ["--out", str(out), "--include", "all", "--shares", "1,0,0", *more]
        command += ["--template", str(toy_model)] if template else []
        assert cli.perform(command) == 0
        return out

    return export


@pytest.fixture
def consumed(toy_model: Path, tmp_path: Path) -> Consumed:
    """Runs a trainer's own code on an export; what it reports."""

    def consume(variable: str, script: str, export: Path, **options: Any) -> dict[str, Any]:
        command = [os.environ[variable], str(CONSUMERS / f"{script}.py"), str(export)]
        command += [str(toy_model), str(tmp_path / "scraps"), json.dumps(options)]
        environment = os.environ | {
            "HF_HUB_OFFLINE": "1",
            "AXOLOTL_DO_NOT_TRACK": "1",
            "HF_HOME": str(tmp_path / "home"),
            "HF_DATASETS_CACHE": str(tmp_path / "cache"),
            "TOKENIZERS_PARALLELISM": "false",
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("PYTHONPATH", None)
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        )
        assert answer.returncode == 0, answer.stderr[-4000:]
        said: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
        print(said["versions"])
        return said

    return consume


def needs(variable: str) -> pytest.MarkDecorator:
    """Skips where the trainers are not installed."""
    return pytest.mark.skipif(
        variable not in os.environ,
        reason=f"{variable} names no interpreter with the trainers (`make test-trainers` does)",
    )
