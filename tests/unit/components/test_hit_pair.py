"""What is drawn of a pair: text in pieces, bounded, with what is shared marked."""

from __future__ import annotations

from components.hit_pair import MOST_CHARACTERS, MOST_PASSAGES, side_json
from curation.shared_passages import Passage, Side


def test_a_side_is_drawn_in_pieces_and_bounded() -> None:
    few = Side((Passage("user", "a <b> c", ((2, 5),)), Passage("calls", "f({})", ())))
    drawn = side_json(few, "mine")
    assert drawn["title"] == "mine" and drawn["left"] == 0
    assert [(p["text"], p["shared"]) for p in drawn["passages"][0]["pieces"]] == [
        ("a ", False), ("<b>", True), (" c", False),
    ]  # fmt: skip
    long = Passage(
        "user",
        "x" * (MOST_CHARACTERS + 10) + "yes",
        ((MOST_CHARACTERS + 10, MOST_CHARACTERS + 13),),
    )
    many = Side((*(Passage("tool", f"t{i}", ()) for i in range(MOST_PASSAGES)), long))
    drawn = side_json(many, "")
    assert (len(drawn["passages"]), drawn["left"]) == (MOST_PASSAGES, 1)
    first = drawn["passages"][0]
    assert first["who"] == "User", "what the user says comes first where not all is shown"
    assert sum(len(p["text"]) for p in first["pieces"]) == MOST_CHARACTERS + 2
