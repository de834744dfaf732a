"""What Twilio is told to do with a client's telephone."""

from __future__ import annotations

from app.config import Settings
from app.domain.legs import Leg
from app.domain.phrases import Phrase
from app.runtime.addresses import Addresses
from app.runtime.call_plans import CallPlans, say
from app.runtime.registry import LiveCall, Registry, StreamTicket
from app.twilio.twiml import connect_stream, hang_up, join_conference, say_and_hang_up


class ClientTwiml:
    def __init__(self, settings: Settings, plans: CallPlans, registry: Registry, addresses: Addresses) -> None:
        self._plans = plans
        self._registry = registry
        self._addresses = addresses
        self._token_ttl_s = settings.stream_token_ttl_s

    def connect(self, session_id: str, ticket: StreamTicket, language: str) -> str:
        """Greet the client and connect their media stream."""
        return connect_stream(
            url=self._addresses.stream(session_id),
            parameters={"session": session_id, "leg": Leg.CLIENT.value, "token": ticket.token},
            greeting=self._plans.greeting(language),
            action_url=self._addresses.after_stream(session_id),
            farewell=say(Phrase.TECHNICAL_PROBLEM, language),
        )

    def answer(self, call: LiveCall) -> str:
        """Answer a call that has begun, with a ticket of its own for each time that Twilio asks."""
        ticket = self._registry.issue_ticket(call, Leg.CLIENT, self._token_ttl_s)
        return self.connect(call.session.id, ticket, call.language)

    def after_stream(self, call_sid: str) -> str:
        """Go on when the media stream is over: usually there is nothing left but the end.

        A client that was moved to a conference should not come here any more; if they do, that is where they belong.
        """
        call = self._registry.find(call_sid)
        if call is not None and call.session.telephones.conference is not None:
            return join_conference(call.session.telephones.conference, ends_conference=True)
        if call is not None:
            end = call.session.end
            farewell = Phrase.TECHNICAL_PROBLEM if end is None else end.farewell
            return say_and_hang_up(say(farewell, call.language)) if farewell else hang_up()
        ended = self._registry.ended(call_sid)
        if ended is not None and ended.conference is not None:
            return join_conference(ended.conference, ends_conference=True)
        if ended is None or ended.farewell is None:
            return hang_up()
        return say_and_hang_up(say(ended.farewell, ended.language))
