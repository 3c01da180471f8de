"""The mark of the product, shipped with it: no page asks another machine for an icon."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

_SVG = Path(__file__).with_name("icon.svg").read_bytes()
ICON = f"data:image/svg+xml;base64,{b64encode(_SVG).decode()}"
"""As an address of its own: a path is read, hashed and kept anew at every rerun."""
