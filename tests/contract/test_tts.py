"""Every voice against the contract, and what each promises beyond it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import jiwer
import pytest
import webrtcvad

from app.audio.ulaw import ulaw_to_float, ulaw_to_pcm16
from app.config import PROJECT_ROOT, Settings
from app.domain.audio import duration_ms
from app.domain.legs import Leg
from app.domain.voices import Register, VoiceTable
from app.engines.manifest import ENGINES, ModelEngine
from app.errors import ConfigError, ProviderRejected, ProviderUnavailable
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.espeak import EspeakVoice
from app.tts.factory import create_tts_provider
from app.tts.kokoro import KokoroVoice
from app.tts.local import LocalVoice
from app.tts.scripted import ScriptedVoice
from tests.contract.tts_suite import SENTENCES, TtsContract, say
from tests.e2e.sounds import median_pitch_hz

VOICES = Settings(_env_file=None).kokoro_voices
MODELS_DIR = Path(os.environ.get("MODELS_DIR", PROJECT_ROOT / "models"))


@pytest.fixture(scope="session")
def loaded_kokoro() -> Iterator[KokoroVoice]:
    """Loaded once: a voice holds no call's state, and no event loop's."""
    kokoro = KokoroVoice(MODELS_DIR, VOICES, workers=2)
    asyncio.run(kokoro.start())
    yield kokoro
    asyncio.run(kokoro.aclose())


async def pitch_of(voice: TtsProvider, request: SpeechRequest) -> float:
    """Return the median pitch of what is spoken, in Hz."""
    async with aclosing(voice.speak(request)) as pieces:
        ulaw = b"".join([piece async for piece in pieces])
    return median_pitch_hz(ulaw)


class TestScripted(TtsContract):
    @pytest.fixture
    async def voice(self) -> TtsProvider:
        return ScriptedVoice()

    async def test_a_voice_detector_takes_it_for_speech(self, voice: TtsProvider) -> None:
        detector = webrtcvad.Vad(3)
        pcm16 = ulaw_to_pcm16(await say(voice, "Un texto de cierta longitud, como los de una llamada.", "es"))
        frames = [pcm16[start : start + 320] for start in range(0, len(pcm16) - 319, 320)]
        assert sum(detector.is_speech(frame, 8000) for frame in frames) > 0.9 * len(frames)

    async def test_texts_can_be_told_apart(self, voice: TtsProvider) -> None:
        heard = {await say(voice, f"Texto {number}", "es") for number in range(20)}
        assert len(heard) > 10

    async def test_it_is_as_high_as_the_speaker(self, voice: TtsProvider) -> None:
        text = "Un texto de cierta longitud, como los de una llamada."
        low_hz, other_hz, high_hz = [
            await pitch_of(voice, SpeechRequest(text, "es", Leg.AGENT, register))
            for register in (Register.LOW, None, Register.HIGH)
        ]
        assert 1.25 * low_hz < other_hz < high_hz / 1.25

    async def test_the_first_audio_comes_when_it_is_due(self) -> None:
        voice = ScriptedVoice(first_ms=30)
        clock = asyncio.get_running_loop().time
        before_s = clock()
        async with aclosing(voice.speak(SpeechRequest("Hola", "es"))) as pieces:
            await anext(pieces)
        assert clock() - before_s >= 0.029

    async def test_the_same_text_sounds_the_same(self, voice: TtsProvider) -> None:
        assert await say(voice, "Buenos días.", "es") == await say(ScriptedVoice(), "Buenos días.", "es")

    def test_it_loads_no_engine(self) -> None:
        script = (
            "import sys, app.tts.scripted;"
            "assert not {'onnxruntime', 'espeakng_loader', 'kokoro_onnx', 'faster_whisper'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", script], check=True, cwd=PROJECT_ROOT)


class TestEspeak(TtsContract):
    @pytest.fixture
    async def voice(self) -> AsyncIterator[TtsProvider]:
        voice = EspeakVoice()
        await voice.start()
        yield voice
        await voice.aclose()

    async def test_it_speaks_every_language_that_it_declares(self, voice: TtsProvider) -> None:
        heard = [await say(voice, "123", language) for language in sorted(voice.capabilities.languages)]
        assert all(heard)
        assert len(set(heard)) == len(heard)

    @pytest.mark.parametrize("language", ["ca", "es", "nl"])
    async def test_a_high_speaker_is_spoken_for_by_a_higher_voice(self, voice: TtsProvider, language: str) -> None:
        low_hz, other_hz, high_hz = [
            await pitch_of(voice, SpeechRequest(SENTENCES["es"], language, Leg.AGENT, register))
            for register in (Register.LOW, None, Register.HIGH)
        ]
        assert max(low_hz, other_hz) < 150 < 175 < high_hz

    async def test_closed_it_refuses(self, voice: TtsProvider) -> None:
        await voice.aclose()
        with pytest.raises(ProviderUnavailable):
            await say(voice, "Hola", "es")

    def test_voices_that_start_at_once_share_one_library(self) -> None:
        """Two that initialise it at the same time corrupt its memory: Kokoro and the spare voice both need it."""
        script = (
            "from concurrent.futures import ThreadPoolExecutor; from threading import Barrier\n"
            "from app.tts.espeak_library import load_espeak\n"
            "together = Barrier(8)\n"
            "with ThreadPoolExecutor(8) as threads:\n"
            "    loaded = list(threads.map(lambda _: together.wait() < 8 and load_espeak(), range(8)))\n"
            "assert len(set(loaded)) == 1, loaded"
        )
        subprocess.run([sys.executable, "-c", script], check=True, cwd=PROJECT_ROOT)


@pytest.mark.engines
@pytest.mark.skipif(not (MODELS_DIR / "kokoro").is_dir(), reason="no Kokoro model: run `make engines`")
class TestKokoro(TtsContract):
    @pytest.fixture
    def voice(self, loaded_kokoro: KokoroVoice) -> TtsProvider:
        return loaded_kokoro

    async def test_closing_twice_is_closing_once(self, voice: TtsProvider) -> None:
        closed = KokoroVoice(MODELS_DIR, VOICES)
        await closed.aclose()
        await closed.aclose()
        with pytest.raises(ProviderUnavailable):
            await say(closed, "Hola", "es")

    async def test_the_first_audio_is_short_however_long_the_sentence(self, voice: TtsProvider) -> None:
        text = "El técnico pasará por su casa mañana por la tarde para revisar la caldera y cambiar la pieza."
        pieces = [piece async for piece in voice.speak(SpeechRequest(text, "es"))]
        assert duration_ms(pieces[0]) <= 800
        assert len(pieces) > 3

    async def test_a_new_request_is_heard_before_a_long_one_ends(self, voice: TtsProvider) -> None:
        alone = KokoroVoice(MODELS_DIR, VOICES, workers=1)
        await alone.start()
        finished: list[str] = []

        async def speak(name: str, text: str) -> None:
            await say(alone, text, "es")
            finished.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(speak("long", " ".join([SENTENCES["es"]] * 3)))
            await asyncio.sleep(0)
            group.create_task(speak("short", "Hola."))
        await alone.aclose()
        assert finished == ["short", "long"]

    @pytest.mark.parametrize("language", ["en", "es", "fr"])
    async def test_a_low_speaker_is_spoken_for_by_a_lower_voice(self, voice: TtsProvider, language: str) -> None:
        low_hz, other_hz = [
            await pitch_of(voice, SpeechRequest(SENTENCES[language], language, Leg.AGENT, register))
            for register in (Register.LOW, None)
        ]
        assert other_hz > 1.2 * low_hz


@pytest.mark.engines
@pytest.mark.skipif(not (MODELS_DIR / "kokoro").is_dir(), reason="no Kokoro model: run `make engines`")
class TestIntelligible:
    """What whisper-base recognises of it after the telephone's mu-law."""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "The technician will visit your house tomorrow afternoon to check the boiler."),
            ("es", "El técnico pasará por su casa mañana para revisar la caldera."),
            ("fr", "Le technicien passera chez vous demain après-midi pour vérifier la chaudière."),
            ("it", "Il tecnico passerà a casa sua domani pomeriggio per controllare la caldaia."),
            ("pt", "O técnico passará em sua casa amanhã à tarde para verificar a caldeira."),
        ],
    )
    async def test_kokoro(self, loaded_kokoro: KokoroVoice, language: str, text: str) -> None:
        text = f"{SENTENCES[language]} {text}"
        assert await word_error_rate(loaded_kokoro, text, language) <= 0.25

    async def test_espeak(self) -> None:
        voice = EspeakVoice()
        await voice.start()
        assert await word_error_rate(voice, SENTENCES["en"], "en") <= 0.5
        await voice.aclose()

    @pytest.mark.parametrize(
        ("text", "heard"),
        [
            ("Order 4 0 7 2 is ready.", "4072"),
            ("The total is 12.50 €.", "1250"),
            ("Call 612 345 678, please.", "612345678"),
        ],
    )
    async def test_numbers_are_read_as_people_read_them(
        self, loaded_kokoro: KokoroVoice, text: str, heard: str
    ) -> None:
        recognised = await recognise(await say(loaded_kokoro, text, "en"), "en")
        assert heard in re.sub(r"\D", "", recognised)


