"""What may be wrong with the text of a row, though it renders: a closed set."""

from __future__ import annotations

from enum import StrEnum


class RenderFinding(StrEnum):
    """What is wrong with the text of a row, though it renders."""

    TOOLS_MISSING = "tools-not-in-text"
    RESULTS_MISSING = "results-not-in-text"
    CALLS_MISSING = "calls-not-in-text"
    PREFIX_CHANGES = "loss-not-known"
    NULL_AS_TEXT = "null-as-text"
    CONTROL_TOKEN = "control-token-in-text"
    MAYBE_TOO_LONG = "maybe-too-long"


FOUND: dict[RenderFinding, str] = {
    RenderFinding.TOOLS_MISSING: (
        "the template leaves the tools out, so the model would learn to call what it was never "
        "shown; use a template that renders `tools`"
    ),
    RenderFinding.RESULTS_MISSING: (
        "the template leaves tool results out, so the answers rest on nothing; use a template that "
        "renders the role `tool`"
    ),
    RenderFinding.CALLS_MISSING: (
        "the template leaves tool calls out, so they are not learnt; use a template that renders "
        "`tool_calls`"
    ),
    RenderFinding.PREFIX_CHANGES: (
        "the template writes earlier messages otherwise once later ones follow and marks no "
        "generation, so what is learnt cannot be told; export per step, or mark generation blocks"
    ),
    RenderFinding.NULL_AS_TEXT: (
        "the template writes the word None where a message has no text, and the model would learn "
        "it; export in a layout that writes an empty text (trl), or correct the template"
    ),
    RenderFinding.CONTROL_TOKEN: (
        "a message holds one of the model's control tokens as text, which ends or begins messages "
        "where none is; correct it"
    ),
    RenderFinding.MAYBE_TOO_LONG: (
        "the text has more characters than the context has tokens; give the folder with "
        "tokenizer.json and install `tokenizers` to count tokens"
    ),
}
