"""Command: `python -m curation.synthesis --n 300 --seed 7 --out FILE [--truth FILE] [--jobs 2]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from curation.synthesis.writing import blocks


def main(arguments: list[str] | None = None) -> int:
    """Write rows, and the truth where asked for."""
    parser = argparse.ArgumentParser(prog="python -m curation.synthesis", description=__doc__)
    parser.add_argument("--n", type=int, default=300, help="how many rows")
    parser.add_argument("--seed", type=int, default=7, help="name of the set")
    parser.add_argument("--out", type=Path, required=True, help="JSON Lines file to write")
    parser.add_argument("--truth", type=Path, help="also write what was planted, by id")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    args = parser.parse_args(arguments)
    if args.n < 1 or args.jobs < 1 or args.seed < 0:
        parser.error("--n and --jobs must be at least 1, --seed at least 0")
    try:
        truth = args.truth.open("wb") if args.truth else None
        with args.out.open("wb") as out:
            for rows, truths in blocks(args.n, args.seed, args.jobs):
                out.write(rows)
                if truth:
                    truth.write(truths)
        if truth:
            truth.close()
    except OSError as problem:
        print(f"{args.out}: cannot be written: {problem}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
