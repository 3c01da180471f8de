"""Check: call or result syntax inside what the assistant says."""

from __future__ import annotations

from collections.abc import Iterable

from curation.checking import CheckContext, Found, Severity, check
from curation.checks._samples import assistant, dialogue, user
from curation.schemas import quote
from curation.trajectory import Anchor, Role

_TAGS = (
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<functioncall>",
    "<function_call>",
    "<function=",
    "<tool_calls>",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "<|python_tag|>",
    "<|tool_call",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
)


@check(
    "flow/tool-tags-in-text",
    severity=Severity.WARNING,
    title="Call syntax in the text",
    triggers=dialogue(user(), assistant('<tool_call>{"name": "book_table"}</tool_call>')),
    passes=dialogue(user(), assistant("The tool <b>book_table</b> is not available.")),
)
def tool_tags_in_text(context: CheckContext) -> Iterable[Found]:
    """The assistant's text holds the markup of calls, results or chat templates (`<tool_call>`,
    `<|im_end|>` …). Either a call was not recognised on import, or the model imitates one; a
    trainer would learn it as text. Reasoning is not searched, it may speak of the tags.
    """
    assistant_role = Role.ASSISTANT
    for index, text in enumerate(context.texts):
        if ("<" in text or "[" in text) and context.roles[index] is assistant_role:
            tag = next((tag for tag in _TAGS if tag in text), None)
            if tag is not None:
                start = text.index(tag)
                yield Found(
                    Anchor(index, span=(start, start + len(tag))),
                    f"The text holds {quote(tag)}, the markup of a call or a chat template.",
                    "Turn it into a call, or remove it.",
                )
