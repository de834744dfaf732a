"""Every setting, read once from the environment (or ``.env``) and then frozen.

The field descriptions are the documentation: ``.env.example`` and the README's table are compared with them by a test.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, InstanceOf, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.controls import parse_key_bindings
from app.domain.languages import primary_subtag
from app.domain.legs import Leg
from app.domain.policies import Listening, Overlap, Transcripts
from app.domain.voices import VoiceTable
from app.errors import ConfigError
from app.vendor_settings import VendorSettings, pairs, voices_beside

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_KOKORO_VOICES = VoiceTable.parse(
    "default=ef_dora,default.low=em_alex,en=af_heart,en.low=am_michael,fr=ff_siwis,fr.low=ff_siwis+am_michael+am_michael+am_michael,"
    "it=if_sara,it.low=im_nicola,pt=pf_dora,pt.low=pm_alex"
)
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_PAIR = re.compile(r"([a-z]{2,3})-(?!\1$)[a-z]{2,3}")


class Settings(VendorSettings, BaseSettings):
    """The configuration of one process."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # --- Twilio -----------------------------------------------------------------------------------------------------
    twilio_account_sid: str = Field("", description="Account SID (AC...) of the Twilio account that owns the number.")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Primary auth token: signs webhooks and pays for the calls that are placed."
    )
    twilio_phone_number: str = Field(
        "", description="The Twilio number, E.164; the caller id when the agent is dialled."
    )
    twilio_api_base_url: str = Field(
        "", description="Redirects Twilio's REST API: an emulator, a proxy or a region. Empty: Twilio itself."
    )
    twilio_validate_signatures: bool = Field(
        True, description="false accepts unsigned webhooks and sockets: for development only."
    )
    webhook_base_url: str = Field(
        "", description="Public origin of this server as Twilio sees it, such as https://bridge.example.com."
    )
    agent_phone_number: str = Field(
        "", description="Where the agent is dialled: E.164 (+34...), sip:user@host or client:name."
    )
    agent_ring_timeout_s: int = Field(25, ge=5, le=600, description="How long the agent's telephone rings, in seconds.")
    max_call_duration_s: int = Field(
        7200, ge=60, le=14400, description="A call is ended after this many seconds; also Twilio's limit for the agent."
    )
    stream_token_ttl_s: int = Field(
        60, ge=5, le=3600, description="How long the one-use token of a client's media stream is good, in seconds."
    )
    stream_start_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long an open media socket may stay without a valid start, in seconds."
    )

    # --- Outbound calls ---------------------------------------------------------------------------------------------
    outbound_allowed_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="What `POST /calls` may dial, such as +34,+4420. Empty: nothing. Premium-rate numbers never are.",
    )
    outbound_calls_per_minute: int = Field(
        10, ge=1, le=600, description="Calls to clients that one process places in a minute at most."
    )
    outbound_ring_timeout_s: int = Field(
        30, ge=5, le=600, description="How long a client's telephone rings, in seconds."
    )

    # --- Languages --------------------------------------------------------------------------------------------------
    default_agent_language: str = Field("es", description="The language the agent speaks and hears (ISO 639-1).")
    default_client_language: str = Field(
        "en", description="The client's language until it is detected, where the number says nothing (ISO 639-1)."
    )
    called_number_languages: Annotated[tuple[tuple[str, str], ...], NoDecode] = Field(
        (), description="What callers of each Twilio number speak, such as +34910000001=en,+34910000002=fr."
    )
    bypass_translation_for_same_language: bool = Field(
        True, description="Two people who speak the same language hear each other's own voice, at once."
    )
    client_languages: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Languages a client may speak, comma separated. Empty: all that the three providers cover."
    )

    # --- Providers --------------------------------------------------------------------------------------------------
    stt_provider: str = Field(
        "whisper", description="Recognition: whisper, deepgram, elevenlabs, openai, azure or scripted."
    )
    translation_provider: str = Field(
        "local", description="Translation: local, fxtranslate, apertium, opus_mt, deepl, azure, openai or scripted."
    )
    meaning_guard: bool = Field(
        True,
        description="Compare translations with their sources: what is lost of numbers, dates, times, amounts, spelling "
        "or negation is translated once more, then spoken and flagged.",
    )
    glossary_file: Path | None = Field(
        None,
        description="YAML file of names that stay as they are and of terms with one translation (docs/glossary.md).",
    )
    tts_provider: str = Field(
        "local",
        description="Speech: local, kokoro, espeak, deepgram, elevenlabs, openai, azure or scripted.",
    )
    models_dir: Path = Field(
        PROJECT_ROOT / "models", description="Where `make engines` puts the models of the offline engines."
    )
    whisper_model: str = Field(
        "whisper-base",
        description="A folder in MODELS_DIR, a path, a package that carries a model, or a hub name such as large-v3.",
    )
    whisper_threads: int = Field(1, ge=1, le=64, description="Processor threads of one recognition job.")
    whisper_workers: int = Field(2, ge=1, le=64, description="Recognition jobs that may run at the same time.")
    opus_mt_models: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description="OPUS-MT models in CTranslate2's format by pair, folders or hub names, such as "
        "de-es=/models/opus-mt-de-es,es-de=gaudi/opus-mt-es-de-ctranslate2; the translator `local` uses them, too.",
    )
    opus_mt_workers: int = Field(
        0, ge=0, le=64, description="OPUS-MT translations that may run at the same time. 0: one per core."
    )
    kokoro_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_KOKORO_VOICES)] = Field(
        _KOKORO_VOICES,
        description="Kokoro's voices by language, listener and register (docs/providers.md, Voices); names joined by + "
        "are blended.",
    )
    scripted_stt_final_ms: int = Field(
        200, ge=0, le=60000, description="Scripted recogniser: end of speech to final transcript, in milliseconds."
    )
    scripted_stt_stable_words: bool = Field(
        False, description="Scripted recogniser: true makes words stable while they are said, not with the final only."
    )
    scripted_translation_ms: int = Field(
        100, ge=0, le=60000, description="Scripted translator: time of a translation, in milliseconds."
    )
    scripted_tts_first_ms: int = Field(
        150, ge=0, le=60000, description="Scripted voice: time to the first audio, in milliseconds."
    )
    scripted_s2s_ms: int = Field(
        300, ge=0, le=60000, description="Scripted speech-to-speech: end of speech to first audio, in milliseconds."
    )
    s2s_provider: str = Field(
        "",
        description="Speech to speech in one step: openai_realtime or scripted. Empty: recognition, translation and "
        "speech, which also take over when it fails.",
    )
    s2s_directions: Annotated[tuple[str, ...], NoDecode] = Field(
        ("client", "agent"), description="With S2S_PROVIDER: whose speech it interprets: client, agent or both."
    )
    s2s_timeout_ms: int = Field(
        6000,
        ge=1000,
        le=60000,
        description="With S2S_PROVIDER: nothing heard so long after something was said is a failure.",
    )
    stt_fallbacks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Recognisers that take over when STT_PROVIDER fails, in this order, such as whisper."
    )
    translation_fallbacks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Translators that take over when TRANSLATION_PROVIDER fails or is late, such as local."
    )
    tts_fallbacks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Voices that take over when TTS_PROVIDER fails, such as local."
    )
    stt_final_timeout_ms: int = Field(
        1000,
        ge=200,
        le=10000,
        description="With STT_FALLBACKS: the next one is asked as well when a final takes longer than this.",
    )
    stt_stall_ms: int = Field(
        1000,
        ge=300,
        le=10000,
        description="With STT_FALLBACKS: the next one is asked as well when so much speech brought no new result.",
    )
    translation_hedge_ms: int = Field(
        800, ge=50, le=10000, description="With TRANSLATION_FALLBACKS: the next one is asked as well after this long."
    )
    tts_first_audio_timeout_ms: int = Field(
        1000, ge=100, le=10000, description="With TTS_FALLBACKS: first audio that takes longer is a failure."
    )
    translation_timeout_s: float = Field(5.0, gt=0, le=60, description="A translation that takes longer has failed.")
    tts_timeout_s: float = Field(10.0, gt=0, le=120, description="Speech whose next piece takes longer has failed.")

    # --- Listening --------------------------------------------------------------------------------------------------
    vad_aggressiveness: int = Field(
        2, ge=0, le=3, description="Voice activity: 0 lets most through, 3 rejects most that is not speech."
    )
    echo_gate: bool = Field(
        True, description="Drop what a telephone sends back of what was played on it; false for lines without echo."
    )
    utterance_pause_ms: int = Field(
        500, ge=200, le=3000, description="The pause that ends an utterance, in milliseconds."
    )
    audio_chunk_duration_ms: int = Field(
        500, ge=20, le=5000, description="New speech between two hypotheses of a streaming recogniser, in milliseconds."
    )

    # --- Controls ---------------------------------------------------------------------------------------------------
    client_keys: str = Field(
        "*=repeat,7=slower,9=faster,0=interpreter",
        description="What the client's keys do: repeat, slower, faster, interpreter or language:fr; none binds none.",
    )
    agent_keys: str = Field(
        "*=repeat,7=slower,9=faster,0=interpreter",
        description="What the agent's keys do; a language is the client's. Other keys are told to the other's screen.",
    )
    voice_commands: bool = Field(
        True, description="Whether `interpreter, repeat` and the like, said by either party, are acted upon."
    )
    interpreter_phone_number: str = Field(
        "", description="Whom a call is handed over to: E.164, sip:user@host or client:name. Empty: nobody."
    )

    # --- Events -----------------------------------------------------------------------------------------------------
    event_webhook_url: str = Field("", description="Where call events are posted (docs/events.md). Empty: nowhere.")
    event_webhook_secret: SecretStr = Field(
        SecretStr(""), validate_default=True, description="Signs the posted events; needed with EVENT_WEBHOOK_URL."
    )
    event_webhook_captions: bool = Field(
        False, description="true posts what was said and its translation too; false only that something was said."
    )

    # --- What each party hears --------------------------------------------------------------------------------------
    client_listening: Listening = Field(
        Listening.TRANSLATION,
        description="What the client hears: translation, ducked (the original quietly with it), captions (nothing is "
        "spoken), original (nothing is translated aloud) or echo (also what the other party is played).",
    )
    agent_listening: Listening = Field(
        Listening.TRANSLATION, description="What the agent hears; the same choices as CLIENT_LISTENING."
    )
    client_overlap: Overlap = Field(
        Overlap.KEEP,
        description="What a translation does when the client speaks over it: keep goes on, duck goes on quietly, stop "
        "ends (an acknowledgement such as `yes` or `mhm` ends nothing).",
    )
    agent_overlap: Overlap = Field(
        Overlap.KEEP, description="What a translation does when the agent speaks over it: keep, duck or stop."
    )
    voice_matching: bool = Field(
        False,
        description="Choose voices by how high the speaker's own voice sounds, where the provider's table of voices "
        "has low or high ones (docs/providers.md, Voices).",
    )
    comfort_tone: bool = Field(
        True, description="Cover more than two seconds of silence softly while the other party's translation is due."
    )

    # --- Interpreting -----------------------------------------------------------------------------------------------
    clause_policy: Literal["stable", "pause"] = Field(
        "stable",
        description="When to translate: stable, clause by clause while somebody speaks; pause, what is said between "
        "two pauses.",
    )
    clause_soft_wait_ms: int = Field(
        4000,
        ge=500,
        le=20000,
        description="Policy stable: age of the oldest word at which a clause is cut between phrases.",
    )
    clause_hard_wait_ms: int = Field(
        6000, ge=500, le=30000, description="Policy stable: age of the oldest word at which a clause is cut anywhere."
    )
    speculative_translation: bool = Field(
        True,
        description="Translate clauses before they are over, so that they are heard sooner. false is cheaper with "
        "vendors that bill by the character: about every second translation ahead is never used.",
    )
    speculative_speech: bool = Field(
        True,
        description="Have the voice make clauses before they are over, too; needs SPECULATIVE_TRANSLATION. false is "
        "cheaper with voices that bill by the character. A voice that this machine computes never does.",
    )

    # --- State ------------------------------------------------------------------------------------------------------
    database_url: SecretStr = Field(
        SecretStr("sqlite:///puente.db"),
        description="SQLAlchemy URL: sqlite:///file.db or postgresql://user@host/name.",
    )
    database_auto_migrate: bool = Field(
        True, description="Run the migrations at start; false where `alembic upgrade head` is a step of the deployment."
    )

    journal_dir: Path = Field(
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
        0, ge=0, le=36500, description="Calls that began more days ago are deleted, daily. 0: none is."
    )
    privacy_pepper: SecretStr = Field(
        SecretStr(""),
        description="Key of the hash by which the calls of a telephone number are found to be deleted. Empty: derived "
        "from TWILIO_AUTH_TOKEN; set it before that changes.",
    )

    # --- Cost -------------------------------------------------------------------------------------------------------
    prices_file: Path = Field(
        PROJECT_ROOT / "app" / "prices.yaml",
        description="The price list (YAML) that calls are charged by; what it does not list has no known cost.",
    )

    # --- Administration ---------------------------------------------------------------------------------------------
    admin_api_key: SecretStr = Field(
        SecretStr(""), description="Bearer key of the administrators' endpoints. Empty: made at start and printed once."
    )
    max_concurrent_calls: int = Field(50, ge=1, le=10000, description="Calls at once; one more hears an apology.")
    drain_timeout_s: int = Field(
        300, ge=0, le=14400, description="How long live calls may go on after SIGTERM, in seconds; then they are ended."
    )
    host: str = Field("0.0.0.0", description="Address that `python -m app serve` listens on.")  # noqa: S104
    port: int = Field(8000, ge=1, le=65535, description="Port that `python -m app serve` listens on.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level logged.")
    log_format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    log_personal_data: bool = Field(
        False, description="true writes speech and numbers (pii_* keys) to the log: for development only."
    )

    @field_validator(
        "client_languages",
        "outbound_allowed_prefixes",
        "s2s_directions",
        "stt_fallbacks",
        "translation_fallbacks",
        "tts_fallbacks",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("s2s_directions")
    @classmethod
    def _legs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(Leg):
            raise ValueError("must be client, agent or client,agent")
        return value

    @field_validator("outbound_allowed_prefixes")
    @classmethod
    def _prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_PREFIX.fullmatch(prefix) for prefix in value):
            raise ValueError("must be a list of E.164 numbers or their beginnings, such as +34,+4420")
        return value

    @field_validator("called_number_languages", mode="before")
    @classmethod
    def _number_languages(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        entries = [part.split("=") for part in value.split(",") if part.strip()]
        if any(len(entry) != 2 or not E164.fullmatch(entry[0].strip()) for entry in entries):
            raise ValueError("must be pairs of an E.164 number and a language, such as +34910000001=en")
        if len({entry[0].strip() for entry in entries}) < len(entries):
            raise ValueError("must name each number once")
        return tuple((number.strip(), _language_code(code)) for number, code in entries)

    @field_validator("opus_mt_models", mode="before")
    @classmethod
    def _models_of_pairs(cls, value: object) -> object:
        models = pairs(value) if isinstance(value, str) else value
        if isinstance(models, dict) and not all(_PAIR.fullmatch(pair) for pair in models):
            raise ValueError("must be a list of pairs of languages with their models, such as de-es=/models/de-es")
        return models

    @field_validator("default_agent_language", "default_client_language")
    @classmethod
    def _language(cls, value: str) -> str:
        return _language_code(value)

    @field_validator("webhook_base_url", "twilio_api_base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be an http(s) origin such as https://bridge.example.com, without a query")
        return value.rstrip("/")

    @field_validator("client_keys", "agent_keys")
    @classmethod
    def _keys(cls, value: str) -> str:
        parse_key_bindings(value)
        return value

    @field_validator("event_webhook_url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment):
            raise ValueError("must be an http(s) URL such as https://crm.example.com/hooks/puente")
        return value

    @field_validator("event_webhook_secret")
    @classmethod
    def _needed_to_sign(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("event_webhook_url") and not value.get_secret_value():
            raise ValueError("must be set with EVENT_WEBHOOK_URL, for instance to what `openssl rand -hex 32` prints")
        return value

    @field_validator("models_dir", "prices_file", "journal_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value if value.is_absolute() else PROJECT_ROOT / value

    @property
    def media_stream_url(self) -> str:
        """The public ``wss://`` URL of the media socket, which is also the URL that Twilio signs."""
        origin = self.webhook_base_url
        scheme = "ws" if origin.startswith("http://") else "wss"
        return f"{scheme}://{origin.split('://', 1)[-1]}/ws/media-stream"

    def missing_for_calls(self) -> list[str]:
        """Return the variables without which no call can be taken."""
        needed = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
            "TWILIO_PHONE_NUMBER": self.twilio_phone_number,
            "WEBHOOK_BASE_URL": self.webhook_base_url,
            "AGENT_PHONE_NUMBER": self.agent_phone_number,
        }
        return [name for name, value in needed.items() if not value]


def _language_code(tag: str) -> str:
    code = primary_subtag(tag)
    if not (2 <= len(code) <= 3 and code.isalpha()):
        raise ValueError("must be an ISO 639-1 code such as es")
    return code


def load_settings() -> Settings:
    """Read the environment.

    Raises ConfigError, naming each variable that does not fit and why, and never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()]
        raise ConfigError("these settings do not fit:\n  " + "\n  ".join(lines)) from None
