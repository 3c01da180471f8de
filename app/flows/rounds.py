"""Rounds: begin one, see how its model's answers came out, draw its mixture, close it.

An open round is counted anew whenever somebody looks; closing freezes its counts and the steps of
its mixture, which an export then takes (`ExportRequest.round`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from curation.errors import LoopwrightError, SettingsError
from curation.mixture import (
    FILL,
    Mixture,
    MixtureRecord,
    MixtureSpec,
    Part,
    PartCount,
    Step,
    check_spec,
    compose,
    seed_new_after,
    sizes_of,
)
from curation.rounds import RoundCounts, RoundSetup
from storage import round_counts, round_pools, rounds
from storage.annotators import AnnotatorInfo, take_turn
from storage.datasets import dataset_id
from storage.engine import Store
from storage.rounds import MixtureStep, Round
from storage.runs import get_probe_run
from storage.trajectories import load_many

__all__ = [
    "MixtureStep",
    "PartCount",
    "Round",
    "RoundNow",
    "close",
    "closed_rounds",
    "list_rounds",
    "mixture_lines",
    "preview",
    "round_now",
    "start",
]

MAX_NOTE = 2_000
PAGE = 250


class RoundNow(Struct, frozen=True):
    """A round with what is known of it now."""

    round: Round
    counts: RoundCounts
    """As of when it closed, or as of now."""


def start(
    store: Store,
    who: AnnotatorInfo,
    setup: RoundSetup,
    *,
    note: str = "",
    probe_run_id: int | None = None,
) -> Round:
    """Begin a round.

    Args:
        setup: what it is about; what it leaves open comes from the probe.
        probe_run_id: take model and dataset from this probe.

    Raises:
        NotFound: there is no such dataset or probe.
        SettingsError: there is nothing that it could draw from.
    """
    if len(note) > MAX_NOTE:
        raise SettingsError(
            "The note is too long.", where="note", hint=f"At most {MAX_NOTE} characters fit."
        )
    with store.write() as conn:
        take_turn(conn)
        if probe_run_id is not None:
            probe = get_probe_run(conn, probe_run_id)
            named = (probe.dataset,) if probe.dataset else ()
            setup = replace(
                setup, model=setup.model or probe.model, datasets=setup.datasets or named
            )
        _refuse_nothing(setup)
        for name in setup.all_datasets:
            dataset_id(conn, name)
        return rounds.begin_round(conn, setup, who.id, note.strip(), probe_run_id)


def _refuse_nothing(setup: RoundSetup) -> None:
    if setup.model and not setup.datasets:
        raise SettingsError(
            "The round does not say what the model was asked.",
            where="datasets",
            hint="Name the datasets that it was probed on.",
        )
    if not setup.model and not setup.seeds:
        raise SettingsError(
            "The round has nothing to draw from.",
            where="model",
            hint="Name a model and the datasets it was probed on, or where seed data comes from.",
        )


def list_rounds(store: Store) -> list[RoundNow]:
    """All rounds by number."""
    with store.read() as conn:
        return [
            RoundNow(one, one.counts or round_counts.counts_of(conn, one.setup))
            for one in rounds.list_rounds(conn)
        ]


def closed_rounds(store: Store) -> list[Round]:
    """Rounds with a mixture, the latest first."""
    with store.read() as conn:
        return [one for one in reversed(rounds.list_rounds(conn)) if not one.is_open]


def round_now(store: Store, number: int) -> RoundNow:
    """One round.

    Raises:
        NotFound: there is none with this number.
    """
    with store.read() as conn:
        one = rounds.get_round(conn, number)
        return RoundNow(one, one.counts or round_counts.counts_of(conn, one.setup))


def preview(store: Store, number: int, spec: MixtureSpec) -> MixtureRecord:
    """How much of every set the round would close with now.

    Raises:
        NotFound: there is no such round.
        SettingsError: the mixture cannot be drawn.
        RoundClosed: it has its mixture.
    """
    check_spec(spec)
    with store.read() as conn:
        one = rounds.get_round(conn, number)
        _refuse_closed(one)
        sizes, perplexities = round_pools.sizes_of_pools(
            conn, one.setup, keep_both_correct=spec.keep_both_correct
        )
        spec = _with_seed_new(spec, one, rounds.list_rounds(conn))
        return sizes_of(sizes, perplexities, spec)


def close(store: Store, who: AnnotatorInfo, number: int, spec: MixtureSpec) -> Round:
    """Draw the mixture and close the round with it: counts and steps stay as they are now.

    Raises:
        NotFound: there is no such round.
        SettingsError: the mixture cannot be drawn, or nothing would be in it.
        RoundClosed: somebody has closed it before.
    """
    check_spec(spec)
    with store.write() as conn:
        take_turn(conn)
        one = rounds.get_round(conn, number)
        _refuse_closed(one)
        pools = round_pools.pools_of(conn, one.setup, keep_both_correct=spec.keep_both_correct)
        mixture = compose(pools, _with_seed_new(spec, one, rounds.list_rounds(conn)))
        if not mixture.size:
            raise SettingsError(
                "The mixture would hold nothing.",
                where=f"round {number}",
                hint="Probe and judge first, name seed data, or give a larger budget.",
            )
        looked_up = {
            row.id: row.trajectory.assistant_indexes()
            for ids in _pages(mixture)
            for row in load_many(conn, ids)
        }
        steps = {
            part: tuple(_at_its_message(step, looked_up) for step in chosen)
            for part, chosen in mixture.steps.items()
        }
        counts = round_counts.counts_of(conn, one.setup)
        if not rounds.close_round(conn, one.id, counts, replace(mixture, steps=steps), who.id):
            raise RoundClosed(number)
        return rounds.get_round(conn, number)


class RoundClosed(LoopwrightError):
    """A round that has its mixture."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Round {number} is closed.",
            where=f"round {number}",
            hint="Its mixture stays as it is; start another round.",
        )