async def word_error_rate(voice: TtsProvider, text: str, language: str) -> float:
    return jiwer.wer(plain(text), plain(await recognise(await say(voice, text, language), language)))


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]", " ", text.lower()).split())


_recogniser: list[object] = []


async def recognise(ulaw: bytes, language: str) -> str:
    whisper = pytest.importorskip("faster_whisper")
    if not (MODELS_DIR / "whisper-base").is_dir():
        pytest.skip("no whisper-base: run `make engines`")
    if not _recogniser:
        _recogniser.append(whisper.WhisperModel(str(MODELS_DIR / "whisper-base"), device="cpu", compute_type="int8"))
    segments, _ = _recogniser[0].transcribe(ulaw_to_float(ulaw, 16000), language=language, beam_size=2)
    return " ".join(segment.text for segment in segments)


class Counted(ScriptedVoice):
    """A scripted voice that stands in for Kokoro: its name, its languages, its queue."""

    def __init__(self, languages: set[str], waiting: int = 0) -> None:
        super().__init__()
        self.capabilities = type(self.capabilities)("counted", frozenset(languages))
        self.waiting = waiting
        self.spoken: list[str] = []

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[bytes, None]:
        self.spoken.append(request.language)
        async with aclosing(super().speak(request)) as pieces:
            async for piece in pieces:
                yield piece


