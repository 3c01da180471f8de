"""Supervised fine-tuning: imitate what was accepted.

Whole trajectories, or one example per assistant turn (APIGen-MT §5.1: cut at every assistant
response, only that response is a target). A step judged incorrect inside an accepted trajectory
stays as context and carries no loss, and so does a part that is marked "do not learn" (TL-Training,
AskToAct: the model sees the error, and the recovery from it, without learning the error).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Completion, Conversation, Curated, Options
from curation.exports.judgement import masks


class Sft:
    """See the module."""

    name = "sft"
    title = "Supervised fine-tuning"
    description = "Accepted trajectories, whole or one example per assistant turn."
    shapes: tuple[type[Struct], ...] = (Conversation, Completion)
    splits = True
    wants_facts = False

    def examples(
        self, curated: Curated, options: Options
    ) -> Iterator[Conversation | Completion | Dropped]:
        """One conversation, or one completion per trainable step."""
        if curated.outcome is Outcome.REJECT:
            yield Dropped(DropReason.REJECTED)
            return
        trajectory = curated.trajectory
        masked, spans = masks(curated)
        steps = trajectory.assistant_indexes()
        if len(masked) == len(steps):
            yield Dropped(DropReason.NO_TARGET)
        elif options.per_step:
            for step in steps:
                if step in masked:
                    yield Dropped(DropReason.STEP_INCORRECT, f"message {step}", step)
                else:
                    yield Completion(
                        prompt=trajectory.messages[:step],
                        completion=(trajectory.messages[step],),
                        tools=trajectory.tools,
                        step=step,
                        spans=tuple(span for span in spans if span.message_index == step),
                    )
        else:
            yield Conversation(trajectory.messages, trajectory.tools, masked, spans)


TYPES.register(Sft(), __name__)
