"""A personal assistant at work: calendar, directory, mail."""

from __future__ import annotations

from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.systems.office import ROOMS, TOOLS, TOPICS, Office, beginning
from curation.synthesis.talk import Talk

LENGTHS = {"half an hour": 30, "45 minutes": 45, "an hour": 60, "90 minutes": 90}


def _clock(hour: int, minute: int, w: Office) -> str:
    if w.chance(0.5):
        return f"{hour}:{minute:02}"
    half = "am" if hour < 12 else "pm"
    return f"{(hour - 1) % 12 + 1}{'' if minute == 0 else ':30'} {half}"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def agenda(t: Talk, w: Office) -> None:
    """What is on that day?"""
    when = w.workday(0, 12)
    words = w.on(when)
    t.user(
        f"What do I have {words}?",
        f"What's in my calendar {words}?",
        f"Anything I should know about {w.say(when)}? Read me my meetings, please.",
    )  # fmt: skip
    r = t.call("list_events", {"date": when.isoformat(), "calendar": "work"}, "date")
    lines = "\n".join(
        f"- {e['start'][11:16]} {e['title']} ({e['duration_minutes']} min)" for e in r["events"]
    )
    t.say(
        f"On {w.plainly(when)} you have {len(r['events'])} meetings:\n{lines}",
        f"{w.plainly(when)}:\n{lines}",
    )


def two_people(t: Talk, w: Office) -> None:
    """Two directory look-ups."""
    a, b = w.colleague(), w.colleague()
    t.user(
        f"I need the phone numbers of {a['name']} and {b['name']}.",
        f"Can you find {a['name']} and {b['name']} in the directory? I want to ring them.",
    )
    x, y = t.batch(
        ("find_contact", {"name": a["name"]}, "name"), ("find_contact", {"name": b["name"]}, "name")
    )
    p, q = x["matches"][0], y["matches"][0]
    t.say(
        f"{p['name']} ({p['team']}): {p['phone']}. {q['name']} ({q['team']}): {q['phone']}.",
        f"Here they are:\n- {p['name']}, {p['team']}: {p['phone']}\n- {q['name']}, {q['team']}: "
        f"{q['phone']}",
    )


def meet(t: Talk, w: Office) -> None:
    """Find a person's address, then invite them."""
    who, topic, when = w.colleague(), w.pick(TOPICS), w.workday(1, 21)
    hour, minute = w.rng.randint(9, 16), w.pick((0, 30))
    words = w.pick(tuple(LENGTHS))
    room = w.pick(ROOMS) if w.chance(0.5) else None
    place = f" in {room}" if room else ""
    time = _clock(hour, minute, w)
    t.user(
        f"Set up {words} with {who['name']} {w.on(when)} at {time}{place} for the {topic}.",
        f"Please schedule {_a(topic)} with {who['name']}, {w.say(when)}, {time}, {words}{place}.",
        f"{who['name']} and I need to talk about the {topic}. Can you book {words} on "
        f"{w.say(when)} at {time}{place}?",
    )
    found = t.call("find_contact", {"name": who["name"]}, "name")
    args: dict[str, Any] = {
        "title": topic.capitalize(),
        "start": beginning(when, hour, minute),
        "duration_minutes": LENGTHS[words],
        "attendees": [found["matches"][0]["email"]],
    }
    if room:
        args["location"] = {"kind": "room", "room": room}
    t.call("create_event", args, "title start duration_minutes location")
    t.say(
        f"Done: {topic} with {who['name']} on {w.plainly(when)} at {hour:02}:{minute:02}{place}, "
        f"{LENGTHS[words]} minutes. The invitation has been sent.",
        f"I've booked the {topic} for {w.plainly(when)}, {hour:02}:{minute:02}{place}, and invited "
        f"{who['name']}.",
    )


