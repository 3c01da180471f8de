"""What Adjudicate shows of an annotation, drawn by Streamlit itself."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from components.differences import place
from curation.trajectory import Anchor, Message, Role, TextField, Trajectory

SAID = Trajectory(
    (
        Message(Role.USER, "Book the usual room."),
        Message(Role.ASSISTANT, "🙂 On the 13th.", reasoning="Which one?"),
        Message(Role.ASSISTANT, "Sorry, the 14th."),
    )
)


def test_a_span_is_quoted_with_the_text_it_is_in() -> None:
    assert place(Anchor(message_index=1, span=(9, 13)), SAID) == "step 1 · “13th”"
    thought = Anchor(message_index=1, span=(0, 5), field=TextField.REASONING)
    assert place(thought, SAID) == "step 1 · reasoning “Which”"
    assert place(Anchor(message_index=1), SAID) == "step 1"


def draw() -> None:
    from components.differences import draw_annotation, draw_differences
    from curation.adjudication import Said, differences
    from curation.annotation import Annotation, Outcome
    from curation.marks import Mark
    from curation.recovery import Recovery
    from curation.trajectory import Anchor
    from tests.unit.components.test_differences import SAID

    root = Mark(
        "1",
        "noisytoolbench",
        "IMR",
        Anchor(message_index=0),
        root_cause=True,
        expected_clarification="Which room?",
    )
    effect = Mark(
        "2", "t", "DATE", Anchor(message_index=1, span=(9, 13)), caused_by="1", train=False
    )
    ann = Annotation(
        outcome=Outcome.REJECT,
        marks=(root, effect),
        recovery={2: (Recovery.REFLECTED, Recovery.CORRECTED)},
    )
    bob = Annotation(outcome=Outcome.REJECT, recovery={2: (Recovery.IGNORED,)})
    draw_annotation(ann, SAID)
    draw_differences(differences([Said("Ann", ann), Said("Bob", bob)]), ["Ann", "Bob"], SAID)


def test_all_that_is_said_of_errors_is_shown_and_compared() -> None:
    app = AppTest.from_function(draw).run(timeout=30)
    assert not app.exception
    lines = app.text[0].value.splitlines()
    assert "step 2: ↻ reflected, corrected" in lines
    assert "IMR at message 0 (major, ◎ root cause) should have asked: Which room?" in lines
    assert "DATE at step 1 · “13th” (major, ↳ from IMR at message 0, ⊘ do not learn)" in lines, (
        lines
    )
    frame = app.dataframe[0].value
    told = {row["what"]: (row["Ann"], row["Bob"]) for row in frame.to_dict("records")}
    assert told["root cause"] == ("message 0", "—")
    assert told["recovery · step 2"] == ("reflected, corrected", "ignored")
    assert told["step 1 · “13th”"] == ("t/DATE (do not learn)", "—")
