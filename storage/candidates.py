"""What an export reads: trajectories with all that was settled about them, streamed by id.

Pages of ids first, then the rows, bodies, decisions, annotations and memberships of that page, so
memory does not grow with the store and no query joins bodies with anything that multiplies them.
Bodies stay packed: whoever uses them unpacks them. What becomes of a candidate (train, drop, why)
is `app.flows.export_settling` and `curation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    Connection,
    Select,
    exists,
    func,
    literal,
    select,
    union,
)

from curation.annotation import Annotation, Outcome
from curation.export_lineage import Origin
from curation.exporting import AnsweredTry, Decided, Include, Said
from curation.step_facts import NO_FACTS, StepFacts
from storage import groups
from storage.annotations import stands
from storage.candidate_facts import (
    Corrected,
    among,
    corrected_by_id,
    corrections_of,
    court_of,
    decisions_of,
    latest_decisions,
    members_of,
    said_of,
    tries_of,
)
from storage.checklists import texts_of
from storage.packed_episodes import PackedEpisode
from storage.provenance import grown_from, proposals_of, unruled_of, verdicts_used
from storage.rounds import is_mixed, mixed_among
from storage.step_facts import step_facts
from storage.tables import (
    AnnotationRow,
    BodyRow,
    DecisionRow,
    ItemRow,
    ToolSetRow,
    TrajectoryRow,
    table_of,
)

PAGE = 500
"""Trajectories fetched at a time."""

annotation = table_of(AnnotationRow)
body = table_of(BodyRow)
decision = table_of(DecisionRow)
item = table_of(ItemRow)
tool_set = table_of(ToolSetRow)
trajectory = table_of(TrajectoryRow)


class Candidate(Struct, frozen=True, gc=False):
    """A trajectory an export looks at."""

    id: int
    uid: str
    group_key: str
    """Of the whole family; see `storage.groups`."""
    own_group: str
    """As stored; what the split ledger knows it by."""
    body: PackedEpisode
    source_id: str
    datasets: tuple[str, ...]
    """Names, the requested dataset first; `source_id` is the first one's."""
    n_errors: int
    n_warnings: int
    checked: bool
    decision: Decided | None
    """The decision in force; None when there is none or it was withdrawn."""
    adopted: Annotation | None
    """The annotation the decision adopted."""
    said: tuple[Said, ...]
    corrections: dict[str, Corrected]
    """Corrections that the decision or an annotation names, by uid."""
    result_uid: str | None
    """uid of the correction that the decision chose; None when it chose the trajectory itself."""
    origin: Origin
    checklist_items: dict[str, str] = {}
    """Item of a tool's checklist -> its text, of all that were answered on this page."""
    tries: tuple[AnsweredTry, ...] = ()
    """The tries that the decision, an annotation or the court ruled on."""
    court: Annotation | None = None
    """What verdicts in force say of steps and tries; None for nothing."""
    mixed: frozenset[int] | None = None
    """Message indexes of the steps that the round's mixture holds; None where no round is asked
    for."""
    ruled: Corrected | None = None
    """The correction by which the mixture trains on a step whose label was ruled wrong."""
    facts: StepFacts = NO_FACTS


def count_candidates(
    conn: Connection,
    include: Include,
    dataset_ids: Sequence[int] = (),
    round_id: int | None = None,
) -> int:
    """How many candidates there are, counted by one query apart from the stream."""
    wanted = union(*_sources(include, dataset_ids, round_id)).subquery()
    return int(conn.execute(select(func.count()).select_from(wanted)).scalar_one())


def iter_candidates(
    conn: Connection,
    include: Include,
    dataset_ids: Sequence[int] = (),
    round_id: int | None = None,
    *,
    bodies: bool = True,
    with_facts: bool = False,
) -> Iterator[Candidate]:
    """Every candidate in the order of import.

    Args:
        dataset_ids: only those of these datasets; none: of all.
        round_id: only those of which the mixture of this round holds a step.
        bodies: False leaves out content, tries and where it comes from, for who only settles.
        with_facts: also what is known of their steps (`Candidate.facts`).
    """
    after = 0
    families = groups.families(conn)
    while ids := _page(conn, include, dataset_ids, round_id, after):
        found = _candidates(conn, ids, dataset_ids, families, bodies=bodies)
        found = _with_facts(conn, ids, found) if with_facts else found
        yield from found if round_id is None else _mixed(conn, round_id, ids, found)
        after = ids[-1]


