"""Whatever judge and people say: the gate touches nothing that is audited, ruled on or not proven,
and withdrawing puts everything back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.flows.gate import allow, audit_salt, gates
from app.flows.gate_applying import apply_open, withdraw_all
from app.flows.identity import annotator_named
from app.flows.scorecard import judges_on_record
from curation.gate import VerdictPolicy
from curation.sampling import is_chosen
from curation.verdicts import Verdict
from storage.engine import Store, migrate, open_store
from storage.gold import Within, candidates
from storage.predictions import get_prediction
from tests.courtroom import Courtroom

N = 14
TARGET, LEAST_GOLD = 0.4, 3

verdicts = st.sampled_from(list(Verdict))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    # Few verdicts, so that classes fill up and some are proven.
    said=st.lists(
        st.sampled_from([Verdict.PRED_WRONG, Verdict.PRED_WRONG, Verdict.LABEL_WRONG, None]),
        min_size=N,
        max_size=N,
    ),
    right=st.integers(0, 8),
    wrong=st.integers(0, 2),
    other=verdicts,
    allowed=st.sets(verdicts, max_size=4),
    share=st.sampled_from([0.05, 0.5, 1.0]),
)
def test_only_proven_unaudited_cases_are_applied_and_all_of_it_can_be_taken_back(
    said: list[Verdict | None],
    right: int,
    wrong: int,
    other: Verdict,
    allowed: set[Verdict],
    share: float,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = _opened(Path(folder))
        try:
            _check(store, said, right, wrong, other, allowed, share)
        finally:
            store.close()


def _check(
    store: Store,
    said: list[Verdict | None],
    right: int,
    wrong: int,
    other: Verdict,
    allowed: set[Verdict],
    share: float,
) -> None:
    room = Courtroom(store, N)
    room.judge(said)
    room.people({place: said[place] or other for place in range(right)})
    room.people(dict.fromkeys(range(right, right + wrong), other))
    (judge,) = judges_on_record(store)
    for verdict in allowed:
        allow(store, judge.key, verdict, VerdictPolicy(TARGET, LEAST_GOLD, share, 10))
    with store.read() as conn:
        keys = {
            one.prediction_id: one.key
            for verdict in Verdict
            for one in candidates(conn, Within(judge.runs), verdict)
        }
    (gate,) = gates(store)
    before = _standings(room)
    salt = audit_salt(store)
    done = apply_open(store, annotator_named(store, "lead"), judge.key)
    assert done.n_problems == 0
    for place, (prediction, row) in enumerate(zip(room.predictions, _standings(room), strict=True)):
        passes = (
            place >= right + wrong
            and said[place] in allowed
            and said[place] in gate.open_classes
            and not is_chosen(keys[prediction], share, f"audit:{salt}")
        )
        assert (row[1] == "auto") == passes
        assert passes or row == before[place]
    for verdict in gate.open_classes:
        state = next(one.state for one in gate.classes if one.state.verdict is verdict)
        assert state.gold.n >= LEAST_GOLD
        assert state.lower_bound is not None
        assert state.lower_bound >= TARGET
    for certificate in done.certificates:
        withdraw_all(store, annotator_named(store, "lead"), certificate)
    assert _standings(room) == before


def _standings(room: Courtroom) -> list[tuple[Any, ...]]:
    with room.store.read() as conn:
        found = [get_prediction(conn, one) for one in room.predictions]
    return [(p.standing, p.decided_by, p.verdict_id, p.is_disputed, p.matches) for p in found]


def _opened(folder: Path) -> Store:
    path = folder / "loopwright.db"
    if _template.exists():
        shutil.copyfile(_template, path)
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    return store


_folder = tempfile.TemporaryDirectory()
_template = Path(_folder.name) / "template.db"


def setup_module() -> None:
    """Migrate once; every example starts from a copy."""
    store = open_store(f"sqlite:///{_template}")
    migrate(store)
    store.close()
