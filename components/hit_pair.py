"""A benchmark entry beside a trajectory, what they share marked by colour and by underline."""

from __future__ import annotations

from typing import Any

from components.viewer import draw_module
from curation.shared_passages import Passage, Side, pieces

MOST_PASSAGES = 60
"""Of one side that are shown; those that share something come first."""
MOST_CHARACTERS = 4_000
"""Of one passage that are shown."""
WHO = {"user": "User", "calls": "Call", "tool": "Tool offered"}


def draw_pair(entry: Side, trajectory: Side, *, titles: tuple[str, str], key: str) -> None:
    """Draw both sides; `key` must be the same for every pair of a page."""
    sides = [
        side_json(side, title) for side, title in zip((entry, trajectory), titles, strict=True)
    ]
    draw_module("loopwright_pair", "pair.js", {"sides": sides}, key=key)


def side_json(side: Side, title: str) -> dict[str, Any]:
    """What `pair.js` draws of one side: of each speaker what is shared first, then the rest."""
    ranked = sorted(side.passages, key=lambda p: (list(WHO).index(p.who), not p.shared))
    shown = ranked if len(ranked) > MOST_PASSAGES else side.passages
    return {
        "title": title,
        "passages": [_passage_json(one) for one in shown[:MOST_PASSAGES]],
        "left": max(0, len(side.passages) - MOST_PASSAGES),
    }


def _passage_json(one: Passage) -> dict[str, Any]:
    cut, room = [], MOST_CHARACTERS
    for text, is_shared in pieces(one):
        if room <= 0:
            cut.append({"text": " …", "shared": False})
            break
        cut.append({"text": text[:room], "shared": is_shared})
        room -= len(text)
    return {"who": WHO[one.who], "pieces": cut}
