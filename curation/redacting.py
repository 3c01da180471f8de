"""Taking values out of a trajectory so that it still teaches: same value, same placeholder.

A value gets one placeholder for the whole trajectory (`<EMAIL_1>`), in text, reasoning, arguments,
results and tool descriptions, in the original and in the correction: a model still sees that the
argument is what the user said. Other spellings of a found value go with it (a number that the user
writes with hyphens and a call without).

Arguments are changed inside their JSON text, so everything else of it stays byte for byte. Where a
placeholder would break JSON (a number) or the tool's schema (a format, a pattern, a length), the
value gets a stand-in of its own form instead, everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from curation.annotation import Annotation
from curation.disclosing import DISCLOSURES, Disclosure, found_in
from curation.episodes import NO_SCHEMA, Episode, ToolText, tool_specs
from curation.exporting import Curated
from curation.gold import GoldCall
from curation.marks import Mark
from curation.schemas import validator_for
from curation.step_facts import NO_FACTS, StepFacts
from curation.trajectory import Anchor, Message, Role, TextField, ToolCall

Rewrite = Callable[[str], str]


class Value(Struct, frozen=True):
    """One value of a trajectory."""

    kind: str
    canonical: str
    is_example: bool
    written: str
    """As it stands where it was found first."""
    message_index: int | None
    """Where that is; None for the tools."""


def texts_of(message: Message) -> Iterable[str]:
    """Every text of a message that leaves with it."""
    if isinstance(message.content, str):
        yield message.content
    elif isinstance(message.content, list):
        yield from strings_in(message.content)
    if message.reasoning:
        yield message.reasoning
    for call in message.tool_calls:
        yield call.raw_arguments
    if message.extra:
        yield from strings_in(message.extra)


def strings_in(value: object) -> Iterable[str]:
    """Every text inside a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings_in(one)


def values_in(
    messages: Sequence[Message], tools: Sequence[ToolText], kinds: Sequence[Disclosure]
) -> list[Value]:
    """Every value once, in the order of its first place; examples too."""
    found: dict[tuple[str, str], Value] = {}
    canonical = {kind.name: kind.canonical for kind in kinds}

    def look(text: str, at: int | None) -> None:
        for one in found_in(text, kinds):
            written = text[one.start : one.end]
            plain = canonical[one.kind](written)
            found.setdefault((one.kind, plain), Value(one.kind, plain, one.is_example, written, at))

    for at, message in enumerate(messages):
        for text in texts_of(message):
            look(text, at)
    for tool in tools:
        look(tool.description, None)
        if tool.parameters is not NO_SCHEMA:
            look(bytes(tool.parameters).decode(), None)
    return list(found.values())


