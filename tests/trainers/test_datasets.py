"""`datasets` reloads the files of every layout that goes through it, value by value: nothing is
retyped, and nothing is filled in but keys of messages, with null."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from curation.exporting import LAYOUTS
from tests.trainers.conftest import environment, export_from, needs, run_in
from tests.trainers.expected import lines
from tests.trainers.readers import DATASETS, pairs

# OpenAI reads its files itself; `test_openai.py` has its types.
PAIRS = list(pairs(DATASETS))


@pytest.fixture(scope="module")
def exports(judged_store: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file of rows of every type in every layout."""
    home = tmp_path_factory.mktemp("exports")
    found = {}
    for kind, layout in PAIRS:
        out = export_from(judged_store, home / f"{kind}-{layout}", kind, layout)
        (file,) = [
            path
            for path in out.iterdir()
            if path.stem in ("train", "labels") and path.suffix == LAYOUTS.get(layout).suffix
        ]
        found[f"{kind}-{layout}"] = file
    return found


@pytest.mark.parametrize("variable", [pytest.param(v, marks=needs(v)) for v in DATASETS.variables])
def test_no_value_changes_on_the_way_through_datasets(
    exports: dict[str, Path], tmp_path: Path, variable: str
) -> None:
    wanted, answer = tmp_path / "wanted.json", tmp_path / "rows.json"
    wanted.write_text(json.dumps(list(map(str, exports.values()))))
    run_in(variable, "datasets_rows", [str(wanted), str(answer)], environment(tmp_path), tmp_path)
    loaded = json.loads(answer.read_text())
    for (name, file), found in zip(exports.items(), loaded, strict=True):
        kept = _rows_of(file)
        assert len(kept) == len(found) > 3, name
        for number, (row, other) in enumerate(zip(kept, found, strict=True)):
            if file.suffix == ".csv":
                assert other.keys() == row.keys() and all(map(alike, row.values(), other.values()))
            else:
                same(row, other, f"{name}:{number}")


def _rows_of(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return parquet.read_table(file).to_pylist()  # type: ignore[no-any-return]
    if file.suffix == ".csv":
        with file.open(newline="", encoding="utf-8-sig") as opened:
            return list(csv.DictReader(opened))
    return lines(file)


def alike(cell: str, value: Any) -> bool:
    """A table of text says no types: an empty cell is null, and pandas' whole numbers are floats
    where a column has gaps."""
    if isinstance(value, float):
        return float(cell) == value
    return cell == ("" if value is None else str(value))


def same(kept: Any, found: Any, where: str) -> None:
    """Types count, and so do the keys of tools and arguments."""
    assert type(kept) is type(found), where
    if isinstance(kept, dict):
        whole = any(f"/{part}" in where for part in ("tools", "arguments"))
        more = found.keys() - kept.keys()
        assert not more if whole else all(found[key] is None for key in more), (where, more)
        for key, value in kept.items():
            same(value, found.get(key), f"{where}/{key}")
    elif isinstance(kept, list):
        assert len(kept) == len(found), where
        for number, (one, other) in enumerate(zip(kept, found, strict=True)):
            same(one, other, f"{where}/{number}")
    else:
        assert kept == found, where
