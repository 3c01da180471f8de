"""ToolRM's rule score."""

from __future__ import annotations

import math

from curation.argument_diff import same_value
from curation.diffing import canonical_calls
from curation.rewarding import PlainCall, Scored, plain_calls, reward


@reward("toolrm", title="ToolRM rule score", low=0.0, high=1.0)
def toolrm(scored: Scored) -> float | None:
    """ToolRM (arXiv 2510.26167): mean over reference calls of the best same-name likeness.

    The likeness of two calls is |equal key-value pairs| / |union of keys|, 1 for two calls without
    arguments. 0 when the numbers of calls differ or the prediction makes the same call twice: no
    partial credit there, unlike `toolrl`. A predicted call may serve several reference calls. None
    when the reference makes no call or does not parse. Ours: 0 when a predicted call does not
    parse, and values are equal as JSON (1, 1.0 and true differ); the source is not known there.
    """
    gold = plain_calls(scored.reference)
    if not gold:
        return None
    found = plain_calls(scored.prediction)
    made = canonical_calls(scored.prediction)
    if found is None or len(gold) != len(found) or len(set(made)) < len(made):
        return 0.0
    best = [max(_likeness(wanted, call) for call in found) for wanted in gold]
    return math.fsum(best) / len(best)


def _likeness(gold: PlainCall, call: PlainCall) -> float:
    (name, wanted), (other, given) = gold, call
    if name != other:
        return 0.0
    union = wanted.keys() | given.keys()
    equal = [k for k in wanted.keys() & given.keys() if same_value(wanted[k], given[k])]
    return len(equal) / len(union) if union else 1.0
