"""A personal assistant at work: the tools offered, and the calendar and contacts behind them."""

from __future__ import annotations

from datetime import date
from typing import Any

from curation.synthesis.schema import choice, day, integer, moment, record, several, text, tool
from curation.synthesis.world import Answer, World, at

TOPICS = (
    "budget review", "design critique", "sprint planning", "supplier call", "onboarding",
    "quarterly figures", "interview debrief", "contract check", "site visit", "press briefing",
)  # fmt: skip
ROOMS = ("Birch", "Cedar", "Juniper", "Larch", "Rowan")
_MAIL = {"format": "email"}

TOOLS = (
    tool(
        "list_events",
        "Calendar entries of the user on one day.",
        "date",
        date=day("YYYY-MM-DD"),
        calendar=choice("Which calendar; all if left out", "work", "private", "team"),
    ),
    tool(
        "list_tasks",
        "To-do items of the user that are due on one day.",
        "date",
        date=day("YYYY-MM-DD"),
    ),
    tool(
        "create_event",
        "Put an event into the work calendar and invite people.",
        "title start duration_minutes",
        title=text("What it is about", minLength=1, maxLength=120),
        start=moment("Begin, RFC 3339 in UTC"),
        duration_minutes=integer("Length", 5, 480),
        attendees=several("People to invite", text("E-mail address", **_MAIL), 0),
        location=record(
            "Where it takes place",
            "kind",
            kind=choice("Room or video", "room", "video"),
            room=text("Name of the room, for kind room"),
        ),
    ),
    tool(
        "move_event",
        "Give an event another beginning.",
        "event_id start",
        event_id=text("Id from list_events", pattern="^ev_[0-9]{6}$"),
        start=moment("New begin, RFC 3339 in UTC"),
    ),
    tool(
        "find_contact",
        "Look a person up in the company directory.",
        "name",
        name=text("Full name, or part of it", minLength=2),
    ),
    tool(
        "send_email",
        "Send an e-mail from the user's address.",
        "to subject body",
        to=several("Recipients", text("E-mail address", **_MAIL)),
        subject=text("Subject line", minLength=1, maxLength=150),
        body=text("Plain text", minLength=1),
        importance=choice("Flag", "low", "normal", "high"),
    ),
)


class Office(World):
    """A calendar that is filled the first time a day is looked at."""

    def list_events(self, date: str, calendar: str = "work") -> Answer:
        events = []
        for topic in self.rng.sample(TOPICS, self.rng.randint(2, 4)):
            hour = self.rng.randint(8, 16)
            events.append(
                {
                    "event_id": f"ev_{self.digits(6)}",
                    "title": topic.capitalize(),
                    "start": f"{date}T{hour:02}:{self.pick(('00', '30'))}:00Z",
                    "duration_minutes": self.pick((30, 45, 60, 90)),
                }
            )
        events.sort(key=lambda e: str(e["start"]))
        return dict(self.once(f"day {date}", {"date": date, "events": events}))

    def list_tasks(self, date: str) -> Answer:
        due = [
            {"task": f"Prepare {t}", "done": self.chance(0.3)} for t in self.rng.sample(TOPICS, 2)
        ]
        return {"date": date, "tasks": due}

    def create_event(self, **a: Any) -> Answer:
        return {
            "event_id": f"ev_{self.digits(6)}",
            **a,
            "invitations_sent": len(a.get("attendees", ())),
        }

    def move_event(self, event_id: str, start: str) -> Answer:
        return {"event_id": event_id, "start": start, "moved": True}

    def find_contact(self, name: str) -> Answer:
        known = self.memory.get(f"person {name}")
        return {"matches": [known] if known else []}

    def colleague(self) -> Answer:
        """Somebody in the directory."""
        p = self.person()
        known = {
            "name": p.name,
            "email": p.email,
            "team": self.pick(("Finance", "Design", "Legal", "Operations", "Sales")),
            "phone": f"+44 20 7946 0{self.digits(3)}",
        }
        self.memory[f"person {p.name}"] = known
        return known

    def send_email(self, **a: Any) -> Answer:
        return {"message_id": f"m-{self.rng.getrandbits(32):08x}", "accepted": a["to"]}


def beginning(when: date, hour: int, minute: int) -> str:
    """RFC 3339 for a meeting."""
    return at(when, hour, minute)
