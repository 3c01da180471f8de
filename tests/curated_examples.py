"""Small trajectories and what was settled about them, for tests of exports."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from curation.annotation import Annotation, Outcome, StepVerdict
from curation.episodes import episode_of
from curation.exporting import Curated, Decided, Said
from curation.marks import Mark, MarkSeverity
from curation.recovery import Recovery
from curation.trajectory import Anchor, Message, Role, ToolCall, ToolSpec, Trajectory

WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

BOOK = ToolSpec(
    name="book_table",
    description="Books a table",
    parameters={
        "type": "object",
        "properties": {"people": {"type": "integer"}, "time": {"type": "string"}},
        "required": ["people"],
    },
)
AREA = ToolSpec(
    name="area",
    parameters={"type": "object", "properties": {"people": {"type": "string"}, "w": {}}},
    extra={"strict": True, "responses": {"type": "object"}},
)
PING = ToolSpec(name="ping")


def system(text: str = "You book tables.") -> Message:
    return Message(Role.SYSTEM, text)


def user(text: str) -> Message:
    return Message(Role.USER, text)


def say(text: str | None, reasoning: str | None = None) -> Message:
    return Message(Role.ASSISTANT, text, reasoning=reasoning)


def call(*calls: tuple[str, str], text: str | None = None, ids: bool = True) -> Message:
    made = tuple(
        ToolCall(name, raw, f"c{i}{name[0]}" if ids else None)
        for i, (name, raw) in enumerate(calls)
    )
    return Message(Role.ASSISTANT, text, made)


def result(text: str, call_id: str | None = None, name: str | None = None) -> Message:
    return Message(Role.TOOL, text, tool_call_id=call_id, name=name)


def booking(people: str = "2", answer: str = "Booked.") -> Trajectory:
    """One call, its result and an answer: five messages, two steps (2 and 4)."""
    return Trajectory(
        messages=(
            system(),
            user("A table for two at 4, please."),
            call(("book_table", f'{{"people": {people}, "time": "16:00"}}')),
            result('{"ok": true}', "c0b"),
            say(answer),
        ),
        tools=(BOOK,),
    )


def parallel() -> Trajectory:
    """Two calls in one step, their results, thinking, and a second question."""
    return Trajectory(
        messages=(
            user("Area 3 by 5, and ping."),
            call(("area", '{"people":"x","w":[3,5.0,null]}'), ("ping", "")),
            result('{"area": 15}', "c0a", "area"),
            result("pong", "c1p", "ping"),
            say("15, and it answers.", "Both worked."),
            user("Thanks – 多謝 🙂"),
            say("Welcome."),
        ),
        tools=(AREA, PING),
    )


def curated(
    trajectory: Trajectory,
    outcome: Outcome | None = Outcome.ACCEPT,
    *,
    original: Trajectory | None = None,
    verdicts: dict[int, StepVerdict] | None = None,
) -> Curated:
    """A decided trajectory, `trajectory` being the correction when `original` is given."""
    annotation = Annotation(outcome=outcome, step_verdicts=verdicts or {})
    return Curated(
        uid=(original or trajectory).uid,
        source_id="row-1",
        datasets=("demo",),
        group="g1",
        trajectory=episode_of(trajectory),
        original=episode_of(original) if original is not None else None,
        outcome=outcome,
        annotation=annotation,
        decided_by="Ana",
        said=(Said("Ana", annotation, WHEN),),
        decision=Decided(outcome, "Ana", "", WHEN) if outcome is not None else None,
        split="train",
        correction_uid=trajectory.uid if original is not None else "",
    )


def marked() -> Curated:
    """A rejected trajectory with every kind of statement, some of which look like formulas."""
    annotation = Annotation(
        outcome=Outcome.REJECT,
        step_verdicts={2: StepVerdict.INCORRECT, 4: StepVerdict.UNSURE},
        marks=(
            Mark(
                "m1",
                "canonical",
                "PARAM_VALUE",
                Anchor(message_index=2, call_index=0, pointer="/people"),
                MarkSeverity.CRITICAL,
                note='=HYPERLINK("http://x")',
                root_cause=True,
            ),
            Mark("m2", "canonical", "OTHER", Anchor(2, 0, "")),
            Mark("m3", "canonical", "OTHER", Anchor()),
            Mark(
                "m4",
                "asktoact",
                "error_segment",
                Anchor(message_index=4, span=(0, 4)),
                caused_by="m1",
                train=False,
                expected_clarification="-1 or 2?",
            ),
        ),
        recovery={4: (Recovery.REFLECTED, Recovery.CORRECTED)},
        note="@SUM(1)\nsecond line, with a comma and 'quotes'",
    )
    base = curated(booking(), Outcome.REJECT)
    return replace(base, annotation=annotation, said=(Said("+Ana", annotation, WHEN),))


def everything() -> list[Curated]:
    """One of each kind."""
    return [
        curated(booking()),
        curated(parallel()),
        curated(booking(people="2"), original=booking(people='"two"')),
        curated(booking(answer="No."), Outcome.REJECT),
        curated(parallel(), verdicts={1: StepVerdict.CORRECT, 4: StepVerdict.INCORRECT}),
        marked(),
        curated(Trajectory((user("Hello"), say("Hi.")), ())),
        curated(Trajectory((user("Ping"), call(("ping", "{}"))), (PING,))),
    ]
