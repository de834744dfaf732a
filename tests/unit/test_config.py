"""The settings: what does not fit is named, and never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.config import PROJECT_ROOT, Settings, load_settings
from app.errors import ConfigError

SECRET_VARIABLES = ("TWILIO_AUTH_TOKEN", "DATABASE_URL", "ADMIN_API_KEY", "EVENT_WEBHOOK_SECRET")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's variables nor its ``.env`` may decide a test."""
    for name in [name for name in os.environ if name.lower() in Settings.model_fields]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "70007"),
        ("PORT", "eight-thousand"),
        ("VAD_AGGRESSIVENESS", "44"),
        ("UTTERANCE_PAUSE_MS", "-125"),
        ("LOG_FORMAT", "parchment"),
        ("DEFAULT_AGENT_LANGUAGE", "castellano"),
        ("WEBHOOK_BASE_URL", "bridge.example.org"),
        ("WEBHOOK_BASE_URL", "ftp://bridge.example.org"),
        ("WEBHOOK_BASE_URL", "https://bridge.example.org/?token=abc"),
        ("TWILIO_VALIDATE_SIGNATURES", "sometimes"),
        ("MAX_CONCURRENT_CALLS", "0xbeef"),
        ("CLIENT_KEYS", "*=refrain"),
        ("AGENT_KEYS", "1=language"),
        ("EVENT_WEBHOOK_URL", "crm.example.org/hook"),
        ("RECORDING_KEYS", "2026=hunter2hunter2"),
        ("AZURE_TRANSLATOR_KEY", "ключ"),
        ("DEEPL_API_KEY", "hunter2 # of the team"),
    ],
)
def test_a_bad_value_names_its_variable_and_hides_itself(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert variable in str(caught.value)
    assert value not in str(caught.value)
    assert caught.value.__cause__ is None, "the cause would carry the value into a traceback"


@pytest.mark.parametrize("written", [" hunter2", "hunter2\n", "\thunter2 \r\n"])
@pytest.mark.parametrize(
    "variable", ["OPENAI_API_KEY", "AZURE_SPEECH_KEY", "TWILIO_AUTH_TOKEN", "ADMIN_API_KEY", "ELEVENLABS_API_KEY"]
)
def test_a_key_from_a_file_is_taken_without_what_surrounds_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, written: str
) -> None:
    monkeypatch.setenv(variable, written)
    assert getattr(load_settings(), variable.lower()).get_secret_value() == "hunter2"


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "none")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(ConfigError, match=r"(?s)PORT.*LOG_LEVEL|LOG_LEVEL.*PORT"):
        load_settings()


def test_events_are_not_posted_unsigned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_WEBHOOK_URL", "https://crm.example.org/hook")
    with pytest.raises(ConfigError, match="EVENT_WEBHOOK_SECRET"):
        load_settings()
    monkeypatch.setenv("EVENT_WEBHOOK_SECRET", "s3cret-s3cret")
    assert load_settings().event_webhook_url == "https://crm.example.org/hook"


def test_nobody_is_recorded_unannounced_or_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDING", "on")
    with pytest.raises(ConfigError, match="RECORDING_KEYS"):
        load_settings()
    monkeypatch.setenv("RECORDING_KEYS", f"2026={'A' * 43}=")
    assert load_settings().recording
    monkeypatch.setenv("CONSENT_ANNOUNCEMENT", "false")
    with pytest.raises(ConfigError, match="CONSENT_ANNOUNCEMENT"):
        load_settings()


@pytest.mark.parametrize("variable", SECRET_VARIABLES)
def test_a_secret_is_shown_by_nothing_that_prints_settings(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "hunter2-hunter2")
    settings = load_settings()
    assert getattr(settings, variable.lower()).get_secret_value() == "hunter2-hunter2"
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hunter2" not in shown


def test_every_field_that_sounds_secret_is_secret() -> None:
    sounding = {name for name in Settings.model_fields if name.endswith(("_token", "_key", "_secret", "_password"))}
    printed = repr(Settings.model_construct(**dict.fromkeys(Settings.model_fields)))
    assert sounding
    for name in sounding:
        assert "SecretStr" in str(Settings.model_fields[name].annotation), name
        assert f"{name}=None" in printed, "the field is part of what is printed, so its type is what hides it"


def test_settings_are_frozen() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert load_settings().port == 8000


def test_the_key_of_elevenlabs_has_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_TTS_API_KEY", "first")
    assert load_settings().elevenlabs_api_key.get_secret_value() == "first"
    monkeypatch.setenv("ELEVENLABS_API_KEY", "second")
    assert load_settings().elevenlabs_api_key.get_secret_value() == "second"


def test_the_environment_outranks_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8101\nHOST=127.0.0.9\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "8102")
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.9", 8102)


@pytest.mark.parametrize(
    ("written", "read"),
    [("fr", ("fr",)), ("FR, de ,pt", ("fr", "de", "pt")), (",", ()), ("", ())],
)
def test_languages_are_a_comma_separated_list(
    monkeypatch: pytest.MonkeyPatch, written: str, read: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CLIENT_LANGUAGES", written)
    assert load_settings().client_languages == read


def test_a_language_is_reduced_to_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_AGENT_LANGUAGE", "es-MX")
    assert load_settings().default_agent_language == "es"


@pytest.mark.parametrize(
    ("origin", "socket"),
    [
        ("https://bridge.example.com", "wss://bridge.example.com/ws/media-stream"),
        ("https://bridge.example.com/", "wss://bridge.example.com/ws/media-stream"),
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/media-stream"),
    ],
)
def test_the_media_socket_follows_the_public_origin(monkeypatch: pytest.MonkeyPatch, origin: str, socket: str) -> None:
    monkeypatch.setenv("WEBHOOK_BASE_URL", origin)
    assert load_settings().media_stream_url == socket


def test_a_relative_models_folder_is_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS_DIR", "elsewhere/models")
    assert load_settings().models_dir == PROJECT_ROOT / "elsewhere/models"


def test_what_a_call_needs_is_named_until_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = load_settings().missing_for_calls()
    assert {"TWILIO_AUTH_TOKEN", "WEBHOOK_BASE_URL"} <= {*missing}
    for variable in missing:
        monkeypatch.setenv(variable, "https://bridge.example.com")
    assert load_settings().missing_for_calls() == []


def test_the_languages_of_the_called_numbers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLED_NUMBER_LANGUAGES", "+34910000001=en, +34910000002 = FR-ca")
    assert load_settings().called_number_languages == (("+34910000001", "en"), ("+34910000002", "fr"))


@pytest.mark.parametrize(
    "value", ["611222333=en", "+34611222333", "+34611222333=english", "+34611222333=en,+34611222333=fr"]
)
def test_a_called_number_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CALLED_NUMBER_LANGUAGES", value)
    with pytest.raises(ConfigError, match="CALLED_NUMBER_LANGUAGES") as caught:
        load_settings()
    assert "611222333" not in str(caught.value), "a telephone number stays out of it"
