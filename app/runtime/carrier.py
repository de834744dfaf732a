"""The telephones of a call, by Twilio's REST API."""

from __future__ import annotations

from app.config import Settings
from app.domain.legs import Leg
from app.domain.phrases import PHRASE_LANGUAGES, Phrase, phrase_text
from app.errors import TelephonyError
from app.runtime.addresses import Addresses
from app.runtime.registry import Registry
from app.runtime.session import Session
from app.twilio.rest import TwilioRest
from app.twilio.twiml import Say, connect_stream, join_conference, say_and_hang_up

_ANSWER_GRACE_S = 30
"""From the end of ringing to the first message of the agent's stream, generously."""


class TwilioCarrier:
    """Dials the agent into a session, an interpreter into its conference, and moves and ends calls."""

    def __init__(self, settings: Settings, rest: TwilioRest, registry: Registry, addresses: Addresses) -> None:
        self._settings = settings
        self._rest = rest
        self._registry = registry
        self._addresses = addresses

    async def dial_client(self, to: str, twiml: str, session_id: str) -> str:
        """Ring a client who will follow this TwiML; return the CallSid. Raises TelephonyError."""
        settings = self._settings
        return await self._rest.dial(
            to=to,
            from_=settings.twilio_phone_number,
            twiml=twiml,
            status_callback=self._addresses.status(session_id),
            ring_timeout_s=settings.outbound_ring_timeout_s,
            time_limit_s=settings.max_call_duration_s,
        )

    async def dial_agent(self, session: Session) -> str:
        settings = self._settings
        call = self._registry.find_session(session.id)
        if call is None:
            raise TelephonyError(0, 0)
        ticket = self._registry.issue_ticket(call, Leg.AGENT, settings.agent_ring_timeout_s + _ANSWER_GRACE_S)
        call_sid = await self._rest.dial(
            to=settings.agent_phone_number,
            from_=settings.twilio_phone_number,
            twiml=connect_stream(
                url=self._addresses.stream(session.id),
                parameters={"session": session.id, "leg": Leg.AGENT.value, "token": ticket.token},
                greeting=None,
                action_url=None,
                farewell=None,
            ),
            status_callback=self._addresses.status(session.id),
            ring_timeout_s=settings.agent_ring_timeout_s,
            time_limit_s=settings.max_call_duration_s,
        )
        self._registry.claim(call_sid, call, Leg.AGENT)
        return call_sid

    async def dial_interpreter(self, session: Session) -> str:
        settings = self._settings
        call = self._registry.find_session(session.id)
        if call is None:
            raise TelephonyError(0, 0)
        language = session.agent_language if session.agent_language in PHRASE_LANGUAGES else call.language
        call_sid = await self._rest.dial(
            to=settings.interpreter_phone_number,
            from_=settings.twilio_phone_number,
            twiml=join_conference(
                session.telephones.conference_name,
                ends_conference=False,
                greeting=Say(phrase_text(Phrase.INTERPRETER_BRIEFING, language), language),
            ),
            status_callback=self._addresses.status(session.id),
            ring_timeout_s=settings.agent_ring_timeout_s,
            time_limit_s=settings.max_call_duration_s,
        )
        self._registry.claim(call_sid, call, None)
        return call_sid

    async def move_to_conference(self, session: Session, leg: Leg) -> None:
        call_sid = session.telephones.leg_call_sid(leg)
        if call_sid is None:
            raise TelephonyError(0, 0)
        await self._rest.instruct(call_sid, join_conference(session.telephones.conference_name, ends_conference=True))

    async def say_goodbye(self, session: Session, leg: Leg, phrase: Phrase) -> None:
        call, call_sid = self._registry.find_session(session.id), session.telephones.leg_call_sid(leg)
        if call is None or call_sid is None:
            raise TelephonyError(0, 0)
        language = call.language
        if leg is Leg.AGENT and session.agent_language in PHRASE_LANGUAGES:
            language = session.agent_language
        await self._rest.instruct(call_sid, say_and_hang_up(Say(phrase_text(phrase, language), language)))

    async def hang_up(self, call_sid: str) -> None:
        await self._rest.hang_up(call_sid)
