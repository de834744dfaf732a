"""The telephone exchange: calls with their two legs, and the emulator that holds them all."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from app.domain.legs import Leg, LegStatus
from app.emulator.carrier import Carrier, EmulatorConfig
from app.emulator.conference import Conferences
from app.emulator.errors import EmulatorError
from app.emulator.events import ROLES, CallEvent, EventHook, Guest, Role
from app.emulator.leglog import LegLog
from app.emulator.report import CallReport
from app.emulator.resource import CallResource, DialOptions, Direction, Instructions, new_sid
from app.emulator.rest import rest_api
from app.emulator.script import AnswerKind, CallScript, HangsUp
from app.emulator.speaker import Speaker
from app.emulator.tape import sample_at
from app.emulator.telephone import Telephone
from app.emulator.wav import audible_segments, read_wav

WATCH_S = 0.05


class Call:
    """One call: the client's leg, the agent's that the server dials for it, and an interpreter's if it dials one."""

    def __init__(
        self,
        script: CallScript,
        sounds: Mapping[str, bytes],
        carrier: Carrier,
        conferences: Conferences,
        on_event: EventHook,
    ) -> None:
        self.script = script
        self._carrier = carrier
        self._conferences = conferences
        self._began = time.monotonic()
        self._tasks = asyncio.TaskGroup()
        self._errors: list[str] = []
        self._is_closing = False
        ended_turns: dict[str, float] = {}
        self._speakers = {role: Speaker(script.party(role).turns, sounds, ended_turns) for role in ROLES}
        self._logs = {role: LegLog(role, self._now, on_event) for role in ROLES}
        config = carrier.config
        self.client = self._telephone(
            Leg.CLIENT,
            "outbound-api" if script.is_outbound else "inbound",
            from_="" if script.is_outbound else script.client.number,
            to=script.client.number if script.is_outbound else script.to,
            options=DialOptions(
                Instructions(url=config.public_url.rstrip("/") + config.voice_path),
                status_callback=config.public_url.rstrip("/") + config.status_path if config.status_path else "",
            ),
        )
        self._is_client_called = not script.is_outbound
        self.agent: Telephone | None = None
        self.interpreter: Telephone | None = None

    def expects(self, to: str) -> bool:
        """Say whether somebody at that number may still be dialled for this call."""
        return not (self._is_closing or self.client.status.is_terminal) and self._callee(to) is not None

    def knows(self, text: str) -> bool:
        """Say whether a request of the server names this call: its CallSid, or a parameter of the client's stream."""
        return self.client.sid in text or any(value in text for value in self.client.stream_parameters if value)

    def dial(self, to: str, from_: str, options: DialOptions) -> Telephone:
        """Let the telephone of whom the call ``expects`` there ring."""
        role = self._callee(to)
        assert role is not None
        if role is Leg.CLIENT:
            self._is_client_called = True
            self.client.resource.from_, self.client.resource.options = from_, options
            self._tasks.create_task(self.client.run())
            return self.client
        telephone = self._telephone(role, "outbound-api", from_=from_, to=to, options=options)
        if role is Leg.AGENT:
            self.agent = telephone
        else:
            self.interpreter = telephone
        self._tasks.create_task(telephone.run())
        return telephone

    def _callee(self, to: str) -> Role | None:
        if not self._is_client_called:
            return Leg.CLIENT if self.script.client.number == to else None
        if self.script.interpreter.number and self.script.interpreter.number == to:
            return Guest.INTERPRETER if self.interpreter is None else None
        return Leg.AGENT if self.agent is None and self.script.agent.number in ("", to) else None

    async def run(self) -> CallReport:
        async with self._tasks:
            if self._is_client_called:
                self._tasks.create_task(self.client.run())
            await self._watch()
            self._is_closing = True
        return self._report()

    def _telephone(self, role: Role, direction: Direction, *, from_: str, to: str, options: DialOptions) -> Telephone:
        resource = CallResource(
            sid=new_sid("CA"),
            direction=direction,
            from_=from_,
            to=to,
            options=options,
            carrier=self._carrier,
            faults=self.script.faults,
            log=self._logs[role],
        )
        answer = self.script.party(role).answer
        return Telephone(resource, self.script, answer, self._speakers[role], self._conferences)

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _watch(self) -> None:
        """Return when the call is over on both legs, and see to it that it comes to that."""
        while not self._is_over():
            await asyncio.sleep(WATCH_S)
            now_s = self._now()
            if now_s >= self.script.max_duration_s:
                self._errors.append(f"the call was cut off after {self.script.max_duration_s:g} s")
                self._hang_up(HangsUp.BOTH)
                return
            abandoned = self._abandoned(now_s)
            if abandoned is not None:
                self._errors.append(f"the {abandoned.log.leg} was left on the line when the other party was gone")
                abandoned.hang_up()
                return
            if self._has_run_its_course(now_s):
                self._hang_up(self.script.hangs_up)

    def _is_over(self) -> bool:
        return all(telephone.status.is_terminal for telephone in self._telephones)

    @property
    def _telephones(self) -> list[Telephone]:
        return [telephone for telephone in (self.client, self.agent, self.interpreter) if telephone is not None]

    def _hang_up(self, who: HangsUp) -> None:
        if who is not HangsUp.AGENT or self.agent is None:
            self.client.hang_up()
        if who is not HangsUp.CLIENT and self.agent is not None:
            self.agent.hang_up()

    def _has_run_its_course(self, now_s: float) -> bool:
        linger_s = self.script.linger_s
        if not all(speaker.is_done for speaker in self._speakers.values()):
            return False
        if self.agent is None and self.script.agent.turns:
            return False
        telephones = [each for each in self._telephones if each is not self.interpreter or not each.status.is_terminal]
        if any(telephone.status is not LegStatus.IN_PROGRESS or not telephone.is_talking for telephone in telephones):
            return False
        if any(now_s - end_s < self.script.patience_s for end_s in self._unheard()):
            return False
        last_said_s = max(speaker.last_said_s for speaker in self._speakers.values())
        return now_s - last_said_s >= linger_s and all(
            telephone.speaker.quiet_for_s(now_s) >= linger_s for telephone in telephones
        )

    def _unheard(self) -> Iterator[float]:
        """Yield when a party last said something of which the other one has heard nothing since."""
        for leg in Leg:
            end_s = self._speakers[leg].last_said_s
            if end_s and not self._speakers[leg.other].has_heard_since(end_s):
                yield end_s

    def _abandoned(self, now_s: float) -> Telephone | None:
        """Return the leg whose other party is gone for so long that the server must have forgotten it."""
        if self.agent is None:
            return None
        pairs = [(self.client, self.agent), (self.agent, self.client)]
        if self.interpreter is not None:
            pairs.append((self.interpreter, self.client))
        for stays, gone in pairs:
            if gone.resource.ended_at_s is not None and not stays.status.is_terminal:
                alone_s = min(now_s - gone.resource.ended_at_s, stays.speaker.quiet_for_s(now_s))
                if alone_s >= self._carrier.config.propagation_s:
                    return stays
        return None

    def _report(self) -> CallReport:
        duration_s = self._now()
        length = sample_at(duration_s)
        for telephone in self._telephones:
            report = telephone.log.report
            report.said = list(telephone.speaker.said)
            report.said_ulaw = telephone.said.render(length)
            report.heard_ulaw = telephone.heard.render(length)
            report.heard_segments = audible_segments(report.heard_ulaw)
        self._judge()
        return CallReport(
            client=self._logs[Leg.CLIENT].report,
            agent=self._logs[Leg.AGENT].report,
            interpreter=self._logs[Guest.INTERPRETER].report,
            duration_s=round(duration_s, 3),
            errors=self._errors,
            probes=list(self.client.probes),
        )

    def _judge(self) -> None:
        """Compare what happened with what the script says."""
        hangs_up_in_script = any(turn.hang_up or turn.hang_up_at_s is not None for _, turn in self.script.turns())
        answers = self.script.agent.answer.kind is AnswerKind.ANSWER
        if not self._is_client_called:
            self._errors.append("the client's telephone never rang")
        if self.agent is None and (self.script.agent.turns or not answers):
            self._errors.append("the agent's telephone never rang")
        for role in ROLES:
            waiting = self._speakers[role].waiting_turns
            if waiting and answers and not hangs_up_in_script:
                self._errors.append(f"{role}: turns that never began: {', '.join(waiting)}")
            expected_s, heard_s = self.script.party(role).hears_at_least_s, self._logs[role].report.heard_s
            if heard_s < expected_s:
                self._errors.append(f"{role}: heard {heard_s:.1f} s of sound, {expected_s:g} s were expected")


