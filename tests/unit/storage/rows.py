"""Small trajectories for storage tests."""

from __future__ import annotations

from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

WEATHER = ToolSpec(
    "get_weather",
    "Weather of a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def weather(city: str, *, tools: tuple[ToolSpec, ...] = (WEATHER,)) -> Trajectory:
    """A question, one call, its result and an answer."""
    return Trajectory(
        messages=(
            Message(Role.USER, f"What is the weather in {city}?"),
            Message(
                Role.ASSISTANT,
                None,
                (ToolCall("get_weather", f'{{"city": "{city}"}}', "call_1"),),
            ),
            Message(Role.TOOL, '{"sky": "overcast"}', tool_call_id="call_1"),
            Message(Role.ASSISTANT, f"It is overcast in {city}."),
        ),
        tools=tools,
    )
