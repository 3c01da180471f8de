"""Shapes of training examples whose signal is a judgement or a reward, not words to imitate.

They stand beside the shapes of `curation.exporting`, which lists them all as `Example`.
"""

from __future__ import annotations

from msgspec import Struct

from curation.episodes import ToolText
from curation.trajectory import Message


class Stepwise(Struct, frozen=True, gc=False):
    """A run of judged steps, for process reward models: one label a step."""

    prompt: tuple[Message, ...]
    """All before the first judged step."""
    steps: tuple[tuple[Message, ...], ...]
    """Each begins with what was answered to the step before it (results, a user's words) and ends
    with the assistant message that is judged."""
    labels: tuple[bool, ...]
    """Whether each step is correct."""
    tools: tuple[ToolText, ...] = ()
    of_original: bool = False
    """It is of the trajectory before its correction, in which nothing is stale."""


class StepTexts(Struct, frozen=True, gc=False):
    """A `Stepwise` as text: trainers of process reward models read no messages."""

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]
    tools_text: str
    """JSON text of the tools, which the prompt holds as well."""


class Rewarded(Struct, frozen=True, gc=False):
    """One step that a model is to answer itself, and what earns the reward."""

    prompt: tuple[Message, ...]
    ground_truth: str
    """Canonical JSON of the calls of the accepted answer, `[{"arguments": {…}, "name": …}]`; `[]`:
    the right answer makes no call."""
    uid: str
    step: int
    """Message index of the step."""
    split: str
    tools: tuple[ToolText, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Further right answers, each written as `ground_truth`."""
    accepted: str = ""
    """Set-valued gold of the source, as JSON: of each call its name, the accepted values of each
    parameter, and which may be left out; "" where there is none."""
    reply: str = ""
    """The words of the accepted answer; rewards do not compare them."""
    pass_rate: float | None = None
    """Share of the models' recorded answers that match; None where nobody answered."""
    perplexity: float | None = None
    """The highest of a recorded answer's; None where none is known."""
