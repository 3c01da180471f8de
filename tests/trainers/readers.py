"""Who reloads which layout in `make test-trainers`: the tests run these, the README lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from curation.exporting import supported

HOME = Path(__file__).parents[2]
NEWEST = "LOOPWRIGHT_TRAINERS_PYTHON"
PINNED = "LOOPWRIGHT_PINNED_TRAINERS_PYTHON"
CONSTRAINTS = {NEWEST: "constraints-trainers.txt", PINNED: "constraints-trainers-pinned.txt"}


class Reader(NamedTuple):
    """A package, and what its own code does with rows."""

    package: str
    variables: tuple[str, ...]
    """Which name the interpreters that have it."""
    script: str
    """In `consumers/`."""
    layouts: tuple[str, ...]
    types: tuple[str, ...]
    looked_at: str

    @property
    def versions(self) -> list[str]:
        """As the constraints pin them."""
        return [_pinned(CONSTRAINTS[variable], self.package) for variable in self.variables]


TRAINING = ("sft", "dpo", "kto")
_STEPS = "keeps every row, loss on the right words, two steps"
TRAINERS = (
    Reader(
        "trl", (NEWEST,), "trl_trainers", ("trl", "trl-objects", "trl-parquet"), TRAINING, _STEPS
    ),
    Reader(
        "axolotl",
        (NEWEST,),
        "axolotl_rows",
        ("axolotl",),
        TRAINING,
        f"{_STEPS} (by the trainers it builds on)",
    ),
    Reader("llamafactory", (PINNED,), "llamafactory_runs", ("sharegpt",), TRAINING, _STEPS),
    Reader(
        "llamafactory",
        (PINNED,),
        "llamafactory_v1_runs",
        ("llama-factory-v1",),
        ("sft", "dpo"),
        f"{_STEPS} (its v1 trainer; pairs as a reward model)",
    ),
    Reader("ms-swift", (PINNED,), "swift_runs", ("swift",), TRAINING, _STEPS),
)
"""Those that imitate or prefer: one test for all of them."""

OTHERS = (
    Reader(
        "trl",
        (PINNED,),
        "prm_steps",
        ("trl",),
        ("stepwise",),
        "each label behind its step, two steps",
    ),
    Reader(
        "axolotl",
        (NEWEST,),
        "axolotl_steps",
        ("trl",),
        ("stepwise",),
        "each label behind its step, two steps (by the trainer it builds on)",
    ),
    Reader(
        "trl",
        (NEWEST,),
        "grpo_steps",
        ("trl",),
        ("rl",),
        "tools in every prompt, reward of right and wrong answers, two steps of GRPO",
    ),
    Reader(
        "verl",
        (PINNED,),
        "verl_rows",
        ("verl",),
        ("rl",),
        "keeps every prompt with its tools, reward of right and wrong answers; no rollouts",
    ),
    Reader(
        "openai",
        (PINNED,),
        "openai_types",
        ("openai",),
        ("sft", "dpo"),
        "its types know every key but `weight`, and `name` of results",
    ),
)

DATASETS = Reader(
    "datasets",
    (NEWEST, PINNED),
    "datasets_rows",
    tuple(sorted({layout for layouts in supported().values() for layout in layouts} - {"openai"})),
    tuple(supported()),
    "every value and its type; no key filled into tools or arguments",
)

READERS = (*TRAINERS, *OTHERS, DATASETS)


def pairs(reader: Reader) -> Iterator[tuple[str, str]]:
    """Types and layouts that a reader reloads."""
    for kind, layouts in supported().items():
        for layout in layouts:
            if kind in reader.types and layout in reader.layouts:
                yield kind, layout


def _pinned(file: str, package: str) -> str:
    text = (HOME / file).read_text(encoding="utf-8")
    found = re.search(f"^{package}==(.+)$", text, re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise ValueError(f"{file} pins no {package}")
    return found[1]
