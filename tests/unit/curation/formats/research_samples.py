"""Samples of the layouts of papers' data sets, as arguments of `samples.Sample`."""

from __future__ import annotations

import json
from typing import Any

_AREA = {
    "name": "room_area",
    "description": "Area of a rectangular room",
    "parameters": {
        "type": "object",
        "properties": {"width": {"type": "number"}, "length": {"type": "number"}},
        "required": ["width", "length"],
    },
}
_RAW = '{"width":3,"length":5}'
_ASKED = "How big is a room of 3 by 5?"
_API = {
    "api_name": "room_area",
    "api_description": "Area",
    "field": "Homes",
    "parameters": {"width": {"type": "float", "description": "m"}},
    "required": ["width"],
    "responses": {"area": {"type": "float", "description": "m2"}},
}
_NESTED = [
    {"parameters": {"width": 3}, "responses": ["API_call_0"]},
    {"parameters": {"width": "API_call_0"}, "responses": ["API_call_1"]},
]
_NESTED_CALLS = [("room_area", '{"width":3}'), ("room_area", '{"width":"API_call_0"}')]
_NUMBERED = (
    "You help.\n\n**Available Tools**\n1. Name: room_area\nDescription: Area of a room\n"
    'Parameters: {"width": {"description": "m", "type": "float", "default": ""}}\n'
    "2. Name: Paint/Order now\nDescription: Order paint\n"
    "Parameters: {'colour': {'type': 'str', 'description': 'which'}}\n\n**Output Format**\n"
    '<tool_call>\n{"name": "Tool name"}\n</tool_call>'
)
_HISTORY = (
    "**Dialogue Records History**\n<user> And 2 by 2? </user>\n\n"
    "<think> A <tool_call> is due. </think>\n<tool_call>\n"
    '{"name": "room_area", "parameters": {"width": 2}}\n'
    '{"name": "room_area", "parameters": {"width": "two"}}\n</tool_call>\n'
    '<obs> [{"name": "room_area", "results": {"area": 4}}, {"name": "room_area", "results": "no"}] '
    "</obs>\n\n<response> 4. </response>\n\n<user> And now 3? </user>"
)
_GOLD = (
    "<think> The <response> tag stays unused. </think>\n<tool_call>\n"
    '{"name": "room_area", "parameters": {"width": 3}}\n</tool_call>'
)
_HISTORY_CALLS = [("room_area", '{"width":2}'), ("room_area", '{"width":"two"}')]
_HISTORY_ROLES = ["user", "assistant", "tool", "tool", "assistant", "user"]
_TOOLS_TAG = f"You help.\n<tools>\n{json.dumps(_AREA)}\n</tools>\n"
_CALL_TAG = f'<tool_call>\n{{"name": "room_area", "arguments": {_RAW}}}\n</tool_call>'
_DOCUMENTED = (
    'Area.\nParameters: {"width": "Required. number. One of: [3, 5]. Metres.", '
    '"unit": "string. Of length."}\nOutput: The area.\n - Format: application/json'
)
_JUDGED = (
    "Judge it.\n## Analysis \n{some analysis}\n## Results \n\n## Documentation\nroom_area: "
    + _DOCUMENTED
    + "\ncolours: Known colours.\nParameters: {}\nOutput: A list.\n\n\n## Task Instruction\n"
    + _ASKED
    + '\n\n## Standard Answer\n1. Function: room_area\nParameters: {"width": ${width from user}}'
    '\n\n\n## AI Assistant\'s Solution\n1. Function: room_area\nParameters: {"width": 3}\n'
    "Retruns: Status Code: 200. Response: 15\n2. Final Response: It is 15.\n\n## Analysis\n"
)


def _part(kind: str, value: str) -> dict[str, str]:
    return {"type": kind, "value": value}


def _said(role: str, *parts: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"role": role, "content": list(parts), **more}


_PARTS = [
    _said("user", _part("text", _ASKED)),
    _said(
        "assistant",
        _part("reasoning", "A product."),
        _part("tool_call", json.dumps({"name": "room_area", "arguments": {"width": 3}})),
        loss_weight=0.0,
    ),
    _said("tool", _part("text", "15")),
    _said("assistant", _part("text", "15 square metres."), loss_weight=1.0),
]

