"""Mutations: a right step made wrong in one known way, for negatives and for tests of judges.

One operator a file in `curation/mutations/`, each typed by a category of a built-in taxonomy; those
of HiTEC's eight global classes are the negatives of HiTEC-KTO (methods §5.3). An operator says what
it changed and where; the driver `mutants` makes sure that it really is another answer: its calls
are not the reference's and not those of any accepted alternative. That a mutant is *wrong* rests on
the reference being right, and on the alternatives being all there are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from random import Random

from msgspec import Struct

from curation.diffing import same_calls
from curation.registry import Registry
from curation.right_step import RightStep
from curation.trajectory import Anchor, Message, ToolSpec

HITEC = "hitec"
CANONICAL = "canonical"

ATTEMPTS = 16
"""Tries with one operator before it is taken to have no opening: a try may hit an accepted
answer."""


class Changed(Struct, frozen=True):
    """What an operator did."""

    message: Message
    note: str
    """What is wrong now, with the value before."""
    call_index: int | None = None
    """Of the wrong call in `message`; None when the step as a whole is wrong."""
    pointer: str | None = None
    """Into that call's arguments; "" is the whole object."""


class Mutant(Struct, frozen=True):
    """A wrong answer with its error known."""

    message: Message
    mutation: str
    taxonomy: str
    category: str
    anchor: Anchor
    """Where a mark of that category belongs, were the mutant the step."""
    note: str


Operator = Callable[[RightStep, Random], Changed | None]
"""Makes one thing wrong; None when the step offers no opening."""


class Mutation(Struct, frozen=True):
    """An operator as registered."""

    name: str
    """Stable, `kebab-case`; stored with what was made by it."""
    title: str
    taxonomy: str
    category: str
    doc: str
    applies_to: RightStep
    """A sample that it can make wrong."""
    not_to: RightStep
    """A sample that offers it no opening."""
    operator: Operator

    def mutate(
        self,
        message: Message,
        tools: Sequence[ToolSpec],
        context: Sequence[Message],
        rng: Random,
    ) -> Mutant | None:
        """One mutant of a right message; None when it offers no opening.

        Args:
            context: the messages before it.
        """
        return self.mutate_step(RightStep(message, tuple(tools), tuple(context)), rng)

    def mutate_step(self, step: RightStep, rng: Random) -> Mutant | None:
        """The same of a step that is looked at by several operators."""
        changed = self.operator(step, rng)
        if changed is None:
            return None
        return Mutant(
            changed.message,
            self.name,
            self.taxonomy,
            self.category,
            Anchor(len(step.context), changed.call_index, changed.pointer),
            changed.note,
        )


MUTATIONS: Registry[Mutation] = Registry("mutation", "curation.mutations")


def mutation(
    name: str,
    *,
    title: str,
    taxonomy: str,
    category: str,
    applies_to: RightStep,
    not_to: RightStep,
) -> Callable[[Operator], Operator]:
    """Register the decorated function; its docstring becomes `Mutation.doc`."""

    def register(operator: Operator) -> Operator:
        doc = inspect.getdoc(operator) or ""
        entry = Mutation(name, title, taxonomy, category, doc, applies_to, not_to, operator)
        MUTATIONS.register(entry, f"{operator.__module__}.{operator.__qualname__}")
        return operator

    return register


def mutants(
    message: Message,
    tools: Sequence[ToolSpec],
    context: Sequence[Message] = (),
    *,
    seed: str,
    alternatives: Iterable[Message] = (),
    is_accepted: Callable[[Message], bool] | None = None,
    mutations: Iterable[str] | None = None,
) -> list[Mutant]:
    """One wrong answer from every mutation that finds an opening, no two alike.

    Args:
        message: the right answer; one without calls gives no mutants.
        seed: equal seeds give equal mutants. Each mutation has a generator of its own, so one more
            of them changes nothing of the others; give every step another seed.
        alternatives: further accepted answers.
        is_accepted: what else may call an answer right (set-valued gold under a matcher, say).
        mutations: names of those wanted; all by default.

    Raises:
        KeyError: a mutation that does not exist.
    """
    step = RightStep(message, tuple(tools), tuple(context))
    right = [message, *alternatives]
    wanted = MUTATIONS if mutations is None else [MUTATIONS.get(name) for name in mutations]
    found: list[Mutant] = []
    for entry in wanted:
        rng = Random(f"{seed}\n{entry.name}")
        for _ in range(ATTEMPTS):
            mutant = entry.mutate_step(step, rng)
            if mutant is None:
                break
            taken = [*right, *(other.message for other in found)]
            if any(_says_the_same(mutant.message, other) for other in taken):
                continue
            if is_accepted is not None and is_accepted(mutant.message):
                continue
            found.append(mutant)
            break
    return found


def _says_the_same(one: Message, other: Message) -> bool:
    """Strict matching: equal calls as a multiset; without calls, equal text."""
    if not same_calls(one, other):
        return False
    return bool(one.tool_calls) or one.text.strip() == other.text.strip()
