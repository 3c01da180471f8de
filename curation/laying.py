"""Laying an answer into a trajectory: a prediction in the place of a step, as a revision.

Calls of the answer take the place of those of the step that they are most like, so they keep their
ids and stand before the results that were there, which the editor's guard then calls stale. A call
that the answer does not make goes with its result.
"""

from __future__ import annotations

import msgspec

from curation.diffing import aligned, match_calls
from curation.errors import AnnotationError
from curation.revising import CallRevision, MessageRevision
from curation.steps import pair_results
from curation.trajectory import Message, Trajectory


def laid_into(
    parent: Trajectory, base: Trajectory, message_index: int, answer: Message
) -> list[int | MessageRevision]:
    """The revision of `base` that has `answer` as the step.

    Args:
        parent: the imported trajectory, which `message_index` refers to.
        base: what stands: the parent, or the annotator's correction of it.

    Raises:
        AnnotationError: the annotator's correction has taken the step out.
    """
    places = {i: j for i, j in aligned(parent.messages, base.messages) if i is not None}
    at = places.get(message_index)
    if at is None:
        raise AnnotationError(
            "Your correction of this trajectory has no such step any more.",
            where="verify",
            hint="Open it in Annotate and correct it there.",
        )
    step = base.messages[at]
    # Ids of another model's calls say nothing about these.
    anonymous = [msgspec.structs.replace(call, id=None) for call in answer.tool_calls]
    origins = {j: i for i, j in match_calls(step.tool_calls, anonymous)}
    left = [i for i in range(len(step.tool_calls)) if i not in set(origins.values())]
    for j in range(len(answer.tool_calls)):
        if j not in origins and left:
            origins[j] = left.pop(0)
    results = pair_results(base.messages).results
    gone = {results[at, i] for i in left if (at, i) in results}
    revision: list[int | MessageRevision] = []
    for index in range(len(base.messages)):
        if index == at:
            revision.append(
                MessageRevision(
                    origin=at,
                    content=answer.text,
                    reasoning=answer.reasoning,
                    calls=tuple(
                        CallRevision(origins.get(j), call.name, call.raw_arguments)
                        for j, call in enumerate(answer.tool_calls)
                    ),
                )
            )
        elif index not in gone:
            revision.append(index)
    return revision
