"""Measured numbers in words, with what they rest on; what cannot be measured is said so."""

from __future__ import annotations

from curation.intervals import Figure

UNDEFINED = "undefined"


def as_percent(figure: Figure) -> str:
    """A share: "66.7 % of 3 (20.8 to 93.9 %)"; "undefined (0 cases)" where there is none."""
    if figure.value is None:
        return f"{UNDEFINED} ({figure.n:,} {'case' if figure.n == 1 else 'cases'})"
    interval = figure.interval
    ends = f" ({100 * interval.low:.1f} to {100 * interval.high:.1f} %)" if interval else ""
    return f"{100 * figure.value:.1f} % of {figure.n:,}{ends}"


def as_number(figure: Figure) -> str:
    """A coefficient: "0.52 of 40 (0.31 to 0.70)"."""
    if figure.value is None:
        return f"{UNDEFINED} ({figure.n:,} {'case' if figure.n == 1 else 'cases'})"
    interval = figure.interval
    ends = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    return f"{figure.value:.2f} of {figure.n:,}{ends}"


def brief_percent(figure: Figure) -> str:
    """A share for a table that has its cases beside it: "66.7 % (21 to 94)", "–" for none."""
    if figure.value is None:
        return "–"
    interval = figure.interval
    ends = f" ({100 * interval.low:.0f} to {100 * interval.high:.0f})" if interval else ""
    return f"{100 * figure.value:.1f} %{ends}"


def brief_number(figure: Figure) -> str:
    """Likewise a coefficient: "0.52 (0.31 to 0.70)"."""
    if figure.value is None:
        return "–"
    interval = figure.interval
    ends = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    return f"{figure.value:.2f}{ends}"


def share_in_words(value: float | None) -> str:
    """A bare share: "44.4 %", or "undefined"."""
    return UNDEFINED if value is None else f"{100 * value:.1f} %"
