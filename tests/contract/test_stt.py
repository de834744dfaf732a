"""The contract suite over every recogniser, and the real one on real recordings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jiwer
import pytest
from pytest_audioeval.samples import registry

from app.config import Settings
from app.domain.audio import duration_ms, silence
from app.domain.legs import Leg
from app.domain.phrasebook import phrase
from app.errors import ConfigError, ProviderUnavailable
from app.stt.base import SttOptions, SttProvider
from app.stt.factory import create_stt_provider
from app.stt.local_agreement import comparable
from app.stt.whisper_engine import WhisperEngine
from app.stt.whisper_files import find_model, is_hub_name
from app.stt.whisper_stream import WhisperStream
from tests.contract.stt_suite import SPEECH_DIR, SttContract, Talker, finals, noise, read_recording, tone

SAMPLES = Path(registry.__file__).with_name("audio")
LANGUAGES = ("en", "es", "fr", "it", "pt", "de")


class TestScripted(SttContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[SttProvider]:
        made = create_stt_provider(Settings(stt_provider="scripted", scripted_stt_final_ms=5))
        await made.start()
        yield made
        await made.aclose()

    @pytest.fixture
    def speech(self) -> bytes:
        return noise(2500)

    async def test_it_reads_the_dialogue_aloud(self, provider: SttProvider, speech: bytes) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, ("fr", "en")))
        talker = Talker(stream)
        await talker.say(speech)
        await talker.say(speech)
        heard = await finals(stream, 2)
        assert [transcript.stable for transcript in heard if transcript.is_final] == [phrase(1, "fr"), phrase(2, "fr")]
        await stream.aclose()

    async def test_words_appear_with_the_speech(self, provider: SttProvider) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, ("en",)))
        talker = Talker(stream)
        stream.begin_utterance(1, 0)
        shown: list[int] = []
        for _ in range(4):
            await talker.push(noise(320))
            transcript = await anext(aiter(stream))
            assert not transcript.is_final
            assert transcript.stable == "", "what it gives early depends on a setting"
            shown.append(len(transcript.text.split()))
        assert shown == [2, 3, 4, 5]
        await stream.aclose()


def whisper_settings() -> Settings:
    settings = Settings(stt_provider="whisper", audio_chunk_duration_ms=500)
    if find_model(settings.whisper_model, settings.models_dir) is None:
        pytest.skip("the recognition model is not here (`make engines`)")
    return settings


@pytest.fixture(scope="session")
def whisper_engine() -> WhisperEngine:
    """Loaded once: it holds nothing of a stream's."""
    settings = whisper_settings()
    folder = find_model(settings.whisper_model, settings.models_dir)
    assert folder is not None
    return WhisperEngine(folder, settings.whisper_threads, settings.whisper_workers)


@pytest.fixture
async def whisper(whisper_engine: WhisperEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SttProvider]:
    """One that gives no final up: what it recognises does not depend on how busy the machine is."""
    monkeypatch.setattr("app.stt.whisper.WhisperStream", partial(WhisperStream, final_timeout_s=50.0))
    monkeypatch.setattr("app.stt.whisper_engine.WhisperEngine", lambda *_: whisper_engine)
    made = create_stt_provider(whisper_settings())
    await made.start()
    yield made
    await made.aclose()


@pytest.mark.engines
class TestWhisper(SttContract):
    @pytest.fixture
    async def provider(self, whisper: SttProvider) -> SttProvider:
        return whisper

    @pytest.fixture
    def speech(self) -> bytes:
        return read_recording(SAMPLES / "en" / "quick_brown_fox.wav")


@dataclass(frozen=True)
class Recording:
    language: str
    ulaw: bytes
    transcript: str


def sample(language: str, name: str) -> Recording:
    path = SAMPLES / language / name
    return Recording(language, read_recording(path.with_suffix(".wav")), path.with_suffix(".txt").read_text("utf-8"))


def speech_recordings() -> list[Recording]:
    manifest = SPEECH_DIR / "manifest.tsv"
    if not manifest.is_file():
        pytest.skip(f"no recordings in {SPEECH_DIR} (set SPEECH_DIR)")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["transcript_status"] == "stated" and row["kind"] == "human-read" and row["language"] in LANGUAGES
        ]
    return [Recording(row["language"], read_recording(SPEECH_DIR / row["file"]), row["transcript"]) for row in rows]


def normalised(text: str) -> str:
    words = text.replace("-", " ").replace("'", " ").replace("’", " ").split()
    return " ".join(word for word in map(comparable, words) if word.isalnum())


async def recognise(
    provider: SttProvider, ulaw: bytes, languages: tuple[str, ...], is_settled: bool = False
) -> tuple[str, str | None]:
    stream = await provider.open(SttOptions(Leg.CLIENT, languages, is_settled))
    await Talker(stream).say(ulaw)
    final = (await finals(stream, 1))[-1]
    await stream.aclose()
    return final.stable, final.language


