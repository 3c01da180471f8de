"""A store that grows: does anybody change sides, does anything near straddle, how fast is it?

`python -m tests.bench.splits --file ROWS.jsonl [--first 10000] [--imports 20] [--sample 5000]`.
The file is imported in parts, each with copies of earlier rows in which a word of the user differs;
after each part the split ledger is brought up to date. At the end
the ledger is compared with every earlier state, and pairs of a sample with everything, without the
keys that the product finds them by. Not a test.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.flows.ingest import ingest
from app.flows.splits import report_ledger
from curation.near_duplicates import THRESHOLD, Shingles, jaccard, shingles
from curation.split_ledger import LedgerSetup, Sides
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split
from storage.engine import Store, migrate, open_store
from storage.groups import families
from storage.near_keys import groups_among
from storage.split_ledger import recorded_sides
from storage.trajectories import iter_bodies

COPIED = 500
"""Rows of every part that later ones hold copies of."""

SETUP = LedgerSetup(DEFAULT_SHARES, DEFAULT_SALT)


def main(arguments: Sequence[str] = ()) -> None:
    """Grow the store, print every step, and what was found at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--first", type=int, default=10_000)
    parser.add_argument("--imports", type=int, default=20)
    parser.add_argument("--sample", type=int, default=5_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/splits.db")
        migrate(store)
        moved = _grow(store, Path(folder), asked)
        straddling, pairs = _straddling(store, asked.sample)
        store.close()
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"groups that changed sides: {moved}")
    print(f"near pairs of a sample of {asked.sample:,}: {pairs:,}, on two sides: {straddling}")
    print(f"peak {own:,.0f} MiB here, {children:,.0f} MiB in the largest process beside")


def _grow(store: Store, folder: Path, asked: argparse.Namespace) -> int:
    moved = 0
    before: dict[str, Split] = {}
    for number, part in enumerate(_parts(asked.file, folder, asked.first, asked.imports)):
        ingest(store, [part], dataset="bench")
        began = time.perf_counter()
        report = report_ledger(store)
        seconds = time.perf_counter() - began
        with store.read() as conn:
            now = recorded_sides(conn, SETUP.name)
        moved += sum(now.get(key) is not side for key, side in before.items())
        before = now
        sides = " / ".join(f"{n:,}" for n in report.groups.values())
        print(
            f"import {number + 1}: {report.near.looked_at:,} new, {report.near.near:,} near, "
            f"{report.near.looked_at / seconds:,.0f} rows/s, largest family {report.largest:,}, "
            f"{len(report.conflicts):,} on two sides, {sides}",
            flush=True,
        )
    return moved


def _parts(file: Path, folder: Path, first: int, imports: int) -> Iterator[Path]:
    """The first rows, then the rest in equal parts."""
    with file.open() as rows:
        total = sum(1 for _ in rows)
        rows.seek(0)
        each = -(-(total - first) // (imports - 1))
        draw, earlier = random.Random(1), list[str]()
        for size in (first, *[each] * (imports - 1)):
            if part := list(islice(rows, size)):
                earlier += part[:COPIED]
                copies = [_copied(draw.choice(earlier), draw) for _ in range(len(part) // 20)]
                path = folder / "part.jsonl"
                path.write_text("".join([*part, *copies]))
                yield path


def _copied(line: str, draw: random.Random) -> str:
    """The row with one more word in its first question."""
    row = json.loads(line)
    asked = next(m for m in row["messages"] if m["role"] == "user")
    asked["content"] += f" {draw.choice(('Please', 'Thanks', 'Hurry'))}."
    return json.dumps({**row, "id": f"{row['id']}-copy"}) + "\n"


def _straddling(store: Store, n: int) -> tuple[int, int]:
    """Near pairs of a sample with all others: how many are used on two sides, and of how many."""
    with store.read() as conn:
        sets: dict[int, Shingles] = {b.id: shingles(b.decode().messages) for b in iter_bodies(conn)}
        group_of = groups_among(conn, sorted(sets))
        sides = Sides(SETUP, recorded_sides(conn, SETUP.name), families(conn))
    holding: dict[int, list[int]] = defaultdict(list)
    for row_id, found in sets.items():
        for shingle in found:
            holding[shingle].append(row_id)
    straddling = pairs = 0
    for one in random.Random(0).sample(sorted(sets), min(n, len(sets))):
        rarest = sorted(sets[one], key=lambda shingle: len(holding[shingle]))
        # Whoever is near shares one of so many of the shingles, whichever they are.
        some = rarest[: len(rarest) - int(THRESHOLD * len(rarest)) + 1]
        for other in {i for shingle in some for i in holding[shingle]} - {one}:
            if jaccard(sets[one], sets[other]) < THRESHOLD:
                continue
            pairs += 1
            keys = group_of[one], group_of[other]
            used = {sides.side_of(key) for key in keys if not sides.is_withheld(key)}
            straddling += len(used) > 1
    return straddling, pairs


if __name__ == "__main__":
    main(sys.argv[1:])
