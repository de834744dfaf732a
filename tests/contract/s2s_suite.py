"""What every speech-to-speech provider promises, as tests to inherit: a subclass gives the ``provider`` fixture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, AudioFrame, duration_ms, silence
from app.domain.direct import DirectPiece, SourceText, Spoken, TargetText, TurnEnded
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey
from app.errors import ProviderRejected
from app.s2s.base import S2sOptions, S2sProvider, S2sStream
from app.usage import Meter, metered
from tests.e2e.sounds import babble

SPEECH = babble(2.4)
OPTIONS = S2sOptions(Leg.CLIENT, "es", "en")


class Speaker:
    """Pushes sound into a stream in frames, faster than anybody speaks but never all at once."""

    def __init__(self, stream: S2sStream) -> None:
        self._stream = stream
        self._sequence = 0

    async def push(self, ulaw: bytes) -> None:
        for start in range(0, len(ulaw) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
            frame = AudioFrame(Leg.CLIENT, self._sequence + 1, self._sequence * FRAME_MS, ulaw[start:][:FRAME_BYTES])
            self._sequence += 1
            self._stream.push(frame)
            if self._sequence % 10 == 0:
                await asyncio.sleep(0.001)

    async def keep_silent(self) -> None:
        """Go on as a line does on which nobody speaks, until cancelled."""
        while True:
            await self.push(silence(200))
            await asyncio.sleep(0.01)


class Listening:
    """Takes what a stream gives, as it comes."""

    def __init__(self, stream: S2sStream) -> None:
        self.pieces: list[DirectPiece] = []
        self.error: Exception | None = None
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._read(stream), name="test-listening")

    async def _read(self, stream: AsyncIterator[DirectPiece] | S2sStream) -> None:
        try:
            async for piece in stream:
                async with self._changed:
                    self.pieces.append(piece)
                    self._changed.notify_all()
        except Exception as error:
            self.error = error
        async with self._changed:
            self._changed.notify_all()

    async def until_turns(self, turns: int) -> list[DirectPiece]:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.pieces.count(TurnEnded()) >= turns or self._task.done())
        return self.pieces

    async def until(self, kind: type[DirectPiece]) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: any(isinstance(piece, kind) for piece in self.pieces))

    async def until_over(self) -> None:
        async with asyncio.timeout(30):
            await self._task

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def interpret(stream: S2sStream, *speeches: bytes) -> list[DirectPiece]:
    """Say these, each when the turn of the one before is over; return what comes until the last one's is.

    Raises what the stream raises.
    """
    listening, speaker = Listening(stream), Speaker(stream)
    for speech in speeches:
        turns = listening.pieces.count(TurnEnded())
        if listening.error is not None:
            break
        await speaker.push(silence(200) + speech + silence(1000))
        silent = asyncio.create_task(speaker.keep_silent())
        try:
            await listening.until_turns(turns + 1)
        finally:
            silent.cancel()
            await asyncio.gather(silent, return_exceptions=True)
    await listening.close()
    if listening.error is not None:
        raise listening.error
    return listening.pieces


def voice(pieces: Sequence[DirectPiece]) -> bytes:
    return b"".join(piece.ulaw for piece in pieces if isinstance(piece, Spoken))


def target_text(pieces: Sequence[DirectPiece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TargetText)).strip()


def source_text(pieces: Sequence[DirectPiece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, SourceText)).strip()


def assert_lawful(pieces: Sequence[DirectPiece]) -> None:
    """No empty piece, and no turn without audio."""
    spoken_bytes = 0
    for piece in pieces:
        match piece:
            case Spoken(ulaw):
                assert ulaw
                spoken_bytes += len(ulaw)
            case TurnEnded():
                assert spoken_bytes, "a turn without audio"
                spoken_bytes = 0
            case SourceText(text) | TargetText(text):
                assert text


class S2sContract:
    """Inherit, and give a fixture ``provider`` that is started."""

    same_language = S2sOptions(Leg.CLIENT, "es", "es")

    async def test_speech_becomes_speech_and_both_texts(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH)
        await stream.aclose()
        assert_lawful(pieces)
        assert duration_ms(voice(pieces)) > 500
        assert target_text(pieces)
        assert source_text(pieces)
        assert source_text(pieces) != target_text(pieces)

    async def test_what_is_said_does_not_depend_on_pauses_before_it(self, provider: S2sProvider) -> None:
        said = []
        for before_ms in (0, 3000):
            stream = await provider.open(OPTIONS)
            pieces = await interpret(stream, silence(before_ms) + SPEECH)
            said.append(target_text(pieces))
            await stream.aclose()
        assert said[0] == said[1]

    async def test_turns_come_in_the_order_of_speech(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        first = target_text(await interpret(stream, SPEECH))
        await stream.aclose()
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, SPEECH, SPEECH)
        await stream.aclose()
        assert_lawful(pieces)
        assert target_text(pieces).startswith(first.rstrip("."))
        assert len(target_text(pieces)) > len(first)

    async def test_silence_is_answered_with_silence(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        pieces = await interpret(stream, silence(4000) + SPEECH)
        await stream.aclose()
        spoken = [piece for piece in pieces if isinstance(piece, (Spoken, TurnEnded))]
        assert spoken.count(TurnEnded()) == 1, "the silence made a turn"

    async def test_who_speaks_the_target_language_is_not_repeated(self, provider: S2sProvider) -> None:
        stream = await provider.open(self.same_language)
        listening, speaker = Listening(stream), Speaker(stream)
        await speaker.push(SPEECH + silence(1000))
        await listening.until(SourceText)
        await speaker.push(SPEECH + silence(2000))
        await asyncio.sleep(0)
        assert voice(listening.pieces) == b""
        await stream.aclose()
        await listening.until_over()
        assert listening.error is None

    async def test_the_target_can_change(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        await interpret(stream, SPEECH)
        stream.set_target("fr")
        changed = target_text(await interpret(stream, SPEECH))
        await stream.aclose()
        in_spanish = await provider.open(OPTIONS)
        unchanged = target_text(await interpret(in_spanish, SPEECH, SPEECH))
        await in_spanish.aclose()
        assert changed
        assert not unchanged.endswith(changed)

    async def test_a_language_that_it_does_not_speak_is_refused(self, provider: S2sProvider) -> None:
        assert "xx" not in provider.capabilities.targets
        with pytest.raises(ProviderRejected):
            await provider.open(S2sOptions(Leg.CLIENT, "xx", "en"))
        stream = await provider.open(OPTIONS)
        with pytest.raises(ProviderRejected):
            stream.set_target("xx")
        await stream.aclose()

    async def test_two_streams_at_once_do_not_mix(self, provider: S2sProvider) -> None:
        streams = [await provider.open(OPTIONS), await provider.open(S2sOptions(Leg.AGENT, "fr", "es"))]
        spanish, french = await asyncio.gather(*(interpret(stream, SPEECH) for stream in streams))
        for stream in streams:
            await stream.aclose()
        assert target_text(spanish) != target_text(french)

    async def test_aclose_ends_the_iteration_and_leaves_no_task(self, provider: S2sProvider) -> None:
        before = asyncio.all_tasks()
        stream = await provider.open(OPTIONS)
        listening = Listening(stream)
        await Speaker(stream).push(SPEECH)
        await stream.aclose()
        await stream.aclose()
        await listening.until_over()
        assert listening.error is None
        assert asyncio.all_tasks() == before

    async def test_a_closed_stream_takes_anything_and_says_nothing(self, provider: S2sProvider) -> None:
        stream = await provider.open(OPTIONS)
        await stream.aclose()
        await Speaker(stream).push(SPEECH)
        stream.set_target("fr")
        assert [piece async for piece in stream] == []

    async def test_what_is_billed_is_counted(self, provider: S2sProvider) -> None:
        meter = Meter()
        with metered(meter):
            stream = await provider.open(OPTIONS)
            await interpret(stream, SPEECH)
            await stream.aclose()
        capabilities = provider.capabilities
        key = UsageKey(Stage.SPEECH_TO_SPEECH, capabilities.name, capabilities.price_unit)
        assert meter[key] >= len(SPEECH) // BYTES_PER_MS
