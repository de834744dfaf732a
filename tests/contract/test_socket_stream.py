"""The stream around a vendor's socket: when a final is due that nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from app.domain.legs import Leg
from app.stt.base import SttCapabilities, SttOptions
from app.stt.socket_stream import Heard, SocketStream, SttSocket
from tests.contract.stt_suite import Talker, noise
from tests.waiting import until

CAPABILITIES = SttCapabilities("slow", frozenset({"en"}), detects_language=False, interim_results=True)
TIMEOUT_S = 2.0


class Timer:
    def __init__(self, due_s: float, call: Callable[[], object]) -> None:
        self.due_s = due_s
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Timers:
    """A loop's timers by a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._timers: list[Timer] = []

    def call_later(self, delay_s: float, call: Callable[..., object], *values: object) -> Timer:
        timer = Timer(self.now_s + delay_s, lambda: call(*values))
        self._timers.append(timer)
        return timer

    def let_pass(self, seconds: float) -> None:
        self.now_s += seconds
        due = [timer for timer in self._timers if timer.due_s <= self.now_s]
        self._timers = [timer for timer in self._timers if timer not in due]
        for timer in due:
            if not timer.is_cancelled:
                timer.call()


class SlowSocket(SttSocket):
    """Opens and answers when it is told to."""

    def __init__(self) -> None:
        self.may_open = asyncio.Event()
        self.finalized = asyncio.Event()
        self.answers: asyncio.Queue[Heard] = asyncio.Queue()

    async def send_audio(self, ulaw: bytes) -> None: ...

    async def keep_alive(self) -> None: ...

    async def finalize(self) -> None:
        self.finalized.set()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            yield await self.answers.get()

    @asynccontextmanager
    async def connect(self, languages: tuple[str, ...]) -> AsyncGenerator[SttSocket, None]:
        await self.may_open.wait()
        yield self


class Bench:
    def __init__(self) -> None:
        self.socket = SlowSocket()
        self.timers = Timers()
        options = SttOptions(Leg.CLIENT, ("en",))
        self.stream = SocketStream(
            self.socket.connect, lambda languages, _: languages, CAPABILITIES, options, TIMEOUT_S
        )
        vars(self.stream)["_loop"] = self.timers

    async def say(self) -> None:
        await Talker(self.stream).say(noise(600))

    async def final(self) -> str:
        async with asyncio.timeout(30):
            async for transcript in self.stream:
                if transcript.is_final:
                    return transcript.stable
        raise AssertionError("no final")


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.stream.aclose()


async def test_a_socket_that_opens_slowly_has_its_whole_time_to_answer(bench: Bench) -> None:
    await bench.say()
    bench.timers.let_pass(0.9 * TIMEOUT_S)
    bench.socket.may_open.set()
    await until(bench.socket.finalized.is_set)
    await asyncio.sleep(0)
    bench.timers.let_pass(0.9 * TIMEOUT_S)
    bench.socket.answers.put_nowait(Heard("where is my order", is_stable=True, is_finalized=True))
    assert await bench.final() == "where is my order"


@pytest.mark.parametrize("opens", [False, True])
async def test_nobody_waits_longer_for_one_that_does_not_open_or_does_not_answer(bench: Bench, opens: bool) -> None:
    if opens:
        bench.socket.may_open.set()
    await bench.say()
    if opens:
        await until(bench.socket.finalized.is_set)
        await asyncio.sleep(0)
    bench.timers.let_pass(TIMEOUT_S)
    assert await bench.final() == ""
