"""Which JSON `datasets` reads as what it says.

Objects of different shapes go through the JSON reader of pandas on their way into Arrow and back.
It rounds decimals to ten places, misses some doubles by a bit (0.95), and refuses integers above
64 bits, and with them the types of the whole file. Text is untouched.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SUSPICIOUS = re.compile(r"\d\.\d|\d[eE]|\d{16}")
"""What may be changed; nearly all arguments hold nothing of it."""


def survives(raw: str) -> bool:
    """Whether an object, given as JSON text, comes out of `datasets` as it went in."""
    if _SUSPICIOUS.search(raw) is None:
        return True
    # Here: a large library that no other layout needs.
    from pandas.io.json import ujson_dumps, ujson_loads

    try:
        read: Any = ujson_loads(ujson_dumps(ujson_loads(raw)))
    except (ValueError, OverflowError):
        return False
    return json.dumps(read) == json.dumps(json.loads(raw))
