"""A session around a carrier that is slow or broken: no telephone is left ringing, no client in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from app.config import Settings
from app.core.call import CallCore
from app.domain.commands import Command, EndCall, SendMark, Speak, StopSpeaking
from app.domain.controls import Action, Control
from app.domain.events import (
    EndRequested,
    Event,
    InterpreterStatusChanged,
    KeyPressed,
    LegStatusChanged,
    MarkReached,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
)
from app.domain.legs import EndReason, Leg, LegStatus
from app.domain.phrases import Phrase
from app.errors import RemoteProtocolError, TelephonyError
from app.runtime.registry import Registry, new_ticket
from app.runtime.services import Services
from app.runtime.session import Session
from app.stt.factory import create_stt_provider
from app.translation.factory import create_translation_provider
from app.tts.base import SpeechRequest
from app.tts.scripted import ScriptedVoice
from tests.unit.core_driver import call_config

CLIENT_SID = "CA" + "c" * 32
AGENT_SID = "CA" + "a" * 32
INTERPRETER_SID = "CA" + "b" * 32


class Telephones:
    """A carrier whose answer to ``dial`` is given by the test."""

    def __init__(self) -> None:
        self.dialling = asyncio.Event()
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.hung_up: list[str] = []
        self.refuses_to_dial_interpreters = False
        self.refuses_to_move: set[Leg] = set()
        self.moved: list[Leg] = []
        self.interpreter_is_dialled = asyncio.Event()

    async def dial_interpreter(self, session: Session) -> str:
        if self.refuses_to_dial_interpreters:
            raise TelephonyError(21211, 400)
        self.interpreter_is_dialled.set()
        return INTERPRETER_SID

    async def move_to_conference(self, session: Session, leg: Leg) -> None:
        if leg in self.refuses_to_move:
            raise TelephonyError(21220, 400)
        self.moved.append(leg)

    async def dial_agent(self, session: Session) -> str:
        self.dialling.set()
        return await self.answer

    async def hang_up(self, call_sid: str) -> None:
        self.hung_up.append(call_sid)


class Witness:
    """Breaks when it is told to, as a bug would."""

    def __init__(self) -> None:
        self.is_broken = False
        self.saw_the_end = asyncio.Event()
        self.saw_an_interpreter = asyncio.Event()

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        if any(isinstance(command, EndCall) for command in commands):
            self.saw_the_end.set()
        if isinstance(event, InterpreterStatusChanged):
            self.saw_an_interpreter.set()
        for command in commands:
            if isinstance(command, SendMark):
                session.post(MarkReached(command.leg, command.name))
        if self.is_broken:
            self.is_broken = False
            raise ZeroDivisionError


class AttentiveVoice(ScriptedVoice):
    """Remembers what it was told to get ready for."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[tuple[str, Leg | None]] = []

    def expect(self, language: str, listener: Leg | None = None) -> None:
        self.expected.append((language, listener))


@pytest.fixture
async def telephones() -> Telephones:
    return Telephones()


@pytest.fixture
async def witness() -> Witness:
    return Witness()


@pytest.fixture
def voice() -> AttentiveVoice:
    return AttentiveVoice()


@pytest.fixture
async def session(telephones: Telephones, witness: Witness, voice: AttentiveVoice) -> Session:
    settings = Settings(
        _env_file=None, stt_provider="scripted", translation_provider="scripted", tts_provider="scripted"
    )
    services = Services(
        settings=settings,
        stt=create_stt_provider(settings),
        translator=create_translation_provider(settings),
        voice=voice,
        spare_voice=None,
        carrier=telephones,
        observers=(witness,),
    )
    keys = {leg: {"0": Control(Action.INTERPRETER)} for leg in Leg}
    return Session("session", CLIENT_SID, "AC" + "0" * 32, call_config(keys=keys), services)


async def test_the_voices_of_both_languages_get_ready_while_the_telephone_rings(
    session: Session, telephones: Telephones, voice: AttentiveVoice
) -> None:
    living = asyncio.create_task(session.run())
    session.post(StreamOpened(Leg.CLIENT))
    async with asyncio.timeout(20):
        await telephones.dialling.wait()
    assert {(session.agent_language, Leg.AGENT), ("en", Leg.CLIENT)} <= set(voice.expected)
    session.post(EndRequested(EndReason.ADMINISTRATOR))
    telephones.answer.set_result(AGENT_SID)
    async with asyncio.timeout(20):
        await living


