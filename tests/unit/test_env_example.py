"""``.env.example`` and the documents say what the settings are, and cannot fall behind."""

from __future__ import annotations

import os
import re

import pytest
from pydantic import SecretStr

from app.cli.settings_docs import env_example, first_settings_table, setting_docs, settings_page, with_settings_table
from app.config import PROJECT_ROOT, Settings

EXAMPLE = PROJECT_ROOT / ".env.example"
README = PROJECT_ROOT / "README.md"
PAGE = PROJECT_ROOT / "docs" / "settings.md"
FIX = "run `make settings-docs`"


def test_the_example_is_what_the_settings_say() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == env_example(), FIX


def test_the_example_names_every_setting_once() -> None:
    names = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_read_as_settings_is_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every default in it is written as the environment would have to write it."""
    for name in [name for name in os.environ if name.lower() in Settings.model_fields]:
        monkeypatch.delenv(name)
    uncommented = re.sub(r"^# ([A-Z][A-Z0-9_]+=)", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    written = tmp_path_factory.mktemp("example") / "env"
    written.write_text(uncommented, encoding="utf-8")
    example, defaults = Settings(_env_file=written), Settings(_env_file=None)
    for name in Settings.model_fields:
        assert _plain(getattr(example, name)) == _plain(getattr(defaults, name)), name


def test_every_setting_is_grouped_and_explained() -> None:
    for doc in setting_docs():
        assert doc.group, doc.variable
        assert len(doc.meaning) > 10, doc.variable
        assert doc.meaning.endswith("."), doc.variable


def test_every_limit_is_told() -> None:
    told = {doc.variable: doc.allowed for doc in setting_docs()}
    assert told["VAD_AGGRESSIVENESS"] == "0 to 3"
    assert told["TTS_TIMEOUT_S"] == "above 0 to 120"
    assert told["LOG_FORMAT"] == "json or console"


def test_the_table_goes_between_its_markers_and_nowhere_else() -> None:
    before = with_settings_table(
        "# Title\n<!-- settings: written by `make settings-docs` -->\nthe stale table\n<!-- settings end -->\nafter\n"
    )
    assert before.startswith("# Title\n")
    assert before.endswith("<!-- settings end -->\nafter\n")
    assert first_settings_table() in before
    assert "stale" not in before
    assert with_settings_table(before) == before


def test_a_lost_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing"):
        with_settings_table("# Title\n")


def test_the_documents_are_what_the_settings_say() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_settings_table(text), FIX
    assert PAGE.read_text(encoding="utf-8") == settings_page(), FIX


def test_the_page_names_every_setting_once() -> None:
    names = re.findall(r"^\| `([A-Z0-9_]+)` \|", settings_page(), flags=re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
