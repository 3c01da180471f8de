"""An airline's service desk: flights, bookings, changes, cancellations."""

from __future__ import annotations

from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.systems.airline import CABINS, CITIES, REASONS, TOOLS, Desk
from curation.synthesis.talk import Talk


def status(t: Talk, w: Desk) -> None:
    """Is my flight on time?"""
    flight, when = w.flight(), w.ahead(0, 2)
    day_words = w.on(when)
    t.user(
        f"Is {flight} on time {day_words}?",
        f"What time does flight {flight} leave {day_words}? I heard there were delays.",
        f"I'm picking someone up from {flight} {day_words}, can you check the status?",
    )
    r = t.call("get_flight_status", {"flight_number": flight, "date": when.isoformat()}, "date")
    if r["delay_minutes"]:
        t.say(
            f"{flight} is running {r['delay_minutes']} minutes late: it was due out at "
            f"{r['scheduled']} and is now expected to leave at {r['expected']} from gate "
            f"{r['gate']}.",
            f"There is a delay of {r['delay_minutes']} minutes. New departure time "
            f"{r['expected']}, gate {r['gate']}.",
        )
    else:
        t.say(
            f"{flight} is on time, departing at {r['scheduled']} from gate {r['gate']}.",
            f"No delay so far. Departure is at {r['scheduled']}, gate {r['gate']}.",
        )


def two_days(t: Talk, w: Desk) -> None:
    """The same route on two days, compared."""
    origin, destination = w.rng.sample(sorted(CITIES), 2)
    first = w.ahead(8, 40)
    second = w.ahead(41, 60)
    a, b = w.say(first), w.say(second)
    t.user(
        f"I'm flexible about my trip from {origin} to {destination}. What is there on {a} and on "
        f"{b}?",
        f"Compare flights {origin} to {destination} on {a} with {b} for me, please.",
    )
    route = {"origin": CITIES[origin], "destination": CITIES[destination]}
    one, two = t.batch(
        ("search_flights", {**route, "date": first.isoformat()}, "origin destination date"),
        ("search_flights", {**route, "date": second.isoformat()}, "origin destination date"),
    )
    low, high = (min(r["flights"], key=lambda f: f["price_eur"]) for r in (one, two))
    t.say(
        f"On {w.plainly(first)} the cheapest is {low['flight_number']} at {low['departs']} for "
        f"€{low['price_eur']}; on {w.plainly(second)} it is {high['flight_number']} at "
        f"{high['departs']} for €{high['price_eur']}.",
        f"{w.plainly(first)}: from €{low['price_eur']} ({low['flight_number']}, {low['departs']}). "
        f"{w.plainly(second)}: from €{high['price_eur']} ({high['flight_number']}, "
        f"{high['departs']}). Shall I book one of them?",
    )


def book(t: Talk, w: Desk) -> None:
    """Search, choose, confirm, book."""
    origin, destination = w.rng.sample(sorted(CITIES), 2)
    when, words = w.ahead(5, 70), w.pick(tuple(CABINS))
    cabin, other = CABINS[words], w.person()
    pair = w.chance(0.4)
    who = f"my partner {other.name} and me" if pair else "me"
    t.user(
        f"Please book a {words} flight from {origin} to {destination} {w.on(when)} for {who}.",
        f"I need to get from {origin} to {destination} {w.on(when)}, {words} class, just the "
        f"cheapest one there is. It's for {who}.",
        f"Can you find and book {words} seats {origin} – {destination}, {w.say(when)}, for {who}?",
    )
    query: dict[str, Any] = {
        "origin": CITIES[origin], "destination": CITIES[destination], "date": when.isoformat(),
        "cabin": cabin,
    }  # fmt: skip
    if pair:
        query["passengers"] = {"adults": 2}
    found = t.call("search_flights", query, "origin destination date cabin")
    best = min(found["flights"], key=lambda f: f["price_eur"])
    each = " each" if pair else ""
    t.confirm(
        f"The cheapest is {best['flight_number']} at {best['departs']}, "
        f"€{best['price_eur']}{each}. "
        "Shall I book it with the card on file?",
        f"I'd take {best['flight_number']} ({best['departs']}, €{best['price_eur']}{each}). "
        "May I book it?",
    )
    people = [{"first_name": p.first, "last_name": p.last} for p in ([w.me, other][: 1 + pair])]
    done = t.call(
        "book_flight",
        {
            "flight_number": best["flight_number"], "date": when.isoformat(), "cabin": cabin,
            "passengers": people,
        },
        "date cabin",
    )  # fmt: skip
    t.say(
        f"Booked: {best['flight_number']} on {w.plainly(when)}, reservation "
        f"{done['reservation_id']}, €{done['total_eur']} in total.",
        f"All set. Your reservation code is {done['reservation_id']} and the total came to "
        f"€{done['total_eur']}.",
    )


