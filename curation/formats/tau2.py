"""tau2-bench run files: simulations of an agent with a simulated user, with tasks (formats §9).

One file is one object; every simulation in it becomes a trajectory. The domain's policy, which the
agent was given, stands as its system message. What the *user* called with tools of their own, and
what these gave, the agent never saw: both are kept in the source with the place where they happened
and are no part of the conversation. The reward, its parts, and the task with its gold actions are
about the run and become the source, as does what the file says of agent and user. What the run
noted of single messages (times, cost, the provider's raw reply, audio) is left out; that a tool
failed is kept. Voice runs in full duplex have no messages and are refused one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.openai_messages import read_arguments
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, Trajectory

_TAKEN = frozenset(("simulations", "tasks", "info"))
_OF_SIMULATION = frozenset(("id", "messages", "ticks", "policy"))


@import_format
class Tau2:
    """A run file `{info, tasks, simulations}`."""

    name = "tau2"
    title = "tau2-bench"
    description = (
        "Run files with simulations and tasks: every simulation becomes a trajectory, with its "
        "reward and its task's gold actions. Where tool_defs is null, pass the tools with --tools."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return isinstance(record.get("simulations"), list) and "tasks" in record

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        run = _run(record)
        tasks = {str(task["id"]): task for task in record.get("tasks") or () if "id" in task}
        definitions = run["environment_info"].get("tool_defs")
        tools = context.tools if definitions is None else read_tools(definitions)
        beside = {k: v for k, v in record.items() if k not in _TAKEN}
        simulations = record["simulations"]
        for number, simulation in enumerate(simulations):
            try:
                messages, user_calls = _conversation(simulation, run)
            except RecordError as problem:
                context.complain(f"Simulation {number}: {problem.message}", problem.hint)
                continue
            task_id = str(simulation.get("task_id", ""))
            domain = run["environment_info"].get("domain_name")
            yield Imported(
                trajectory=Trajectory(messages, tools),
                source_id=str(simulation.get("id") or _place(context, number, len(simulations))),
                source={
                    **beside,
                    **_facts(simulation, run),
                    **({"task": tasks[task_id]} if task_id in tasks else {}),
                    **({"user_calls": user_calls} if user_calls else {}),
                },
                group=":".join(["tau2", *([str(domain)] if domain else []), task_id]),
            )


def _place(context: ImportContext, number: int, n_simulations: int) -> str:
    return context.where if n_simulations == 1 else f"{context.where}/{number}"


def _run(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the file says of environment, agent and user; {} for what it does not say."""
    info = record.get("info")
    said = info if isinstance(info, dict) else {}
    keys = ("environment_info", "agent_info", "user_info")
    return {key: found if isinstance(found := said.get(key), dict) else {} for key in keys}


def _facts(simulation: dict[str, Any], run: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """All that is said of a simulation and is not null, its reward also by itself."""
    facts = {k: v for k, v in simulation.items() if k not in _OF_SIMULATION and v is not None}
    reward = facts.get("reward_info")
    if isinstance(reward, dict) and "reward" in reward:
        facts["reward"] = reward["reward"]
    models = {"agent": run["agent_info"].get("llm"), "user_model": run["user_info"].get("llm")}
    domain = run["environment_info"].get("domain_name")
    return {**facts, **{k: v for k, v in (*models.items(), ("domain", domain)) if v is not None}}


def _conversation(
    simulation: Any, run: dict[str, dict[str, Any]]
) -> tuple[tuple[Message, ...], list[dict[str, Any]]]:
    """The agent's conversation, and what the user called meanwhile."""
    if not isinstance(simulation, dict):
        raise RecordError("It is no object.", "Give the run file as tau2-bench writes it.")
    if not simulation.get("messages"):
        ticks = simulation.get("ticks")
        raise RecordError(
            "It is a full-duplex voice run, which has ticks and no messages."
            if ticks
            else "It has no messages.",
            "Only runs in turns can be imported; leave it out.",
        )
    policy = simulation.get("policy") or run["environment_info"].get("policy")
    messages = [Message(Role.SYSTEM, policy)] if isinstance(policy, str) and policy else []
    user_calls: list[dict[str, Any]] = []
    for raw in _flat(simulation["messages"]):
        if raw.get("requestor") == "user" and raw.get("role") == "tool":
            _answer(user_calls, raw)
            continue
        calls = [_call(c) for c in raw.get("tool_calls") or ()]
        if raw.get("role") == "user":
            user_calls += [
                {"before_message": len(messages), "id": c.id, "name": c.name, "arguments": given}
                for c, given in zip(calls, _given(raw), strict=True)
            ]
            if calls and not raw.get("content"):
                continue
            calls = []
        messages.append(_message(raw, tuple(calls)))
    return tuple(messages), user_calls


def _flat(messages: Any) -> Iterator[dict[str, Any]]:
    """The messages, several results that came as one taken apart."""
    for index, raw in enumerate(messages):
        if not isinstance(raw, dict):
            raise RecordError(f"Message {index} is no object.", "Give role and content.")
        inner = raw.get("tool_messages")
        if isinstance(inner, list):
            yield from inner
        else:
            yield raw


def _message(raw: dict[str, Any], calls: tuple[ToolCall, ...]) -> Message:
    try:
        role = Role(raw.get("role", ""))
    except ValueError:
        known = "system, user, assistant, tool"
        raise RecordError(
            f"The role {raw.get('role')!r} is unknown.", f"Roles are {known}."
        ) from None
    is_tool = role is Role.TOOL
    answered = raw.get("id", raw.get("tool_call_id")) if is_tool else None
    return Message(
        role,
        raw.get("content"),
        calls,
        tool_call_id=answered if isinstance(answered, str) else None,
        extra={"error": True} if is_tool and raw.get("error") else {},
    )


def _call(raw: dict[str, Any]) -> ToolCall:
    given = raw.get("id")
    return ToolCall(
        str(raw["name"]), read_arguments(raw.get("arguments")), given if given else None
    )


def _given(raw: dict[str, Any]) -> list[Any]:
    return [c.get("arguments") for c in raw.get("tool_calls") or ()]


def _answer(user_calls: list[dict[str, Any]], raw: dict[str, Any]) -> None:
    """Put a result to the user's call that it answers."""
    result = {k: raw[k] for k in ("content", "error") if raw.get(k) is not None}
    for call in user_calls:
        if call["id"] == raw.get("id") and "result" not in call:
            call["result"] = result
            return
    user_calls.append({"id": raw.get("id"), "result": result})
