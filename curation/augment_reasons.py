"""Why no copy was made of a row: a closed set, each with its sentence.

It is no fault of the row, which is in the export all the same; so these are counted, not listed.
"""

from __future__ import annotations

from enum import StrEnum


class Barred(StrEnum):
    """Why an augmentation made no copy of a row."""

    NOTHING_TO_CHANGE = "nothing-to-change"
    NO_OTHER_COPY = "no-other-copy"
    CANNOT_MASK = "cannot-mask"
    ORDER_MATTERS = "order-matters"
    MAY_CHANGE_THINGS = "may-change-things"
    USES_RESULT = "uses-result"
    RESULTS_APART = "results-apart"
    NAME_IN_TEXT = "name-in-text"
    NO_DESCRIPTION = "no-description"
    UNOFFERED_TOOL = "unoffered-tool"
    NO_FIRST_CALL = "no-first-call"
    SEVERAL_TOOLS = "several-tools"
    NO_TOOL_LEFT = "no-tool-left"
    OTHER_TOOL_MAY_DO_IT = "other-tool-may-do-it"
    NOT_ENGLISH = "not-english"
    NOT_LEARNT = "not-learnt"
    NO_REMOVABLE_VALUE = "no-removable-value"
    TOOL_ASKS = "tool-asks"
    NO_SINGLE_CALL = "no-single-call"
    NO_SCHEMA_ERROR = "no-schema-error"


WHY_BARRED: dict[Barred, str] = {
    Barred.NOTHING_TO_CHANGE: (
        "There are not two of what it puts in another order, or nothing to rename."
    ),
    Barred.NO_OTHER_COPY: "Every copy it can make of the row is there already.",
    Barred.CANNOT_MASK: (
        "The layout cannot take the wrong step out of the loss; export per step, or in a layout "
        "that masks."
    ),
    Barred.ORDER_MATTERS: "The words around parallel calls speak of an order (first, then).",
    Barred.MAY_CHANGE_THINGS: (
        "A parallel call may change something, or its tool's name does not say; then order may "
        "matter."
    ),
    Barred.USES_RESULT: "A call takes a value from the result of one beside it.",
    Barred.RESULTS_APART: "The results of parallel calls do not all stand right behind them.",
    Barred.NAME_IN_TEXT: (
        "Text mentions the tool by its name, and nobody's words are rewritten to hide or rename it."
    ),
    Barred.NO_DESCRIPTION: "Under another name only its description would tell what the tool does.",
    Barred.UNOFFERED_TOOL: "A call goes to a tool that is not offered.",
    Barred.NO_FIRST_CALL: "It does not begin with a user's words that are answered by a call.",
    Barred.SEVERAL_TOOLS: "The request takes more than one tool.",
    Barred.NO_TOOL_LEFT: "No other tool would be left; `bare` allows that.",
    Barred.OTHER_TOOL_MAY_DO_IT: (
        "Another tool is too much like the withheld one, or can do anything."
    ),
    Barred.NOT_ENGLISH: "The templates are English and the user's words do not look it.",
    Barred.NOT_LEARNT: "The step carries no loss, so it is not known to be right.",
    Barred.NO_REMOVABLE_VALUE: (
        "No required value stands in the user's words once, nowhere else, and where it can go "
        "without breaking the sentence."
    ),
    Barred.TOOL_ASKS: "A tool is there to ask the user with, so words are not how to ask.",
    Barred.NO_SINGLE_CALL: "There is no learnt step of a single call that fits its schema.",
    Barred.NO_SCHEMA_ERROR: "No change of the call breaks its schema.",
}
