"""What Twilio is told to do with a call: https://www.twilio.com/docs/voice/twiml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from twilio.twiml.voice_response import Connect, Dial, VoiceResponse

from app.domain.languages import primary_subtag
from app.errors import LocalProtocolError

MAX_INLINE_CHARS = 4000
"""Twilio's limit for TwiML that is sent with a new call; kept everywhere, so that any answer may be sent either way."""

MAX_PARAMETER_CHARS = 499
"""Name and value of one ``<Parameter>`` together stay under 500 characters."""

_FALLBACK_LOCALE = "en-US"
"""Twilio's own default."""

_LOCALES = {
    "ar": "arb",
    "ca": "ca-ES",
    "de": "de-DE",
    "en": "en-US",
    "es": "es-ES",
    "fr": "fr-FR",
    "it": "it-IT",
    "nl": "nl-NL",
    "pl": "pl-PL",
    "pt": "pt-PT",
    "ro": "ro-RO",
    "ru": "ru-RU",
    "zh": "zh-CN",
    # <Say> without a named voice is documented for the languages above only, and an invalid combination may fail the
    # verb: silence for the caller. These are read by the voice whose spelling rules come closest.
    "eu": "es-ES",
    "gl": "es-ES",
    "oc": "ca-ES",
    "uk": "ru-RU",
}

_REGIONAL = frozenset({"en-AU", "en-GB", "es-MX", "es-US", "fr-CA", "pt-BR", "zh-TW"})
"""Further locales that <Say> knows without a named voice."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence in Twilio's own voice."""

    text: str
    language: str
    """ISO 639-1 code; a regional tag such as ``pt-BR`` is kept where Twilio has its voice."""


def say_locale(language: str) -> str:
    """Return the ``language`` attribute of <Say>; English where Twilio has nothing near."""
    return language if language in _REGIONAL else _LOCALES.get(primary_subtag(language), _FALLBACK_LOCALE)


def connect_stream(
    *, url: str, parameters: Mapping[str, str], greeting: Say | None, action_url: str | None, farewell: Say | None
) -> str:
    """Greet, then hand the call's sound to the media socket at ``url`` until one side closes it.

    With ``action_url`` Twilio asks there what to do once the stream is over; without it, and where the socket never
    opens, it speaks ``farewell`` and hangs up.

    Raises LocalProtocolError where Twilio would refuse: a URL that is not ws(s) or has a query, a parameter of 500
    characters, a document above 4000.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.netloc or parts.query or parts.fragment:
        raise LocalProtocolError("a stream URL is wss:// without a query")
    response = VoiceResponse()
    if greeting is not None:
        _append_say(response, greeting)
    connect = Connect(action=action_url)
    stream = connect.stream(url=url)
    for name, value in parameters.items():
        if len(name) + len(value) > MAX_PARAMETER_CHARS:
            raise LocalProtocolError("a stream parameter has 500 characters or more")
        stream.parameter(name=name, value=value)
    response.append(connect)
    if farewell is not None:
        _append_say(response, farewell)
    response.hangup()
    return _render(response)


def join_conference(name: str, *, ends_conference: bool, greeting: Say | None = None) -> str:
    """Put the call into a conference, which is over for all when a party leaves that ends it.

    Source: https://www.twilio.com/docs/voice/twiml/conference. Raises LocalProtocolError for what Twilio would refuse.
    """
    response = VoiceResponse()
    if greeting is not None:
        _append_say(response, greeting)
    dial = Dial()
    dial.conference(name, beep="false", start_conference_on_enter=True, end_conference_on_exit=ends_conference)
    response.append(dial)
    response.hangup()
    return _render(response)


def say_and_hang_up(say: Say) -> str:
    """Speak a sentence and end the call. Raises LocalProtocolError for one that does not fit."""
    response = VoiceResponse()
    _append_say(response, say)
    response.hangup()
    return _render(response)


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return _render(response)


def _append_say(response: VoiceResponse, say: Say) -> None:
    response.say(say.text, language=say_locale(say.language))


def _render(response: VoiceResponse) -> str:
    # The library escapes; characters that no escape makes legal in XML it lets through.
    document = str(response)
    if _NOT_XML.search(document):
        raise LocalProtocolError("a character that XML cannot hold")
    if len(document) > MAX_INLINE_CHARS:
        raise LocalProtocolError(f"TwiML of more than {MAX_INLINE_CHARS} characters")
    return document
