"""What a domain consists of: tools, systems behind them, rules, and the tasks people bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from curation.synthesis.talk import Talk
from curation.synthesis.world import World, weekday

Task = Callable[[Talk, Any], None]
"""Plays one request from the user's first words to the assistant's last ones."""


@dataclass(frozen=True)
class Domain:
    """One field of work with an assistant of its own."""

    name: str
    world: type[World]
    roles: tuple[str, ...]
    """Who the assistant is; first words of the system text."""
    rules: tuple[str, ...]
    """Policy lines of the system text."""
    tools: tuple[dict[str, Any], ...]
    tasks: dict[str, tuple[Task, ...]]
    """Kind (single, parallel, nested, clarify) -> tasks of that kind."""
    beyond: tuple[tuple[str, str], ...]
    """Requests that no tool or rule allows, with the answer due."""
    fabrications: tuple[str, ...]
    """Sentences that claim something no tool of this domain can have done."""
    invented: dict[str, tuple[str, ...]]
    """Tool -> names that a model might make up for it."""
    siblings: dict[str, str]
    """Tool -> another tool that takes the same arguments but does something else."""
    swaps: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Tool -> two arguments that are easily interchanged."""
    needless: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Calls a model might make when the user only says thanks."""

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """Tool name -> schema of its arguments."""
        return {t["function"]["name"]: t["function"]["parameters"] for t in self.tools}

    def system_text(self, world: World) -> str:
        """The system message: role, date, user, rules; worded differently from row to row."""
        role = world.pick(self.roles)
        day = f"{weekday(world.today)}, {world.today.isoformat()}"
        date_line = world.pick((f"Today is {day}.", f"Current date: {day}.", f"Date: {day}."))
        about = self.about(world)
        if world.chance(0.5):
            rules = "\n".join(f"- {rule}" for rule in self.rules)
            return f"{role} {date_line}\n\n{about}\n\nRules:\n{rules}"
        return f"{role}\n\n{date_line} {about}\n\n" + " ".join(self.rules)

    def about(self, world: World) -> str:
        """One line on who is writing."""
        profile = getattr(world, "profile", None)
        known = f" {profile()}" if profile else ""
        return f"The user is {world.me.name} ({world.me.email}).{known}"
