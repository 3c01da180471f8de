"""Examples as trainers take them that read OpenAI's messages, one text each: TRL and Axolotl.

Content becomes text, developer becomes system, only tools keep their names, and arguments have to
be objects. Where a layout cannot mask what carries no loss, it refuses that (`refuse_masks`).
"""

from __future__ import annotations

from curation.export_reasons import Adaptation, DropReason, Unfit
from curation.exporting import Completion, Conversation, Example, Judged, Notes, Pair
from curation.exports.chat import fitted_tools, readable_calls, text_of
from curation.trajectory import Message, Role


def fitted_chat(example: Example, notes: Notes) -> Example:
    """The example with messages and tools as trainers with one text per message carry them.

    Raises:
        Unfit: what such a row cannot say.
    """
    match example:
        case Conversation(messages=messages):
            return Conversation(
                fitted_messages(messages, notes),
                fitted_tools(example.tools, _calls(messages)),
                example.masked,
                example.spans,
            )
        case Completion():
            whole = example.prompt + example.completion
            return Completion(
                fitted_prompt(example.prompt, notes),
                fitted_messages(example.completion, notes, len(example.prompt)),
                fitted_tools(example.tools, _calls(whole)),
                example.step,
                example.spans,
            )
        case Pair():
            whole = (*example.prompt, example.chosen, example.rejected)
            chosen, rejected = (
                fitted_messages((side,), notes, example.step)[0]
                for side in (example.chosen, example.rejected)
            )
            prompt = fitted_prompt(example.prompt, notes)
            tools = fitted_tools(example.tools, _calls(whole))
            return Pair(prompt, chosen, rejected, tools, example.step)
        case Judged():
            whole = example.prompt + example.completion
            return Judged(
                fitted_prompt(example.prompt, notes),
                fitted_messages(example.completion, notes, len(example.prompt)),
                example.label,
                fitted_tools(example.tools, _calls(whole)),
                example.step,
            )
        case _:
            raise TypeError(type(example).__name__)


def _calls(messages: tuple[Message, ...]) -> bool:
    return any(message.tool_calls for message in messages)


def fitted_prompt(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    """A prompt as `fitted_messages` makes it.

    Raises:
        Unfit: it is empty, or a message cannot be carried.
    """
    if not messages:
        raise Unfit(DropReason.NO_PROMPT)
    return fitted_messages(messages, notes)


def fitted_messages(
    messages: tuple[Message, ...], notes: Notes, start: int = 0
) -> tuple[Message, ...]:
    """Text content, readable arguments, names on tool messages only. `start`: index of the first.

    Raises:
        Unfit: a message that is not so and cannot be made so.
    """
    return tuple([_message(m, i, notes) for i, m in enumerate(messages, start)])


def _message(message: Message, index: int, notes: Notes) -> Message:
    role, name = message.role, message.name
    if (
        not message.tool_calls
        and type(message.content) is str
        and not message.extra
        and (name is None or role is Role.TOOL)
        and role is not Role.DEVELOPER
    ):
        return message
    if role is Role.DEVELOPER:
        notes[Adaptation.DEVELOPER_AS_SYSTEM] += 1
        role = Role.SYSTEM
    if name is not None and role is not Role.TOOL:
        notes[Adaptation.NAMES_LEFT_OUT] += 1
        name = None
    calls = readable_calls(message, index) if message.tool_calls else ()
    return Message(
        role, text_of(message, notes), calls, message.tool_call_id, name, message.reasoning
    )


def refuse_masks(example: Example) -> None:
    """Refuse an example of which something inside its targets carries no loss.

    Raises:
        Unfit: a whole step is masked.
    """
    if isinstance(example, Conversation) and example.masked:
        raise Unfit(DropReason.MASKED_STEP, f"message {example.masked[0]}")
    refuse_spans(example)


def refuse_spans(example: Example) -> None:
    """Refuse an example of which a part of a message carries no loss.

    Raises:
        Unfit: there is such a part.
    """
    if isinstance(example, Conversation | Completion) and example.spans:
        span = example.spans[0]
        words = f"characters {span.start} to {span.end}"
        raise Unfit(DropReason.HALF_MASK, f"message {span.message_index}, {words}")