class Emulator:
    """Twilio, on this machine: its REST API, its webhooks and its Media Streams, for any number of calls at a time.

    An async context manager; raises EmulatorError when its port is taken. The server under test must be told
    ``TWILIO_API_BASE_URL`` = ``rest_url``, and the same account and token.
    """

    def __init__(self, config: EmulatorConfig) -> None:
        self.config = config
        self.rest_url = ""
        self.unexpected_dials = 0
        """Calls that the server placed although no call of ours was waiting for an agent; they fail at once."""
        self._carrier = Carrier(config)
        self._conferences = Conferences()
        self._calls: list[Call] = []
        self._telephones: dict[str, Telephone] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            listener = socket.create_server((self.config.rest_host, self.config.rest_port))
        except OSError as error:
            await self._carrier.__aexit__(None, None, None)
            where = f"{self.config.rest_host}:{self.config.rest_port}"
            raise EmulatorError(f"the REST API cannot listen on {where}: {error.strerror}") from None
        self._stack.callback(listener.close)
        self.rest_url = f"http://{self.config.rest_host}:{listener.getsockname()[1]}"
        server = _Server(uvicorn.Config(rest_api(self), log_config=None, access_log=False, lifespan="off", ws="none"))
        await self._stack.enter_async_context(self._carrier)
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.callback(server.stop)
        tasks.create_task(server.serve(sockets=[listener]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def call(self, script: CallScript, on_event: EventHook | None = None) -> CallReport:
        """Carry out one call and return what became of it; many may run at once.

        Raises ScriptError when a recording cannot be read.
        """
        sounds = await asyncio.to_thread(load_sounds, script)
        call = Call(script, sounds, self._carrier, self._conferences, on_event or _ignore)
        self._calls.append(call)
        self._keep(call.client)
        try:
            return await call.run()
        finally:
            self._calls.remove(call)

    @property
    def telephones(self) -> tuple[Telephone, ...]:
        """Every leg that the REST API knows, oldest first."""
        return tuple(self._telephones.values())

    def find(self, sid: str) -> Telephone | None:
        return self._telephones.get(sid)

    def dial(self, to: str, from_: str, options: DialOptions) -> Telephone | None:
        """Place the server's call to whom one of ours is waiting for; None when none is.

        Of several calls that wait, the one that the request names gets them, else the oldest.
        """
        waiting = [call for call in self._calls if call.expects(to)]
        named = f"{options.status_callback} {options.instructions.twiml} {options.instructions.url}"
        chosen = next((call for call in waiting if call.knows(named)), waiting[0] if waiting else None)
        if chosen is None:
            self.unexpected_dials += 1
            return None
        telephone = chosen.dial(to, from_, options)
        self._keep(telephone)
        return telephone

    def _keep(self, telephone: Telephone) -> None:
        self._telephones[telephone.sid] = telephone
        ended = [sid for sid, kept in self._telephones.items() if kept.status.is_terminal]
        for sid in ended[: max(0, len(self._telephones) - self.config.kept_telephones)]:
            del self._telephones[sid]


class _Server(uvicorn.Server):
    """uvicorn inside somebody else's program: it leaves the signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def load_sounds(script: CallScript) -> dict[str, bytes]:
    """Return the mu-law of every turn that says something. Raises ScriptError."""
    return {
        turn.id: turn.say if isinstance(turn.say, bytes) else _read_once(turn.say)
        for _, turn in script.turns()
        if turn.say is not None
    }


@lru_cache(maxsize=256)
def _read_once(path: Path) -> bytes:
    return read_wav(path)


def _ignore(_: CallEvent) -> None:
    """Stand in for a hook."""
