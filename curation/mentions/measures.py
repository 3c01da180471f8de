"""Measures in running text, and whether one is another in a different unit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from msgspec import Struct

from curation.mentions.numbers import number_mentions

_LENGTH = {
    "mm": 0.001, "millimeter": 0.001, "cm": 0.01, "centimeter": 0.01, "m": 1, "meter": 1,
    "metre": 1, "km": 1000, "kilometer": 1000, "kilometre": 1000, "inch": 0.0254, "inches": 0.0254,
    "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "yard": 0.9144, "mile": 1609.344, "mi": 1609.344,
}  # fmt: skip
_MASS = {
    "mg": 0.001, "milligram": 0.001, "g": 1, "gram": 1, "kg": 1000, "kilogram": 1000, "kilo": 1000,
    "lb": 453.592, "pound": 453.592, "oz": 28.3495, "ounce": 28.3495, "ton": 1_000_000,
    "tonne": 1_000_000,
}  # fmt: skip
_TIME = {
    "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000,
    "year": 31_536_000,
}  # fmt: skip
_VOLUME = {"ml": 0.001, "milliliter": 0.001, "l": 1, "liter": 1, "litre": 1, "gallon": 3.78541}
_MONEY = {"cent": 0.01, "dollar": 1, "usd": 1, "euro": 1, "eur": 1, "gbp": 1}
_DATA = {"byte": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1 << 20}

_DIMENSIONS: tuple[dict[str, float], ...] = (_LENGTH, _MASS, _TIME, _VOLUME, _MONEY, _DATA)
_PREFIXES = {
    "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9,
    "pico": 1e-12,
    "nano": 1e-9, "micro": 1e-6, "milli": 1e-3, "kilo": 1e3, "mega": 1e6, "giga": 1e9,
}  # fmt: skip
_PREFIXED = re.compile(
    r"\s?(?:(?P<sign>[pnuµμmkMG])(?:H|F|W|V|A|Hz|J|Pa|N|C|T|eV|Ω)\b"
    r"|(?P<word>pico|nano|micro|milli|kilo|mega|giga)[a-z]{3,})"
)
_UNIT = re.compile(r"[\s-]?(?P<unit>[a-z]+)", re.IGNORECASE)
_DEGREES = re.compile(r"\s?(?:°\s?|degrees?\s)?(?P<scale>[cf]|celsius|fahrenheit)\b", re.IGNORECASE)
_PER_CENT_OFF = 0.01


class Measure(Struct, frozen=True, gc=False):
    """A number with the values it has in other units of its dimension."""

    start: int
    end: int
    converted: tuple[float, ...]


def measures(text: str) -> Iterator[Measure]:
    """Every number that a unit follows."""
    for mention in number_mentions(text):
        degrees = _DEGREES.match(text, mention.end)
        if degrees:
            value = mention.value
            other = value * 9 / 5 + 32 if degrees["scale"][0] in "cC" else (value - 32) * 5 / 9
            yield Measure(mention.start, degrees.end(), (other, value + 273.15))
        prefixed = _PREFIXED.match(text, mention.end)
        if prefixed:
            base = mention.value * _PREFIXES[prefixed["sign"] or prefixed["word"]]
            yield Measure(mention.start, prefixed.end(), (base,))
        unit = _UNIT.match(text, mention.end)
        if unit is None:
            continue
        for dimension in _DIMENSIONS:
            factor = _factor(dimension, unit["unit"].lower())
            if factor is not None:
                base = mention.value * factor
                others = tuple(base / f for f in set(dimension.values()) if f != factor)
                yield Measure(mention.start, unit.end(), others)


def _factor(dimension: dict[str, float], unit: str) -> float | None:
    found = dimension.get(unit)
    return dimension.get(unit.removesuffix("s")) if found is None else found


def is_conversion(value: float, measure: Measure) -> bool:
    """Whether `value` is the measure in another unit, to one part in a hundred."""
    return any(math.isclose(abs(value), c, rel_tol=_PER_CENT_OFF) for c in measure.converted)