async def test_an_agent_who_is_being_dialled_when_the_call_ends_is_hung_up(
    session: Session, telephones: Telephones, witness: Witness
) -> None:
    living = asyncio.create_task(session.run())
    session.post(StreamOpened(Leg.CLIENT))
    async with asyncio.timeout(20):
        await telephones.dialling.wait()
        session.post(EndRequested(EndReason.ADMINISTRATOR))
        await witness.saw_the_end.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):  # that nothing happens can only be seen by waiting
                await asyncio.shield(living)
        telephones.answer.set_result(AGENT_SID)
        await living
    assert sorted(telephones.hung_up) == sorted([AGENT_SID, CLIENT_SID])


async def test_a_carrier_that_refuses_to_dial_is_explained_to_the_client(
    session: Session, telephones: Telephones
) -> None:
    telephones.answer.set_exception(TelephonyError(21211, 400))
    session.post(StreamOpened(Leg.CLIENT))
    async with asyncio.timeout(30):
        await session.run()
    assert session.end is not None
    assert session.end.reason is EndReason.AGENT_FAILED
    assert telephones.hung_up in ([CLIENT_SID], [])


async def test_a_bug_ends_the_call_with_an_apology_and_hangs_the_agent_up(
    session: Session, telephones: Telephones, witness: Witness
) -> None:
    telephones.answer.set_result(AGENT_SID)
    living = asyncio.create_task(session.run())
    session.post(StreamOpened(Leg.CLIENT))
    async with asyncio.timeout(20):
        await asyncio.shield(session.telephones.agent_call_sid)
        witness.is_broken = True
        session.post(StreamOpened(Leg.AGENT))
        await living
    assert session.end is not None
    assert (session.end.reason, session.end.farewell) == (EndReason.INTERNAL_ERROR, Phrase.TECHNICAL_PROBLEM)
    assert telephones.hung_up == [AGENT_SID], "the client's call goes on to the carrier's apology"


class Wavering:
    """A core that has a clause spoken ahead, and then in other words."""

    FIRST, SECOND = "As it was guessed.", "As it was said."

    def __init__(self, core: CallCore) -> None:
        self._core = core
        self.voiced: list[Event] = []
        self.is_over = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._core, name)

    def handle(self, event: Event, now_ms: int) -> list[Command]:
        match event:
            case KeyPressed(_, "1"):
                return [Speak(7, self.FIRST, "es", Leg.AGENT, is_ahead=True)]
            case KeyPressed(_, "2"):
                return [StopSpeaking(7), Speak(7, self.SECOND, "es", Leg.AGENT)]
            case SpeechReady() | SpeechFinished() | SpeechFailed():
                self.voiced.append(event)
                if isinstance(event, SpeechFinished):
                    self.is_over.set()
                return []
        return self._core.handle(event, now_ms)


async def test_nothing_of_a_voice_that_was_stopped_comes_as_if_it_were_the_next_ones(
    session: Session, voice: AttentiveVoice
) -> None:
    core = session._core = Wavering(session._core)  # type: ignore[assignment]
    living = asyncio.create_task(session.run())
    session.post(KeyPressed(Leg.AGENT, "1"))
    # What the first voice said last waits behind what stops it.
    for event in (KeyPressed(Leg.AGENT, "2"), SpeechReady(7, b"late"), SpeechFinished(7)):
        session.post(event)
    async with asyncio.timeout(20):
        await core.is_over.wait()
        heard = [event.ulaw for event in core.voiced if isinstance(event, SpeechReady)]
        pieces = [piece async for piece in voice.speak(SpeechRequest(Wavering.SECOND, "es", Leg.AGENT))]
        assert heard == pieces
        session.post(EndRequested(EndReason.ADMINISTRATOR))
        await living


async def test_a_status_that_comes_before_anybody_knows_the_call_is_not_lost(session: Session) -> None:
    registry = Registry()
    call = registry.add(session, "en")
    for status in (LegStatus.BUSY, LegStatus.INITIATED):
        assert not registry.leg_status(AGENT_SID, status)
    registry.claim(AGENT_SID, call, Leg.AGENT)
    assert session.mailbox.take() == LegStatusChanged(Leg.AGENT, LegStatus.BUSY)
    assert registry.leg_status(CLIENT_SID, LegStatus.COMPLETED)
    assert session.mailbox.take() == LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED)


