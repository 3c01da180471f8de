"""Settings: where values come from, and what an unusable one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings, load_settings, variables
from curation.errors import SettingsError


def test_a_variable_sets_a_value_and_an_option_wins_over_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOOPWRIGHT_PORT", "9001")
    monkeypatch.setenv("LOOPWRIGHT_HOST", "0.0.0.0")
    assert load_settings().port == 9001
    assert load_settings(port=9002, host=None).port == 9002
    assert load_settings(port=9002, host=None).host == "0.0.0.0"


def test_the_default_admits_nobody_but_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOPWRIGHT_HOST", raising=False)
    assert load_settings().host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "valid integer"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
        ("DATABASE_URL", "loopwright.db", "sqlite:///"),
        ("LEASE_S", "-1", "greater than"),
    ],
)
def test_an_unusable_value_names_its_variable_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"LOOPWRIGHT_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.where == f"LOOPWRIGHT_{name}"
    assert says in caught.value.message
    assert caught.value.hint


def test_every_setting_is_described_for_the_readme() -> None:
    described = variables()
    assert len(described) == len(Settings.model_fields)
    assert all(text.endswith(".") for _, _, text in described)
    assert ("LOOPWRIGHT_PORT", "8501", "Port the studio listens on.") in described


def test_a_log_file_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOPWRIGHT_LOG_FILE", str(tmp_path / "studio.log"))
    assert load_settings().log_file == tmp_path / "studio.log"
