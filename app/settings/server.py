"""Settings of the server: where it tells what happens, what it keeps and for how long, and how it is run."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationInfo

from app.domain.policies import Transcripts
from app.domain.recordings import RecordingKeys
from app.settings.values import PROJECT_ROOT, Key, OptionalHttpAddress, ProjectPath


def _hook(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment):
        raise ValueError("must be an http(s) URL such as https://crm.example.com/hooks/puente")
    return value


def _needed_to_sign(value: SecretStr, info: ValidationInfo) -> SecretStr:
    if info.data.get("event_webhook_url") and not value.get_secret_value():
        raise ValueError("must be set with EVENT_WEBHOOK_URL, for instance to what `openssl rand -hex 32` prints")
    return value


def _announced(value: bool, info: ValidationInfo) -> bool:
    if value and not info.data.get("consent_announcement"):
        raise ValueError("needs CONSENT_ANNOUNCEMENT=true: who is recorded has to be told")
    return value


def _needed_to_record(value: SecretStr, info: ValidationInfo) -> SecretStr:
    keys = RecordingKeys.parse(value.get_secret_value()).keys
    if info.data.get("recording") and not keys:
        raise ValueError("must be set with RECORDING, for instance to what `python -m app recordings key` prints")
    return value


class ServerSettings(BaseModel):
    # --- Events -----------------------------------------------------------------------------------------------------
    event_webhook_url: Annotated[str, AfterValidator(_hook)] = Field(
        "", description="Where call events are posted (docs/events.md). Empty: nowhere."
    )
    event_webhook_secret: Annotated[SecretStr, AfterValidator(_needed_to_sign)] = Field(
        SecretStr(""), validate_default=True, description="Signs the posted events; needed with EVENT_WEBHOOK_URL."
    )
    event_webhook_captions: bool = Field(
        False, description="true posts what was said and its translation too; false only that something was said."
    )

    # --- State ------------------------------------------------------------------------------------------------------
    database_url: SecretStr = Field(
        SecretStr("sqlite:///puente.db"),
        description="SQLAlchemy URL: sqlite:///file.db or postgresql://user@host/name.",
    )
    database_auto_migrate: bool = Field(
        True, description="Run the migrations at start; false where `alembic upgrade head` is a step of the deployment."
    )
    journal_dir: ProjectPath = Field(
        PROJECT_ROOT / "journal",
        description="Where facts, what was said among them, wait on disk while the database is away; for processes of "
        "one database only.",
    )
    journal_max_mb: int = Field(256, ge=1, le=100_000, description="How much may wait in JOURNAL_DIR, in megabytes.")

    # --- Privacy ----------------------------------------------------------------------------------------------------
    transcripts: Transcripts = Field(
        Transcripts.REDACTED,
        description="What is stored, logged and posted of what was said: off, redacted (labels for cards, IBANs, "
        "telephones, e-mail and identity numbers) or full (docs/privacy.md).",
    )
    redact_for_language_models: bool = Field(
        True,
        description="Whether TRANSLATION_PROVIDER=openai is sent stand-ins for cards, IBANs, telephones, e-mail and "
        "identity numbers; they are put back into its translation, so that the listener hears them.",
    )
    consent_announcement: bool = Field(
        True,
        description="Whether the greeting says, in the client's likely language, that a machine interprets the call "
        "and, unless TRANSCRIPTS is off, writes it down; that they heard it is an event of the call.",
    )
    retention_days: int = Field(
        0, ge=0, le=36500, description="Calls that began more days ago are deleted, every hour. 0: none is."
    )
    privacy_pepper: SecretStr = Field(
        SecretStr(""),
        description="Key of the hash by which the calls of a telephone number are found to be deleted. Empty: derived "
        "from TWILIO_AUTH_TOKEN; set it before that changes.",
    )
    recording: Annotated[bool, AfterValidator(_announced)] = Field(
        False,
        description="Record every call: what each party says and hears, encrypted (docs/privacy.md). Needs "
        "RECORDING_KEYS, and CONSENT_ANNOUNCEMENT, which then says so.",
    )
    recording_dir: ProjectPath = Field(
        PROJECT_ROOT / "recordings",
        description="Where recordings are kept, 1.9 MB a minute; a folder that all processes share, or one of each.",
    )
    recording_keys: Annotated[SecretStr, AfterValidator(_needed_to_record)] = Field(
        SecretStr(""),
        validate_default=True,
        description="Keys of recordings, name=base64 of 32 bytes, comma separated: the first encrypts, all decrypt. "
        "`python -m app recordings key` makes one.",
    )

    # --- Cost -------------------------------------------------------------------------------------------------------
    prices_file: ProjectPath = Field(
        PROJECT_ROOT / "app" / "prices.yaml",
        description="The price list (YAML) that calls are charged by; what it does not list has no known cost.",
    )

    # --- Traces -----------------------------------------------------------------------------------------------------
    otel_exporter_otlp_endpoint: OptionalHttpAddress = Field(
        "",
        description="Base URL of an OpenTelemetry collector (OTLP over HTTP), such as http://collector:4318. Empty: no "
        "traces.",
    )
    otel_exporter_otlp_headers: SecretStr = Field(
        SecretStr(""), description="Sent with each batch of spans, such as api-key=secret,tenant=puente."
    )
    otel_service_name: str = Field("puente", description="What the spans say they come from.")
    otel_traces_sampler_arg: float = Field(1.0, ge=0.0, le=1.0, description="The share of the calls that is traced.")

    # --- Administration ---------------------------------------------------------------------------------------------
    admin_api_key: Key = Field(
        SecretStr(""), description="Bearer key of the administrators' endpoints. Empty: made at start and printed once."
    )
    max_concurrent_calls: int = Field(
        50, ge=1, le=10000, description="Calls at once in each process; one more hears an apology."
    )
    local_capacity_calls: int = Field(
        0,
        ge=0,
        le=10000,
        description="Calls at once that each process recognises and speaks for with models on this machine. 0: as many "
        "as its share of the processors carries, which it measures at start (docs/operations.md).",
    )
    admission_max_lag_ms: int = Field(
        200,
        ge=10,
        le=10_000,
        description="While the event loop runs what is due later than this, in milliseconds, new callers hear an "
        "apology; below half of it they are taken again (docs/operations.md).",
    )
    drain_timeout_s: int = Field(
        300, ge=0, le=14400, description="How long live calls may go on after SIGTERM, in seconds; then they are ended."
    )
    host: str = Field("0.0.0.0", description="Address that `python -m app serve` listens on.")  # noqa: S104
    port: int = Field(8000, ge=1, le=65535, description="Port that `python -m app serve` listens on.")
    workers: int = Field(
        1, ge=1, le=256, description="Processes of `python -m app serve` on that port, best one for each core."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level logged.")
    log_format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    log_personal_data: bool = Field(
        False, description="true writes speech and numbers (pii_* keys) to the log: for development only."
    )