class Redaction:
    """The placeholders of one trajectory."""

    def __init__(self, values: Sequence[Value], *, shaped: frozenset[str] = frozenset()) -> None:
        """`shaped`: canonical forms of the values that get a stand-in of their own form."""
        self._put: dict[str, str] = {}
        numbers: dict[str, int] = {}
        spellings: list[str] = []
        for value in values:
            n = numbers[value.kind] = numbers.get(value.kind, 0) + 1
            tag = DISCLOSURES.get(value.kind).tag
            self._put[value.canonical.lower()] = (
                _stand_in(value, n) if value.canonical in shaped else f"<{tag}_{n}>"
            )
            spellings += {value.written, value.canonical}
        self._kinds = [DISCLOSURES.get(name) for name in numbers]
        self._known = sorted(
            {one.lower() for one in spellings if len(one) >= 8}, key=len, reverse=True
        )
        # Plain spellings of a value first found otherwise; ends where no letter or digit goes on.
        self._pattern = re.compile(
            r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbf]))(?:"
            + "|".join(map(re.escape, self._known))
            + r")(?![A-Za-z0-9_])",
            re.IGNORECASE,
        )

    def of(self, text: str) -> str:
        """The text without the values."""
        parts: list[str] = []
        place = 0
        for start, end, put in self.edits(text):
            parts += [text[place:start], put]
            place = end
        return "".join([*parts, text[place:]]) if parts else text

    def edits(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, what stands there instead), in order and without overlap."""
        found: list[tuple[int, int, str]] = []
        for one in found_in(text, self._kinds):
            canonical = DISCLOSURES.get(one.kind).canonical(text[one.start : one.end])
            put = self._put.get(canonical.lower())
            if put is not None:
                found.append((one.start, one.end, put))
        for match in self._pattern.finditer(text):
            start, end = match.span()
            if all(end <= s or start >= e for s, e, _ in found):
                found.append((start, end, self._put_of(match[0])))
        return sorted(found)

    def _put_of(self, written: str) -> str:
        plain = self._put.get(written.lower())
        if plain is not None:
            return plain
        return next(
            put
            for kind in self._kinds
            if (put := self._put.get(kind.canonical(written).lower())) is not None
        )


def blanked(text: str, kinds: Sequence[Disclosure]) -> str:
    """A text of its own without the values of these kinds: `<EMAIL>`, without numbers."""
    for one in reversed(found_in(text, kinds)):
        if not one.is_example:
            text = f"{text[: one.start]}<{DISCLOSURES.get(one.kind).tag}>{text[one.end :]}"
    return text


def _stand_in(value: Value, n: int) -> str:
    """A value of the same form that is nobody's: an address at example.com, else nines and letters
    in the place of digits and letters, numbered at the end."""
    if value.kind == "email":
        return f"person{n}@example.com"
    number = str(n)
    letters = [
        "9" if c.isdigit() else "X" if c.isupper() else "x" if c.islower() else c
        for c in value.written
    ]
    for place in range(len(letters) - 1, -1, -1):
        if number and letters[place] == "9":
            letters[place], number = number[-1], number[:-1]
    return "".join(letters)


def redacted(curated: Curated, found: Sequence[Value]) -> Curated | None:
    """The trajectory without these values, which `values_in` found in it.

    None: it cannot be done without breaking a call that fitted its tool.
    """
    episodes = [curated.trajectory, *([curated.original] if curated.original else [])]
    messages = [m for episode in episodes for m in episode.messages]
    messages += further_answers(curated)
    tools = curated.trajectory.tools
    redaction = Redaction(found)
    broken = _broken(messages, tools, redaction)
    shaped: frozenset[str] = frozenset()
    while broken:
        touched = {
            value.canonical for value in found for text in broken if Redaction([value]).edits(text)
        }
        if touched <= shaped:
            return None
        shaped |= touched
        redaction = Redaction(found, shaped=shaped)
        broken = _broken(messages, tools, redaction)
    return _without(curated, redaction)


def _broken(
    messages: Sequence[Message], tools: Sequence[ToolText], redaction: Redaction
) -> list[str]:
    """JSON texts (arguments, results, schemas) that would not be what they were."""
    broken = []
    after_tools = [_tool(tool, redaction.of) for tool in tools]
    for tool, rewritten in zip(tools, after_tools, strict=True):
        if rewritten.parameters is not tool.parameters and not _is_json(_schema_text(rewritten)):
            broken.append(_schema_text(tool))
    if broken:
        return broken  # schemas that are no JSON judge no call
    before = {spec.name: validator_for(spec) for spec in tool_specs(tuple(tools))}
    after_them = {spec.name: validator_for(spec) for spec in tool_specs(tuple(after_tools))}
    for message in messages:
        for call in message.tool_calls:
            after = redaction.of(call.raw_arguments)
            if after == call.raw_arguments:
                continue
            was, now = call.parsed(), ToolCall(call.name, after).parsed()
            if (was.error is None) != (now.error is None) or (
                was.value is not None
                and call.name in before
                and before[call.name].is_valid(was.value)
                and not after_them[call.name].is_valid(now.value)
            ):
                broken.append(call.raw_arguments)
        text = message.content
        if isinstance(text, str) and text[:1] in ("{", "["):
            after = redaction.of(text)
            if after != text and _is_json(text) and not _is_json(after):
                broken.append(text)
    return broken


def _schema_text(tool: ToolText) -> str:
    return bytes(tool.parameters).decode()


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def _without(curated: Curated, redaction: Redaction) -> Curated:
    """Everything of it rewritten: content, tries, and what people wrote about it."""
    original = curated.original
    judged = original or curated.trajectory
    return replace(
        curated,
        trajectory=_episode(curated.trajectory, redaction),
        original=_episode(original, redaction) if original is not None else None,
        annotation=_annotation(curated.annotation, judged, redaction),
        said=tuple(
            replace(one, annotation=_annotation(one.annotation, judged, redaction))
            for one in curated.said
        ),
        decision=replace(curated.decision, note=redaction.of(curated.decision.note))
        if curated.decision is not None
        else None,
        tries=tuple(
            replace(one, message=_message(one.message, redaction.of)) for one in curated.tries
        ),
        facts=_facts(curated.facts, redaction.of),
    )


def further_answers(curated: Curated) -> tuple[Message, ...]:
    """What may leave besides the messages of the trajectory: tries, answers that were ruled right,
    and the values that gold accepts (as one message that says them)."""
    tries = [one.message for one in curated.tries]
    better = [one.message for one in curated.facts.better]
    gold = curated.facts.gold
    if gold:
        better.append(Message(Role.ASSISTANT, msgspec.json.encode(gold).decode()))
    return (*tries, *better)


def _facts(facts: StepFacts, rewrite: Rewrite) -> StepFacts:
    if facts is NO_FACTS:
        return facts
    better = [replace(one, message=_message(one.message, rewrite)) for one in facts.better]
    gold = facts.gold and tuple([_gold_call(call, rewrite) for call in facts.gold])
    return replace(facts, better=tuple(better), gold=gold)


def _gold_call(call: GoldCall, rewrite: Rewrite) -> GoldCall:
    parameters = [
        replace(one, accepted=tuple([_rewritten(value, rewrite) for value in one.accepted]))
        for one in call.parameters
    ]
    return replace(call, parameters=tuple(parameters))


def _episode(episode: Episode, redaction: Redaction) -> Episode:
    return Episode(
        tuple([_message(message, redaction.of) for message in episode.messages]),
        tuple([_tool(tool, redaction.of) for tool in episode.tools]),
    )


def _tool(tool: ToolText, rewrite: Rewrite) -> ToolText:
    parameters = tool.parameters
    if parameters is not NO_SCHEMA:
        text = bytes(parameters).decode()
        after = rewrite(text)
        if after != text:
            parameters = Raw(after.encode())
    return replace(tool, description=rewrite(tool.description), parameters=parameters)


def _message(message: Message, rewrite: Rewrite) -> Message:
    content = message.content
    return replace(
        message,
        content=_rewritten(content, rewrite) if isinstance(content, str | list) else content,
        reasoning=rewrite(message.reasoning) if message.reasoning else message.reasoning,
        tool_calls=tuple(
            [
                replace(call, raw_arguments=rewrite(call.raw_arguments))
                for call in message.tool_calls
            ]
        ),
        extra=_rewritten(message.extra, rewrite) if message.extra else message.extra,
    )


def _rewritten(value: object, rewrite: Rewrite) -> object:
    """A JSON value with every text inside it rewritten."""
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, dict):
        return {key: _rewritten(one, rewrite) for key, one in value.items()}
    if isinstance(value, list):
        return [_rewritten(one, rewrite) for one in value]
    return value


def _annotation(
    annotation: Annotation | None, judged: Episode, redaction: Redaction
) -> Annotation | None:
    """What somebody said, with its spans where their words are now."""
    if annotation is None:
        return None
    return replace(
        annotation,
        note=redaction.of(annotation.note),
        marks=tuple(_mark(mark, judged, redaction) for mark in annotation.marks),
    )


def _mark(mark: Mark, judged: Episode, redaction: Redaction) -> Mark:
    return replace(
        mark,
        note=redaction.of(mark.note),
        expected_clarification=redaction.of(mark.expected_clarification),
        anchor=_moved(mark.anchor, judged, redaction),
    )


def _moved(anchor: Anchor, judged: Episode, redaction: Redaction) -> Anchor:
    if anchor.span is None or anchor.message_index is None:
        return anchor
    if anchor.message_index >= len(judged.messages):
        return anchor
    text = judged.messages[anchor.message_index].text_of(TextField(anchor.field))
    return replace(anchor, span=moved_span(anchor.span, redaction.edits(text)))


def moved_span(span: tuple[int, int], edits: Sequence[tuple[int, int, str]]) -> tuple[int, int]:
    """Where a range of a text is after the edits; one that begins or ends inside a value takes all
    of its placeholder."""
    start, end = span
    shift_start = shift_end = 0
    for at, until, put in edits:
        grown = len(put) - (until - at)
        if until <= start:
            shift_start += grown
        elif at < start:
            shift_start += at - start
        if until <= end:
            shift_end += grown
        elif at < end:
            shift_end += at + len(put) - end
    return start + shift_start, end + shift_end