def iter_among(
    conn: Connection,
    ids: Sequence[int],
    dataset_ids: Sequence[int] = (),
    round_id: int | None = None,
    *,
    with_facts: bool = False,
) -> Iterator[Candidate]:
    """The candidates with these ids, in the order given."""
    families = groups.families(conn)
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        of_page = sorted(page)
        found = _candidates(conn, of_page, dataset_ids, families)
        found = _with_facts(conn, of_page, found) if with_facts else found
        if round_id is not None:
            found = _mixed(conn, round_id, of_page, found)
        by_id = {one.id: one for one in found}
        yield from (by_id.pop(row_id) for row_id in page)


def _with_facts(
    conn: Connection, ids: Sequence[int], found: Iterator[Candidate]
) -> Iterator[Candidate]:
    facts = step_facts(conn, ids)
    for one in found:
        yield replace(one, facts=facts.get(one.id, NO_FACTS))


def _mixed(
    conn: Connection, round_id: int, ids: Sequence[int], found: Iterator[Candidate]
) -> Iterator[Candidate]:
    """The candidates with what the mixture holds of them."""
    steps = mixed_among(conn, round_id, ids)
    results = {one: max((r for r in at.values() if r), default=0) for one, at in steps.items()}
    corrected = corrected_by_id(conn, {result for result in results.values() if result})
    for one in found:
        yield replace(one, mixed=frozenset(steps[one.id]), ruled=corrected.get(results[one.id]))


def chosen_corrections(conn: Connection) -> set[int]:
    """Ids of the corrections that decisions in force chose: small, one per corrected trajectory."""
    latest = latest_decisions()
    rows = conn.execute(
        select(decision.c.result_id).where(
            decision.c.id.in_(latest),
            decision.c.outcome == Outcome.ACCEPT.value,
            decision.c.result_id != decision.c.trajectory_id,
        )
    )
    return set(rows.scalars())


def _sources(
    include: Include, dataset_ids: Sequence[int], round_id: int | None
) -> list[Select[Any]]:
    """Queries whose union is the set of ids looked at."""
    later = decision.alias("later")
    in_force = select(decision.c.trajectory_id.label("id")).where(
        decision.c.outcome.is_not(None),
        ~exists(
            select(literal(1)).where(
                later.c.trajectory_id == decision.c.trajectory_id, later.c.id > decision.c.id
            )
        ),
    )
    standing = select(annotation.c.trajectory_id.label("id")).where(stands(annotation))
    members = select(item.c.trajectory_id.label("id"))
    if dataset_ids:
        members = members.where(item.c.dataset_id.in_(dataset_ids))
        in_force = in_force.where(_is_member(decision.c.trajectory_id, dataset_ids))
        standing = standing.where(_is_member(annotation.c.trajectory_id, dataset_ids))
    wanted = {
        Include.DECIDED: [in_force],
        Include.ANNOTATED: [in_force, standing],
        Include.ALL: [members, in_force, standing],
    }[include]
    if round_id is None:
        return wanted
    return [one.where(is_mixed(round_id, one.selected_columns[0])) for one in wanted]


def _is_member(trajectory_id: Any, dataset_ids: Sequence[int]) -> Any:
    return exists(
        select(literal(1)).where(
            item.c.dataset_id.in_(dataset_ids), item.c.trajectory_id == trajectory_id
        )
    )


