"""What makes two runs one judge."""

from curation.consensus import PROOF, ConsensusRule
from curation.judge_identity import JudgeIdentity

ONE = JudgeIdentity("openai", ("a", "b"), "label-verification", 2, ConsensusRule())


def test_a_judge_is_told_in_words():
    assert ONE.who == "openai: a + b"
    assert ONE.how == "label-verification version 2, 2 of 3 votes, both orders"
    assert JudgeIdentity("rules", (), "r", 1, PROOF).who == "rules"


def test_any_change_makes_another_judge():
    others = [
        JudgeIdentity("replay", ("a", "b"), "label-verification", 2, ConsensusRule()),
        JudgeIdentity("openai", ("a",), "label-verification", 2, ConsensusRule()),
        JudgeIdentity("openai", ("a", "b"), "other", 2, ConsensusRule()),
        JudgeIdentity("openai", ("a", "b"), "label-verification", 3, ConsensusRule()),
        JudgeIdentity("openai", ("a", "b"), "label-verification", 2, PROOF),
    ]
    assert len({one.key for one in [ONE, *others]}) == 6
