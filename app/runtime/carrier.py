"""The agent's telephone, by Twilio's REST API."""

from __future__ import annotations

from app.config import Settings
from app.domain.legs import Leg
from app.errors import TelephonyError
from app.runtime.registry import Registry
from app.runtime.session import Session
from app.twilio.rest import TwilioRest
from app.twilio.signatures import public_url
from app.twilio.twiml import connect_stream

_ANSWER_GRACE_S = 30
"""From the end of ringing to the first message of the agent's stream, generously."""


class TwilioCarrier:
    """Dials the agent into a session and ends calls."""

    def __init__(self, settings: Settings, rest: TwilioRest, registry: Registry) -> None:
        self._settings = settings
        self._rest = rest
        self._registry = registry

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
                url=settings.media_stream_url,
                parameters={"session": session.id, "leg": Leg.AGENT.value, "token": ticket.token},
                greeting=None,
                action_url=None,
                farewell=None,
            ),
            status_callback=public_url(settings.webhook_base_url, "/voice/status", ""),
            ring_timeout_s=settings.agent_ring_timeout_s,
            time_limit_s=settings.max_call_duration_s,
        )
        self._registry.claim(call_sid, call, Leg.AGENT)
        return call_sid

    async def hang_up(self, call_sid: str) -> None:
        await self._rest.hang_up(call_sid)