def change(t: Talk, w: Desk) -> None:
    """Move a reservation to another day."""
    held = w.reserved()
    code, (origin, destination), when = held["reservation_id"], held["cities"], w.ahead(61, 90)
    t.user(
        f"I have to move my booking {code} to {w.say(when)}. Whatever leaves earliest is fine.",
        f"Reservation {code}: could you change it to the first flight {w.on(when)}?",
    )
    t.call("get_reservation", {"reservation_id": code}, "reservation_id")
    route = {"origin": CITIES[origin], "destination": CITIES[destination]}
    found = t.call("search_flights", {**route, "date": when.isoformat()}, "date")
    best = found["flights"][0]
    t.confirm(
        f"The first flight from {origin} to {destination} on {w.plainly(when)} is "
        f"{best['flight_number']} at {best['departs']}. Shall I move {code} to it?",
    )
    new = {"reservation_id": code, "flight_number": best["flight_number"], "date": when.isoformat()}
    done = t.call("change_reservation", new, "reservation_id date")
    extra = done["fare_difference_eur"]
    cost = f"The fare difference is €{extra}." if extra else "There is nothing more to pay."
    t.say(
        f"Done, {code} is now on {best['flight_number']}, {w.plainly(when)}. {cost}",
        f"I've moved you to {best['flight_number']} at {best['departs']} on {w.plainly(when)}. "
        f"{cost}",
    )


def cancel(t: Talk, w: Desk) -> None:
    """Cancel; the reason has to be asked for."""
    code = w.reserved()["reservation_id"]
    words = w.pick(tuple(REASONS))
    t.user(
        f"Please cancel my reservation {code}.",
        f"I won't be flying after all, cancel {code} please.",
        f"How do I get out of booking {code}? I want it cancelled.",
    )
    held = t.call("get_reservation", {"reservation_id": code}, "reservation_id")
    note = "" if held["fare"] == "flex" else " Please note that a light fare is not refunded."
    t.clarify(
        "reason",
        f"I can cancel {code} ({held['flight_number']} on {held['date']}).{note} May I ask why you "
        "are cancelling?",
        f"Because {words}. And yes, please do cancel it.",
    )
    args = {"reservation_id": code, "reason": REASONS[words]}
    done = t.call("cancel_reservation", args, "reservation_id reason")
    money = (
        f"€{done['refund_eur']} will be refunded" if done["refund_eur"] else "There is no refund"
    )
    t.say(f"{code} is cancelled. {money}.", f"Your reservation {code} has been cancelled. {money}.")


def vague(t: Talk, w: Desk) -> None:
    """A search without a day."""
    origin, destination = w.rng.sample(sorted(CITIES), 2)
    when = w.ahead(4, 60)
    t.user(
        f"What do flights from {origin} to {destination} cost?",
        f"I'd like to fly from {origin} to {destination}. What have you got?",
    )
    t.clarify(
        "date",
        w.pick(
            ("Happy to look. Which day would you like to fly?", "On which date do you want to go?")
        ),
        w.pick(
            (f"I'd go {w.on(when)}.", f"{w.say(when)} would be best.", f"Let's say {w.say(when)}.")
        ),
    )
    args = {"origin": CITIES[origin], "destination": CITIES[destination], "date": when.isoformat()}
    found = t.call("search_flights", args, "origin destination date")
    lines = "; ".join(
        f"{f['flight_number']} at {f['departs']} for €{f['price_eur']}" for f in found["flights"]
    )
    t.say(f"On {w.plainly(when)} there are: {lines}.", f"I found these: {lines}.")


AIRLINE = Domain(
    name="airline",
    world=Desk,
    roles=(
        "You are the service assistant of Northwind Air.",
        "You help customers of the airline Northwind Air with flights and bookings.",
    ),
    rules=(
        "Book or change a flight only after the customer has agreed to flight and price.",
        "Ask for the reason before cancelling a reservation.",
        "Light fares are never refunded.",
        "Do not give advice on visas or compensation claims; refer to the website.",
    ),
    tools=TOOLS,
    tasks={
        "single": (status,),
        "parallel": (two_days,),
        "nested": (book, change),
        "clarify": (cancel, vague),
    },
    beyond=(
        (
            "My suitcase never arrived. Where is it right now?",
            "I'm sorry about your suitcase. I have no access to baggage tracing; please contact "
            "the "
            "lost property desk at the airport with your tag number.",
        ),
        (
            "Do I need a visa for a week in Tbilisi?",
            "I'm not able to advise on visas. The entry rules are listed on our website and at the "
            "embassy.",
        ),
        (
            "My light fare is useless now. Just refund it as an exception, nobody will notice.",
            "I understand it's disappointing, but light fares can't be refunded and I can't make "
            "an "
            "exception. I can cancel the booking without a refund or move it to another day.",
        ),
    ),
    fabrications=(
        "I've also reserved seats 12A and 12B for you at no charge.",
        "A voucher for the lounge has been added to your account.",
        "You will earn 1,450 miles with this.",
    ),
    invented={
        "search_flights": ("find_flights", "searchFlights", "list_available_flights"),
        "get_flight_status": ("check_flight", "flight_status_lookup"),
        "get_reservation": ("get_booking", "lookup_reservation_by_name"),
        "book_flight": ("reserve_seats", "create_booking"),
        "change_reservation": ("update_booking", "rebook"),
        "cancel_reservation": ("cancel_booking", "refund_reservation"),
    },
    siblings={"get_flight_status": "get_flight_seats"},
    swaps={"search_flights": ("origin", "destination")},
)
