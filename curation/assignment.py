"""Best one-to-one assignment of two short lists by pairwise scores.

Knows nothing of what is paired. Calls of a step, keys of an object and answers of a judge are all
"match these to those", and comparing them by position instead is how a swapped pair of calls
turns into two wrong ones.
"""

from __future__ import annotations

from collections.abc import Sequence

EXACT_LIMIT = 48
"""Longest side solved exactly (cubic time); longer lists are paired greedily, best first."""


def best_assignment(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pairs (row, column) with the greatest total score, every row and column at most once.

    Args:
        scores: rows × columns, finite numbers; a score of 0 or less means "never pair".

    Returns:
        The pairs in row order, those with a score above 0 only. Ties keep the original order.
    """
    n_rows = len(scores)
    n_columns = len(scores[0]) if scores else 0
    if not n_rows or not n_columns:
        return []
    if max(n_rows, n_columns) > EXACT_LIMIT:
        pairs = _greedy(scores)
    elif n_rows <= n_columns:
        pairs = _hungarian(scores)
    else:
        turned = [[row[j] for row in scores] for j in range(n_columns)]
        pairs = [(i, j) for j, i in _hungarian(turned)]
    return sorted((i, j) for i, j in pairs if scores[i][j] > 0)


def _greedy(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    ranked = sorted(
        (-score, i, j) for i, row in enumerate(scores) for j, score in enumerate(row) if score > 0
    )
    rows: set[int] = set()
    columns: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, i, j in ranked:
        if i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            pairs.append((i, j))
    return pairs


def _hungarian(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Shortest augmenting paths with potentials (Jonker and Volgenant); rows ≤ columns."""
    n, m = len(scores), len(scores[0])
    row_potential = [0.0] * (n + 1)
    column_potential = [0.0] * (m + 1)
    row_of = [0] * (m + 1)
    for row in range(1, n + 1):
        row_of[0] = row
        column = 0
        least = [float("inf")] * (m + 1)
        came_from = [0] * (m + 1)
        done = [False] * (m + 1)
        while row_of[column]:
            done[column] = True
            current, step, following = row_of[column], float("inf"), 0
            for j in range(1, m + 1):
                if done[j]:
                    continue
                # A score is a gain, so its negative is the cost; "never pair" costs nothing.
                cost = -max(scores[current - 1][j - 1], 0.0)
                reduced = cost - row_potential[current] - column_potential[j]
                if reduced < least[j]:
                    least[j], came_from[j] = reduced, column
                if least[j] < step:
                    step, following = least[j], j
            for j in range(m + 1):
                if done[j]:
                    row_potential[row_of[j]] += step
                    column_potential[j] -= step
                else:
                    least[j] -= step
            column = following
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return [(row_of[j] - 1, j - 1) for j in range(1, m + 1) if row_of[j]]