def shift(t: Talk, w: Office) -> None:
    """Look at a day, then move one entry."""
    when = w.workday(1, 9)
    held = w.list_events(when.isoformat())["events"]
    event = w.pick(held)
    later = w.workday(10, 16)
    hour = w.rng.randint(9, 15)
    title = event["title"].lower()
    t.user(
        f"Move the {title} {w.on(when)} to {w.say(later)} at {_clock(hour, 0, w)}.",
        f"I can't make the {title} ({w.say(when)}). Could you put it {w.on(later)}, "
        f"{_clock(hour, 0, w)}?",
    )
    t.call("list_events", {"date": when.isoformat()}, "date")
    t.call(
        "move_event", {"event_id": event["event_id"], "start": beginning(later, hour, 0)}, "start"
    )
    t.say(
        f"The {title} is now on {w.plainly(later)} at {hour:02}:00.",
        f"Moved. {event['title']}: {w.plainly(later)}, {hour:02}:00.",
    )


def write(t: Talk, w: Office) -> None:
    """Look a person up, show a draft, send it."""
    who, topic, when = w.colleague(), w.pick(TOPICS), w.workday(2, 14)
    words = w.say(when)
    t.user(
        f"Write to {who['name']} that I need the papers for the {topic} by {words}.",
        f"Could you e-mail {who['name']} and ask for the {topic} documents? Deadline is {words}.",
    )
    found = t.call("find_contact", {"name": who["name"]}, "name")
    email = found["matches"][0]["email"]
    first = who["name"].split()[0]
    body = (
        f"Dear {first},\n\ncould you send me the papers for the {topic} by {w.plainly(when)}?\n\n"
        f"Best wishes\n{w.me.first}"
    )
    t.confirm(f"This is what I'd send to {email}:\n\n{body}\n\nShall I send it?")
    subject = f"Papers for the {topic}"
    t.call("send_email", {"to": [email], "subject": subject, "body": body})
    t.say(f"Sent to {email}.", f"Your message to {who['name']} is on its way.")


def no_time(t: Talk, w: Office) -> None:
    """A meeting without an hour."""
    topic, when = w.pick(TOPICS), w.workday(1, 14)
    hour = w.rng.randint(9, 16)
    t.user(
        f"Block an hour for the {topic} {w.on(when)}.",
        f"Put {_a(topic)} into my calendar {w.on(when)}, one hour, nobody else.",
    )
    t.clarify(
        "start",
        w.pick(("What time should it start?", "Sure. At what time?")),
        w.pick((f"{_clock(hour, 0, w)}.", f"At {_clock(hour, 0, w)}, please.")),
    )
    args = {"title": topic.capitalize(), "start": beginning(when, hour, 0), "duration_minutes": 60}
    t.call("create_event", args, "title start duration_minutes")
    t.say(
        f"{topic.capitalize()} is in your calendar for {w.plainly(when)}, {hour:02}:00 to "
        f"{hour + 1:02}:00.",
    )


OFFICE = Domain(
    name="office",
    world=Office,
    roles=(
        "You are a personal assistant with access to the user's calendar, mail and directory.",
        "You organise the working day of one person at Lumen Consulting.",
    ),
    rules=(
        "Show an e-mail to the user before sending it and wait for a yes.",
        "Take addresses from the directory, never guess them.",
        "Times are in UTC.",
        "Entries of other people's calendars are private.",
    ),
    tools=TOOLS,
    tasks={
        "single": (agenda,),
        "parallel": (two_people,),
        "nested": (meet, shift, write),
        "clarify": (no_time,),
    },
    beyond=(
        (
            "What is my manager doing on Thursday afternoon? Just list her appointments.",
            "Other people's calendars are private, so I can't list them. I can suggest a meeting "
            "and "
            "she can accept or decline.",
        ),
        (
            "Order sandwiches for twelve to the Cedar room at noon.",
            "I can't order catering; I only have your calendar, mail and the directory. I could "
            "write to the reception and ask them, if you like.",
        ),
        (
            "Delete all the mails from last year, please.",
            "Deleting mail is not something I can do from here. You could use a rule in your mail "
            "program for that.",
        ),
    ),
    fabrications=(
        "I've also reserved a parking space for your guest.",
        "Everyone has already accepted.",
        "I set a reminder on your phone as well.",
    ),
    invented={
        "list_events": ("get_calendar", "show_agenda"),
        "create_event": ("schedule_meeting", "add_calendar_entry"),
        "find_contact": ("search_people", "get_contact_details"),
        "send_email": ("compose_mail", "email_send"),
        "move_event": ("reschedule_event", "update_event_time"),
    },
    siblings={"list_events": "list_tasks"},
)
