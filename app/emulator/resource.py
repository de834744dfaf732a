"""A Twilio call resource: what is known about a call, who is told of it, and where its TwiML comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Literal

from app.domain.legs import LegStatus
from app.emulator.callbacks import Callback, CallbackSender
from app.emulator.carrier import Answer, Carrier, now_rfc2822
from app.emulator.leglog import LegLog
from app.emulator.report import WebhookCall
from app.emulator.script import Faults
from app.emulator.twiml import PARSE_FAILURE, ConnectStream, Document, TwimlError, parse

Direction = Literal["inbound", "outbound-api"]
_CALLBACK_EVENTS = {
    LegStatus.INITIATED: "initiated",
    LegStatus.RINGING: "ringing",
    LegStatus.IN_PROGRESS: "answered",
}


def new_sid(prefix: str) -> str:
    """Return a Twilio identifier: CA calls, MZ streams."""
    return prefix + token_hex(16)


@dataclass(frozen=True, slots=True)
class Instructions:
    """Where a call's TwiML comes from: written out, or asked for at a URL."""

    twiml: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DialOptions:
    """What whoever placed the call wants to be told, and when to give up."""

    instructions: Instructions
    status_callback: str = ""
    status_events: frozenset[str] = frozenset({"completed"})
    ring_timeout_s: float = 60.0
    time_limit_s: float = 14_400.0
    machine_detection: bool = False
    amd_callback: str = ""
    """Where asynchronous machine detection reports to; empty when it is off or holds the TwiML back."""


@dataclass(slots=True)
class CallResource:
    """One call as the REST API and the webhooks show it."""

    sid: str
    direction: Direction
    from_: str
    to: str
    options: DialOptions
    carrier: Carrier
    faults: Faults
    log: LegLog
    status: LegStatus = LegStatus.QUEUED
    answered_at_s: float | None = None
    ended_at_s: float | None = None
    callbacks: CallbackSender = field(init=False)
    _callbacks_sent: int = 0

    def __post_init__(self) -> None:
        self.log.report.call_sid = self.sid
        self.callbacks = CallbackSender(self.carrier, self.faults, self.log)

    @property
    def duration_s(self) -> int:
        """Whole seconds since the answer."""
        if self.answered_at_s is None:
            return 0
        end_s = self.log.now() if self.ended_at_s is None else self.ended_at_s
        return int(end_s - self.answered_at_s)

    def set_status(self, status: LegStatus) -> None:
        self.status = status
        self.log.status(status)
        event = "completed" if status.is_terminal else _CALLBACK_EVENTS.get(status, "")
        if self.options.status_callback and event in self.options.status_events:
            fields = {
                **self.fields(),
                "CallbackSource": "call-progress-events",
                "SequenceNumber": str(self._callbacks_sent),
                "Timestamp": now_rfc2822(),
            }
            if status.is_terminal:
                fields |= {"Duration": str(-(-self.duration_s // 60)), "CallDuration": str(self.duration_s)}
            self._callbacks_sent += 1
            self.callbacks.send(Callback(self.options.status_callback, event, fields))

    async def fetch(
        self, instructions: Instructions, kind: str, extra: dict[str, str] | None = None
    ) -> Document | None:
        """Return the TwiML; None, with a warning, when there is none to be had."""
        text = instructions.twiml
        if not text:
            answer = await self.ask(kind, instructions.url, extra)
            if not 200 <= answer.status < 300:
                self.log.warn(11200, f"{kind} webhook: {answer.problem or f'HTTP {answer.status}'}")
                return None
            text = answer.text
        try:
            document = parse(text, instructions.url)
        except TwimlError as error:
            self.log.warn(PARSE_FAILURE, str(error))
            return None
        for code, detail in document.warnings:
            self.log.warn(code, detail)
        return document

    async def ask(self, kind: str, url: str, extra: dict[str, str] | None = None) -> Answer:
        at_s = self.log.stamp()
        answer = await self.carrier.post(
            url,
            {**self.fields(), **(extra or {})},
            wrongly_signed=self.faults.wrong_signature == "webhook",
        )
        self.log.report.webhooks.append(WebhookCall(at_s, kind, answer.status, round(self.log.now() - at_s, 3)))
        return answer

    def fields(self) -> dict[str, str]:
        """Return what every webhook about a call says; Twilio sends the places even where it knows none."""
        fields = {
            "AccountSid": self.carrier.config.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": self.status.value,
            "Direction": self.direction,
        }
        for role, number in (("From", self.from_), ("To", self.to), ("Caller", self.from_), ("Called", self.to)):
            fields[role] = number
            fields |= {f"{role}{place}": "" for place in ("City", "State", "Zip", "Country")}
        if self.options.machine_detection and not self.options.amd_callback and self.answered_at_s is not None:
            fields["AnsweredBy"] = "human"
        return fields

    def tell_stream_event(self, verb: ConnectStream, sid: str, event: str) -> None:
        if verb.status_callback:
            fields = {
                "AccountSid": self.carrier.config.account_sid,
                "CallSid": self.sid,
                "StreamSid": sid,
                "StreamName": verb.name or sid,
                "StreamEvent": event,
                "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
            }
            if event == "stream-error":
                fields["StreamError"] = self.log.report.warnings[-1].detail
            self.callbacks.send(Callback(verb.status_callback, event, fields))
