"""A group of practices: the tools offered, and the doctors, slots and prescriptions behind them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from curation.synthesis.schema import choice, day, integer, record, text, tool
from curation.synthesis.world import Answer, World, at

SPECIALITIES = {
    "a dermatologist": "dermatology", "a cardiologist": "cardiology", "a GP": "general_practice",
    "an eye doctor": "ophthalmology", "a physiotherapist": "physiotherapy",
    "a paediatrician": "paediatrics",
}  # fmt: skip
COMPLAINTS = {
    "dermatology": ("a rash on both arms", "a mole that has changed"),
    "cardiology": ("a check of my blood pressure", "palpitations in the evening"),
    "general_practice": ("a cough that won't go away", "a vaccination before travelling"),
    "ophthalmology": ("a sight test", "red eyes"),
    "physiotherapy": ("back pain after a fall", "exercises for my knee"),
    "paediatrics": ("my son's check-up", "my daughter's earache"),
}
MEDICINES = {
    "ramipril": 5,
    "metformin": 500,
    "levothyroxine": 50,
    "sertraline": 50,
    "cetirizine": 10,
}
LANGUAGES = ("English", "German", "Polish", "Spanish", "Turkish")
_DOCTOR = "^dr-[0-9]{4}$"
_SLOT = "^sl-[0-9]{6}$"
_BOOKING = "^ap-[0-9]{6}$"

TOOLS = (
    tool(
        "find_doctors",
        "Doctors of a speciality who take new patients.",
        "speciality",
        speciality=choice("Speciality", *SPECIALITIES.values()),
        language=choice("Language spoken", *LANGUAGES),
        within_km=integer("Distance from the patient's home", 1, 100),
    ),
    tool(
        "list_slots",
        "Free appointments of a doctor in a period.",
        "doctor_id start end",
        doctor_id=text("Id from find_doctors", pattern=_DOCTOR),
        start=day("First day, YYYY-MM-DD"),
        end=day("Last day, YYYY-MM-DD"),
    ),
    tool(
        "book_appointment",
        "Book a free slot for the patient.",
        "doctor_id slot_id reason",
        doctor_id=text("Id from find_doctors", pattern=_DOCTOR),
        slot_id=text("Id from list_slots", pattern=_SLOT),
        reason=text("In the patient's words", minLength=3, maxLength=200),
        contact=record(
            "How to reach the patient on the day",
            "channel value",
            channel=choice("Way", "phone", "email"),
            value=text("Number or address"),
        ),
    ),
    tool(
        "get_appointment",
        "Time, place and doctor of an appointment.",
        "appointment_id",
        appointment_id=text("Id of the booking", pattern=_BOOKING),
    ),
    tool(
        "get_preparation",
        "What to bring and how to prepare for an appointment.",
        "appointment_id",
        appointment_id=text("Id of the booking", pattern=_BOOKING),
    ),
    tool(
        "cancel_appointment",
        "Cancel an appointment and free the slot.",
        "appointment_id",
        appointment_id=text("Id of the booking", pattern=_BOOKING),
    ),
    tool(
        "renew_prescription",
        "Ask the practice to renew a prescription the patient already has.",
        "medication dose_mg pharmacy",
        medication=text("Substance", minLength=3),
        dose_mg=integer("Strength of one tablet in mg", 1, 2000),
        pharmacy=choice("Where to collect it", "station", "market", "hospital"),
    ),
)


class Practice(World):
    """Doctors with free slots; appointments on file."""

    def find_doctors(self, **a: Any) -> Answer:
        speciality, language = a["speciality"], a.get("language", "English")
        key = f"doctors {speciality}"
        known = self.memory.get(key) or self.once(key, [self._doctor() for _ in range(3)])
        limit = a.get("within_km", 15)
        found = [d for d in known if d["distance_km"] <= limit and language in d["languages"]]
        if not found:
            found = [self._doctor(limit, language)]
            known.extend(found)
        return {
            "speciality": speciality,
            "doctors": sorted(found, key=lambda d: float(d["distance_km"])),
        }

    def _doctor(self, within: int = 12, language: str = "English") -> Answer:
        return {
            "doctor_id": f"dr-{self.digits(4)}",
            "name": f"Dr {self.person().name}",
            "distance_km": round(self.rng.uniform(0.4, within), 1),
            "languages": sorted({"English", language, self.pick(LANGUAGES)}),
        }

    def list_slots(self, doctor_id: str, start: str, end: str) -> Answer:
        first = date.fromisoformat(start)
        span = (date.fromisoformat(end) - first).days
        slots = []
        days = [first + timedelta(days=n) for n in range(span + 1)]
        open_days = [when for when in days if when.weekday() < 5]
        for when in sorted(self.rng.sample(open_days, min(3, len(open_days)))):
            begin = at(when, self.rng.randint(8, 16), self.pick((0, 15, 30, 45)))
            slots.append({"slot_id": f"sl-{self.digits(6)}", "start": begin})
        return {"doctor_id": doctor_id, "slots": slots}

    def book_appointment(self, **a: Any) -> Answer:
        return {
            "appointment_id": f"ap-{self.digits(6)}",
            "slot_id": a["slot_id"],
            "status": "booked",
        }

    def booked(self) -> Answer:
        """An appointment on file."""
        made = {
            "appointment_id": f"ap-{self.digits(6)}",
            "doctor": f"Dr {self.person().name}",
            "start": at(self.workday(2, 25), self.rng.randint(8, 16), self.pick((0, 30))),
            "room": f"{self.rng.randint(1, 3)}.{self.rng.randint(10, 30)}",
            "status": "booked",
        }
        self.memory[str(made["appointment_id"])] = made
        return made

    def get_appointment(self, appointment_id: str) -> Answer:
        return dict(self.memory.get(appointment_id) or {"error": "unknown appointment"})

    def get_preparation(self, appointment_id: str) -> Answer:
        return {"appointment_id": appointment_id, "bring": ["insurance card"], "fasting": False}

    def cancel_appointment(self, appointment_id: str) -> Answer:
        self.memory.get(appointment_id, {})["status"] = "cancelled"
        return {"appointment_id": appointment_id, "status": "cancelled", "fee_eur": 0}

    def renew_prescription(self, **a: Any) -> Answer:
        return {"request_id": f"rx-{self.digits(6)}", "ready": self.workday(1, 3).isoformat(), **a}
