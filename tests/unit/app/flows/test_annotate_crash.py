"""What was acknowledged is there after the process is killed, and the rest can be sent again."""

from __future__ import annotations

import subprocess
import sys

from sqlalchemy import select

from app.flows.annotate import Op, perform
from app.flows.identity import annotator_named
from storage.engine import Store, open_store
from storage.tables import ActRow, table_of
from tests.episodes import add_episodes

ACTS = 300
SAY = """
import sys
from app.flows.annotate import Op, perform
from app.flows.identity import annotator_named
from storage.engine import open_store

store = open_store(sys.argv[1])
ann = annotator_named(store, "Ann")
for n in range(1, int(sys.argv[3]) + 1):
    op = Op(n, sys.argv[2], "note", {"note": str(n)})
    print(perform(store, ann, "s", [op]).acked, flush=True)
"""


def test_every_acknowledged_act_survives_a_kill_and_the_others_are_not_doubled(
    store: Store,
) -> None:
    (uid,) = add_episodes(store, 1)
    url = f"sqlite:///{store.engine.url.database}"
    store.close()
    with subprocess.Popen(
        [sys.executable, "-c", SAY, url, uid, str(ACTS)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        acked = [int(child.stdout.readline()) for _ in range(15)]
        child.kill()
        acked += [int(line) for line in child.stdout.read().split()]
    assert acked[-1] < ACTS, "the process was killed while it was at work"
    after = open_store(url)
    try:
        act = table_of(ActRow)
        with after.read() as conn:
            found = list(conn.execute(select(act.c.n).order_by(act.c.n)).scalars())
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert set(acked) <= set(found)
        ann = annotator_named(after, "Ann")
        everything = [Op(n, uid, "note", {"note": str(n)}) for n in range(1, ACTS + 1)]
        done = perform(after, ann, "s", everything)
        assert done.annotations[uid].annotation.note == str(ACTS)
        with after.read() as conn:
            again = list(conn.execute(select(act.c.n).order_by(act.c.n)).scalars())
        assert again == list(range(1, ACTS + 1))
    finally:
        after.close()
