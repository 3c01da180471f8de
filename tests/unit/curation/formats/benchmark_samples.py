"""Samples of the benchmark formats, in our own words; `samples.py` joins them to the others."""

from __future__ import annotations

import json

from .sample import AREA, ARGUMENTS, ONE_ARGUMENT, Sample, chat, turns

_FINISH = '{"return_type": "give_answer", "final_answer": "15 square metres."}'
_QUERY = "How big is a room of 3 by 5?"
_REACT = f"Thought: Multiply.\nAction: room_area\nAction Input: {ARGUMENTS}"
_LISTED = {
    "name": "room_area",
    "description": "Area",
    "required_parameters": [{"name": "width", "type": "NUMBER"}],
    "optional_parameters": [{"name": "length", "type": "NUMBER"}],
}
_DIALOGUE = ["user", "assistant", "tool", "assistant"]

BENCHMARK_SAMPLES: dict[str, Sample] = {
    "toolbench-flat": Sample(
        [
            {
                "id": "f1",
                "conversations": turns(
                    ("system", f"You have these APIs: {[AREA]!r}"),
                    ("user", _QUERY),
                    ("assistant", f"\n{_REACT}"),
                    ("function", '{"area": 15}'),
                    ("assistant", "15 square metres."),
                ),
            }
        ],
        [("room_area", ARGUMENTS)],
        ["system", *_DIALOGUE],
    ),
    "toolbench-query": Sample(
        [
            {
                "query": _QUERY,
                "relevant APIs": [["Home 24", "Room Area"]],
                "api_list": [
                    {
                        "category_name": "Home",
                        "tool_name": "Home 24",
                        "api_name": "Room Area",
                        "api_description": "Area",
                        "required_parameters": [
                            {"name": "width", "type": "NUMBER", "default": "3"}
                        ],
                        "optional_parameters": [],
                        "method": "GET",
                    }
                ],
            }
        ],
        [],
        ["user"],
    ),
    "tooleval": Sample(
        [
            {
                "query": _QUERY,
                "available_tools": [AREA],
                "answer": {
                    "method": "small_CoT",
                    "total_steps": 2,
                    "final_answer": _FINISH,
                    "answer_details": [
                        {
                            "role": "system",
                            "message": "",
                            "next": [
                                {
                                    "role": "user",
                                    "message": _QUERY,
                                    "next": [
                                        {
                                            "role": "tool",
                                            "message": repr(
                                                {
                                                    "name": "room_area",
                                                    "arguments": ARGUMENTS,
                                                    "response": '{"area": 15}',
                                                }
                                            ),
                                            "next": [],
                                        },
                                        {
                                            "role": "tool",
                                            "message": repr(
                                                {
                                                    "name": "room_area",
                                                    "arguments": "{}",
                                                    "response": "no width",
                                                }
                                            ),
                                            "next": [],
                                        },
                                    ],
                                }
                            ],
                        }
                    ],
                },
            }
        ],
        [("room_area", ARGUMENTS)],
        ["user", "assistant", "tool"],
    ),
    "tau2": Sample(
        [
            {
                "timestamp": "2030-01-01",
                "info": {
                    "environment_info": {
                        "domain_name": "home",
                        "policy": "Measure first.",
                        "tool_defs": [{"type": "function", "function": AREA}],
                    }
                },
                "tasks": [{"id": "0", "evaluation_criteria": {"actions": []}}],
                "simulations": [
                    {
                        "task_id": "0",
                        "trial": 0,
                        "termination_reason": "user_stop",
                        "reward_info": {"reward": 1.0},
                        "messages": [
                            {"role": "assistant", "content": "Hi!", "tool_calls": None},
                            {"role": "user", "content": _QUERY},
                            {
                                "role": "assistant",
                                "content": None,
                                "tool_calls": [
                                    {
                                        "id": "t1",
                                        "name": "room_area",
                                        "arguments": ONE_ARGUMENT,
                                        "requestor": "assistant",
                                    }
                                ],
                            },
                            {
                                "id": "t1",
                                "role": "tool",
                                "content": "no length",
                                "requestor": "assistant",
                                "error": True,
                            },
                        ],
                    }
                ],
            }
        ],
        [("room_area", '{"width":3}')],
        ["system", "assistant", "user", "assistant", "tool"],
    ),
    "swe-agent": Sample(
        [
            {
                "environment": "main",
                "trajectory": [
                    {"action": "ls", "observation": "a.py", "response": "Look.\n```\nls\n```"}
                ],
                "history": [
                    {"role": "system", "content": "A shell.", "agent": "main"},
                    {"role": "user", "content": "Mend it.", "agent": "main"},
                    {
                        "role": "assistant",
                        "content": "Look.\n```\nls\n```",
                        "thought": "Look.",
                        "action": "ls",
                        "agent": "main",
                    },
                ],
                "info": {"exit_status": "submitted"},
            },
            {
                "history": [
                    {"role": "user", "content": "Mend it.", "agent": "main"},
                    {
                        "role": "assistant",
                        "content": "Look.",
                        "thought": "Look.",
                        "action": "ls",
                        "agent": "main",
                        "tool_calls": [
                            {
                                "id": "c1",
                                "type": "function",
                                "function": {"name": "ls", "arguments": "{}"},
                            }
                        ],
                    },
                    {"role": "tool", "content": "a.py", "agent": "main", "tool_call_ids": ["c1"]},
                ]
            },
        ],
        [("ls", "{}")],
        ["system", "user", "assistant", "user", "assistant", "tool"],
    ),
    "rotbench": Sample(
        [
            {
                "id": "r1",
                "scenario": "TG",
                "conversations": [
                    *turns(("system", f"Tools: {json.dumps([AREA])}"), ("user", _QUERY)),
                    {
                        "from": "assistant",
                        "value": [
                            _REACT,
                            'Thought:\nAction: paint.order\nAction Input: {"colour": "red"}',
                        ],
                    },
                ],
            }
        ],
        [("room_area", ARGUMENTS)],
        ["system", "user", "assistant"],
    ),
    "acebench": Sample(
        [
            {
                "id": "normal_atom_number_7",
                "question": f"user: Hello\nsystem: Which room?\nuser: {_QUERY}\n",
                "function": [{**AREA, "tags": ["home"]}],
                "time": "Today is Friday.",
            }
        ],
        [("room_area", ARGUMENTS)],
        ["system", "user", "assistant", "user", "assistant"],
        {
            "possible_answer/sample.json": [
                {
                    "id": "normal_atom_number_7",
                    "ground_truth": {"room_area": {"width": 3, "length": 5}},
                }
            ]
        },
    ),
    "who-and-when": Sample(
        [
            {
                "question": _QUERY,
                "ground_truth": "15",
                "is_correct": False,
                "history": [
                    {"role": "assistant", "name": "Planner", "content": "3 plus 5."},
                    {"role": "user", "name": "Computer_terminal", "content": "8"},
                    {"role": "user", "name": "Checker", "content": "So it is 8."},
                ],
                "mistake_agent": "Planner",
                "mistake_step": "0",
                "mistake_reason": "It adds.",
            }
        ],
        [],
        ["user", "assistant", "user", "assistant"],
    ),
    "agent-error-bench": Sample(
        [
            {
                "LLM": "small",
                "task_type": "home",
                "critical_failure_step": 1,
                "critical_failure_module": "action",
                "step_annotations": [
                    {
                        "step": 1,
                        "action": {"failure_type": "parameter_error", "reasoning": "Swapped."},
                        "planning": {"failure_type": "daydreaming", "reasoning": "?"},
                    }
                ],
                "messages": chat(ARGUMENTS),
                "tools": [AREA],
            }
        ],
        [("room_area", ARGUMENTS)],
        _DIALOGUE,
    ),
    "critictool": Sample(
        [
            {
                "query_prompt": [
                    {"role": "system", "content": f"APIs: {json.dumps([_LISTED])}\nTo use a tool"},
                    {"role": "user", "content": _QUERY},
                    {
                        "role": "assistant",
                        "content": '{"thought": "Go.", "name": "room_area", "args": {"w": 3}}',
                    },
                    {"role": "function", "content": "no width"},
                ],
                "error_type": "parameters_key_error",
                "ground_truth": {"thought": "Go.", "name": "room_area", "args": {"width": 3}},
            }
        ],
        [("room_area", '{"w":3}')],
        ["system", "user", "assistant", "tool"],
    ),
}
