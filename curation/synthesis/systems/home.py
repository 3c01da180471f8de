"""A smart home: the tools offered, and the lamps, sensors and locks behind them."""

from __future__ import annotations

from typing import Any

from curation.synthesis.schema import choice, flag, integer, number, record, several, text, tool
from curation.synthesis.world import Answer, World

ROOMS = ("kitchen", "living_room", "bedroom", "study", "hallway", "nursery")
COLOURS = ("warm_white", "cold_white", "red", "green", "blue")
DOORS = ("front", "back", "garage")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = {"temperature": "°C", "humidity": "%", "co2": "ppm", "light": "lx"}
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"

TOOLS = (
    tool(
        "set_light",
        "Switch or dim the lamps of a room.",
        "room on",
        room=choice("Room", *ROOMS),
        on=flag("On or off"),
        brightness=integer("Percent; unchanged if left out", 1, 100),
        colour=choice("Colour; unchanged if left out", *COLOURS),
    ),
    tool(
        "set_thermostat",
        "Set the target temperature of a room.",
        "room celsius",
        room=choice("Room", *ROOMS),
        celsius=number("Target in °C, steps of 0.5", 5, 28),
        until=text("Back to the schedule at this time, HH:MM", pattern=_TIME),
    ),
    tool(
        "read_sensor",
        "Present reading of a sensor in a room.",
        "room kind",
        room=choice("Room", *ROOMS),
        kind=choice("What to read", *KINDS),
    ),
    tool(
        "read_history",
        "Hourly readings of a sensor over the last day.",
        "room kind",
        room=choice("Room", *ROOMS),
        kind=choice("What to read", *KINDS),
    ),
    tool(
        "list_locks",
        "All doors with the state of their locks.",
        "",
    ),
    tool(
        "set_lock",
        "Lock or unlock a door.",
        "door locked",
        door=choice("Door", *DOORS),
        locked=flag("True locks, false unlocks"),
        pin=text("The user's PIN; needed to unlock", pattern="^[0-9]{4}$"),
    ),
    tool(
        "create_routine",
        "Do things at a time on certain days.",
        "name time days actions",
        name=text("Name of the routine", minLength=1, maxLength=40),
        time=text("HH:MM", pattern=_TIME),
        days=several("Days of the week", choice("Day", *DAYS), 1, 7),
        actions=several(
            "What to do, in this order",
            record(
                "One action",
                "device room value",
                device=choice("What acts", "light", "thermostat", "blind"),
                room=choice("Room", *ROOMS),
                value=number("Percent for light and blind, °C for thermostat", 0, 100),
            ),
            1,
            8,
        ),
    ),
)


class Home(World):
    """A house whose state lasts as long as the conversation."""

    def set_light(self, **a: Any) -> Answer:
        return {"ok": True, **a, "lamps": self.once(f"lamps {a['room']}", self.rng.randint(1, 5))}

    def set_thermostat(self, **a: Any) -> Answer:
        now = self.read_sensor(a["room"], "temperature")["value"]
        return {"ok": True, "room": a["room"], "target": a["celsius"], "now": now}

    def read_sensor(self, room: str, kind: str) -> Answer:
        low, high = {
            "temperature": (16.5, 24.5), "humidity": (34, 66), "co2": (480, 1450),
            "light": (3, 700),
        }[kind]  # fmt: skip
        value = round(self.rng.uniform(low, high), 1 if kind == "temperature" else 0)
        answer = {"room": room, "kind": kind, "value": value, "unit": KINDS[kind]}
        return dict(self.once(f"{room} {kind}", answer))

    def read_history(self, room: str, kind: str) -> Answer:
        now = self.read_sensor(room, kind)["value"]
        return {"room": room, "kind": kind, "hourly": [round(now + d / 2, 1) for d in range(-3, 3)]}

    def list_locks(self) -> Answer:
        for door in DOORS:
            self.once(door, self.chance(0.6))
        return {"locks": [{"door": d, "locked": self.memory[d]} for d in DOORS]}

    def set_lock(self, **a: Any) -> Answer:
        self.memory[a["door"]] = a["locked"]
        return {"door": a["door"], "locked": a["locked"]}

    def create_routine(self, **a: Any) -> Answer:
        return {"routine_id": f"rt-{self.digits(4)}", "name": a["name"], "active": True}
