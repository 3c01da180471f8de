"""Where the browser gets the viewer's modules: a folder of static files, served with the studio.

Streamlit finds file-backed components only in packages that ship their own `pyproject.toml`, which
an installed wheel does not. So the component itself is four lines that import the modules from
this mount; their address holds a hash of their content, and therefore may be cached for ever.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PREFIX = "/loopwright-assets"


def assets_dir() -> Path:
    """The folder of the viewer's modules and style sheets."""
    return Path(__file__).parent / "assets"


@lru_cache(maxsize=1)
def assets_version() -> str:
    """Hash over names and content of all assets: a changed file gets a new address."""
    digest = hashlib.sha256()
    for path in sorted(assets_dir().iterdir()):
        if path.suffix in {".js", ".css"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def assets_url(base_path: str = "") -> str:
    """Address of the folder in the browser, without a slash at the end."""
    base = base_path.strip("/")
    return (f"/{base}" if base else "") + f"{PREFIX}/{assets_version()}"


class _ForEver(StaticFiles):
    """Static files that never change under their address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def asset_mount() -> Mount:
    """The route to add to the application: `/loopwright-assets/<version>/…`."""
    return Mount(f"{PREFIX}/{assets_version()}", app=_ForEver(directory=assets_dir()))
