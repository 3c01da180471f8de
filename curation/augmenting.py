"""Augmentation: further rows made of a row that is in the export, after xLAM (arXiv 2409.03215).

One operator a file in `curation/augmentations/`. It takes an example as its export type made it and
gives a changed copy that is as true as its source, or says why it cannot. Which operators are sound
for which export types is said by each (`types`), and here for all:

    operator               sft  dpo, kto, stepwise, rl  why not
    shuffle-tools          yes  yes
    shuffle-parameters     yes  yes
    rename-tools           yes  yes; in accepted answers (rl) as well
    shuffle-parallel-calls yes  no   what was judged was judged with its calls in this order
    irrelevance            yes  no   the expected answer is new: nobody judged or rewarded it
    missing-parameter      yes  no   as above
    error-recovery         yes  no   the wrong call is new, and masks are for sft

Label rows are never augmented: they say what people said. What was measured of a prompt (pass rate
and perplexity, rl) is not known of its copy.

How many copies a row gets is drawn from a hash of its uid, step and operator: it depends neither on
other rows nor on their order, nor on how many processes make them. Both sides of a step (KTO) share
their draw, so that a share keeps the balance. A copy belongs to the group of its source.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from random import Random

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from curation.augment_reasons import Barred
from curation.errors import ExportError
from curation.exporting import Curated, Example
from curation.judged_rows import Rewarded
from curation.registry import Registry
from curation.splits import Split, position

MOST_COPIES = 10.0
"""Of one row by one operator; more teach the operator, not the task."""


class Augment(Struct, frozen=True, forbid_unknown_fields=True):
    """Which copies are wanted: a table of the recipe. By default none."""

    copies: dict[str, float] = {}
    """Operator -> copies per row that it can copy: 0.5 is half of them, 2 two of each."""
    splits: tuple[Split, ...] = (Split.TRAIN,)
    """Where copies may stand: what is measured on is left as it is."""
    seed: str = "loopwright-1"
    """Another one draws other rows and makes other copies."""
    bare: bool = False
    """Whether `irrelevance` may leave no tool at all."""


NO_AUGMENT = Augment()


class Original(Struct, frozen=True, gc=False):
    """A row that is to be copied."""

    example: Example
    curated: Curated
    """The trajectory that it was made of, with what was said of it."""
    bare: bool = False


Operator = Callable[[Original, Random], Example | Barred]


class Augmentation(Struct, frozen=True):
    """An operator as registered."""

    name: str
    """Stable, `kebab-case`; it stands in recipes and in `index.jsonl`."""
    title: str
    types: frozenset[str]
    """Export types for which its copies are sound."""
    doc: str
    operator: Operator


AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation", "curation.augmentations")


def augmentation(
    name: str, *, title: str, types: tuple[str, ...]
) -> Callable[[Operator], Operator]:
    """Register the decorated function; its docstring becomes `Augmentation.doc`."""

    def register(operator: Operator) -> Operator:
        doc = inspect.getdoc(operator) or ""
        entry = Augmentation(name, title, frozenset(types), doc, operator)
        AUGMENTATIONS.register(entry, f"{operator.__module__}.{operator.__qualname__}")
        return operator

    return register


class Copied(Struct, frozen=True, gc=False):
    """What came of one wish for a copy."""

    augmentation: str
    made: Example | Barred


def copies(original: Original, augment: Augment, step: int | None) -> Iterator[Copied]:
    """The copies that a row gets, operator by operator, and why there is none where one is wanted.

    Args:
        step: message index of the row's target in the trajectory; None for a whole one.
    """
    for entry in AUGMENTATIONS:
        wanted = augment.copies.get(entry.name, 0.0)
        if not wanted:
            continue
        key = f"{original.curated.uid}\n{step}\n{entry.name}"
        drawn = position(key, augment.seed)
        n = math.floor(wanted) + (drawn < wanted % 1)
        seen: set[bytes] = set()
        for number in range(n):
            rng = Random(f"{augment.seed}\n{key}\n{number}")
            made = entry.operator(original, rng)
            if isinstance(made, Barred):
                yield Copied(entry.name, made)
                break  # it would say so again
            content = msgspec.json.encode(made) if n > 1 else b""
            if content in seen:
                yield Copied(entry.name, Barred.NO_OTHER_COPY)
            else:
                yield Copied(entry.name, _unmeasured(made))
            seen.add(content)


def _unmeasured(copy: Example) -> Example:
    """The copy without what models' answers to its source's prompt say."""
    if not isinstance(copy, Rewarded):
        return copy
    return replace(copy, pass_rate=None, perplexity=None)


def check_augment(augment: Augment, type_name: str) -> None:
    """Refuse what nobody can mean.

    Raises:
        ExportError: an unknown operator, one that is not sound for the type, a number of copies
            that is none, or no split for them to stand in.
    """
    if any(augment.copies.values()) and not augment.splits:
        raise ExportError(
            "There is no split for augmented copies to stand in.",
            where="augment",
            hint='Name one, as splits = ["train"].',
        )
    for name, wanted in augment.copies.items():
        if name not in AUGMENTATIONS.names():
            raise ExportError(
                f"There is no augmentation {name!r}.",
                where="augment",
                hint=f"Possible are {', '.join(sound_for(type_name)) or 'none for this type'}.",
            )
        if not (math.isfinite(wanted) and 0 <= wanted <= MOST_COPIES):
            raise ExportError(
                f"{wanted:g} is no number of copies for {name}.",
                where="augment",
                hint=f"Write 0.5 for every second row, up to {MOST_COPIES:g} for that many each.",
            )
        if wanted and type_name not in AUGMENTATIONS.get(name).types:
            fitting = ", ".join(sound_for(type_name))
            raise ExportError(
                f"The augmentation {name} is not sound for rows of type {type_name}.",
                where="augment",
                hint=f"For {type_name} there are {fitting}."
                if fitting
                else f"Rows of type {type_name} are not augmented.",
            )


def sound_for(type_name: str) -> list[str]:
    """Names of the operators whose copies are sound for a type."""
    return [entry.name for entry in AUGMENTATIONS if type_name in entry.types]
