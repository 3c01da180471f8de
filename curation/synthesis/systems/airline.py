"""An airline's desk: the tools offered, and the flights and reservations behind them."""

from __future__ import annotations

from typing import Any

from curation.synthesis.schema import choice, day, integer, number, record, several, text, tool
from curation.synthesis.world import Answer, World

CITIES = {
    "Amsterdam": "AMS", "Athens": "ATH", "Barcelona": "BCN", "Berlin": "BER", "Copenhagen": "CPH",
    "Dublin": "DUB", "Edinburgh": "EDI", "Helsinki": "HEL", "Lisbon": "LIS", "Madrid": "MAD",
    "Milan": "MXP", "Oslo": "OSL", "Porto": "OPO", "Prague": "PRG", "Vienna": "VIE",
    "Zurich": "ZRH",
}  # fmt: skip
CABINS = {"economy": "economy", "premium": "premium_economy", "business": "business"}
REASONS = {
    "my plans have changed": "change_of_plan",
    "I'm ill": "illness",
    "the airline moved the departure": "schedule_change",
}
_CODE = "^[A-Z0-9]{6}$"
_FLIGHT = "^[A-Z]{2}[0-9]{3,4}$"

TOOLS = (
    tool(
        "search_flights",
        "Find flights with free seats between two airports on one day.",
        "origin destination date",
        origin=text("IATA code of the departure airport", pattern="^[A-Z]{3}$"),
        destination=text("IATA code of the arrival airport", pattern="^[A-Z]{3}$"),
        date=day("Day of departure, YYYY-MM-DD"),
        cabin=choice("Cabin; economy if left out", *CABINS.values()),
        passengers=record(
            "Who travels; one adult if left out",
            "adults",
            adults=integer("12 years and older", 1, 9),
            children=integer("Under 12", 0, 8),
        ),
        max_price=number("Upper limit per person in EUR", 1, 10000),
    ),
    tool(
        "get_flight_status",
        "Departure and arrival times of a flight on a day, with delays.",
        "flight_number date",
        flight_number=text("Carrier and number, such as KL1042", pattern=_FLIGHT),
        date=day("Day of departure, YYYY-MM-DD"),
    ),
    tool(
        "get_flight_seats",
        "Free seats of a flight on a day by cabin.",
        "flight_number date",
        flight_number=text("Carrier and number, such as KL1042", pattern=_FLIGHT),
        date=day("Day of departure, YYYY-MM-DD"),
    ),
    tool(
        "get_reservation",
        "Look up a reservation by its code.",
        "reservation_id",
        reservation_id=text("Six letters and digits", pattern=_CODE),
    ),
    tool(
        "book_flight",
        "Book seats and charge the payment method on file.",
        "flight_number date cabin passengers",
        flight_number=text("Carrier and number", pattern=_FLIGHT),
        date=day("Day of departure, YYYY-MM-DD"),
        cabin=choice("Cabin", *CABINS.values()),
        passengers=several(
            "Travellers as in their passports",
            record(
                "One traveller",
                "first_name last_name",
                first_name=text("Given name"),
                last_name=text("Family name"),
                date_of_birth=day("YYYY-MM-DD"),
            ),
            1,
            9,
        ),
        bags=integer("Checked bags in total", 0, 10),
    ),
    tool(
        "change_reservation",
        "Move a reservation to another flight of the same route.",
        "reservation_id flight_number date",
        reservation_id=text("Six letters and digits", pattern=_CODE),
        flight_number=text("The new flight", pattern=_FLIGHT),
        date=day("Day of the new flight, YYYY-MM-DD"),
    ),
    tool(
        "cancel_reservation",
        "Cancel a reservation and start the refund, if there is one.",
        "reservation_id reason",
        reservation_id=text("Six letters and digits", pattern=_CODE),
        reason=choice("Why it is cancelled", *REASONS.values(), "other"),
    ),
)


class Desk(World):
    """Flights and reservations."""

    def flight(self) -> str:
        return f"{self.pick(('NW', 'SB', 'FJ'))}{self.rng.randint(201, 2980)}"

    def search_flights(self, **a: Any) -> Answer:
        top = int(a.get("max_price", 320))
        flights = []
        for _ in range(self.rng.randint(2, 3)):
            hour, length = self.rng.randint(6, 20), self.rng.randint(70, 200)
            flights.append(
                {
                    "flight_number": self.flight(),
                    "departs": f"{hour:02}:{self.rng.randrange(0, 60, 5):02}",
                    "minutes": length,
                    "price_eur": self.rng.randint(max(20, top // 4), top),
                    "cabin": a.get("cabin", "economy"),
                }
            )
        for flight in flights:
            self.memory[f"price {flight['flight_number']}"] = flight["price_eur"]
        flights.sort(key=lambda f: str(f["departs"]))
        return {"date": a["date"], "from": a["origin"], "to": a["destination"], "flights": flights}

    def get_flight_status(self, **a: Any) -> Answer:
        delay = self.pick((0, 0, 0, 15, 25, 40, 95))
        hour, minute = self.rng.randint(6, 20), self.rng.randrange(0, 60, 5)
        late = hour * 60 + minute + delay
        return {
            "flight_number": a["flight_number"],
            "date": a["date"],
            "scheduled": f"{hour:02}:{minute:02}",
            "expected": f"{late // 60:02}:{late % 60:02}",
            "delay_minutes": delay,
            "gate": f"{self.pick('ABCD')}{self.rng.randint(1, 38)}",
        }

    def get_flight_seats(self, **a: Any) -> Answer:
        return {
            **a,
            "free": {"economy": self.rng.randint(0, 40), "business": self.rng.randint(0, 9)},
        }

    def reserved(self) -> Answer:
        """A reservation on file, before anybody has looked it up."""
        origin, destination = self.rng.sample(sorted(CITIES), 2)
        made = {
            "reservation_id": self.code(6),
            "passenger": self.me.name,
            "flight_number": self.flight(),
            "from": CITIES[origin],
            "to": CITIES[destination],
            "date": self.ahead(3, 60).isoformat(),
            "fare": self.pick(("light", "flex", "flex")),
            "paid_eur": self.rng.randint(48, 640),
            "status": "confirmed",
        }
        self.memory[str(made["reservation_id"])] = made
        return {**made, "cities": (origin, destination)}

    def get_reservation(self, reservation_id: str) -> Answer:
        return dict(self.memory.get(reservation_id) or {"error": "no such reservation"})

    def book_flight(self, **a: Any) -> Answer:
        price = self.memory.get(f"price {a['flight_number']}", 199)
        return {
            "reservation_id": self.code(6),
            "status": "confirmed",
            "flight_number": a["flight_number"],
            "date": a["date"],
            "travellers": len(a["passengers"]),
            "total_eur": price * len(a["passengers"]),
        }

    def change_reservation(self, **a: Any) -> Answer:
        self.memory.get(a["reservation_id"], {}).update(a)
        return {**a, "status": "changed", "fare_difference_eur": self.pick((0, 0, 18, 35, 62))}

    def cancel_reservation(self, reservation_id: str, reason: str) -> Answer:
        held = self.memory.get(reservation_id, {})
        held["status"] = "cancelled"
        refund = held.get("paid_eur", 0) if held.get("fare") == "flex" else 0
        return {"reservation_id": reservation_id, "status": "cancelled", "refund_eur": refund}
