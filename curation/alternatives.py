"""Further right answers that a source gives for a step: tries that its makers accepted.

Pure; formats whose gold names several whole answers use it (RoTBench, ACEBench). As tries with a
ruling they count wherever a person's ruling counts: in matching, in rewards and in exports.
"""

from __future__ import annotations

from collections.abc import Sequence

from curation.annotation import Annotation, Outcome, RuledTry, TryRuling
from curation.importing import ImportedPrediction, SourceAnnotation
from curation.trajectory import Message
from curation.tries import try_id

ALTERNATIVE = "alternative"
"""Model name of the tries made from further accepted answers."""


def accepted_besides(
    reference: Message, message_index: int, others: Sequence[Message], annotator: str
) -> tuple[tuple[ImportedPrediction, ...], tuple[SourceAnnotation, ...]]:
    """The other accepted answers of a step as tries, and what the makers say: they accept the
    reference, and each of these is as good.

    Answers that say what the reference or another one says are left out.
    """
    known = {try_id(reference)}
    tries: list[ImportedPrediction] = []
    ruled: list[RuledTry] = []
    for message in others:
        key = try_id(message)
        if key in known:
            continue
        known.add(key)
        tries.append(ImportedPrediction(message_index, ALTERNATIVE, message))
        ruled.append(RuledTry(message_index, key, TryRuling.ALTERNATIVE))
    if not ruled:
        return (), ()
    said = SourceAnnotation(annotator, Annotation(Outcome.ACCEPT, tries=tuple(ruled)))
    return tuple(tries), (said,)
