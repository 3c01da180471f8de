"""A small sample of every import format, in our own words, and what must come of it.

The contract tests run over every registered format and fail when one has no sample here.
"""

from __future__ import annotations

import json
from typing import Any

from .benchmark_samples import BENCHMARK_SAMPLES
from .research_samples import RESEARCH
from .sample import (
    AREA,
    ARGUMENTS,
    CALL,
    ONE_ARGUMENT,
    PAINT,
    WRAPPED,
    Sample,
    tree_call,
    tree_node,
)
from .sample import chat as _chat
from .sample import turns as _turns

_FINISH = '{"return_type": "give_answer", "final_answer": "15 square metres."}'


_TREE = tree_node(
    "Action Input",
    "",
    tree_call("room_area", '{"width": "three"}', seen="no number"),
    tree_call(
        "room_area", ARGUMENTS, tree_call("Finish", _FINISH, seen="done"), seen='{"area": 15}'
    ),
)

_DIALOGUE = ["user", "assistant", "tool", "assistant"]


def span(attributes: dict[str, Any], *, start: int = 1, trace: str = "t1") -> dict[str, Any]:
    """A span as OTLP JSON has it; lists and objects become JSON text."""
    return {
        "traceId": trace,
        "spanId": f"s{start}",
        "name": "chat",
        "startTimeUnixNano": str(start),
        "attributes": [
            {"key": k, "value": {"stringValue": v if isinstance(v, str) else json.dumps(v)}}
            for k, v in attributes.items()
        ],
    }


GENAI_CALL = {"type": "tool_call", "id": "c1", **CALL}
GENAI_STORY = [
    {"role": "user", "parts": [{"type": "text", "content": "How big is a room of 3 by 5?"}]},
    {"role": "assistant", "parts": [GENAI_CALL]},
    {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "c1", "response": {"area": 15}}],
    },
]
GENAI_ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "15 square metres."}]}]


def chatml(*turns: tuple[str, str]) -> str:
    """A rendered prompt that ends where the model is to go on."""
    return (
        "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
        + "<|im_start|>assistant\n"
    )


