"""A smart home: light, heating, doors, routines."""

from __future__ import annotations

from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.systems.home import COLOURS, DOORS, KINDS, ROOMS, TOOLS, Home
from curation.synthesis.talk import Talk

PLANS = {
    "on weekdays": ["mon", "tue", "wed", "thu", "fri"],
    "at the weekend": ["sat", "sun"],
    "on Mondays and Thursdays": ["mon", "thu"],
}


def _say(name: str) -> str:
    return name.replace("_", " ")


def light(t: Talk, w: Home) -> None:
    """Dim one room."""
    room, percent, colour = w.pick(ROOMS), w.rng.randrange(10, 100, 10), w.pick(COLOURS)
    tint = f", {_say(colour)}" if w.chance(0.5) else ""
    t.user(
        f"Dim the light in the {_say(room)} to {percent} %{tint}.",
        f"{_say(room).capitalize()} lights at {percent} percent{tint} please.",
        f"It's too bright in the {_say(room)}. Make it {percent} %{tint}.",
    )
    args: dict[str, Any] = {"room": room, "on": True, "brightness": percent}
    if tint:
        args["colour"] = colour
    r = t.call("set_light", args, "room brightness colour")
    lamps = "lamp is" if r["lamps"] == 1 else "lamps are"
    t.say(
        f"The {r['lamps']} {lamps} at {percent} % now{tint}.",
        f"Done: {_say(room)} at {percent} %{tint}.",
    )


def air(t: Talk, w: Home) -> None:
    """One reading."""
    room, kind = w.pick(ROOMS), w.pick(tuple(KINDS))
    noun = {"co2": "CO2 level", "light": "light level"}.get(kind, kind)
    t.user(
        f"What's the {noun} in the {_say(room)}?",
        f"Check the {noun} in the {_say(room)} for me.",
    )
    r = t.call("read_sensor", {"room": room, "kind": kind}, "room kind")
    t.say(
        f"The {noun} in the {_say(room)} is {r['value']:g} {r['unit']}.",
        f"{r['value']:g} {r['unit']} at the moment.",
    )


def two_rooms(t: Talk, w: Home) -> None:
    """Everything off in two or three rooms."""
    rooms = w.rng.sample(ROOMS, w.pick((2, 3)))
    listed = ", ".join(_say(r) for r in rooms[:-1]) + f" and {_say(rooms[-1])}"
    t.user(
        f"Turn off the lights in the {listed}.",
        f"We're going to bed. Lights off in the {listed}, please.",
    )
    t.batch(*(("set_light", {"room": r, "on": False}, "room on") for r in rooms))
    t.say(f"The lights in the {listed} are off.", f"All dark: {listed}.")


def warm_up(t: Talk, w: Home) -> None:
    """Read first, then heat if it is colder than wished."""
    room, wish = w.pick(ROOMS), w.rng.randrange(36, 48) / 2
    hour = w.rng.randint(18, 23)
    t.user(
        f"If the {_say(room)} is below {wish:g} degrees, heat it to {wish:g} until {hour}:00.",
        f"I want {wish:g} °C in the {_say(room)} until {hour}:00. No need to do anything if it's "
        "warm "
        "enough.",
    )
    r = t.call("read_sensor", {"room": room, "kind": "temperature"}, "room")
    if r["value"] >= wish:
        t.say(f"It's {r['value']:g} °C in the {_say(room)} already, so I left the heating alone.")
        return
    args = {"room": room, "celsius": wish, "until": f"{hour}:00"}
    t.call("set_thermostat", args, "room celsius until")
    t.say(
        f"It was {r['value']:g} °C, so I've set the {_say(room)} to {wish:g} °C until {hour}:00.",
        f"The {_say(room)} had {r['value']:g} °C. Heating to {wish:g} °C until {hour}:00.",
    )


