"""The trajectory viewer: one Streamlit component that annotators spend their day in.

Streamlit only mounts it and hands it the boot data. Everything after that (opening, marking,
committing, undoing, correcting) happens in the browser against the annotate API, without a rerun:
see `assets/main.js`. The viewer knows neither storage nor flows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import streamlit as st
from msgspec import Struct
from msgspec.structs import replace

from components.viewer.serving import asset_mount, assets_dir, assets_url, assets_version
from curation.recovery import RecoveryLabel
from curation.taxonomy import Taxonomy

__all__ = [
    "Handbook",
    "ViewerBoot",
    "asset_mount",
    "assets_dir",
    "assets_url",
    "assets_version",
    "draw_keys",
    "draw_module",
    "draw_viewer",
]

_LOADER = """
export default function (component) {
  const { data, parentElement } = component;
  let mounted = null;
  let gone = false;
  import(new URL(data.assets + "/MODULE", location.origin).href).then(
    (viewer) => { if (!gone) mounted = viewer.mount(parentElement, data); },
    (problem) => {
      parentElement.textContent =
        "The viewer could not be loaded (" + problem + "). Reload the page.";
    },
  );
  return () => { gone = true; if (mounted) mounted(); };
}
"""


API = "/api/annotate"


class Handbook(Struct, frozen=True):
    """What annotators label by, as long as the studio runs much the same."""

    taxonomies: Sequence[Taxonomy]
    recoveries: Sequence[RecoveryLabel]
    check_docs: dict[str, str]
    """Name of a check to what it says of itself."""


class ViewerBoot(Struct, frozen=True):
    """What the viewer must know before it can ask for a trajectory."""

    token: str
    """Signed name of the annotator, sent with every request."""
    annotator: str
    dataset: str | None
    """Whose queue to work on; None is every queue."""
    uid: str | None
    """The trajectory to open first; None asks the queue."""
    handbook: Handbook
    at: int | None = None
    """Index of the message of `uid` to open at; None: where it looks suspicious."""
    asked: str | None = None
    """A wish of the court to edit that message at once: another text each time, for it is fulfilled
    once however often the viewer is mounted."""
    api: str = API
    pages: dict[str, str] = {}
    """Addresses of other pages that keys and empty states lead to: `queue`, `ingest`, `verify`."""
    keys: dict[str, str] = {}
    """Keys that the annotator moved: command to key."""
    simulator: dict[str, Any] = {}
    """What may be asked for results of changed calls: `{model, missing}`; `missing` names the
    environment variables without which nothing can be asked."""
    version: str = ""


@lru_cache(maxsize=4)
def _component(name: str, module: str) -> Any:
    return st.components.v2.component(name, js=_LOADER.replace("MODULE", module))


def draw_viewer(boot: ViewerBoot, *, key: str) -> None:
    """Mount the viewer; `key` must be the same on every rerun of a page."""
    data = msgspec.to_builtins(replace(boot, handbook=None))
    # 45 KB that Streamlit would walk and encode twice at every rerun: as a text it takes one look.
    data["handbook"] = msgspec.json.encode(boot.handbook).decode()
    data["version"] = boot.version or assets_version()
    data |= _addresses(boot.api)
    _component("loopwright_viewer", "main.js")(key=key, data=data)


def draw_keys(*, token: str, keys: dict[str, str], api: str = API, key: str) -> None:
    """The list of the viewer's keys, where they can be moved, for pages outside of the viewer.

    Args:
        token: signed name of the annotator whose keys they are.
        keys: those moved already, command to key.
    """
    data = {"token": token, "keys": keys, **_addresses(api)}
    _component("loopwright_keys", "settings_keys.js")(key=key, data=data)


def draw_module(name: str, module: str, data: dict[str, Any], *, key: str) -> None:
    """Mount another component whose module lies with the viewer's.

    Args:
        name: of the component, the same for every mount of this module.
        module: file name among the assets; its `mount(parent, data)` draws, anew for new data.
        data: what it draws, as JSON.
    """
    _component(name, module)(key=key, data={**data, **_addresses(API)})


def _addresses(api: str) -> dict[str, str]:
    base_path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base_path}" if base_path else ""
    return {"assets": assets_url(base_path), "api": prefix + api}