def mixture_lines(
    store: Store, number: int, part: Part | None = None, limit: int | None = None
) -> Iterator[MixtureStep]:
    """The steps of a closed round's mixture, or of one set of it, streamed.

    Raises:
        NotFound: there is no such round.
        SettingsError: it has no mixture yet.
    """
    with store.read() as conn:
        one = rounds.get_round(conn, number)
        refuse_open(one)
        yield from rounds.iter_mixture(conn, one.id, part, limit)


def refuse_open(one: Round) -> None:
    """Raise SettingsError for a round that has no mixture yet."""
    if one.is_open:
        raise SettingsError(
            f"Round {one.number} has no mixture yet.",
            where=f"round {one.number}",
            hint=f"Draw it with `loopwright close-round {one.number} --budget STEPS`, or on the "
            "page Rounds.",
        )


def _refuse_closed(one: Round) -> None:
    if not one.is_open:
        raise RoundClosed(one.number)


def _with_seed_new(spec: MixtureSpec, one: Round, known: Sequence[Round]) -> MixtureSpec:
    """The spec with the number of new ones that the rounds before leave."""
    if spec.preset != FILL or spec.seed_new is not None:
        return spec
    if not one.setup.model:
        return replace(spec, seed_new=spec.budget)
    before = [r.mixture.chosen for r in known if r.number < one.number and r.mixture is not None]
    return replace(spec, seed_new=seed_new_after(spec.budget, before[-1] if before else None))


def _pages(mixture: Mixture) -> Iterator[list[int]]:
    """Ids of trajectories whose steps have to be looked up."""
    unknown = sorted(
        {s.trajectory_id for steps in mixture.steps.values() for s in steps if s.message_index < 0}
    )
    for start_at in range(0, len(unknown), PAGE):
        yield unknown[start_at : start_at + PAGE]


def _at_its_message(step: Step, looked_up: dict[int, list[int]]) -> Step:
    if step.message_index >= 0:
        return step
    indexes = looked_up[step.trajectory_id]
    return replace(step, message_index=indexes[-1 - step.message_index])
