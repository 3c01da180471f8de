"""Predictions that a judge and people ruled on, for tests of scorecards, gates and their page.

Rows go in through the functions that an import, a judge and the court use.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from app.flows.gate import AUDIT_SALT
from app.flows.match import match
from curation.consensus import ConsensusRule
from curation.judging import Order, Unscored, Vote, VoteKey
from curation.standing import RulerKind
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction, predictions_of
from storage.runs import NewJudgeRun, add_judge_run, add_spending
from storage.settings import put_setting
from storage.trajectories import load
from storage.verdicts import NewVerdict, add_verdicts, append_verdict
from storage.votes import NewVote, add_votes
from tests.episodes import CALL_AT, add_trajectories, episode

PW, LW = Verdict.PRED_WRONG, Verdict.LABEL_WRONG
BC, BW = Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG
RULE = ConsensusRule(votes=1, least_equal=1)


class Courtroom:
    """One dataset of episodes, with one prediction each by a model; of the whole episodes or of
    those that end with the step."""

    def __init__(
        self,
        store: Store,
        n: int,
        dataset: str = "weather",
        model: str = "m",
        first: int = 0,
        *,
        only_step: bool = False,
    ) -> None:
        self.store = store
        whole = [episode(first + i) for i in range(n)]
        cut = [replace(one, messages=one.messages[: CALL_AT + 1]) for one in whole]
        self.uids = add_trajectories(store, cut if only_step else whole, dataset)
        self.predictions: list[int] = []
        with store.write() as conn:
            put_setting(conn, AUDIT_SALT, "the same audits in every run")
            for i, uid in enumerate(self.uids):
                row_id = load(conn, uid).id
                call = ToolCall("get_weather", f'{{"city": "Elsewhere {i}"}}')
                answer = Message(Role.ASSISTANT, None, (call,))
                add_predictions(conn, [(row_id, new_prediction(CALL_AT, model, answer, None))])
                self.predictions.append(predictions_of(conn, row_id)[-1].id)
        match(store, dataset)

    def judge(
        self,
        said: Sequence[Verdict | None],
        *,
        models: tuple[str, ...] = ("judge-1",),
        version: int = 1,
        tokens: int = 0,
        cost: float | None = None,
        otherwise: Sequence[int] = (),
    ) -> int:
        """Let a judge say `said` of the predictions, in order; returns the run.

        Args:
            otherwise: places at which the vote with the prediction first names BOTH_WRONG.
        """
        run = NewJudgeRun("", "openai", models, "http://h/v1", "label-verification", version, RULE)
        with self.store.write() as conn:
            run_id = add_judge_run(conn, run)
            who = ensure_annotator(conn, f"judge {'+'.join(models)}", "judge")
            votes, verdicts = [], []
            for i, (prediction, verdict) in enumerate(zip(self.predictions, said, strict=False)):
                for order in Order:
                    swapped = i in otherwise and order is Order.PREDICTION_FIRST
                    named = BW if swapped else verdict
                    vote = Vote(
                        VoteKey(models[0], 0, order),
                        f"label-verification@{version}",
                        named,
                        None if named else Unscored.EMPTY,
                    )
                    votes.append(NewVote(prediction, vote))
                verdicts.append(
                    NewVerdict(
                        prediction,
                        RulerKind.JUDGE,
                        who.id,
                        verdict,
                        "" if verdict else "unscored",
                        run_id=run_id,
                    )
                )
            add_votes(conn, run_id, votes)
            add_verdicts(conn, verdicts)
            if tokens:
                add_spending(conn, run_id, tokens, 0, cost)
        return run_id

    def people(
        self, said: dict[int, Verdict], *, who: str = "ada", is_blind: bool = True
    ) -> list[int]:
        """Let a person rule, by place of the prediction; returns the verdicts' ids."""
        with self.store.write() as conn:
            person = ensure_annotator(conn, who)
            return [
                append_verdict(
                    conn,
                    NewVerdict(
                        self.predictions[place],
                        RulerKind.HUMAN,
                        person.id,
                        verdict,
                        is_blind=is_blind,
                    ),
                )
                for place, verdict in said.items()
            ]
