"""axe-core in the page: what it holds against the screen, in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import wait_until

IMPACTS = ("serious", "critical")

DRAWN_BY_STREAMLIT = {
    ("color-contrast", "[data-testid^='stBaseButton-primary'] kbd"): (
        "Streamlit prints the shortcut on a primary button in white at 60 %, whatever the theme"
    ),
}
"""Rule and selector of what Streamlit draws by itself and nobody can change: to the reason."""

RUN = """
async ([impacts, exempt, rules]) => {
  const options = { resultTypes: ["violations"], elementRef: true };
  if (rules) options.runOnly = rules;
  const { violations } = await axe.run(document, options);
  const found = [];
  const used = [];
  for (const { id, impact, help, nodes } of violations) {
    if (!impacts.includes(impact)) continue;
    for (const { element, html, any, all, none } of nodes) {
      const known = exempt.find(([rule, selector]) => rule === id && element.matches(selector));
      if (known) used.push(known);
      const why = [...any, ...all, ...none][0]?.message;
      if (!known) found.push(`${id} (${help}): ${html.slice(0, 200)} — ${why}`);
    }
  }
  return [found, used];
}
"""


OF_COLOUR = ["color-contrast"]
"""The only rules that can tell dark from light; the others cost seconds a page."""


def violations(page: Any, rules: list[str] | None = None) -> tuple[list[str], set[tuple[str, str]]]:
    """What is serious or critical on the page as it is, and which exemptions it needed.

    Args:
        rules: axe's names of those to apply; None: all.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_script())
    exempt = [list(one) for one in DRAWN_BY_STREAMLIT]
    found, used = page.evaluate(RUN, [IMPACTS, exempt, rules])
    return found, {tuple(one) for one in used}


MOUNTED_FOR_GOOD = """
(() => {
  // Another theme mounts the viewer anew, sometimes a moment later; what had the focus loses it.
  const session = [...(window.__loopwright?.values() ?? [])].at(-1);
  if (!session) return true;
  const [n, now] = [session.mounts, performance.now()];
  if (window.mountedFor?.n !== n) window.mountedFor = { n, since: now };
  return now - window.mountedFor.since > 400;
})()
"""


def in_themes(
    page: Any, name: str, schemes: Sequence[str] = ("light", "dark")
) -> tuple[list[str], set[tuple[str, str]]]:
    """All rules in light, those of colour in dark; the page follows the system's wish at once."""
    problems: list[str] = []
    exempt: set[tuple[str, str]] = set()
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        wait_until(page, f"({THEME})() === '{scheme}'")
        wait_until(page, MOUNTED_FOR_GOOD)
        found, used = violations(page, OF_COLOUR if scheme == "dark" else None)
        problems += [f"{name}, {scheme}: {one}" for one in found]
        exempt |= used
    return problems, exempt


THEME = """
() => {
  const [red] = getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g);
  return Number(red) > 128 ? 'light' : 'dark';
}
"""


def _script() -> str:
    """axe-core as the package brings it."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is missing")
    return (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
