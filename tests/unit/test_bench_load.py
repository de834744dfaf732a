"""The load generator's own parts: a benchmark that misreads what it is sent measures nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from app.domain.legs import Leg
from bench.load.phone import Findings, Phone
from bench.load.sockets import PhoneSocket
from bench.load.wave import CYCLE_MS, waves

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
TEXTS = ["", "a", "b" * 125, "c" * 126, "d" * 70_000, "ñ"]


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    while data:
        size = sizes.pop() if sizes else len(data)
        yield data[:size]
        data = data[size:]


@given(st.lists(st.integers(1, 200), max_size=40))
def test_messages_are_read_however_they_are_cut(sizes: list[int]) -> None:
    async def read() -> list[str]:
        taken: list[bytes] = []
        socket = PhoneSocket(taken.append)
        socket.connection_made(Wire())
        sent = b"".join(Frame(Opcode.TEXT, text.encode()).serialize(mask=False) for text in TEXTS)
        for piece in cut(ACCEPTED + sent, sizes):
            socket.data_received(piece)
        return [message.decode() for message in taken]

    assert asyncio.run(read()) == TEXTS


async def test_what_a_phone_sends_is_what_a_server_reads() -> None:
    wire, server = Wire(), Protocol(Side.SERVER, state=OPEN)
    socket = PhoneSocket(lambda _: None)
    socket.connection_made(wire)
    phone = Phone("MZ1", waves(1.0)[Leg.CLIENT], Findings(), 0.0)
    phone.socket = socket
    phone.start("AC1", "CA1", {"leg": "client"})
    phone.speak(0.0)
    phone.stop()
    server.receive_data(wire.written)
    opcodes = [event.opcode for event in server.events_received() if isinstance(event, Frame)]
    assert opcodes == [Opcode.TEXT] * 4 + [Opcode.CLOSE]


def test_both_parties_speak_two_fifths_of_the_time_and_are_heard_to_end() -> None:
    for wave in waves(2 * CYCLE_MS / 1000).values():
        assert len(wave.ulaw) == CYCLE_MS * 8
        assert len(wave.ends) == 6, "three utterances in each of two cycles"