RESEARCH: dict[str, dict[str, Any]] = {
    "glaive-v2": {
        "records": [
            {
                "system": f"SYSTEM: You help. Use them if required -\n{json.dumps(_AREA, indent=4)}"
                '\n{"name": "now", "parameters": {}}',
                "chat": f"USER: {_ASKED}\nUSER: is no turn here.\n\n\nASSISTANT: One moment. "
                f'<functioncall> {{"name": "room_area", "arguments": \'{_RAW}\'}} '
                '<|endoftext|>\n\n\nFUNCTION RESPONSE: {"area": 15}\n\n\nASSISTANT: 15. You said:'
                "\n\nUSER: how big\n\nI answered. <|endoftext|>",
            }
        ],
        "calls": [("room_area", _RAW)],
        "roles": ["system", "user", "assistant", "tool", "assistant"],
    },
    "llama-factory-v1": {
        "records": [
            {"messages": _PARTS, "tools": json.dumps([_AREA])},
            {
                "chosen_messages": _PARTS[:2],
                "rejected_messages": [_PARTS[0], _said("assistant", _part("text", "Big."))],
                "tools": json.dumps([_AREA]),
            },
        ],
        "calls": [("room_area", '{"width":3}')] * 2,
        "roles": ["user", "assistant", "tool", "assistant", "user", "assistant"],
    },
    "api-bank": {
        "records": [
            {"role": "User", "text": _ASKED},
            {"role": "AI", "text": "One moment."},
            {
                "role": "API",
                "api_name": "room_area",
                "param_dict": {"width": 3},
                "result": {
                    "api_name": "room_area",
                    "input": {"width": 3},
                    "output": 15,
                    "exception": None,
                },
            },
            {"role": "AI", "text": "15 square metres."},
        ],
        "calls": [("room_area", '{"width":3}')],
        "roles": ["user", "assistant", "tool", "assistant"],
        "companions": {
            "../apis.json": [
                {
                    "name": "room_area",
                    "description": "Area",
                    "input_parameters": {"width": {"type": "float", "description": "m"}},
                    "output_parameters": {},
                }
            ]
        },
        "names_itself": True,
    },
    "toolalpaca": {
        "records": [
            {
                "Name": "Rooms",
                "Category": "Homes",
                "Function_Description": {"room_area": _DOCUMENTED, "components": ""},
                "Instructions": [_ASKED],
                "Golden_Answers": [
                    [{"Action": "room_area", "Action_Input": '{"width": ${width from user}}'}]
                ],
            },
            {
                "Name": "Rooms",
                "Function_Description": {"room_area": _DOCUMENTED},
                "Instances": [
                    {
                        "input": _ASKED,
                        "output": "15.",
                        "Final Thought": "Done.",
                        "intermediate_steps": [
                            [
                                [
                                    "room_area",
                                    '{"width": 3}',
                                    "\nA product.\nAction: room_area\nAction Input: {}",
                                ],
                                "Status Code: 200. Response: 15",
                            ]
                        ],
                    }
                ],
            },
            {
                "Rooms": [
                    {
                        "input": [{"role": "user", "content": _JUDGED}],
                        "output": "All is well.",
                        "process_correctness": "Yes",
                        "final_response_correctness": "Uncertain",
                    }
                ]
            },
        ],
        "calls": [
            ("room_area", '{"width": ${width from user}}'),
            ("room_area", '{"width": 3}'),
            ("room_area", '{"width": 3}'),
        ],
        "roles": ["user", "assistant", *["user", "assistant", "tool", "assistant"] * 2],
        "names_itself": True,
    },
    "looptool": {
        "records": [
            {
                "instruction": _TOOLS_TAG,
                "input": "Hello<|im_end|>\n<|im_start|>assistant\n<think>Be polite.</think>Hi!"
                f"<|im_end|>\n<|im_start|>user\n{_ASKED}",
                "output": _CALL_TAG,
                "response": "<tool_call>\n{broken\n</tool_call>",
                "think": "Is <tool_call> due?",
                "perplexity": 1.5,
                "status": "model_incorrect",
                "judge_details": {"vote_count": "3/3"},
            },
            {
                "data_source": "toolace",
                "prompt": [
                    {"role": "system", "content": _TOOLS_TAG},
                    {"role": "user", "content": f"user: {_ASKED}"},
                ],
                "ability": "math",
                "reward_model": {"style": "rule", "ground_truth": _CALL_TAG},
            },
        ],
        "calls": [("room_area", _RAW)] * 2,
        "roles": [
            "system",
            "user",
            "assistant",
            "user",
            "assistant",
            "system",
            "user",
            "assistant",
        ],
    },
    "toolrl": {
        "records": [
            {"instruction": _NUMBERED, "input": _HISTORY, "output": _GOLD},
            {
                "data_source": "rooms",
                "prompt": [
                    {"role": "system", "content": _NUMBERED},
                    {"role": "user", "content": _HISTORY},
                ],
                "reward_model": {"style": "rule", "ground_truth": _GOLD},
                "extra_info": {"index": 4, "input": _HISTORY},
            },
            {
                "system": _NUMBERED,
                "user": _HISTORY,
                "answer": [{"name": "room_area", "parameters": {"width": 3}}],
            },
        ],
        "calls": [*_HISTORY_CALLS, ("room_area", '{"width":3}')] * 3,
        "roles": ["system", *_HISTORY_ROLES, "assistant"] * 3,
    },
    "seal-tools": {
        "records": [
            {
                "id": "f",
                "conversations": [
                    {
                        "from": "human",
                        "value": f"Choose.\nInput:\napi_list = {[_API]!r}\n"
                        'task_instruction = "Say "how big" it is, [please]"\nOutput:\n',
                    },
                    {"from": "gpt", "value": repr([{"api": "room_area", **n} for n in _NESTED])},
                ],
            },
            {
                "id": "p",
                "query": _ASKED,
                "calling": [{"api": "room_area", **n} for n in _NESTED],
            },
        ],
        "calls": _NESTED_CALLS * 2,
        "roles": ["user", "assistant"] * 2,
        "companions": {"tool.jsonl": [_API, {**_API, "api_name": "uncalled"}]},
    },
    "nestools": {
        "records": [
            {
                "test_id": 3,
                "api": [_API],
                "task": _ASKED,
                "call": [{"api_name": "room_area", **n} for n in _NESTED],
            }
        ],
        "calls": _NESTED_CALLS,
        "roles": ["user", "assistant"],
    },
}