def _page(
    conn: Connection,
    include: Include,
    dataset_ids: Sequence[int],
    round_id: int | None,
    after: int,
) -> list[int]:
    """The next ids. Each source is limited by itself, or every page would read all of it."""
    ids: set[int] = set()
    for source in _sources(include, dataset_ids, round_id):
        column = source.selected_columns[0]
        page = source.where(column > after).distinct().order_by(column).limit(PAGE)
        ids |= set(conn.execute(page).scalars())
    return sorted(ids)[:PAGE]


def _candidates(
    conn: Connection,
    ids: Sequence[int],
    dataset_ids: Sequence[int],
    families: dict[str, str],
    *,
    bodies: bool = True,
) -> Iterator[Candidate]:
    decisions = decisions_of(conn, ids)
    said = said_of(conn, ids)
    members = members_of(conn, ids, dataset_ids[0] if dataset_ids else None)
    corrections = corrections_of(conn, decisions, said)
    court = court_of(conn, ids)
    tries = tries_of(conn, decisions, said, court) if bodies else {}
    items = _items_answered(conn, said) if bodies else {}
    proposals = proposals_of(conn, ids) if bodies else {}
    verdicts = verdicts_used(conn, ids) if bodies else {}
    grown = grown_from(conn, ids) if bodies else {}
    unruled = unruled_of(conn, ids) if bodies else {}
    # Fetched at once: a page is small, and row by row costs more than decoding.
    whole = _WHOLE if bodies else _NARROW
    rows = conn.execute(whole.where(among(trajectory.c.id, ids)).order_by(trajectory.c.id)).all()
    for row_id, uid, group, created_at, n_errors, n_warnings, checked_with, content, tools in rows:
        decided, adopted, result_id = decisions.get(row_id, _UNDECIDED)
        spoken = said.get(row_id, ())
        names = members.get(row_id, ())
        found = _named(row_id, adopted, result_id, spoken, corrections) if corrections else {}
        yield Candidate(
            id=row_id,
            uid=uid,
            group_key=families.get(group, group),
            own_group=group,
            body=PackedEpisode(content, tools),
            source_id=names[0][1] if names else "",
            datasets=tuple([name for name, _, _ in names]),
            n_errors=n_errors,
            n_warnings=n_warnings,
            checked=bool(checked_with),
            decision=decided,
            adopted=adopted,
            said=spoken,
            corrections=found,
            result_uid=next(
                (u for u, c in found.items() if c.id == result_id and c.id != row_id), None
            ),
            origin=Origin(
                names[0][2] if names else "",
                created_at,
                proposals.get(row_id, ()),
                verdicts.get(row_id, ()),
                grown.get(row_id),
                unruled.get(row_id, 0),
            ),
            checklist_items=items,
            tries=tries.get(row_id, ()),
            court=court.get(row_id),
        )


def _items_answered(conn: Connection, said: dict[int, tuple[Said, ...]]) -> dict[str, str]:
    """Items of checklists that somebody answered, with their text."""
    spoken = [one.annotation for all_of in said.values() for one in all_of]
    answers = {answer.item_id for annotation in spoken for answer in annotation.checklist}
    return texts_of(conn, answers) if answers else {}


_UNDECIDED = (None, None, None)
_COLUMNS = (
    trajectory.c.id,
    trajectory.c.uid,
    trajectory.c.group_key,
    trajectory.c.created_at,
    trajectory.c.n_errors,
    trajectory.c.n_warnings,
    trajectory.c.checked_with,
)
_NARROW = select(*_COLUMNS, literal(b""), literal(b""))
_WHOLE = (
    select(*_COLUMNS, body.c.content, tool_set.c.body)
    .join(body, body.c.trajectory_id == trajectory.c.id)
    .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
)


def _named(
    row_id: int,
    adopted: Annotation | None,
    result_id: int | None,
    spoken: tuple[Said, ...],
    corrections: dict[str, Corrected],
) -> dict[str, Corrected]:
    """The corrections of the page that concern one trajectory."""
    uids = {s.annotation.correction_uid for s in spoken}
    if adopted is not None:
        uids.add(adopted.correction_uid)
    return {uid: c for uid, c in corrections.items() if uid in uids or c.id == result_id}
