"""The studio as one ASGI application: Streamlit's pages, the viewer's API, its assets.

Served by `loopwright run` (or any ASGI server). The store is opened and migrated before the first
request; what is slow to import is fetched in the background after the studio answers, and then
frozen, so that the garbage collector does not walk it at every key press.
"""

from __future__ import annotations

import gc
import importlib
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from app.flows.opening import close_the_store, the_store
from app.routes.annotate import AnnotateApi
from app.routes.health import health_route
from app.routes.security import KnownHosts, SecurityHeaders, answered_hosts, content_policy
from app.settings import load_settings
from components.viewer.serving import asset_mount

log = logging.getLogger("loopwright")

SLOW_IMPORTS = ("pandas", "plotly.graph_objects", "polars", "pyarrow", "jsonschema")
"""What views import when they need it: half a second each on a small machine."""


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    await run_in_threadpool(the_store)
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    try:
        yield
    finally:
        await run_in_threadpool(close_the_store)


def _warm_up() -> None:
    for name in SLOW_IMPORTS:
        try:
            importlib.import_module(name)
        except ImportError as problem:
            log.warning("%s cannot be imported, pages that need it will say so: %s", name, problem)
    gc.collect()
    gc.freeze()


def _page() -> str:
    """The one HTML page that Streamlit serves."""
    return (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


_settings = load_settings()

# `streamlit run` recognises the application by reading this assignment, not by running the file.
app = st.App(
    Path(__file__).with_name("main.py"),
    routes=[
        health_route(),
        asset_mount(),
        *AnnotateApi(the_store, lease=timedelta(seconds=_settings.lease_s)).routes(),
    ],
    middleware=[
        Middleware(KnownHosts, hosts=answered_hosts(_settings.host, _settings.allowed_hosts)),
        Middleware(SecurityHeaders, policy=content_policy(_page())),
    ],
    lifespan=_lifespan,
)
