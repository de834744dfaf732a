"""Settings of recognition, translation and speech: who does it, who takes over, and the engines of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, InstanceOf
from pydantic_settings import NoDecode

from app.domain.legs import Leg
from app.domain.voices import VoiceTable
from app.settings.values import PROJECT_ROOT, Names, Pairs, ProjectPath, voices_beside

_KOKORO_VOICES = VoiceTable.parse(
    "default=ef_dora,default.low=em_alex,en=af_heart,en.low=am_michael,fr=ff_siwis,fr.low=ff_siwis+am_michael+am_michael+am_michael,"
    "it=if_sara,it.low=im_nicola,pt=pf_dora,pt.low=pm_alex"
)
_PAIR = re.compile(r"([a-z]{2,3})-(?!\1$)[a-z]{2,3}")


def _legs(value: tuple[str, ...]) -> tuple[str, ...]:
    if not set(value) <= set(Leg):
        raise ValueError("must be client, agent or client,agent")
    return value


def _models_of_pairs(value: dict[str, str]) -> dict[str, str]:
    if not all(_PAIR.fullmatch(pair) for pair in value):
        raise ValueError("must be a list of pairs of languages with their models, such as de-es=/models/de-es")
    return value


class ProviderSettings(BaseModel):
    # --- Providers --------------------------------------------------------------------------------------------------
    stt_provider: str = Field(
        "whisper", description="Recognition: whisper, deepgram, elevenlabs, openai, azure or scripted."
    )
    translation_provider: str = Field(
        "local", description="Translation: local, fxtranslate, apertium, opus_mt, deepl, azure, openai or scripted."
    )
    meaning_guard: bool = Field(
        True,
        description="Compare translations with their sources: what is lost of numbers, dates, times, amounts, spelling "
        "or negation is translated once more, then spoken and flagged.",
    )
    glossary_file: Path | None = Field(
        None,
        description="YAML file of names that stay as they are and of terms with one translation (docs/glossary.md).",
    )
    tts_provider: str = Field(
        "local",
        description="Speech: local, kokoro, espeak, deepgram, elevenlabs, openai, azure or scripted.",
    )
    models_dir: ProjectPath = Field(
        PROJECT_ROOT / "models", description="Where `make engines` puts the models of the offline engines."
    )
    whisper_model: str = Field(
        "whisper-base",
        description="A folder in MODELS_DIR, a path, a package that carries a model, or a hub name such as large-v3.",
    )
    whisper_threads: int = Field(1, ge=1, le=64, description="Processor threads of one recognition job.")
    whisper_workers: int = Field(2, ge=1, le=64, description="Recognition jobs that may run at the same time.")
    opus_mt_models: Annotated[Pairs, AfterValidator(_models_of_pairs)] = Field(
        {},
        description="OPUS-MT models in CTranslate2's format by pair, folders or hub names, such as "
        "de-es=/models/opus-mt-de-es,es-de=gaudi/opus-mt-es-de-ctranslate2; the translator `local` uses them, too.",
    )
    opus_mt_workers: int = Field(
        0, ge=0, le=64, description="OPUS-MT translations that may run at the same time. 0: one per core."
    )
    kokoro_voices: Annotated[InstanceOf[VoiceTable], NoDecode, voices_beside(_KOKORO_VOICES)] = Field(
        _KOKORO_VOICES,
        description="Kokoro's voices by language, listener and register (docs/providers.md, Voices); names joined by + "
        "are blended.",
    )
    scripted_stt_final_ms: int = Field(
        200, ge=0, le=60000, description="Scripted recogniser: end of speech to final transcript, in milliseconds."
    )
    scripted_stt_stable_words: bool = Field(
        False, description="Scripted recogniser: true makes words stable while they are said, not with the final only."
    )
    scripted_translation_ms: int = Field(
        100, ge=0, le=60000, description="Scripted translator: time of a translation, in milliseconds."
    )
    scripted_tts_first_ms: int = Field(
        150, ge=0, le=60000, description="Scripted voice: time to the first audio, in milliseconds."
    )
    scripted_s2s_ms: int = Field(
        300, ge=0, le=60000, description="Scripted speech-to-speech: end of speech to first audio, in milliseconds."
    )
    s2s_provider: str = Field(
        "",
        description="Speech to speech in one step: openai_realtime or scripted. Empty: recognition, translation and "
        "speech, which also take over when it fails.",
    )
    s2s_directions: Annotated[Names, AfterValidator(_legs)] = Field(
        ("client", "agent"), description="With S2S_PROVIDER: whose speech it interprets: client, agent or both."
    )
    s2s_timeout_ms: int = Field(
        6000,
        ge=1000,
        le=60000,
        description="With S2S_PROVIDER: nothing heard so long after something was said is a failure.",
    )
    stt_fallbacks: Names = Field(
        (), description="Recognisers that take over when STT_PROVIDER fails, in this order, such as whisper."
    )
    translation_fallbacks: Names = Field(
        (), description="Translators that take over when TRANSLATION_PROVIDER fails or is late, such as local."
    )
    tts_fallbacks: Names = Field((), description="Voices that take over when TTS_PROVIDER fails, such as local.")
    stt_final_timeout_ms: int = Field(
        1000,
        ge=200,
        le=10000,
        description="With STT_FALLBACKS: the next one is asked as well when a final takes longer than this.",
    )
    stt_stall_ms: int = Field(
        1000,
        ge=300,
        le=10000,
        description="With STT_FALLBACKS: the next one is asked as well when so much speech brought no new result.",
    )
    translation_hedge_ms: int = Field(
        800, ge=50, le=10000, description="With TRANSLATION_FALLBACKS: the next one is asked as well after this long."
    )
    tts_first_audio_timeout_ms: int = Field(
        1000,
        ge=100,
        le=10000,
        description="With TTS_FALLBACKS: after so long without audio the next voice is asked as well.",
    )
    translation_timeout_s: float = Field(5.0, gt=0, le=60, description="A translation that takes longer has failed.")
    tts_timeout_s: float = Field(
        10.0,
        gt=0,
        le=120,
        description="Speech whose next piece takes longer, or that is so much later than its own sound, has failed.",
    )