SAMPLES: dict[str, Sample] = {
    **BENCHMARK_SAMPLES,
    "openai-chat": Sample(
        [
            {"id": "a", "messages": _chat(ARGUMENTS), "tools": WRAPPED},
            {
                "id": "b",
                "functions": [AREA],
                "messages": [
                    {"role": "user", "content": "2 by 2?"},
                    {
                        "role": "assistant",
                        "content": "",
                        "function_call": {"name": "room_area", "arguments": "width=2"},
                    },
                    {"role": "function", "name": "room_area", "content": "broken"},
                ],
            },
        ],
        [("room_area", ARGUMENTS), ("room_area", "width=2")],
        [*_DIALOGUE, "user", "assistant", "tool"],
    ),
    "loopwright": Sample(
        [
            {
                "id": "a",
                "group": "rooms",
                "messages": _chat(ARGUMENTS),
                "tools": WRAPPED,
                "predictions": [
                    {
                        "message_index": 3,
                        "model": "small",
                        "message": {"content": "It is 8."},
                        "perplexity": 2.5,
                    }
                ],
            }
        ],
        [("room_area", ARGUMENTS)],
        _DIALOGUE,
    ),
    "openai-finetune": Sample(
        [
            {
                "messages": [
                    {"role": "user", "content": "Paint it green"},
                    {"role": "assistant", "content": "Blue it is.", "weight": 0},
                    {"role": "user", "content": "Green!"},
                    {"role": "assistant", "content": "Green it is.", "weight": 1},
                ],
                "tools": WRAPPED,
                "parallel_tool_calls": True,
            },
            {
                "input": {
                    "messages": _chat(ARGUMENTS)[:1],
                    "tools": WRAPPED,
                    "parallel_tool_calls": False,
                },
                "preferred_output": _chat(ARGUMENTS)[1:2],
                "non_preferred_output": [{"role": "assistant", "content": "Quite big."}],
            },
        ],
        [("room_area", ARGUMENTS)],
        ["user", "assistant", "user", "assistant", "user", "assistant"],
    ),
    "sharegpt": Sample(
        [
            {
                "system": "",
                "tools": json.dumps([AREA]),
                "conversations": _turns(
                    ("human", "How big is a room of 3 by 5?"),
                    ("function_call", json.dumps(CALL)),
                    ("observation", '{"area": 15}'),
                    ("gpt", "15 square metres."),
                ),
            }
        ],
        [("room_area", ARGUMENTS)],
        _DIALOGUE,
    ),
    "hermes-xml": Sample(
        [
            {
                "id": "h1",
                "category": "Homes",
                "conversations": _turns(
                    (
                        "system",
                        f"Signatures stand in <tools></tools>: <tools>[{json.dumps(AREA)}]</tools>",
                    ),
                    ("human", "How big is a room of 3 by 5?"),
                    (
                        "gpt",
                        "<think>A <tool_call> is due.</think>"
                        f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>",
                    ),
                    (
                        "tool",
                        "<tool_response>\n"
                        '{"name": "room_area", "content": {"area": 15}}\n</tool_response>',
                    ),
                    ("gpt", "15 square metres."),
                ),
            }
        ],
        [("room_area", ARGUMENTS)],
        ["system", *_DIALOGUE],
    ),
    "toolace": Sample(
        [
            {
                "system": "Answer with [func_name1(params_name1=params_value1)]. Functions: "
                + json.dumps([AREA, {**PAINT, "name": "Order Paint/Shop"}])
                + " Nothing else.",
                "conversations": _turns(
                    ("user", "Area of 3 by 5, and a pot of green"),
                    (
                        "assistant",
                        '[room_area(width=3, length=5), Order Paint/Shop(colour="green")]',
                    ),
                    (
                        "tool",
                        json.dumps(
                            [
                                {"name": "room_area", "results": {"area": 15}},
                                {"name": "Order Paint/Shop", "results": "ordered"},
                            ]
                        ),
                    ),
                    ("assistant", "15 square metres; the paint is ordered."),
                ),
            }
        ],
        [("room_area", ARGUMENTS), ("Order Paint/Shop", '{"colour":"green"}')],
        ["system", "user", "assistant", "tool", "tool", "assistant"],
    ),
    "xlam": Sample(
        [
            {
                "id": 7,
                "query": "How big is a room of 3 by 5?",
                "answers": json.dumps([CALL]),
                "tools": json.dumps(
                    [
                        {
                            "name": "room_area",
                            "description": "Area",
                            "parameters": {
                                "width": {"type": "float", "description": "m"},
                                "unit": {"type": "str, optional", "description": "unit"},
                            },
                        }
                    ]
                ),
            }
        ],
        [("room_area", ARGUMENTS)],
        ["user", "assistant"],
    ),
    "bfcl": Sample(
        [
            {
                "id": "simple_900",
                "question": [[{"role": "user", "content": "How big is a room of 3 by 5?"}]],
                "function": [AREA],
            },
            {
                "id": "irrelevance_1",
                "question": [[{"role": "user", "content": "Sing!"}]],
                "function": [AREA],
            },
        ],
        [("room_area", ARGUMENTS)],
        ["user", "assistant", "user"],
        {
            "possible_answer/sample.json": [
                {
                    "id": "simple_900",
                    "ground_truth": [
                        {"room_area": {"width": [3, 3.0], "length": [5], "unit": [""]}}
                    ],
                }
            ]
        },
    ),
    "toolbench": Sample(
        [
            {
                "win": True,
                "tree": {"size": 5, "max_length": 5, "tree": _TREE},
                "answer_generation": {
                    "query": "How big is a room of 3 by 5?",
                    "function": [AREA, PAINT],
                    "final_answer": _FINISH,
                    "train_messages": [_chat(ARGUMENTS)],
                },
            }
        ],
        [("room_area", ARGUMENTS), ("Finish", _FINISH)],
        ["user", "assistant", "tool", "assistant"],
    ),
    "tau-bench": Sample(
        [
            {
                "task_id": 4,
                "trial": 1,
                "reward": 1.0,
                "traj": _chat(ARGUMENTS),
                "info": {"task": {"user_id": "ada_1", "actions": []}},
            }
        ],
        [("room_area", ARGUMENTS)],
        _DIALOGUE,
    ),
    "otel-genai": Sample(
        [
            span(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.input.messages": GENAI_STORY,
                    "gen_ai.output.messages": GENAI_ANSWER,
                    "gen_ai.tool.definitions": [{"type": "function", **AREA}],
                }
            )
        ],
        [("room_area", ARGUMENTS)],
        _DIALOGUE,
    ),
    "openinference": Sample(
        [
            span(
                {
                    "openinference.span.kind": "LLM",
                    "llm.model_name": "small",
                    "llm.tools.0.tool.json_schema": {"type": "function", "function": AREA},
                    "llm.input_messages.0.message.role": "user",
                    "llm.input_messages.0.message.content": "How big is a room of 3 by 5?",
                    "llm.output_messages.0.message.role": "assistant",
                    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
                    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": (
                        "room_area"
                    ),
                    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": (
                        ARGUMENTS
                    ),
                }
            )
        ],
        [("room_area", ARGUMENTS)],
        ["user", "assistant"],
    ),
    "datadog-llm": Sample(
        [
            {
                "trace_id": "t1",
                "span_id": "s1",
                "parent_id": "undefined",
                "name": "answer",
                "start_ns": 1,
                "meta": {
                    "kind": "llm",
                    "model_name": "small",
                    "tool_definitions": [
                        {
                            "name": AREA["name"],
                            "description": AREA["description"],
                            "schema": AREA["parameters"],
                        }
                    ],
                    "input": {
                        "messages": [
                            {"role": "user", "content": "How big is a room of 3 by 5?"},
                            {
                                "role": "assistant",
                                "content": "",
                                "tool_calls": [
                                    {
                                        "name": "room_area",
                                        "arguments": ONE_ARGUMENT,
                                        "tool_id": "c1",
                                        "type": "function",
                                    }
                                ],
                            },
                            {
                                "role": "tool",
                                "tool_results": [{"result": '{"area": 15}', "tool_id": "c1"}],
                            },
                        ]
                    },
                    "output": {"messages": [{"role": "assistant", "content": "15 square metres."}]},
                },
            }
        ],
        [("room_area", '{"width":3}')],
        _DIALOGUE,
    ),
    "google-adk": Sample(
        [
            {
                "id": "session-1",
                "appName": "rooms",
                "tools": [AREA],
                "events": [
                    {
                        "author": "user",
                        "invocationId": "i1",
                        "content": {
                            "role": "user",
                            "parts": [{"text": "How big is a room of 3 by 5?"}],
                        },
                    },
                    {
                        "author": "surveyor",
                        "content": {
                            "role": "model",
                            "parts": [
                                {
                                    "functionCall": {
                                        "id": "c1",
                                        "name": "room_area",
                                        "args": ONE_ARGUMENT,
                                    }
                                }
                            ],
                        },
                    },
                    {
                        "author": "surveyor",
                        "content": {
                            "role": "user",
                            "parts": [
                                {
                                    "functionResponse": {
                                        "id": "c1",
                                        "name": "room_area",
                                        "response": {"area": 15},
                                    }
                                }
                            ],
                        },
                    },
                    {"author": "surveyor", "partial": True, "content": {"parts": [{"text": "15"}]}},
                    {
                        "author": "surveyor",
                        "content": {"role": "model", "parts": [{"text": "15 square metres."}]},
                    },
                ],
            }
        ],
        [("room_area", '{"width":3}')],
        _DIALOGUE,
    ),
    "anthropic-messages": Sample(
        [
            {
                "model": "small",
                "system": "You measure rooms.",
                "tools": [
                    {
                        "name": AREA["name"],
                        "description": AREA["description"],
                        "input_schema": AREA["parameters"],
                    }
                ],
                "messages": [
                    {"role": "user", "content": "How big is a room of 3 by 5?"},
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "thinking", "thinking": "Width times length."},
                            {
                                "type": "tool_use",
                                "id": "c1",
                                "name": "room_area",
                                "input": ONE_ARGUMENT,
                            },
                        ],
                    },
                    {
                        "role": "user",
                        "content": [
                            {"type": "tool_result", "tool_use_id": "c1", "content": '{"area": 15}'},
                            {"type": "text", "text": "And in words?"},
                        ],
                    },
                    {"role": "assistant", "content": [{"type": "text", "text": "Fifteen."}]},
                ],
            }
        ],
        [("room_area", '{"width":3}')],
        ["system", "user", "assistant", "tool", "user", "assistant"],
    ),
    "qwen-text": Sample(
        [
            {
                "model": "small",
                "prompt": chatml(
                    ("system", f"# Tools\n<tools>\n{json.dumps(AREA)}\n</tools>"),
                    ("user", "How big is a room of 3 by 5?"),
                    ("assistant", f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>"),
                    ("user", '<tool_response>\n{"area": 15}\n</tool_response>'),
                ),
                "completion": "<think>\nDone.\n</think>\n\n15 square metres.<|im_end|>",
            }
        ],
        [("room_area", ARGUMENTS)],
        ["system", *_DIALOGUE],
    ),
    **{name: Sample(**given) for name, given in RESEARCH.items()},
}
