"""Rubrics that are answered item by item: a checklist of one answer, or of the results on record.

The same machine as for two answers: a versioned rubric, fenced evidence that is never cut in
silence, structured output, and a reply that counts only where it is plain. An item that is answered
twice in different ways, or not at all, has no answer; it never counts as held.

Source: CM2's turn checklists (arXiv 2602.12268): weighted yes/no items with evidence, some of which
must hold; ToolACE's check of simulated results (arXiv 2409.00920).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from curation.consensus import ConsensusRule
from curation.fencing import Fence
from curation.judge_evidence import answer_text, message_text, never_shown
from curation.judge_prompt import (
    KEPT_CHARS,
    MAX_CHARS,
    Prompt,
    PromptTooLarge,
    evidenced,
    fitted,
    rules_of,
)
from curation.judge_reply import Members, NoVerdict, answer_part, read_json
from curation.judging import JudgeCase, JudgeReply, Omission, OmissionKind, Unscored
from curation.rubric import About, Rubric
from curation.trajectory import Message, Role

REPLY = (
    "Reply with one JSON object and nothing else: "
    '{"items": [{"name": …, "evidence": what in the data shows it, in one sentence, '
    '"holds": "yes", "no" or "cannot_tell"}, …]}, with every criterion exactly once.'
)
ANSWERS = {"yes": True, "no": False, "cannot_tell": None}


class ItemAnswer(Struct, frozen=True, omit_defaults=True):
    """What a judge says of one criterion."""

    name: str
    holds: bool | None
    """None when the judge cannot tell, or did not say so plainly."""
    evidence: str = ""


class ChecklistVote(Struct, frozen=True, omit_defaults=True):
    """One reply to a checklist."""

    model: str
    rubric: str
    """`name@version`."""
    items: tuple[ItemAnswer, ...] = ()
    """One for every criterion, in the order of the rubric; () when the reply cannot be read."""
    unscored: Unscored | None = None
    detail: str = ""
    reply: JudgeReply | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    omitted: tuple[Omission, ...] = ()


class ChecklistJudge(Protocol):
    """A judge that can be asked item by item."""

    async def checklist(
        self,
        case: JudgeCase,
        answer: Message | Sequence[Message],
        model: str,
        rubric: Rubric,
        nonce: str,
    ) -> ChecklistVote:
        """Ask of every criterion whether it holds; see `checklist_prompt`.

        Raises:
            ModelError: the endpoint gave no reply.
            ValueError: the rubric is no checklist of this case.
        """
        ...


class ChecklistRuling(Struct, frozen=True):
    """What several votes on one checklist amount to."""

    items: tuple[ItemAnswer, ...]
    score: float | None
    """Share of the weights whose items hold, 0 to 1; None while an item has no answer."""
    passes: bool | None
    """Whether every item that must hold does; None when one of them has no answer and none fails.
    True for rubrics without such items."""


def reply_schema(rubric: Rubric) -> dict[str, Any]:
    """What a reply must be. The evidence comes first, so that the answer follows from it."""
    return {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "enum": [c.name for c in rubric.criteria]},
                        "evidence": {"type": "string"},
                        "holds": {"type": "string", "enum": list(ANSWERS)},
                    },
                    "required": ["name", "evidence", "holds"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["items"],
        "additionalProperties": False,
    }


def checklist_prompt(
    case: JudgeCase,
    answer: Message | Sequence[Message],
    rubric: Rubric,
    nonce: str,
    *,
    max_chars: int = MAX_CHARS,
) -> Prompt:
    """Ask of every criterion whether it holds.

    Args:
        answer: the case's reference or its prediction; not shown where the rubric is about results.
            Of a turn all its messages: a result too long to fit is shortened, and told as omitted.

    Raises:
        PromptTooLarge: nothing more may be left out, and it still does not fit.
        ValueError: the rubric is about pairs, or about results where there are none.
    """
    if rubric.about is About.PAIR:
        raise ValueError(f"{rubric.key} is about two answers")
    if rubric.about is About.RESULTS and all(m.role is not Role.TOOL for m in case.context):
        raise ValueError(f"{rubric.key} is about results, and there are none before this step")
    messages = (answer,) if isinstance(answer, Message) else tuple(answer)
    if rubric.about is About.TURN:
        return _turn_prompt(case, messages, rubric, nonce, max_chars)
    shown = (("The answer", messages[0]),) if rubric.about is About.ANSWER else ()
    return fitted(case, shown, rubric, REPLY, nonce, max_chars)


def _turn_prompt(
    case: JudgeCase, turn: Sequence[Message], rubric: Rubric, nonce: str, max_chars: int
) -> Prompt:
    fence = Fence(nonce)
    system = rules_of(rubric, fence, REPLY)
    at = len(case.context)
    hidden = [gone for i, message in enumerate(turn) for gone in never_shown(message, at + i)]
    for most in (None, KEPT_CHARS):
        texts, cut = _turn_texts(turn, at, most)
        try:
            return evidenced(case, turn, texts, system, fence, max_chars, [*hidden, *cut])
        except PromptTooLarge:
            if most is not None:
                raise
    raise AssertionError("one of the two returns or raises")


def _turn_texts(
    turn: Sequence[Message], at: int, most: int | None
) -> tuple[list[tuple[str, str]], list[Omission]]:
    """(title, text) of every message of a turn, and what was cut off of results longer than
    `most`."""
    texts: list[tuple[str, str]] = []
    cut: list[Omission] = []
    step = 0
    for i, message in enumerate(turn):
        if message.role is not Role.TOOL:
            step += 1
            texts.append((f"Step {step} of the turn", answer_text(message)))
            continue
        text = message_text(message)
        if most is not None and len(text) > most:
            gone = len(text) - most
            cut.append(Omission(OmissionKind.RESULT, gone, at + i))
            text = f"{text[:most]}\n(Its end is left out: {gone} characters.)"
        texts.append((f"A result of step {step}", text))
    return texts, cut


def checklist_answers(
    reply: JudgeReply, rubric: Rubric
) -> tuple[tuple[ItemAnswer, ...], Unscored | None, str]:
    """The answers in a reply, why the reply as a whole cannot be read, and what was wrong with it
    ("" when nothing)."""
    try:
        items, detail = _read(reply, rubric)
    except NoVerdict as problem:
        return (), problem.reason, problem.detail
    return items, None, detail


def _read(reply: JudgeReply, rubric: Rubric) -> tuple[tuple[ItemAnswer, ...], str]:
    is_json, value = read_json(answer_part(reply))
    if not is_json:
        raise NoVerdict(Unscored.UNREADABLE, "The reply is no JSON.")
    items = value.get("items") if isinstance(value, Members) and not value.repeats else None
    if not isinstance(items, list):
        raise NoVerdict(Unscored.WRONG_SCHEMA, "The reply has no list “items”.")
    said: dict[str, list[ItemAnswer]] = {c.name: [] for c in rubric.criteria}
    wrong: list[str] = []
    for item in items:
        found = _item(item)
        if found is None or found.name not in said:
            wrong.append(f"no criterion is answered by {str(item)[:80]}")
        else:
            said[found.name].append(found)
    answers = []
    for name, given in said.items():
        if len({one.holds for one in given}) == 1:
            answers.append(given[0])
            continue
        answers.append(ItemAnswer(name, None))
        wrong.append(f"{name} is answered {'in two ways' if given else 'nowhere'}")
    return tuple(answers), "; ".join(wrong)


def _item(item: Any) -> ItemAnswer | None:
    if not isinstance(item, Members) or item.repeats:
        return None
    name, holds, evidence = item.get("name"), item.get("holds"), item.get("evidence", "")
    if not isinstance(name, str) or not isinstance(holds, str) or holds not in ANSWERS:
        return None
    return ItemAnswer(name, ANSWERS[holds], evidence if isinstance(evidence, str) else "")


def next_votes(votes: Sequence[ChecklistVote], rubric: Rubric, rule: ConsensusRule) -> int:
    """How many more votes to ask for: as few as might decide every item, 0 when all are decided or
    no vote is left."""
    left = rule.votes - len(votes)
    ruled = checklist_ruling(votes, rubric, rule).items
    if left <= 0 or all(item.holds is not None for item in ruled):
        return 0
    return min(left, max(1, rule.least_equal - len(votes)))


def checklist_ruling(
    votes: Sequence[ChecklistVote], rubric: Rubric, rule: ConsensusRule
) -> ChecklistRuling:
    """The answer to every item that enough votes agree on, with the score and the strict items.

    An item is decided as a verdict is: at least `least_equal` votes say it, and more than say the
    opposite.
    """
    items = tuple(_ruled(c.name, votes, rule) for c in rubric.criteria)
    holds = {item.name: item.holds for item in items}
    score = None
    if None not in holds.values():
        total = sum(c.weight for c in rubric.criteria)
        score = sum(c.weight for c in rubric.criteria if holds[c.name]) / total
    strict = [holds[c.name] for c in rubric.criteria if c.must_hold]
    passes = False if False in strict else None if None in strict else True
    return ChecklistRuling(items, score, passes)


def _ruled(name: str, votes: Iterable[ChecklistVote], rule: ConsensusRule) -> ItemAnswer:
    given = [item for vote in votes for item in vote.items if item.name == name]
    counts = Counter(item.holds for item in given if item.holds is not None)
    for holds in (True, False):
        if counts[holds] >= rule.least_equal and counts[holds] > counts[not holds]:
            evidence = next(item.evidence for item in given if item.holds is holds)
            return ItemAnswer(name, holds, evidence)
    return ItemAnswer(name, None)
