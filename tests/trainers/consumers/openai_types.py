"""The rows of OpenAI's fine-tuning files under the request types of the `openai` package: what
these types do not know, they drop, and that shows."""

import json

from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolUnionParam
from pydantic import TypeAdapter
from toy import arguments, report

export, model_folder, scraps, options = arguments()
messages = TypeAdapter(list[ChatCompletionMessageParam])
tools = TypeAdapter(list[ChatCompletionToolUnionParam])

BESIDE = {"assistant": ["weight"]}  # fine-tuning's alone


def through(types, value):
    """The value as the types keep it."""
    return json.loads(types.dump_json(types.validate_python(value)))


def kept(row):
    """The row as the types keep it, with what stands beside them."""
    if "input" in row:
        both = {
            side: through(messages, row[side])
            for side in ("preferred_output", "non_preferred_output")
        }
        return {"input": kept(row["input"]), **both}
    beside = [{k: m[k] for k in BESIDE.get(m["role"], ()) if k in m} for m in row["messages"]]
    plain = through(messages, row["messages"])
    known = {"tools": through(tools, row["tools"])} if "tools" in row else {}
    others = {name: row[name] for name in ("parallel_tool_calls",) if name in row}
    return {
        "messages": [m | more for m, more in zip(plain, beside, strict=True)],
        **known,
        **others,
    }


lines = (export / "train.jsonl").read_text(encoding="utf-8").splitlines()
report(["openai", "pydantic"], rows=[kept(json.loads(line)) for line in lines])