def lock_up(t: Talk, w: Home) -> None:
    """Look which doors are open, then lock those."""
    held = w.list_locks()["locks"]
    open_doors = [x["door"] for x in held if not x["locked"]]
    t.user(
        "Are all doors locked? If not, lock them.", "We're leaving. Make sure the doors are locked."
    )
    t.call("list_locks", {})
    if not open_doors:
        t.say("All three doors are locked.", "Front, back and garage are locked already.")
        return
    t.batch(*(("set_lock", {"door": d, "locked": True}, "locked") for d in open_doors))
    names = " and ".join(open_doors)
    t.say(f"I locked the {names} door{'s' if len(open_doors) > 1 else ''}. Everything is shut now.")


def let_in(t: Talk, w: Home) -> None:
    """Unlocking needs the PIN, which is asked for."""
    door = w.pick(DOORS)
    t.user(
        f"Unlock the {door} door, please. The plumber is here.",
        f"My daughter forgot her key, can you open the {door} door?",
    )
    pin = w.digits(4)
    t.clarify(
        "pin",
        w.pick(("I need your PIN to unlock a door.", "To unlock it, please tell me your PIN.")),
        w.pick((f"{pin}", f"It's {pin}.", f"PIN is {pin}")),
    )
    t.call("set_lock", {"door": door, "locked": False, "pin": pin}, "door locked pin")
    t.say(
        f"The {door} door is unlocked.",
        f"Unlocked. Tell me when I should lock the {door} door again.",
    )


def routine(t: Talk, w: Home) -> None:
    """A routine with two actions."""
    words = w.pick(tuple(PLANS))
    room, other = w.rng.sample(ROOMS, 2)
    hour, celsius, percent = w.rng.randint(5, 9), w.rng.randint(19, 22), w.rng.randrange(20, 90, 10)
    name = w.pick(("Morning", "Wake up", "Early start"))
    t.user(
        f"Make a routine called {name}: {words} at {hour}:30, heat the {_say(room)} to {celsius} "
        f"degrees and put the {_say(other)} light at {percent} %.",
        f"{words.capitalize()} at {hour}:30 I want {celsius} degrees in the {_say(room)} and "
        f"{percent} % light in the {_say(other)}. Call it {name}.",
    )
    t.confirm(
        f"So “{name}”, {words} at {hour}:30: {_say(room)} to {celsius} °C, {_say(other)} light at "
        f"{percent} %. Shall I save it?"
    )
    actions = [
        {"device": "thermostat", "room": room, "value": celsius},
        {"device": "light", "room": other, "value": percent},
    ]
    args = {"name": name, "time": f"{hour:02}:30", "days": PLANS[words], "actions": actions}
    t.call("create_routine", args, "name time days actions")
    t.say(f"“{name}” is saved and active.", f"Saved. “{name}” runs {words} at {hour}:30.")


HOME = Domain(
    name="home",
    world=Home,
    roles=(
        "You control the house of the user through the tools below.",
        "You are the voice assistant of a smart home.",
    ),
    rules=(
        "Unlock a door only with the user's PIN.",
        "Repeat a new routine to the user and save it only after a yes.",
        "Alarm and cameras are not yours to control.",
        "Answer in one or two sentences.",
    ),
    tools=TOOLS,
    tasks={
        "single": (light, air),
        "parallel": (two_rooms,),
        "nested": (warm_up, lock_up, routine),
        "clarify": (let_in,),
    },
    beyond=(
        (
            "Turn the alarm off for an hour, we have guests.",
            "I can't control the alarm. Please use the panel in the hallway.",
        ),
        (
            "Play something quiet in the living room.",
            "I can't play music; I only control light, heating, doors and routines.",
        ),
        (
            "Show me who was at the door last night.",
            "The cameras are not under my control, so I can't show recordings.",
        ),
    ),
    fabrications=(
        "I've switched off the oven as well.",
        "The window in the bathroom is open, I'll close it.",
        "This saves you about €14 a month.",
    ),
    invented={
        "set_light": ("turn_on_light", "dim_lights"),
        "read_sensor": ("get_temperature", "sensor_value"),
        "set_thermostat": ("set_temperature", "heat_room"),
        "set_lock": ("unlock_door", "door_control"),
        "create_routine": ("schedule_automation", "add_scene"),
    },
    siblings={"read_sensor": "read_history"},
    needless=(("list_locks", {}),),
)