class TestLocal(TtsContract):
    @pytest.fixture
    async def voice(self) -> AsyncIterator[TtsProvider]:
        voice = LocalVoice(None, EspeakVoice())
        await voice.start()
        yield voice
        await voice.aclose()

    async def test_each_language_goes_to_the_best_voice(self) -> None:
        kokoro, espeak = Counted({"es", "gl"}), Counted({"es", "ca"})
        voice = LocalVoice(kokoro, espeak)  # type: ignore[arg-type]
        assert voice.capabilities.languages == {"es", "gl", "ca"}
        for language in ("es", "gl", "ca"):
            await say(voice, "Hola", language)
        assert (kokoro.spoken, espeak.spoken, voice.fallbacks) == (["es", "gl"], ["ca"], 0)

    async def test_a_busy_natural_voice_is_relieved(self) -> None:
        kokoro, espeak = Counted({"es", "gl"}, waiting=9), Counted({"es"})
        voice = LocalVoice(kokoro, espeak)  # type: ignore[arg-type]
        await say(voice, "Hola", "es")
        await say(voice, "Ola", "gl")
        assert (kokoro.spoken, espeak.spoken, voice.fallbacks) == (["gl"], ["es"], 1)

    async def test_one_of_them_is_enough(self, tmp_path: Path) -> None:
        voice = create_tts_provider(Settings(tts_provider="local", models_dir=tmp_path))
        await voice.start()
        assert "gl" not in voice.capabilities.languages
        assert await say(voice, "Hola", "es")
        with pytest.raises(ProviderRejected):
            await say(voice, "Ola", "gl")
        await voice.aclose()

    def test_without_any_it_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("app.tts.espeak", "app.tts.kokoro"):
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ConfigError, match="pip install"):
            LocalVoice.from_settings(Settings(models_dir=tmp_path))


def installed(folder: Path, *voices: str) -> Path:
    """Return a folder of models that looks as if Kokoro were installed with these voices, all of them silent."""
    (folder / "kokoro" / "voices").mkdir(parents=True)
    (folder / "kokoro" / "kokoro-v1.0.int8.onnx").write_bytes(b"not a model")
    for voice in voices:
        (folder / "kokoro" / "voices" / f"{voice}.bin").write_bytes(bytes(510 * 256 * 4))
    return folder


class TestKokoroSettings:
    def test_a_missing_model_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="make engines"):
            KokoroVoice(tmp_path, VOICES)

    async def test_a_broken_model_is_named(self, tmp_path: Path) -> None:
        voice = KokoroVoice(installed(tmp_path, "ef_dora"), VoiceTable.parse("default=ef_dora"))
        with pytest.raises(ConfigError, match=r"onnx is not the Kokoro model.*make engines"):
            await voice.start()

    @pytest.mark.parametrize("provider", ["kokoro", "local"])
    async def test_a_voice_that_is_not_there_is_named_with_its_setting(self, tmp_path: Path, provider: str) -> None:
        """Also where espeak-ng could speak instead: a misspelt name is no reason to sound like a machine."""
        models = installed(tmp_path, "ef_dora", "em_alex")
        written = {"tts_provider": provider, "kokoro_voices": "default.low=ef_dora+em_alexx"}
        voice = create_tts_provider(Settings(_env_file=None, models_dir=models, **written))
        with pytest.raises(ConfigError, match=r"KOKORO_VOICES: .*choose among ef_dora, em_alex, or"):
            await voice.start()
        await voice.aclose()

    async def test_a_broken_voice_is_named(self, tmp_path: Path) -> None:
        models = installed(tmp_path, "ef_dora")
        (models / "kokoro" / "voices" / "ef_dora.bin").write_bytes(b"short")
        voice = KokoroVoice(models, VoiceTable.parse("default=ef_dora"))
        with pytest.raises(ConfigError, match=r"ef_dora\.bin is broken"):
            await voice.start()

    def test_every_built_in_voice_is_installed_by_make_engines(self) -> None:
        installs = {
            Path(file.path).stem
            for engine in ENGINES
            if isinstance(engine, ModelEngine) and engine.name == "kokoro"
            for file in engine.files
        }
        assert {name for voice in VOICES.voices for name in voice.split("+")} <= installs

    @pytest.mark.parametrize("language", sorted(KokoroVoice.capabilities.languages))
    def test_low_and_other_voices_can_be_told_apart(self, language: str) -> None:
        assert VOICES.choose(language, register=Register.LOW) != VOICES.choose(language)
