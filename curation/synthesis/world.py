"""What is true around one conversation: the date, the customer, and the simulated systems.

A domain subclasses `World` and writes one method per tool; a call of the tool runs the method. The
methods remember what they returned, so asking twice gives the same answer and a cancelled order is
cancelled afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar

from curation.synthesis.people import Person

T = TypeVar("T")
Answer = dict[str, Any]

_EPOCH = date(2025, 9, 1)
_CONSONANTS = "BCDFGHJKLMNPQRSTVWXZ"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class World:
    """State of one row's surroundings; everything is drawn from the row's own generator."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.today = _EPOCH + timedelta(days=rng.randrange(400))
        self.me = Person(rng)
        self.memory: dict[str, Any] = {}
        self.spoken: list[tuple[str, date]] = []
        """Dates put into words, as (words, date)."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return self.rng.choice(options)

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.rng.random() < share

    def digits(self, n: int) -> str:
        """`n` decimal digits, the first not zero."""
        return str(self.rng.randrange(10 ** (n - 1), 10**n))

    def code(self, n: int) -> str:
        """`n` capital letters and digits, starting with a letter."""
        rng = self.rng
        letters = [rng.choice(_CONSONANTS)]
        letters += [rng.choice(_CONSONANTS + "23456789") for _ in range(n - 1)]
        return "".join(letters)

    def person(self) -> Person:
        """Somebody other than the user."""
        return Person(self.rng)

    def ahead(self, low: int, high: int) -> date:
        """A date between `low` and `high` days from today."""
        return self.today + timedelta(days=self.rng.randint(low, high))

    def workday(self, low: int, high: int) -> date:
        """As `ahead`, moved to Monday when it falls on a weekend."""
        when = self.ahead(low, high)
        return when + timedelta(days=7 - when.weekday() if when.weekday() > 4 else 0)

    def ago(self, low: int, high: int) -> date:
        """A date between `low` and `high` days before today."""
        return self.today - timedelta(days=self.rng.randint(low, high))

    def say(self, when: date) -> str:
        """`when` in a user's words, resolvable from today's date, which the system text states."""
        days = (when - self.today).days
        roll = self.rng.random()
        if days == 0:
            return "today"
        if days == 1 and roll < 0.7:
            return "tomorrow"
        if 1 < days < 7 and roll < 0.6:
            return "this " + _WEEKDAYS[when.weekday()]
        month = _MONTHS[when.month - 1]
        if roll < 0.8:
            words = f"{when.day} {month}"
        elif roll < 0.93:
            words = f"{month} {when.day}"
        else:
            words = when.isoformat()
        self.spoken.append((words, when))
        return words

    def on(self, when: date) -> str:
        """As `say`, with the “on” that a date needs and “tomorrow” does not."""
        words = self.say(when)
        return words if words[:5] in {"today", "tomor", "this "} else f"on {words}"

    def plainly(self, when: date) -> str:
        """`when` as an assistant writes it."""
        return f"{_WEEKDAYS[when.weekday()][:3]} {when.day} {_MONTHS[when.month - 1]}"

    def once(self, key: str, value: Any) -> Any:
        """The value remembered under `key`; `value` is remembered if there was none."""
        return self.memory.setdefault(key, value)


def at(when: date, hour: int, minute: int = 0) -> str:
    """RFC 3339 in UTC."""
    return datetime.combine(when, time(hour, minute)).isoformat() + "Z"


def weekday(when: date) -> str:
    """English name of the day of the week."""
    return _WEEKDAYS[when.weekday()]
