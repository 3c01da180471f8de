"""Rulings of several people in any order: when all are taken back, everything is as it was."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.flows.annotate import draft_of
from app.flows.identity import annotator_named
from app.flows.match import match
from app.flows.rule import rule, withdraw
from curation.annotation import Annotation
from curation.errors import AnnotationError
from curation.standing import standing_of
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from storage.candidate_facts import court_of
from storage.engine import Store
from storage.matches import accepted_among
from storage.predictions import add_predictions, get_prediction, new_prediction, predictions_of
from storage.trajectories import id_of
from storage.verdicts import verdicts_of
from tests.episodes import CALL_AT
from tests.properties.test_acts import UIDS, relaxed, studio

PEOPLE = ("Mara", "Ole")
moves = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.integers(0, 1),
        st.sampled_from([*Verdict, "withdraw", "again"]),
    ),
    max_size=12,
)


def _cases(store: Store) -> list[int]:
    with store.write() as conn:
        row_id = id_of(conn, UIDS[0])
        for city in ("Bergen", "Narvik"):
            call = ToolCall("get_weather", f'{{"city": "{city}"}}')
            new = new_prediction(CALL_AT, "m", Message(Role.ASSISTANT, None, (call,)), None)
            add_predictions(conn, [(row_id, new)])
        found = [one.id for one in predictions_of(conn, row_id)]
    match(store)
    return found


def _state(store: Store, cases: list[int], people: dict[str, int]) -> tuple[object, ...]:
    with store.read() as conn:
        row_id = id_of(conn, UIDS[0])
        known = [get_prediction(conn, case) for case in cases]
        return (
            [draft_of(conn, row_id, who).annotation for who in people.values()],
            accepted_among(conn, [row_id]),
            court_of(conn, [row_id]),
            [(p.matches, p.mismatch, p.standing, p.decided_by, p.is_disputed) for p in known],
        )


@relaxed
@given(drawn=moves)
def test_taking_all_rulings_back_leaves_everything_as_it_was(
    migrated_file: Path, drawn: list[tuple[str, int, Verdict | str]]
) -> None:
    with studio(migrated_file) as (store, _):
        cases = _cases(store)
        people = {name: annotator_named(store, name) for name in PEOPLE}
        ids = {name: who.id for name, who in people.items()}
        before = _state(store, cases, ids)
        standing: dict[tuple[str, int], int] = {}
        n = 0

        def give(name: str, which: int, what: Verdict | str, number: int) -> None:
            who, place = people[name], (name, which)
            if isinstance(what, Verdict):
                try:
                    given_now = rule(store, who, cases[which], what, session_id="s", n=number)
                except AnnotationError:
                    # The other case's correction stands already, and this one would stand on it.
                    assert what is Verdict.LABEL_WRONG
                    return
                standing[place] = given_now.id
            elif what == "withdraw" and place in standing:
                withdraw(store, who, standing.pop(place), session_id="s", n=number)

        for name, which, what in drawn:
            if what == "again":
                now = _state(store, cases, ids)
                if n:
                    with store.read() as conn:
                        rows = [v for case in cases for v in verdicts_of(conn, case)]
                    last = next((v for v in rows if v.n == n and v.session_id == "s"), None)
                    if last is not None and last.verdict is not None:
                        who = next(p for p in people.values() if p.id == last.annotator_id)
                        case = last.prediction_id
                        again = rule(store, who, case, last.verdict, session_id="s", n=n)
                        assert again.id == last.id
                assert _state(store, cases, ids) == now, "a repeated delivery did something"
                continue
            n += 1
            give(name, which, what, n)
            with store.read() as conn:
                for case in cases:
                    folded = standing_of([v.given for v in verdicts_of(conn, case)])
                    kept = get_prediction(conn, case)
                    assert (kept.standing, kept.verdict_id, kept.is_disputed) == (
                        folded.standing,
                        folded.verdict_id,
                        folded.is_disputed,
                    )
        for name, which in list(reversed(standing)):
            n += 1
            give(name, which, "withdraw", n)
        assert _state(store, cases, ids) == before
        assert all(draft == Annotation() for draft in before[0])  # type: ignore[attr-defined]
