"""What a generator is told: the error with both sides, and what the new sample is to be.

Everything recorded is fenced data (`curation/fencing.py`), fitted as a judge's evidence is: what
was left out is listed and told. The directive, the rules and the examples are ours. The reply is
`curation/expansion/reply.py`.
"""

from __future__ import annotations

import json
from typing import Any

from curation.directive import Directive
from curation.expansion.seeds import ErrorSeed
from curation.fencing import Fence
from curation.judge_evidence import answer_text, never_shown
from curation.judge_prompt import MAX_CHARS, Prompt, evidenced
from curation.judging import JudgeCase
from curation.trajectory import Message, Role

TASK = """
You write training conversations for assistants that call tools. Below is recorded data: the tools
on offer, a conversation, the right answer to it, and a wrong answer. Write one new conversation,
with the right answer to it, in which a model would easily make the same kind of mistake.
- The new conversation is about other people, places, things and values than the recorded one.
  Nobody who knows the recorded one may recognise it.
- A recorded system text stays as it is and stands before the new conversation, which has to agree
  with it: the date, who the user is, what is allowed.
- Use only the tools on offer. You may use others of them than the recorded answers do.
- It may have one turn or several, whatever the recorded one has. Results of tools in it are
  realistic and agree with the calls.
- Every value of the right answer's calls is said by the user, follows from an earlier result, or
  is worked out from these plainly. Nothing is invented, nothing needed is missing.
- The conversation stops where the right answer is due; what comes after it is not written.
""".strip()

REPLY = """
Reply with one JSON object and nothing else:
{"plan": in at most two sentences what you keep of the difficulty and what you change,
 "messages": the conversation before the right answer, oldest first, without system messages; each
   {"role": "user", "assistant" or "tool", "content": its text, "calls": the calls of an
   assistant's message, else []}; every call in it is followed by one "tool" message with its
   result, in order; the last message is by the user or a tool,
 "calls": the calls of the right answer, each {"name": …, "arguments": its arguments as a JSON
   object written into a text},
 "answer": the text of the right answer, "" where calls say all}
""".strip()


def _said(role: str, content: str, *calls: dict[str, str]) -> dict[str, Any]:
    return {"role": role, "content": content, "calls": list(calls)}


def _call(name: str, **arguments: object) -> dict[str, str]:
    return {"name": name, "arguments": json.dumps(arguments)}


EXAMPLES: dict[str, dict[str, Any]] = {
    "One call": {
        "plan": "…",
        "messages": [_said("user", "Is seat 14C on KL1009 still free?")],
        "calls": [_call("seat_status", flight="KL1009", seat="14C")],
        "answer": "",
    },
    "Several calls at once": {
        "plan": "…",
        "messages": [_said("user", "Lights off in the hall and in the study, please.")],
        "calls": [
            _call("set_light", room="hall", on=False),
            _call("set_light", room="study", on=False),
        ],
        "answer": "",
    },
    "Several turns": {
        "plan": "…",
        "messages": [
            _said("user", "Find me a vet in Delft."),
            _said("assistant", "", _call("find_vet", town="Delft")),
            _said("tool", '[{"id": 31, "name": "De Gracht"}]'),
            _said("assistant", "De Gracht is in Delft. Shall I book?"),
            _said("user", "Yes, Friday at nine."),
        ],
        "calls": [_call("book_vet", id=31, day="Friday", time="09:00")],
        "answer": "",
    },
}
"""Replies in the form that is asked for; our own, with tools that nobody offers."""


def expansion_prompt(
    seed: ErrorSeed, directive: Directive, nonce: str, *, max_chars: int = MAX_CHARS
) -> Prompt:
    """Ask for one new sample.

    Raises:
        curation.judge_prompt.PromptTooLarge: what must not be left out does not fit.
    """
    fence = Fence(nonce)
    varied = f"What to vary this time ({directive.title}):\n{directive.instructions.strip()}"
    system = "\n\n".join([TASK, varied, fence.rule, REPLY, _shown_examples()])
    case = JudgeCase(seed.tools, seed.context, seed.correct, seed.wrong, date=seed.date)
    texts = [
        ("The right answer", answer_text(seed.correct)),
        ("The wrong answer", answer_text(seed.wrong)),
    ]
    if seed.analysis.strip():
        texts.append(("What was wrong with it", seed.analysis.strip()))
    hidden = [
        *never_shown(seed.correct, None, "right answer"),
        *never_shown(seed.wrong, None, "wrong answer"),
    ]
    answers = (seed.correct, seed.wrong)
    return evidenced(case, answers, texts, system, fence, max_chars, hidden)


def _shown_examples() -> str:
    lines = (f"{title}: {json.dumps(one, ensure_ascii=False)}" for title, one in EXAMPLES.items())
    return "\n".join(["The form, with tools that are not on offer here:", *lines])


def lead_of(seed: ErrorSeed) -> tuple[Message, ...]:
    """The system messages at the start of the seed, which its children keep."""
    found: list[Message] = []
    for message in seed.context:
        if message.role not in (Role.SYSTEM, Role.DEVELOPER):
            break
        found.append(message)
    return tuple(found)
