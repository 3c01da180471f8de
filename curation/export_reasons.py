"""Why something is not in an export, and what was adapted to get it in: two closed sets.

Each has a stable name (in manifests) and a sentence (for the person). A reason that is not listed
here does not exist: nothing is left out of an export in silence.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class DropReason(StrEnum):
    """Why a trajectory or a step gave no row."""

    UNDECIDED = "undecided"
    UNSURE = "unsure"
    DISPUTED = "disputed"
    REJECTED = "rejected"
    HAS_ERRORS = "has-errors"
    DUPLICATE = "duplicate"
    NOTHING_SAID = "nothing-said"
    NOT_CORRECTED = "not-corrected"
    TOOLS_DIFFER = "tools-differ"
    CUT_NOT_ASSISTANT = "cut-not-assistant"
    SAME_CALLS = "same-calls"
    STEP_INCORRECT = "step-incorrect"
    STEP_UNSURE = "step-unsure"
    NOT_TO_LEARN = "not-to-learn"
    NO_STEP_VERDICTS = "no-step-verdicts"
    NO_TARGET = "no-target"
    NO_PROMPT = "no-prompt"
    NO_TOOLS = "no-tools"
    UNPARSABLE_ARGUMENTS = "unparsable-arguments"
    CONTENT_PARTS = "content-parts"
    MASKED_STEP = "masked-step"
    LAST_NOT_ASSISTANT = "last-not-assistant"
    ORPHAN_RESULT = "orphan-result"
    UNANSWERED_CALL = "unanswered-call"
    REPEATED_CALL_ID = "repeated-call-id"
    TEXT_WITH_CALL = "text-with-call"
    ALTERNATION = "alternation"
    SYSTEM_PLACE = "system-place"
    SEVERAL_MESSAGES = "several-messages"
    CHANGED_BY_ARROW = "changed-by-arrow"
    SAME_SIDES = "same-sides"
    STALE_SUFFIX = "stale-suffix"
    TRY_OF_OTHER_PROMPT = "try-of-other-prompt"
    BROKEN_ALTERNATIVE = "broken-alternative"
    ROW_FORM = "row-form"
    ARGUMENTS_TYPE = "arguments-type"
    REPEATED_KEY = "repeated-key"
    REPEATED_TOOL = "repeated-tool"
    NULL_FILLED = "null-filled"
    LOST_ID = "lost-id"
    RESULT_BEFORE_CALL = "result-before-call"
    ROLE_ORDER = "role-order"
    PROMPT_END = "prompt-end"
    HALF_MASK = "half-mask"
    EMPTY_TARGET = "empty-target"
    TEMPLATE_REFUSES = "template-refuses"
    TEMPLATE_LIMIT = "template-limit"
    PREFIX_CHANGES = "prefix-changes"
    NO_LOSS = "no-loss"
    TOO_LONG = "too-long"
    SPLIT_CONFLICT = "split-conflict"
    REDACTION_BREAKS = "redaction-breaks"
    FILTERED = "filtered"
    GATE = "gate"
    SAME_TASK_AND_CALLS = "same-task-and-calls"
    NEAR_DUPLICATE = "near-duplicate"
    EMBEDDING_DUPLICATE = "embedding-duplicate"
    THINNED = "thinned"
    OVER_CAP = "over-cap"
    OVER_QUOTA = "over-quota"
    OVER_BUDGET = "over-budget"
    CONTAMINATED = "contaminated"
    STEPS_NOT_JUDGED = "steps-not-judged"
    NO_CALL = "no-call"
    UNOFFERED_TOOL = "unoffered-tool"
    REJECTED_IS_ACCEPTED = "rejected-is-accepted"


WHY: dict[DropReason, str] = {
    DropReason.CONTAMINATED: (
        "It, or a trajectory of its family, holds part of a benchmark; the detail names the entry. "
        "If that is a false alarm, dismiss the hit (Export, Benchmarks)."
    ),
    DropReason.STEPS_NOT_JUDGED: (
        "Every step of a row needs a label, and from here on none was judged correct or incorrect; "
        "judge the steps in Annotate."
    ),
    DropReason.NO_CALL: (
        "The right answer makes no call, so any words would earn the reward; keep a share of them "
        "with --no-calls."
    ),
    DropReason.UNOFFERED_TOOL: (
        "The right answer calls a tool that is not on offer, so no model could give it; correct "
        "the call, or import it with --tools."
    ),
    DropReason.REJECTED_IS_ACCEPTED: (
        "What would be rejected makes the calls of an accepted alternative; look at both rulings "
        "in Annotate."
    ),
    DropReason.SPLIT_CONFLICT: (
        "Data that came later ties it to a family in the test or validation split. Nothing moves "
        "from its side, so this side is withheld; `loopwright splits` lists such families."
    ),
    DropReason.FILTERED: "The filters of the recipe leave it out; widen them if it is wanted.",
    DropReason.GATE: (
        "It does not pass a quality gate of the recipe; mend what the gate names, or lower it."
    ),
    DropReason.SAME_TASK_AND_CALLS: (
        "Another one asks the same with the same tools and makes the same calls; the better of "
        "them is kept."
    ),
    DropReason.NEAR_DUPLICATE: "It is nearly the same as another one, which is kept in its place.",
    DropReason.EMBEDDING_DUPLICATE: (
        "By the vectors of the recipe's embedding model its users ask nearly the same as those of "
        "another one, which is kept in its place; a higher threshold keeps more apart."
    ),
    DropReason.THINNED: "The draw of the recipe's thinning left it out; another seed draws others.",
    DropReason.OVER_CAP: "Its kind has all the places that a cap of the recipe allows; raise it.",
    DropReason.OVER_QUOTA: "The places of its kind are taken; give it a larger quota.",
    DropReason.OVER_BUDGET: "The budget of the recipe is spent; raise it if this is wanted.",
    DropReason.REDACTION_BREAKS: (
        "Without its personal data or secrets a call would no longer fit its tool, even with a "
        "stand-in of the same form; correct the call."
    ),
    DropReason.UNDECIDED: "Nobody has said anything of it; annotate it.",
    DropReason.UNSURE: (
        "The outcome is unsure, so it is neither good nor bad; accept, reject or correct it."
    ),
    DropReason.DISPUTED: "Annotators disagree and nobody has decided yet (Adjudicate).",
    DropReason.REJECTED: "It was rejected.",
    DropReason.HAS_ERRORS: (
        "A check calls an error in it and nobody accepted it; correct it, or accept it as it is."
    ),
    DropReason.DUPLICATE: "The same trajectory is in the export already, as a correction.",
    DropReason.NOTHING_SAID: "There is no label to write; annotate it.",
    DropReason.NOT_CORRECTED: (
        "A pair needs an original and its correction, or a rejected try of a step; this lacks both."
    ),
    DropReason.TOOLS_DIFFER: "Original and correction offer different tools.",
    DropReason.CUT_NOT_ASSISTANT: (
        "Original and correction first differ at a message that is not the assistant's, so they "
        "share no prompt; sft carries the correction."
    ),
    DropReason.SAME_CALLS: "Both sides make the same calls; there is nothing to prefer.",
    DropReason.NOT_TO_LEARN: (
        'It holds a place that is marked "do not learn", so it is not wanted as a whole; judge its '
        "steps one by one, or correct that one."
    ),
    DropReason.STEP_INCORRECT: "The step was judged incorrect, so it is no target.",
    DropReason.STEP_UNSURE: "The step was judged unsure, so it is neither good nor bad; judge it.",
    DropReason.NO_STEP_VERDICTS: (
        "It was rejected as a whole and no step was judged, so no single step can be labelled; "
        "judge its steps, or export whole trajectories."
    ),
    DropReason.NO_TARGET: "No assistant message is left to learn from.",
    DropReason.NO_PROMPT: "Nothing stands before the first assistant message.",
    DropReason.NO_TOOLS: (
        "It calls tools, but offers none: a model would learn to invent them. Import it with "
        "--tools."
    ),
    DropReason.UNPARSABLE_ARGUMENTS: (
        "The arguments of a call are not a JSON object; correct the call. Where such a call is the "
        "rejected side of a pair, the openai layout carries it."
    ),
    DropReason.CONTENT_PARTS: "A message holds something other than text (an image, a file).",
    DropReason.MASKED_STEP: (
        "A step carries no loss and this layout cannot mask one message; export it per step or in "
        "the layouts openai, axolotl, swift or llama-factory-v1."
    ),
    DropReason.LAST_NOT_ASSISTANT: "It has no assistant message that the layout could end with.",
    DropReason.ORPHAN_RESULT: "A tool message answers no call; the trl layout carries it.",
    DropReason.UNANSWERED_CALL: (
        "A call has no result and the conversation goes on; the trl layout carries it."
    ),
    DropReason.REPEATED_CALL_ID: (
        "Two calls of one message have the same id; the trl layout carries it."
    ),
    DropReason.TEXT_WITH_CALL: (
        "A message holds text and a call; this layout has one or the other, trl and openai have "
        "both."
    ),
    DropReason.ALTERNATION: (
        "User and assistant do not take turns, as this layout demands; trl and openai carry it."
    ),
    DropReason.SYSTEM_PLACE: (
        "A system message does not stand at the start, or there are two; trl and openai carry it."
    ),
    DropReason.SEVERAL_MESSAGES: (
        "The judgement covers several messages and this layout labels the last only; export per "
        "step."
    ),
    DropReason.CHANGED_BY_ARROW: (
        "The arguments hold a number that `datasets` reads as another; use the layout trl, "
        "which writes arguments as text."
    ),
    DropReason.SAME_SIDES: (
        "In this layout both sides of the pair are the same (thinking is left out of it, say); use "
        "the layout trl."
    ),
    DropReason.STALE_SUFFIX: (
        "A call was changed and what follows still rests on its old result; open it in Annotate "
        "and rewrite, cut or attest each message named."
    ),
    DropReason.TRY_OF_OTHER_PROMPT: (
        "A try was ruled on at a step before which the correction changed something: it answered "
        "another prompt."
    ),
    DropReason.BROKEN_ALTERNATIVE: (
        "An alternative breaks its tool's schema, so it is neither wanted nor preferred to a "
        "rejected try; correct the step."
    ),
    DropReason.ROW_FORM: (
        "The row is not in the form of its layout, so a trainer would not read it; report it with "
        "its line of dropped.jsonl."
    ),
    DropReason.ARGUMENTS_TYPE: (
        "Arguments are text where the trainer needs objects, or the other way round; report it "
        "with its line of dropped.jsonl."
    ),
    DropReason.REPEATED_KEY: (
        "A key stands twice in one JSON object, and every reader keeps another of the two; correct "
        "the call, or the tool's schema in the source."
    ),
    DropReason.REPEATED_TOOL: (
        "Two different tools have the same name, so nobody can tell which one is called; rename or "
        "remove one in the source and import it again."
    ),
    DropReason.NULL_FILLED: (
        "Null stands at keys of other rows, as Arrow leaves it; take the nulls out of the call, or "
        "import the file as it was before it went through Arrow."
    ),
    DropReason.LOST_ID: (
        "A call or a result has no id where it needs one to be matched; correct the trajectory."
    ),
    DropReason.RESULT_BEFORE_CALL: (
        "A result stands before the call that it answers; put them in order in Annotate."
    ),
    DropReason.ROLE_ORDER: (
        "A message stands where its role has no place (a user who calls a tool, say); correct the "
        "trajectory."
    ),
    DropReason.PROMPT_END: (
        "The prompt does not end with a user or a tool, and the trainer would stop there or "
        "continue the wrong message; export it as sft."
    ),
    DropReason.HALF_MASK: (
        "Something carries no loss in a way that this layout does not know: a part of a message "
        "(axolotl and swift mask parts; or judge the whole step incorrect), or only some of the "
        "steps have a weight, or one that is not 0 or 1 (report it with its line of dropped.jsonl)."
    ),
    DropReason.EMPTY_TARGET: (
        "What is to be learnt is empty: no text, no call; correct the last step or cut it off."
    ),
    DropReason.TEMPLATE_REFUSES: (
        "The model's chat template does not render it; correct what it names, or take a template "
        "for conversations with tools."
    ),
    DropReason.TEMPLATE_LIMIT: (
        "The chat template took too many steps, too much time or memory; look at the template "
        "before you trust it."
    ),
    DropReason.PREFIX_CHANGES: (
        "The chat template writes the prompt otherwise once an answer follows, so the trainer "
        "would cut in the wrong place; use a template that only adds to its text."
    ),
    DropReason.NO_LOSS: (
        "Under the chat template nothing in its text is learnt; mark generation blocks around what "
        "the assistant says."
    ),
    DropReason.TOO_LONG: (
        "It has more tokens than the model's context, and trainers cut it off; split it, or give a "
        "longer --context."
    ),
}


REFUSED = frozenset(
    {
        DropReason.NO_TOOLS,
        DropReason.UNPARSABLE_ARGUMENTS,
        DropReason.CONTENT_PARTS,
        DropReason.MASKED_STEP,
        DropReason.LAST_NOT_ASSISTANT,
        DropReason.ORPHAN_RESULT,
        DropReason.UNANSWERED_CALL,
        DropReason.REPEATED_CALL_ID,
        DropReason.TEXT_WITH_CALL,
        DropReason.ALTERNATION,
        DropReason.SYSTEM_PLACE,
        DropReason.SEVERAL_MESSAGES,
        DropReason.CHANGED_BY_ARROW,
        DropReason.SAME_SIDES,
        DropReason.STALE_SUFFIX,
        DropReason.ROW_FORM,
        DropReason.ARGUMENTS_TYPE,
        DropReason.REPEATED_KEY,
        DropReason.REPEATED_TOOL,
        DropReason.NULL_FILLED,
        DropReason.LOST_ID,
        DropReason.RESULT_BEFORE_CALL,
        DropReason.ROLE_ORDER,
        DropReason.PROMPT_END,
        DropReason.HALF_MASK,
        DropReason.EMPTY_TARGET,
        DropReason.TEMPLATE_REFUSES,
        DropReason.TEMPLATE_LIMIT,
        DropReason.PREFIX_CHANGES,
        DropReason.NO_LOSS,
        DropReason.TOO_LONG,
        DropReason.UNOFFERED_TOOL,
        DropReason.REDACTION_BREAKS,
    }
)
"""Reasons that lie in the row, not in what people said of it: somebody can mend these."""


class Adaptation(StrEnum):
    """What was changed in a row so that the layout can carry it; counted in the manifest."""

    IDS_MADE = "ids-made"
    PARTS_JOINED = "parts-joined"
    REASONING_LEFT_OUT = "reasoning-left-out"
    NAMES_LEFT_OUT = "names-left-out"
    DEVELOPER_AS_SYSTEM = "developer-as-system"
    RESULTS_MERGED = "results-merged"
    UNUSUAL_TOOL_NAME = "unusual-tool-name"
    ENDING_LEFT_OUT = "ending-left-out"
    UNCHECKED = "unchecked"
    SIMULATED_RESULTS = "simulated-results"
    MASKS_GROWN = "masks-grown"
    RESULTS_ORDERED = "results-ordered"
    FOREIGN_TYPES = "foreign-types"


ADAPTED: dict[Adaptation, str] = {
    Adaptation.IDS_MADE: "calls without an id got one (`call_<message>_<call>`)",
    Adaptation.PARTS_JOINED: "text parts of a message were joined into one text",
    Adaptation.REASONING_LEFT_OUT: "thinking text was left out: the layout has no place for it",
    Adaptation.NAMES_LEFT_OUT: "speakers' names were left out",
    Adaptation.DEVELOPER_AS_SYSTEM: "developer messages became system messages",
    Adaptation.RESULTS_MERGED: "results of parallel calls were merged into one observation",
    Adaptation.UNUSUAL_TOOL_NAME: (
        "rows with a tool name outside `[A-Za-z0-9_-]{1,64}`, which OpenAI refuses"
    ),
    Adaptation.FOREIGN_TYPES: (
        "trajectories whose tools have parameter types outside JSON Schema (`dict`, `str`), as "
        "their source wrote them: OpenAI refuses such tools"
    ),
    Adaptation.ENDING_LEFT_OUT: (
        "rows without the messages after the last step that is learnt, which teach nothing"
    ),
    Adaptation.UNCHECKED: "trajectories that no check has looked at",
    Adaptation.SIMULATED_RESULTS: (
        "rows with a tool result that a model made up and a person accepted; labels names them"
    ),
    Adaptation.RESULTS_ORDERED: (
        "results of parallel calls were put in the order of their calls, as nothing else ties them"
    ),
    Adaptation.MASKS_GROWN: (
        "messages whose masked part was grown to whole words, so that no token lies half in it"
    ),
}


class Dropped(Struct, frozen=True):
    """Something that gave no row."""

    reason: DropReason
    detail: str = ""
    """The place or the value, for the list of what was dropped."""
    step: int | None = None
    """Message index when one step was dropped, None for the whole trajectory."""


class Unfit(Exception):
    """Raised by a layout: its contract cannot carry this example."""

    def __init__(self, reason: DropReason, detail: str = "") -> None:
        super().__init__(reason.value, detail)
        self.reason = reason
        self.detail = detail
