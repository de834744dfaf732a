"""What is cut and read without a parser is what websockets' own parser would have read."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from app.api.frame_cutter import FrameCutter, text_frame

LONGEST = 300


@dataclass
class Read:
    """What a server made of what it got."""

    frames: list[tuple[int, bool, bytes]] = field(default_factory=list)
    failure: str = ""
    answers: bytes = b""

    def follow(self, parser: Protocol) -> bool:
        """Take what the parser has; return whether it goes on reading."""
        for event in parser.events_received():
            assert isinstance(event, Frame)
            self.frames.append((event.opcode, event.fin, bytes(event.data)))
        self.failure = repr(parser.parser_exc) if parser.parser_exc else ""
        self.answers += b"".join(parser.data_to_send())
        return not self.failure and parser.close_rcvd is None


def new_parser() -> Protocol:
    return Protocol(Side.SERVER, state=OPEN, max_size=LONGEST)


def read_by_parser(chunks: list[bytes]) -> Read:
    read, parser = Read(), new_parser()
    for chunk in chunks:
        parser.receive_data(chunk)
        if not read.follow(parser):
            break
    return read


def read_by_cutter(chunks: list[bytes], wants: list[bool]) -> tuple[Read, int]:
    """Return the same, and how many texts needed no parser."""
    read, parser, cutter, texts = Read(), new_parser(), FrameCutter(LONGEST), 0
    for chunk, reads_text in zip(chunks, wants, strict=True):
        only = cutter.only_text(chunk) if reads_text else None
        for piece in cutter.cut(chunk, reads_text=reads_text) if only is None else [only]:
            if isinstance(piece, str):
                assert reads_text
                texts += 1
                read.frames.append((Opcode.TEXT, True, piece.encode()))
                continue
            parser.receive_data(piece)
            if not read.follow(parser):
                return read, texts
    return read, texts


def wire(
    opcode: int, payload: bytes, *, key: bytes | None = b"\x01\x80\xff\x00", fin: bool = True, rsv: int = 0
) -> bytes:
    head = bytes([fin << 7 | rsv << 4 | opcode])
    masked = 0 if key is None else 0x80
    if len(payload) < 126:
        head += bytes([masked | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", masked | 126, len(payload))
    else:
        head += struct.pack("!BQ", masked | 127, len(payload))
    if key is None:
        return head + payload
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


SIZES = st.one_of(st.integers(0, 20), st.sampled_from([125, 126, 127, 200, LONGEST, LONGEST + 1]))
TEXTS = st.one_of(
    SIZES.map(lambda size: b"x" * size),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "ignore")),
    st.binary(max_size=8),
)
PLAIN = st.builds(wire, st.just(1), TEXTS, key=st.binary(min_size=4, max_size=4))
ODD = st.builds(
    wire,
    st.sampled_from([0, 1, 2, 8, 9, 10, 0, 1, 3]),
    TEXTS,
    key=st.one_of(st.binary(min_size=4, max_size=4), st.just(b"\0" * 4), st.none()),
    fin=st.booleans(),
    rsv=st.sampled_from([0, 0, 0, 0, 4, 1]),
)
STREAMS = st.one_of(
    st.lists(st.one_of(PLAIN, PLAIN, ODD), max_size=8).map(b"".join),
    st.lists(PLAIN, min_size=1, max_size=8).map(b"".join),
    st.binary(max_size=60),
)


@st.composite
def chunked(draw: st.DrawFn) -> tuple[list[bytes], list[bool]]:
    stream = draw(STREAMS)
    places = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=6)) | {0, len(stream)})
    chunks = [stream[begin:end] for begin, end in pairwise(places)]
    wants = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=len(chunks), max_size=len(chunks)))
    return chunks, wants


@given(chunked())
@example(([wire(1, b"begun", fin=False) + wire(1, b"another")], [True]))
@example(([wire(8, b"\x03\xe8") + wire(1, b"behind the close")], [True]))
@example(([wire(1, b"\xff\xfe")], [True]))
@example(([wire(1, b"not masked", key=None)], [True]))
@example(([wire(1, b"x" * 70_000)], [True]))
def test_it_reads_what_the_parser_reads(given_stream: tuple[list[bytes], list[bool]]) -> None:
    chunks, wants = given_stream
    assert read_by_cutter(chunks, wants)[0] == read_by_parser(chunks)


@given(st.lists(st.text(max_size=40).filter(lambda text: len(text.encode()) <= LONGEST), min_size=1), st.data())
def test_plain_texts_need_no_parser(texts: list[str], data: st.DataObject) -> None:
    frames = [wire(1, text.encode(), key=data.draw(st.binary(min_size=4, max_size=4))) for text in texts]
    cutter = FrameCutter(LONGEST)
    assert cutter.cut(b"".join(frames), reads_text=True) == texts


_LENGTHS = (0, 1, 125, 126, 127, 160, 65_535, 65_536, 70_000)
"""Around those at which a length is written in another way."""


@pytest.mark.parametrize("length", _LENGTHS)
def test_a_text_of_any_length_needs_no_parser(length: int) -> None:
    assert FrameCutter(70_000).cut(wire(1, b"x" * length), reads_text=True) == ["x" * length]
    is_medium = 126 <= length < 1 << 16
    assert FrameCutter(70_000).only_text(wire(1, b"x" * length)) == ("x" * length if is_medium else None)


@pytest.mark.parametrize("length", _LENGTHS)
def test_a_text_is_sent_as_the_library_sends_it(length: int) -> None:
    payload = b"x" * length
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("cut_at", range(1, 8 + 200))
def test_a_text_in_two_reads_goes_to_the_parser_once_its_length_is_known(cut_at: int) -> None:
    frame = wire(1, b"x" * 200)
    cutter = FrameCutter(LONGEST)
    pieces = cutter.cut(frame[:cut_at], reads_text=True)
    last = cutter.cut(frame[cut_at:] + wire(1, b"next"), reads_text=True)
    whole = pieces + last[:-1]
    assert last[-1] == "next"
    assert b"".join(piece.encode() if isinstance(piece, str) else piece for piece in whole) in (frame, b"x" * 200)
