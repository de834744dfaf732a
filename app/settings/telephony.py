"""Settings of the telephones: Twilio, calls to clients, and the languages that are spoken on them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from app.settings.values import E164, Key, LanguageCode, Names, OptionalHttpAddress, language_code

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")


def _prefixes(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_PREFIX.fullmatch(prefix) for prefix in value):
        raise ValueError("must be a list of E.164 numbers or their beginnings, such as +34,+4420")
    return value


def _number_languages(value: object) -> object:
    if not isinstance(value, str):
        return value
    entries = [part.split("=") for part in value.split(",") if part.strip()]
    if any(len(entry) != 2 or not E164.fullmatch(entry[0].strip()) for entry in entries):
        raise ValueError("must be pairs of an E.164 number and a language, such as +34910000001=en")
    if len({entry[0].strip() for entry in entries}) < len(entries):
        raise ValueError("must name each number once")
    return tuple((number.strip(), language_code(code)) for number, code in entries)


class TelephonySettings(BaseModel):
    # --- Twilio -----------------------------------------------------------------------------------------------------
    twilio_account_sid: str = Field("", description="Account SID (AC...) of the Twilio account that owns the number.")
    twilio_auth_token: Key = Field(
        SecretStr(""), description="Primary auth token: signs webhooks and pays for the calls that are placed."
    )
    twilio_phone_number: str = Field(
        "", description="The Twilio number, E.164; the caller id when the agent is dialled."
    )
    twilio_api_base_url: OptionalHttpAddress = Field(
        "", description="Redirects Twilio's REST API: an emulator, a proxy or a region. Empty: Twilio itself."
    )
    twilio_validate_signatures: bool = Field(
        True, description="false accepts unsigned webhooks and sockets: for development only."
    )
    webhook_base_url: OptionalHttpAddress = Field(
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
    outbound_allowed_prefixes: Annotated[Names, AfterValidator(_prefixes)] = Field(
        (),
        description="What `POST /calls` may dial, such as +34,+4420. Empty: nothing. Premium-rate numbers never are.",
    )
    outbound_calls_per_minute: int = Field(
        10,
        ge=1,
        le=600,
        description="Calls to clients in a minute at most; of all processes that share REDIS_URL, else of each.",
    )
    outbound_ring_timeout_s: int = Field(
        30, ge=5, le=600, description="How long a client's telephone rings, in seconds."
    )

    # --- Languages --------------------------------------------------------------------------------------------------
    default_agent_language: LanguageCode = Field(
        "es", description="The language the agent speaks and hears (ISO 639-1)."
    )
    default_client_language: LanguageCode = Field(
        "en", description="The client's language until it is detected, where the number says nothing (ISO 639-1)."
    )
    called_number_languages: Annotated[tuple[tuple[str, str], ...], NoDecode, BeforeValidator(_number_languages)] = (
        Field((), description="What callers of each Twilio number speak, such as +34910000001=en,+34910000002=fr.")
    )
    bypass_translation_for_same_language: bool = Field(
        True, description="Two people who speak the same language hear each other's own voice, at once."
    )
    client_languages: Names = Field(
        (), description="Languages a client may speak, comma separated. Empty: all that the three providers cover."
    )

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