@pytest.mark.engines
@pytest.mark.parametrize(
    ("language", "name", "worst"),
    [("en", "quick_brown_fox", 0.0), ("en", "hello_world", 0.0), ("pt", "pangrama", 0.25), ("fr", "pangrama", 0.35)],
)
async def test_telephone_recordings_that_ship_with_the_tests(
    whisper: SttProvider, language: str, name: str, worst: float
) -> None:
    recording = sample(language, name)
    text, detected = await recognise(whisper, recording.ulaw, LANGUAGES)
    assert detected == language
    assert jiwer.wer(normalised(recording.transcript), normalised(text)) <= worst


@pytest.mark.engines
@pytest.mark.parametrize(
    ("listens_for", "language", "name", "heard_in"),
    [
        (("en", "fr", "es"), "fr", "pangrama", "fr"),
        (("en", "fr", "es"), "fr", "bonjour_monde", "en"),
        (("en",), "fr", "pangrama", "fr"),
        (("fr", "en", "es"), "fr", "pangrama", "fr"),
    ],
)
async def test_a_settled_language_gives_way_to_a_clear_sentence_in_another(
    whisper: SttProvider, listens_for: tuple[str, ...], language: str, name: str, heard_in: str
) -> None:
    _, found = await recognise(whisper, sample(language, name).ulaw, listens_for, is_settled=True)
    assert found == heard_in


@pytest.mark.engines
async def test_numbers_are_heard(whisper: SttProvider) -> None:
    text, _ = await recognise(whisper, sample("es", "conteo").ulaw, ("es",))
    digits = dict(zip("uno dos tres cuatro cinco seis siete ocho nueve diez".split(), range(1, 11), strict=True))  # noqa: SIM905
    assert [str(digits.get(word, word)) for word in normalised(text.replace(",", " ")).split()] == [
        str(number) for number in range(1, 11)
    ]


@pytest.mark.engines
@pytest.mark.timeout(300)
async def test_telephone_speech_of_six_languages(whisper: SttProvider) -> None:
    """The bounds are what whisper-base reaches on these recordings, and a margin for another processor's rounding."""
    spoken: dict[str, list[str]] = defaultdict(list)
    heard: dict[str, list[str]] = defaultdict(list)
    wrong_language = 0
    for recording in speech_recordings():
        text, detected = await recognise(whisper, recording.ulaw, LANGUAGES)
        spoken[recording.language].append(normalised(recording.transcript))
        heard[recording.language].append(normalised(text))
        wrong_language += detected != recording.language
    rates = {language: round(jiwer.wer(spoken[language], heard[language]), 3) for language in spoken}
    bounds = {"en": 0.15, "es": 0.20, "pt": 0.20, "de": 0.25, "fr": 0.35, "it": 0.60}
    assert {language: rate for language, rate in rates.items() if rate > bounds[language]} == {}, rates
    assert wrong_language == 0


@pytest.mark.engines
@pytest.mark.parametrize("sound", [silence(3000), noise(3000), noise(3000, 0.2), tone(3000), tone(1000, 697)])
async def test_nothing_is_heard_where_nobody_speaks(whisper: SttProvider, sound: bytes) -> None:
    assert await recognise(whisper, sound, LANGUAGES) == ("", None)
    assert duration_ms(sound) >= 1000


async def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"WHISPER_MODEL=absent-model: .*make engines"):
        create_stt_provider(Settings(stt_provider="whisper", whisper_model="absent-model", models_dir=tmp_path))


async def test_a_broken_model_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.bin").write_bytes(b"nothing that CTranslate2 knows")
    provider = create_stt_provider(Settings(stt_provider="whisper", whisper_model="broken", models_dir=tmp_path))
    with pytest.raises(ConfigError, match=r"WHISPER_MODEL=broken: it cannot be .* loaded"):
        await provider.start()


async def test_a_provider_that_was_not_started_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    provider = create_stt_provider(Settings(stt_provider="whisper", whisper_model=str(tmp_path)))
    with pytest.raises(ProviderUnavailable):
        await provider.open(SttOptions(Leg.CLIENT, ("en",)))
    await provider.aclose()


def test_a_model_is_found_in_the_models_folder_at_a_path_or_in_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, package = tmp_path / "models", tmp_path / "packages" / "carried_model"
    for folder in (models / "whisper-base", tmp_path / "elsewhere", package / "data"):
        folder.mkdir(parents=True)
        (folder / "model.bin").touch()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    assert find_model("whisper-base", models) == models / "whisper-base"
    assert find_model(str(tmp_path / "elsewhere"), models) == tmp_path / "elsewhere"
    assert find_model("carried-model", models) == package / "data"
    assert find_model("base", models) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("base", True),
        ("large-v3", True),
        ("owner/model", True),
        ("./models/x", False),
        ("/models", False),
        ("x", False),
    ],
)
def test_hub_names_are_told_from_paths(name: str, expected: bool) -> None:
    assert is_hub_name(name) is expected