async def test_both_parties_are_moved_and_nobody_is_hung_up(session: Session, telephones: Telephones) -> None:
    async with asyncio.timeout(20):
        living = await connected(session, telephones)
        session.post(KeyPressed(Leg.CLIENT, "0"))
        await telephones.interpreter_is_dialled.wait()
        session.post(InterpreterStatusChanged(LegStatus.IN_PROGRESS))
        await living
    assert session.end is not None
    assert session.end.reason is EndReason.HANDED_OVER
    assert telephones.moved == [Leg.AGENT, Leg.CLIENT]
    assert telephones.hung_up == []


async def test_a_client_who_cannot_be_moved_is_apologised_to_and_the_others_are_let_go(
    session: Session, telephones: Telephones
) -> None:
    telephones.refuses_to_move = {Leg.CLIENT}
    async with asyncio.timeout(20):
        living = await connected(session, telephones)
        session.post(KeyPressed(Leg.CLIENT, "0"))
        await telephones.interpreter_is_dialled.wait()
        session.post(InterpreterStatusChanged(LegStatus.IN_PROGRESS))
        await living
    assert session.end is not None
    assert (session.end.reason, session.end.farewell) == (EndReason.INTERNAL_ERROR, Phrase.TECHNICAL_PROBLEM)
    assert sorted(telephones.hung_up) == sorted([AGENT_SID, INTERPRETER_SID]), (
        "the client's call goes on to the apology"
    )


async def test_an_interpreter_who_cannot_be_dialled_costs_nobody_the_call(
    session: Session, telephones: Telephones, witness: Witness
) -> None:
    telephones.refuses_to_dial_interpreters = True
    async with asyncio.timeout(20):
        living = await connected(session, telephones)
        session.post(KeyPressed(Leg.CLIENT, "0"))
        await witness.saw_an_interpreter.wait()
        session.post(EndRequested(EndReason.ADMINISTRATOR))
        await living
    assert session.end is not None
    assert session.end.reason is EndReason.ADMINISTRATOR
    assert sorted(telephones.hung_up) == sorted([AGENT_SID, CLIENT_SID])


async def connected(session: Session, telephones: Telephones) -> asyncio.Task[None]:
    """Let both parties be on the line."""
    telephones.answer.set_result(AGENT_SID)
    living = asyncio.create_task(session.run())
    session.post(StreamOpened(Leg.CLIENT))
    await asyncio.shield(session.telephones.agent_call_sid)
    session.post(StreamOpened(Leg.AGENT))
    return living


async def test_an_interpreters_status_is_told_from_a_legs(session: Session) -> None:
    registry = Registry()
    call = registry.add(session, "en")
    registry.claim(INTERPRETER_SID, call, None)
    registry.leg_status(INTERPRETER_SID, LegStatus.BUSY)
    assert session.mailbox.take() == InterpreterStatusChanged(LegStatus.BUSY)


async def test_a_stream_that_is_faster_than_the_order_to_dial_waits_for_its_session(session: Session) -> None:
    registry = Registry()
    ticket = new_ticket(Leg.CLIENT, ttl_s=60)
    with registry.reserve(session.id):
        assert (len(registry), registry.occupied) == (0, 1)
        parameters = (session.id, "client", ticket.token, CLIENT_SID, session.account_sid)
        redeeming = asyncio.create_task(registry.redeem(*parameters))
        await asyncio.sleep(0)
        assert not redeeming.done()
        registry.add(session, "en").tickets[Leg.CLIENT] = ticket
    async with asyncio.timeout(10):
        assert await redeeming == (session, Leg.CLIENT)
    assert registry.occupied == 1


async def test_a_stream_of_a_call_that_could_not_be_placed_is_refused(session: Session) -> None:
    registry = Registry()
    with registry.reserve(session.id):
        redeeming = asyncio.create_task(registry.redeem(session.id, "client", "token", CLIENT_SID, "AC1"))
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        with pytest.raises(RemoteProtocolError, match="not live"):
            await redeeming
