"""Twilio's voice webhooks, parsed: https://www.twilio.com/docs/voice/twiml#request-parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.languages import primary_subtag
from app.domain.legs import LegStatus
from app.errors import RemoteProtocolError
from app.twilio.forms import Form, parse_form

CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_COUNT = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class VoiceWebhook:
    """A call came in, or a call of ours asks what to do next."""

    call_sid: str
    account_sid: str
    """As sent; the caller compares it with its own."""
    from_: str
    """A number, ``anonymous``, ``sip:...``, ``client:...``, or blank."""
    to: str
    status: LegStatus | None
    direction: str
    """``inbound``, ``outbound-api``, ``outbound-dial``, or blank."""
    language: str = ""
    """What the client speaks, as whoever sent the call says (ISO 639-1); usually blank."""


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """A call that we placed changed its state. May come late, twice, or out of order."""

    call_sid: str
    account_sid: str
    status: LegStatus
    sequence: int | None
    """Counts the callbacks of one call from 0 in the order of the events."""
    duration_s: int | None
    """How long the call was answered; with the last callback only."""


def parse_voice_webhook(body: bytes, language: str = "") -> VoiceWebhook:
    """``language`` is the URL's; without it a parameter of that name counts, which a client of the Voice SDK may send.

    Raises RemoteProtocolError for a body without a well-formed CallSid or with an unknown CallStatus.
    """
    form = parse_form(body)
    status = _first(form, "CallStatus")
    return VoiceWebhook(
        call_sid=_call_sid(form),
        account_sid=_first(form, "AccountSid"),
        from_=_first(form, "From"),
        to=_first(form, "To"),
        status=_leg_status(status) if status else None,
        direction=_first(form, "Direction"),
        language=parse_language(language or _first(form, "language")),
    )


def parse_status_callback(body: bytes) -> StatusCallback:
    """Raises RemoteProtocolError for a body without a well-formed CallSid and a known CallStatus."""
    form = parse_form(body)
    return StatusCallback(
        call_sid=_call_sid(form),
        account_sid=_first(form, "AccountSid"),
        status=_leg_status(_first(form, "CallStatus")),
        sequence=_count(form, "SequenceNumber"),
        duration_s=_count(form, "CallDuration"),
    )


def parse_language(tag: str) -> str:
    """Return the primary language of a BCP 47 tag, blank where it is none: a hint is never worth a call."""
    return primary_subtag(tag) if _LANGUAGE_TAG.fullmatch(tag.strip()) else ""


def _first(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _call_sid(form: Form) -> str:
    sid = _first(form, "CallSid")
    if CALL_SID.fullmatch(sid) is None:
        raise RemoteProtocolError("CallSid is missing or ill-formed")
    return sid


def _leg_status(value: str) -> LegStatus:
    try:
        return LegStatus(value)
    except ValueError:
        raise RemoteProtocolError("CallStatus is missing or unknown") from None


def _count(form: Form, name: str) -> int | None:
    value = _first(form, name)
    if not value:
        return None
    if _COUNT.fullmatch(value) is None:
        raise RemoteProtocolError(f"{name} is not a number")
    return int(value)
