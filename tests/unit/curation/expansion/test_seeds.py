"""What becomes a seed: an error of which it is known what is right."""

from __future__ import annotations

from msgspec.structs import replace

from curation.expansion.seeds import ErrorSeed, NoSeed, seed_of
from curation.trajectory import Message, Role, Trajectory
from curation.verdicts import Verdict
from tests.expanding import WEATHER, seed, step

ASKED = Message(Role.USER, "What is the weather in Paris?")
TEXT = Message(Role.ASSISTANT, "Which Paris?")


def trajectory(*answers: Message) -> Trajectory:
    return Trajectory((ASKED, *(answers or (step("Paris"),))), (WEATHER,))


def test_a_wrong_prediction_has_the_reference_as_its_right_side() -> None:
    found = seed_of(trajectory(), 1, step("Lyon"), Verdict.PRED_WRONG, analysis="Another city.")
    assert isinstance(found, ErrorSeed)
    assert (found.correct, found.wrong) == (step("Paris"), step("Lyon"))
    assert (found.context, found.analysis) == ((ASKED,), "Another city.")


def test_a_wrong_label_has_what_people_committed_as_its_right_side() -> None:
    wrong = trajectory(step("Lyon"))
    predicted = step("Paris")
    says = Verdict.LABEL_WRONG
    assert seed_of(wrong, 1, predicted, says) is NoSeed.NO_CORRECTION
    found = seed_of(wrong, 1, predicted, says, correction=trajectory(step("Paris, France")))
    assert isinstance(found, ErrorSeed)
    assert (found.correct, found.wrong) == (step("Paris, France"), step("Lyon"))
    found = seed_of(wrong, 1, predicted, says, prediction_stands=True)
    assert isinstance(found, ErrorSeed)
    assert found.correct == predicted


def test_where_both_were_wrong_a_person_has_to_know_better() -> None:
    wrong, says = trajectory(step("Lyon")), Verdict.BOTH_WRONG
    assert seed_of(wrong, 1, step("Nice"), says) is NoSeed.NO_CORRECTION
    assert seed_of(wrong, 1, step("Nice"), says, correction=wrong) is NoSeed.NO_CORRECTION
    found = seed_of(wrong, 1, step("Nice"), says, correction=trajectory())
    assert isinstance(found, ErrorSeed)
    assert (found.correct, found.wrong) == (step("Paris"), step("Nice"))


def test_what_is_no_seed_says_why() -> None:
    says = Verdict.PRED_WRONG
    assert seed_of(trajectory(TEXT), 1, step("Lyon"), says) is NoSeed.NO_CALL
    assert isinstance(seed_of(trajectory(TEXT), 1, step("Lyon"), says, with_text=True), ErrorSeed)
    assert seed_of(trajectory(), 1, step("Paris"), says) is NoSeed.NO_DIFFERENCE
    for verdict in (Verdict.BOTH_CORRECT,):
        assert seed_of(trajectory(), 1, step("Lyon"), verdict) is NoSeed.NOT_AN_ERROR
    gone = Trajectory((ASKED,), (WEATHER,))
    found = seed_of(trajectory(), 1, step("Lyon"), Verdict.LABEL_WRONG, correction=gone)
    assert found is NoSeed.STEP_GONE


def test_the_id_is_of_the_error_and_not_of_what_is_said_about_it() -> None:
    one = seed()
    assert one.seed_id == replace(one, analysis="Look.", verdict=Verdict.LABEL_WRONG).seed_id
    assert one.seed_id != replace(one, wrong=step("Nice")).seed_id
    assert one.seed_id != replace(one, context=one.context[1:]).seed_id
    assert one.seed_id.startswith("seed1-")
