"""What every voice keeps to. A provider's tests are a subclass of ``TtsContract`` with a fixture ``voice``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from app.audio.ulaw import ulaw_to_float
from app.domain.audio import duration_ms
from app.domain.legs import Leg
from app.errors import ProviderRejected
from app.tts.base import SpeechRequest, TtsProvider

SENTENCES = {
    "de": "Ihre Bestellung kommt am Dienstag.",
    "en": "Your order will arrive on Tuesday.",
    "es": "Su pedido llegará el martes por la tarde.",
    "fr": "Votre commande arrivera mardi.",
    "gl": "O seu pedido chegará o martes.",
    "it": "Il suo ordine arriverà martedì.",
    "pt": "O seu pedido chegará na terça-feira.",
}
WINDOW_MS = 20


async def say(voice: TtsProvider, text: str, language: str) -> bytes:
    """Return all the audio of a text; its pieces are checked on the way."""
    pieces = [piece async for piece in voice.speak(SpeechRequest(text, language))]
    assert all(pieces)
    return b"".join(pieces)


def loudness(ulaw: bytes) -> np.ndarray:
    """Return the RMS of each 20 ms, full scale = 1."""
    samples = ulaw_to_float(ulaw)
    whole = len(samples) // 160 * 160
    return np.sqrt(np.mean(samples[:whole].reshape(-1, 160) ** 2, axis=1))


class TtsContract:
    """Each test gets a started ``voice``."""

    async def test_every_language_is_audible_and_as_long_as_its_text(self, voice: TtsProvider) -> None:
        for language in sorted(SENTENCES.keys() & voice.capabilities.languages):
            text = SENTENCES[language]
            ulaw = await say(voice, text, language)
            assert 35 * len(text) < duration_ms(ulaw) < 130 * len(text), language
            levels = loudness(ulaw)
            assert np.sqrt(np.mean(levels**2)) > 0.02, language
            assert np.mean(np.abs(ulaw_to_float(ulaw)) > 0.97) < 0.001, language
            assert int(np.argmax(levels > 0.01)) * WINDOW_MS <= 250, language

    async def test_a_language_that_it_lacks_is_rejected(self, voice: TtsProvider) -> None:
        assert "xx" not in voice.capabilities.languages
        with pytest.raises(ProviderRejected):
            await say(voice, "secret", "xx")

    @pytest.mark.parametrize("text", ["", " ", "...", "¿?", "\n", "—"])
    async def test_nothing_to_say_is_silence_and_no_error(self, voice: TtsProvider, text: str) -> None:
        assert await say(voice, text, "es") == b""

    async def test_an_iterator_closed_early_frees_what_it_held(self, voice: TtsProvider) -> None:
        text = " ".join([SENTENCES["es"]] * 3)
        for _ in range(4):
            async with aclosing(voice.speak(SpeechRequest(text, "es"))) as pieces:
                assert await anext(pieces)
        assert await say(voice, "Buenos días.", "es")

    async def test_a_cancelled_request_frees_what_it_held(self, voice: TtsProvider) -> None:
        tasks = [asyncio.create_task(say(voice, SENTENCES["es"], "es")) for _ in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(result, asyncio.CancelledError)
            for result in await asyncio.gather(*tasks, return_exceptions=True)
        )
        assert await say(voice, "Buenos días.", "es")

    async def test_requests_at_the_same_time_stay_separate(self, voice: TtsProvider) -> None:
        texts = ["Sí.", "Buenos días, dígame.", "Su pedido llega hoy.", "No."]
        alone = [len(await say(voice, text, "es")) for text in texts]
        together = [len(ulaw) for ulaw in await asyncio.gather(*(say(voice, text, "es") for text in texts))]
        assert together == pytest.approx(alone, rel=0.1)

    async def test_speech_never_reaches_the_log(self, voice: TtsProvider, capfd: pytest.CaptureFixture[str]) -> None:
        await say(voice, "Zanahoria.", "es")
        printed = capfd.readouterr()
        assert "anahoria" not in printed.out + printed.err

    async def test_any_language_may_be_expected(self, voice: TtsProvider) -> None:
        voice.expect("es", Leg.AGENT)
        voice.expect("en", Leg.CLIENT)
        voice.expect("xx")
        assert await say(voice, "Buenos días.", "es")

    async def test_closing_twice_is_closing_once(self, voice: TtsProvider) -> None:
        await voice.aclose()
        await voice.aclose()
