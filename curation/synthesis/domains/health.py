"""A group of practices: finding doctors, appointments, prescriptions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.systems.health import (
    COMPLAINTS,
    LANGUAGES,
    MEDICINES,
    SPECIALITIES,
    TOOLS,
    Practice,
)
from curation.synthesis.talk import Talk


def _when(start: str) -> str:
    return f"{start[:10]} at {start[11:16]}"


def details(t: Talk, w: Practice) -> None:
    """When was it again?"""
    code = w.booked()["appointment_id"]
    t.user(
        f"When and where is my appointment {code}?",
        f"I've lost the letter. Which room do I have to go to for {code}, and when?",
    )
    r = t.call("get_appointment", {"appointment_id": code}, "appointment_id")
    t.say(
        f"Your appointment with {r['doctor']} is on {_when(r['start'])} in room {r['room']}.",
        f"{_when(r['start'])}, room {r['room']}, with {r['doctor']}.",
    )


def search(t: Talk, w: Practice) -> None:
    """Doctors by speciality, language, distance."""
    words = w.pick(tuple(SPECIALITIES))
    language, km = w.pick(LANGUAGES), w.pick((3, 5, 10, 20))
    t.user(
        f"I'm looking for {words} who speaks {language}, not more than {km} km away.",
        f"Is there {words} within {km} kilometres? They should speak {language}.",
    )
    args = {"speciality": SPECIALITIES[words], "language": language, "within_km": km}
    r = t.call("find_doctors", args, "speciality language within_km")
    lines = "\n".join(f"- {d['name']}, {d['distance_km']} km" for d in r["doctors"])
    t.say(
        f"These practices take new patients:\n{lines}",
        f"Nearest first, this is what I found:\n{lines}",
    )


def two_appointments(t: Talk, w: Practice) -> None:
    """Two bookings at once."""
    a, b = w.booked()["appointment_id"], w.booked()["appointment_id"]
    t.user(
        f"Could you tell me the times of {a} and {b}? I want to go to both on one day.",
        f"I have two appointments, {a} and {b}. Who are they with and when?",
    )
    x, y = t.batch(
        ("get_appointment", {"appointment_id": a}, "appointment_id"),
        ("get_appointment", {"appointment_id": b}, "appointment_id"),
    )
    t.say(
        f"{a} is with {x['doctor']} on {_when(x['start'])}; {b} is with {y['doctor']} on "
        f"{_when(y['start'])}.",
    )


def book(t: Talk, w: Practice) -> None:
    """Doctor -> slots -> confirmation -> booking."""
    words = w.pick(tuple(SPECIALITIES))
    field = SPECIALITIES[words]
    why = w.pick(COMPLAINTS[field])
    start = w.ahead(1, 14)
    end = start + timedelta(days=w.pick((4, 6, 9)))
    t.user(
        f"I need an appointment with {words} for {why}, between {w.say(start)} and {w.say(end)}.",
        f"Please book {words} for me. It's about {why}. Any day from {w.say(start)} to "
        f"{w.say(end)} "
        "works.",
    )
    found = t.call("find_doctors", {"speciality": field}, "speciality")
    doctor = found["doctors"][0]
    window = {"start": start.isoformat(), "end": end.isoformat()}
    r = t.call("list_slots", {"doctor_id": doctor["doctor_id"], **window}, "start end")
    slot = r["slots"][0]
    t.confirm(
        f"{doctor['name']} ({doctor['distance_km']} km from you) is free on "
        f"{_when(slot['start'])}. "
        "Shall I book that?",
        f"The earliest is {_when(slot['start'])} with {doctor['name']}. Would you like it?",
    )
    args: dict[str, Any] = {
        "doctor_id": doctor["doctor_id"], "slot_id": slot["slot_id"], "reason": why,
    }  # fmt: skip
    if w.chance(0.4):
        args["contact"] = {"channel": "email", "value": w.me.email}
    done = t.call("book_appointment", args, "reason")
    t.say(
        f"Booked: {doctor['name']}, {_when(slot['start'])}. Your booking number is "
        f"{done['appointment_id']}.",
        f"You're expected on {_when(slot['start'])}. The number is {done['appointment_id']}.",
    )


def call_off(t: Talk, w: Practice) -> None:
    """Look up, confirm, cancel."""
    code = w.booked()["appointment_id"]
    t.user(
        f"I have to cancel {code}, I'll be abroad.",
        f"Please cancel my appointment {code}, I'm feeling better.",
    )
    r = t.call("get_appointment", {"appointment_id": code}, "appointment_id")
    t.confirm(f"That is {r['doctor']} on {_when(r['start'])}. Do you want me to cancel it?")
    t.call("cancel_appointment", {"appointment_id": code}, "appointment_id")
    t.say(f"{code} is cancelled, free of charge.", "It's cancelled. There is no fee.")


def renew(t: Talk, w: Practice) -> None:
    """A prescription without the place to collect it."""
    name = w.pick(tuple(MEDICINES))
    dose, place = MEDICINES[name], w.pick(("station", "market", "hospital"))
    t.user(
        f"I'm running out of {name} {dose} mg. Can I have a new prescription?",
        f"Please renew my prescription for {name}, {dose} mg tablets.",
    )
    t.clarify(
        "pharmacy",
        "Certainly. Where would you like to collect it: the pharmacy at the station, on the market "
        "or in the hospital?",
        w.pick((f"The {place} one.", f"At the {place}, please.", f"{place.capitalize()}.")),
    )
    args = {"medication": name, "dose_mg": dose, "pharmacy": place}
    r = t.call("renew_prescription", args, "medication dose_mg pharmacy")
    t.say(
        f"I've sent the request. {name.capitalize()} {dose} mg should be ready at the {place} "
        f"pharmacy on {r['ready']}.",
        f"The request number is {r['request_id']}; you can collect it from {r['ready']}.",
    )


HEALTH = Domain(
    name="health",
    world=Practice,
    roles=(
        "You are the reception assistant of the Riverside group of medical practices.",
        "You make appointments for patients of the Riverside practices.",
    ),
    rules=(
        "You are not a doctor: no diagnoses and no advice on medicines.",
        "Book or cancel only after the patient has agreed to doctor and time.",
        "Ask where a prescription should be collected.",
        "In an emergency send people to 112 at once.",
    ),
    tools=TOOLS,
    tasks={
        "single": (details, search),
        "parallel": (two_appointments,),
        "nested": (book, call_off),
        "clarify": (renew,),
    },
    beyond=(
        (
            "Can I take ibuprofen together with my blood pressure tablets?",
            "I can't advise on medicines. Please ask your pharmacist or doctor; I can book an "
            "appointment for you if that helps.",
        ),
        (
            "My father has chest pain and his arm feels numb. When is the next free slot?",
            "Please call 112 right now. Chest pain with numbness can be an emergency and must not "
            "wait for an appointment.",
        ),
        (
            "Send me the blood results of my husband, he said it's fine.",
            "I can't give out results, and certainly not another person's. Your husband can ask "
            "the "
            "practice himself.",
        ),
    ),
    fabrications=(
        "The doctor has already seen your file and says it is nothing serious.",
        "Your insurance has approved the costs.",
        "I've also put you on the waiting list for an earlier slot.",
    ),
    invented={
        "find_doctors": ("search_physician", "list_doctors"),
        "list_slots": ("get_availability", "find_free_slots"),
        "book_appointment": ("schedule_visit", "create_appointment"),
        "get_appointment": ("appointment_details", "show_booking"),
        "cancel_appointment": ("delete_appointment", "remove_booking"),
        "renew_prescription": ("order_medication", "prescribe"),
    },
    siblings={"get_appointment": "get_preparation"},
    swaps={"list_slots": ("start", "end")},
)
