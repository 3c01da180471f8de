"""The viewer's files are served under an address that changes with their content."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.viewer.serving import PREFIX, asset_mount, assets_dir, assets_url

IMPORT = re.compile(r'from "\./([a-z_]+\.js)"')


def test_every_module_is_served_for_ever_and_as_what_it_is() -> None:
    client = TestClient(Starlette(routes=[asset_mount()]))
    for path in sorted(assets_dir().iterdir()):
        answer = client.get(f"{assets_url()}/{path.name}")
        assert answer.status_code == 200, path.name
        assert "immutable" in answer.headers["cache-control"]
        expected = "text/css" if path.suffix == ".css" else "text/javascript"
        assert answer.headers["content-type"].startswith(expected), path.name


def test_other_versions_and_other_files_are_not_served() -> None:
    client = TestClient(Starlette(routes=[asset_mount()]))
    assert client.get(f"{PREFIX}/0123/main.js").status_code == 404
    assert client.get(f"{assets_url()}/../serving.py").status_code == 404


def test_modules_import_only_each_other() -> None:
    names = {path.name for path in assets_dir().glob("*.js")}
    for path in assets_dir().glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert set(IMPORT.findall(text)) <= names, path.name
        assert "http://" not in text and "https://" not in text, f"{path.name} names a host"


def test_the_address_follows_the_base_path() -> None:
    assert assets_url("studio").startswith(f"/studio{PREFIX}/")
    assert assets_url().startswith(f"{PREFIX}/")
