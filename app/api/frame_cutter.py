"""Where the frames of a WebSocket's client begin and end (RFC 6455, section 5.2), so that plain ones need no parser.

A general parser reads each part of a frame when it comes and makes an object of it. What a telephone sends fifty times
a second is always the same: a whole text in one masked frame, in one read.
"""

from __future__ import annotations

from struct import pack

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C where that was built

_WHOLE_TEXT = 0x81
"""FIN, no extension's bit, opcode 1."""
_FIN = 0x80
_FIRST_CONTROL = 0x8
_OPCODE = 0xF
_MASKED = 0x80
_LENGTH = 0x7F
_LENGTH_IN_2_BYTES = 126
_LENGTH_IN_8_BYTES = 127
_LONGEST_IN_2_BYTES = (1 << 16) - 1
_KEY_BYTES = 4
_MEDIUM_HEADER = 4 + _KEY_BYTES
"""Bytes before a masked payload whose length takes two of them."""


class FrameCutter:
    """One connection's. Give it everything that comes after the handshake, in order."""

    __slots__ = ("_begun", "_is_in_pieces", "_longest", "_longest_medium", "_owed")

    def __init__(self, longest: int) -> None:
        """``longest``: the payload in bytes that one message may have; of longer ones the parser shall complain."""
        self._longest = longest
        self._longest_medium = min(longest, _LONGEST_IN_2_BYTES)
        self._begun = b""
        """What the parser has of a frame, where that is too short to say how long the frame is."""
        self._owed = 0
        """How many bytes are still to come of a frame of which the parser has the beginning."""
        self._is_in_pieces = False
        """Whether a message began of which the last frame has not come."""

    def only_text(self, data: bytes) -> str | None:
        """Return the text of a read that is one plain frame as long as a telephone's 20 ms, as nearly all reads are.

        None where it is anything else: then nothing was taken, and ``cut`` is to be given it.
        """
        size = len(data) - _MEDIUM_HEADER
        if not 0 < size <= self._longest_medium or self._begun or self._owed or self._is_in_pieces:
            return None
        if data[:4] != pack("!BBH", _WHOLE_TEXT, _MASKED | _LENGTH_IN_2_BYTES, size):
            return None
        try:
            return apply_mask(data[_MEDIUM_HEADER:], data[4:_MEDIUM_HEADER]).decode()
        except UnicodeDecodeError:
            return None

    def cut(self, data: bytes, *, reads_text: bool) -> list[str | bytes]:
        """Return what came, in order: plain messages as text, where they are wanted, and bytes for a parser.

        The parser needs all of the latter, at once: it is at the beginning of a frame whenever a text comes.
        """
        if self._begun and not self._go_on(data):
            return [data]
        pieces: list[str | bytes] = []
        at = min(self._owed, len(data))
        if at:
            self._owed -= at
            pieces.append(data[:at])
        while at < len(data):
            body, length = _header(data, at)
            if body > len(data):
                self._begun = data[at:]
                pieces.append(self._begun)
                break
            end = body + length
            text = self._text(data, at, body, end) if reads_text and end <= len(data) else None
            pieces.append(data[at:end] if text is None else text)
            self._owed = max(0, end - len(data))
            self._note(data[at])
            at = end
        return pieces

    def _go_on(self, data: bytes) -> bool:
        """Take more of a frame of which the parser has the beginning; return whether its length is known now."""
        frame = self._begun + data
        body, length = _header(frame, 0)
        if body > len(frame):
            self._begun = frame
            return False
        self._owed = body + length - len(self._begun)
        self._begun = b""
        self._note(frame[0])
        return True

    def _note(self, first: int) -> None:
        if first & _OPCODE < _FIRST_CONTROL:
            self._is_in_pieces = not first & _FIN

    def _text(self, data: bytes, at: int, body: int, end: int) -> str | None:
        """Return what a frame that is here says; None where the parser has to look at it."""
        is_plain = data[at] == _WHOLE_TEXT and data[at + 1] & _MASKED and end - body <= self._longest
        if not is_plain or self._is_in_pieces:
            return None
        try:
            return apply_mask(data[body:end], data[body - _KEY_BYTES : body]).decode()
        except UnicodeDecodeError:
            return None


def text_frame(payload: bytes) -> bytes:
    """Return a whole text as a server sends it."""
    if len(payload) < _LENGTH_IN_2_BYTES:
        return pack("!BB", _WHOLE_TEXT, len(payload)) + payload
    if len(payload) <= _LONGEST_IN_2_BYTES:
        return pack("!BBH", _WHOLE_TEXT, _LENGTH_IN_2_BYTES, len(payload)) + payload
    return pack("!BBQ", _WHOLE_TEXT, _LENGTH_IN_8_BYTES, len(payload)) + payload


def _header(data: bytes, at: int) -> tuple[int, int]:
    """Return where the payload of the frame at ``at`` begins, and its length; the former is beyond what is too short.

    A length of eight bytes may be absurd: the parser's to refuse.
    """
    if len(data) - at < 2:
        return len(data) + 1, 0
    length, body = data[at + 1] & _LENGTH, at + 2
    if length == _LENGTH_IN_2_BYTES:
        length, body = int.from_bytes(data[body : body + 2]), body + 2
    elif length == _LENGTH_IN_8_BYTES:
        length, body = int.from_bytes(data[body : body + 8]), body + 8
    return (body + _KEY_BYTES if data[at + 1] & _MASKED else body), length
