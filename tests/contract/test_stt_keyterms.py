"""What Whisper makes of the words that it is told to expect: it hears them, and hears nothing else differently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from app.config import Settings
from app.domain.audio import silence
from app.errors import ConfigError
from app.stt.whisper_engine import MOST_PROMPT_TOKENS, WhisperEngine
from app.stt.whisper_files import find_model
from app.tts.base import SpeechRequest
from app.tts.kokoro import KokoroVoice
from tests.contract.stt_suite import noise, tone

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

NAMES = ("Puente", "Iberdrola", "Plan Ahorro Plus", "Castelao", "Zarzaquemada")
SENTENCES = {
    "Zarzaquemada": "Tengo un problema con Zarzaquemada desde ayer.",
    "Castelao": "¿Quiere usted el Castelao?",
    "Iberdrola": "¿Quiere usted el Iberdrola?",
}


SHORT_WORDS = ("Sí.", "No.", "Vale.")


@pytest.fixture(scope="module")
def engine() -> WhisperEngine:
    folder = find_model("whisper-base", Settings(_env_file=None).models_dir)
    if folder is None:
        pytest.skip("whisper-base is not installed: run `make engines`")
    return WhisperEngine(folder, threads=1, workers=1)


@pytest.fixture(scope="module")
def recordings() -> dict[str, bytes]:
    """What is said in these tests, by the voice that interprets."""
    try:
        return asyncio.run(record([*SENTENCES.values(), *SHORT_WORDS]))
    except ConfigError as error:
        pytest.skip(str(error))


async def record(texts: Sequence[str]) -> dict[str, bytes]:
    voice = KokoroVoice.from_settings(Settings(_env_file=None))
    await voice.start()
    spoken: dict[str, bytes] = {}
    try:
        for text in texts:
            async with aclosing(voice.speak(SpeechRequest(text, "es"))) as pieces:
                spoken[text] = silence(200) + b"".join([piece async for piece in pieces]) + silence(200)
    finally:
        await voice.aclose()
    return spoken


def test_names_are_heard_that_are_expected(engine: WhisperEngine, recordings: dict[str, bytes]) -> None:
    heard: dict[bool, list[str]] = {False: [], True: []}
    told = engine.expecting(NAMES)
    for name, sentence in SENTENCES.items():
        ulaw = recordings[sentence]
        for is_told, ear in ((False, engine), (True, told)):
            if name in ear.decode_final(ulaw, ("es",), True).text:
                heard[is_told].append(name)
    assert len(heard[True]) >= len(heard[False]) + 2, heard
    partial = told.decode_partial(recordings[SENTENCES["Zarzaquemada"]], ("es",), True)
    assert "Zarzaquemada" in partial.text


@pytest.mark.parametrize("text", SHORT_WORDS)
def test_a_lone_short_word_is_heard_as_if_nothing_were_expected(
    engine: WhisperEngine, recordings: dict[str, bytes], text: str
) -> None:
    ulaw = recordings[text]
    assert engine.expecting(NAMES).decode_final(ulaw, ("es",), True) == engine.decode_final(ulaw, ("es",), True)


@pytest.mark.parametrize("sound", [silence(3000), noise(3000), noise(3000, 0.2), tone(3000)])
def test_what_is_expected_is_not_heard_where_nobody_speaks(engine: WhisperEngine, sound: bytes) -> None:
    ear = engine.expecting(NAMES)
    assert ear.decode_final(sound, ("es", "en"), False).text == ""
    assert ear.decode_partial(sound, ("es", "en"), False).text == ""


def test_more_names_than_the_model_takes_leave_room_for_what_is_said(
    engine: WhisperEngine, recordings: dict[str, bytes]
) -> None:
    many = ("Zarzaquemada", *(f"Villanombre{number}" for number in range(500)))
    ulaw = recordings[SENTENCES["Zarzaquemada"]]
    assert "problema" in engine.expecting(many).decode_final(ulaw, ("es",), True).text
    for language in ("es", "ar"):
        assert 10 < len(engine._tokens_said_before(language, many)) <= MOST_PROMPT_TOKENS
