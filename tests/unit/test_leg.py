"""A leg's socket, over a transport that now and then makes everybody wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.domain.commands import EndCall, SendMark
from app.domain.legs import Leg
from app.runtime.hearing import Hearing
from app.runtime.leg import LegConnection
from app.runtime.mailbox import Mailbox
from app.twilio.media import MediaStream
from tests.waiting import until

_START = (
    '{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1",'
    '"callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}'
)


class Line:
    """A transport that sends at once while ``is_free``, and whatever waits when it is free again."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.waiting = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def is_free(self) -> bool:
        return self._free.is_set()

    def hold(self) -> None:
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()

    async def receive(self) -> str | bytes | None:
        return None

    async def listen(self, take: Callable[[str | bytes], None]) -> None:
        await asyncio.Event().wait()

    def send_now(self, message: str) -> bool:
        if self.is_free:
            self.sent.append(message)
        return self.is_free

    async def send(self, message: str) -> None:
        self.waiting += 1
        await self._free.wait()
        # The transport is free before its sender goes on, as a socket's is.
        await asyncio.sleep(0)
        self.sent.append(message)

    async def close(self, code: int, reason: str) -> None:
        pass


def marks(line: Line) -> list[str]:
    return [message.partition('"name":"')[2].partition('"')[0] for message in line.sent]


async def test_messages_keep_their_order_when_some_of_them_had_to_wait() -> None:
    line, stream, mailbox = Line(), MediaStream(), Mailbox[EndCall]()
    stream.receive(_START)
    connection = LegConnection(Leg.AGENT, line, stream, mailbox, Hearing(Leg.AGENT, 2, has_echo_gate=False))
    serving = asyncio.create_task(connection.run())

    connection.play(SendMark(Leg.AGENT, "1"))
    assert marks(line) == ["1"], "what need not wait does not"
    line.hold()
    for name in "23":
        connection.play(SendMark(Leg.AGENT, name))
    await until(lambda: line.waiting == 1)
    line.let_go()
    connection.play(SendMark(Leg.AGENT, "4"))
    assert marks(line) == ["1"], "others wait before it"
    await until(lambda: len(line.sent) == 4)
    assert marks(line) == ["1", "2", "3", "4"]
    connection.play(SendMark(Leg.AGENT, "5"))
    assert marks(line)[-1] == "5"

    connection.close()
    await serving
