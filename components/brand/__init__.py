"""The mark of the product, shipped with it: no page asks another machine for an icon."""

from __future__ import annotations

from pathlib import Path

ICON = Path(__file__).with_name("icon.svg")
