"""The tables of the README, written from the registries: `make docs` puts them in their places.

`tests/unit/test_docs.py` fails when a table in the README is not what this module writes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer.main

from app.cli import register
from app.flows.catalogue import (
    augmentation_entries,
    check_entries,
    first_sentence,
    format_entries,
    layout_entries,
    prediction_format_entries,
    type_entries,
)
from app.settings import variables
from curation.directive import builtin_directives
from curation.judging import JUDGES
from curation.matching import MATCHERS
from curation.mutating import MUTATIONS
from curation.rewarding import REWARDS
from curation.rubric import About, builtin_rubrics
from curation.taxonomy import builtin_taxonomies
from tests.trainers.readers import DATASETS, READERS

README = Path(__file__).parent.parent / "README.md"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        cells = (" ".join(str(cell).split()).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def formats() -> str:
    """Import formats."""
    rows = [[f"`{f.name}`", f.title, f.description] for f in format_entries()]
    return _table(["format", "title", "what it is"], rows)


def prediction_formats() -> str:
    """Formats of predictions."""
    rows = [[f"`{f.name}`", f.title, f.description] for f in prediction_format_entries()]
    return _table(["format", "title", "what it is"], rows)


def checks() -> str:
    """Rule checks."""
    rows = [[f"`{c.name}`", c.severity.value, c.summary] for c in check_entries()]
    return _table(["check", "severity", "what it finds"], rows)


def exports() -> str:
    """Training types, then layouts."""
    types = _table(
        ["type", "what a row is"], [[f"`{t.name}`", t.description] for t in type_entries()]
    )
    layouts = _table(
        ["layout", "what is written", "types"],
        [
            [f"`{y.name}`", y.description, ", ".join(f"`{t}`" for t in y.types)]
            for y in layout_entries()
        ],
    )
    return f"{types}\n\n{layouts}"


def readers() -> str:
    """Who reloads exports in `make test-trainers`."""
    rows = [
        [
            f"{one.package} {' and '.join(one.versions)}",
            "all but `openai`" if one is DATASETS else ", ".join(f"`{y}`" for y in one.layouts),
            "all" if one is DATASETS else ", ".join(f"`{t}`" for t in one.types),
            one.looked_at,
        ]
        for one in READERS
    ]
    return _table(["reader", "layouts", "types", "what is looked at"], rows)


def augmentations() -> str:
    """Ways to copy rows."""
    rows = [
        [f"`{a.name}`", a.description, ", ".join(f"`{t}`" for t in a.types)]
        for a in augmentation_entries()
    ]
    return _table(["augmentation", "what a copy is", "sound for"], rows)


def matchers() -> str:
    """Ideas of "the same answer"."""
    rows = [[f"`{m.name}`", m.description] for m in MATCHERS]
    return _table(["matcher", "a prediction matches when it makes"], rows)


def rewards() -> str:
    """Rewards."""
    rows = [[f"`{r.name}`", f"{r.low:g} … {r.high:g}", first_sentence(r.doc)] for r in REWARDS]
    return _table(["reward", "range", "source and rule"], rows)


def mutations() -> str:
    """Ways to make a right step wrong."""
    rows = [
        [f"`{m.name}`", f"{m.category} ({m.taxonomy})", first_sentence(m.doc)] for m in MUTATIONS
    ]
    return _table(["mutation", "category", "what it does to a right step"], rows)


def judges() -> str:
    """Judges."""
    return _table(["judge", "what it rests on"], [[f"`{j.name}`", j.doc] for j in JUDGES])


def rubrics() -> str:
    """What judges are asked."""
    about = {
        About.PAIR: "two answers",
        About.ANSWER: "one answer, item by item",
        About.RESULTS: "recorded results, item by item",
        About.TURN: "one turn, item by item",
    }
    rows = [
        [f"`{r.key}`", r.title, about[r.about], ", ".join(c.name for c in r.criteria), r.source]
        for r in builtin_rubrics()
    ]
    return _table(["rubric", "title", "asked of", "criteria", "source"], rows)


def directives() -> str:
    """What new samples vary."""
    rows = [[f"`{d.key}`", d.title, d.instructions] for d in builtin_directives()]
    return _table(["directive", "title", "what a model is told"], rows)


def taxonomies() -> str:
    """Built-in taxonomies."""
    rows = [
        [f"`{t.name}`", t.title, len(t.categories), first_sentence(t.source)]
        for t in builtin_taxonomies()
    ]
    return _table(["taxonomy", "title", "categories", "source"], rows)


def commands() -> str:
    """Commands with their arguments and options."""
    group = typer.main.get_command(register())
    rows = []
    for name in sorted(group.commands):  # type: ignore[attr-defined]
        command = group.commands[name]  # type: ignore[attr-defined]
        options = " ".join(_usage(p) for p in command.params if p.name != "help")
        rows.append([f"`{f'{name} {options}'.strip()}`", first_sentence(command.help or "")])
    return _table(["command", "does"], rows)


def _usage(parameter: object) -> str:
    """One argument or option as in a usage line."""
    kind = parameter.param_type_name  # type: ignore[attr-defined]
    if kind == "argument":
        name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")  # type: ignore[attr-defined]
        return name if parameter.required else f"[{name}]"  # type: ignore[attr-defined]
    return f"[{max(parameter.opts, key=len)}]"  # type: ignore[attr-defined]


def keys() -> str:
    """The viewer's keys, as its own key map names them."""
    keymap = (README.parent / "components/viewer/assets/keymap.js").read_text(encoding="utf-8")
    rows: list[list[str]] = []
    group = ""
    for line in keymap.splitlines():
        if title := re.match(r'\s*title: "(.+)",', line):
            group = title.group(1)
        elif key := re.match(r'\s*\[("(.+?)"|LEADER), "[a-z-]+", "(.+?)", \[', line):
            rows.append([f"`{key.group(2) or 'm'}`", group.lower(), key.group(3)])
    return _table(["key", "to", "does"], rows)


def settings() -> str:
    """Environment variables."""
    rows = [
        [f"`{name}`", f"`{default}`" if default else "", text]
        for name, default, text in variables()
    ]
    return _table(["variable", "default", "meaning"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "formats": formats,
    "prediction-formats": prediction_formats,
    "checks": checks,
    "exports": exports,
    "readers": readers,
    "augmentations": augmentations,
    "matchers": matchers,
    "rewards": rewards,
    "mutations": mutations,
    "judges": judges,
    "rubrics": rubrics,
    "directives": directives,
    "taxonomies": taxonomies,
    "commands": commands,
    "settings": settings,
    "keys": keys,
}


def with_tables(readme: str) -> str:
    """The README with every table as it should be now.

    Raises:
        ValueError: the place of a table is missing.
    """
    for name, write in TABLES.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        pattern = re.compile(f"{begin}.*?{end}", re.DOTALL)
        if not pattern.search(readme):
            raise ValueError(f"the README has no {begin} … {end}")
        block = f"{begin}\n{write()}\n{end}"
        readme = pattern.sub(lambda _, block=block: block, readme)
    return readme


def main() -> None:
    """Rewrite the README's tables."""
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stderr.write("README.md is up to date.\n")


if __name__ == "__main__":
    main()
