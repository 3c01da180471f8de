"""The messages and tools of an example, whatever its shape, and the same example with others."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice

from msgspec.structs import replace

from curation.episodes import ToolText
from curation.exporting import Completion, Conversation, Example, Judged, LabelRow, Pair
from curation.judged_rows import Rewarded, StepTexts, Stepwise
from curation.trajectory import Message, Role

Trained = Conversation | Completion | Pair | Judged | Stepwise | Rewarded


def trained(example: Example) -> Trained:
    """The example, known to be one that is trained on.

    Raises:
        TypeError: it holds no messages, or is in the form of a layout.
    """
    if isinstance(example, LabelRow | StepTexts):
        raise TypeError(f"{type(example).__name__} holds no messages")
    return example


def messages_of(example: Trained) -> tuple[Message, ...]:
    """All messages in order; of a pair both sides, the chosen one first."""
    match example:
        case Conversation():
            return example.messages
        case Completion() | Judged():
            return example.prompt + example.completion
        case Pair():
            return (*example.prompt, example.chosen, example.rejected)
        case Stepwise():
            return (*example.prompt, *chain.from_iterable(example.steps))
        case Rewarded():
            return example.prompt


def with_each(
    example: Trained, tools: tuple[ToolText, ...], change: Callable[[Message], Message]
) -> Trained:
    """The example with other tools and every message changed."""
    return with_messages(
        replace(example, tools=tools), tuple([change(m) for m in messages_of(example)])
    )


def with_messages(example: Trained, messages: tuple[Message, ...]) -> Trained:
    """The example with others in place of its messages, as many of them."""
    match example:
        case Conversation():
            return replace(example, messages=messages)
        case Completion() | Judged():
            n = len(example.prompt)
            return replace(example, prompt=messages[:n], completion=messages[n:])
        case Pair():
            *prompt, chosen, rejected = messages
            return replace(example, prompt=tuple(prompt), chosen=chosen, rejected=rejected)
        case Stepwise():
            rest = iter(messages)
            prompt = list(islice(rest, len(example.prompt)))
            steps = tuple(tuple(islice(rest, len(one))) for one in example.steps)
            return replace(example, prompt=tuple(prompt), steps=steps)
        case Rewarded():
            return replace(example, prompt=messages)


def answered_so(
    example: Trained, prompt: tuple[Message, ...], tools: tuple[ToolText, ...], answer: str
) -> Conversation | Completion:
    """A row of the same shape: an assistant's answer in words to a prompt without steps, or to the
    prompt of a completion."""
    said = Message(Role.ASSISTANT, answer)
    if isinstance(example, Conversation):
        return Conversation((*prompt, said), tools)
    return Completion(prompt, (said,), tools, getattr(example, "step", len(prompt)))


def is_learnt(example: Trained, step: int) -> bool:
    """Whether a step of a conversation or completion carries loss, with every word."""
    match example:
        case Conversation():
            open_to = step not in example.masked
            return open_to and all(span.message_index != step for span in example.spans)
        case Completion():
            return step == len(example.prompt) and not example.spans
        case _:
            return False


def first_call_step(example: Trained) -> int | None:
    """The message index of the first step, where it makes calls in answer to a user's words; None
    elsewhere."""
    if not isinstance(example, Conversation | Completion):
        return None
    messages = messages_of(example)
    step = next((i for i, m in enumerate(messages) if m.role is Role.ASSISTANT), None)
    if step is None or not step or messages[step - 1].role is not Role.USER:
        return None
    if isinstance(example, Completion) and step != len(example.prompt):
        return None
    return step if messages[step].tool_calls else None
