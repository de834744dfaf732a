"""One Whisper model in memory: mu-law in, text and the decoder's doubts out. Blocking; safe to call from many threads.

faster-whisper always encodes 30 s, which costs more than everything else for the short utterances of a telephone call.
CTranslate2 takes any window, so this module does faster-whisper's steps itself, with a window that fits the audio:
features, one encoding, language detection on it, one generation. The audio is padded with silence, as the model was
trained; padding the features with zeros, as faster-whisper does, costs 3 points of word error rate on telephone speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage, get_suppressed_tokens
from faster_whisper.vad import get_vad_model

from app.audio.ulaw import FloatSamples, ulaw_to_float
from app.domain.audio import silence
from app.domain.phrasebook import PHRASEBOOK
from app.processors import busy_s
from app.stt.decoding import Decoded, Engine
from app.stt.guards import SHORTEST_VOICE_MS, is_doubtful, is_invented, loop_length, without_loop
from app.stt.language_choice import Listening

RATE_HZ = 16000
FEATURE_FRAMES_PER_SECOND = 100
FULL_WINDOW_S = 30.0
SHORTEST_WINDOW_S = 10.0
"""Under 10 s the model loops on short clips."""
WINDOW_MARGIN_S = 2.0
FINAL_BEAM = 3
"""Generates in a tenth less time than 5. Over six languages of telephone speech the word error rates of 5, 3, 2 and 1
were 27.4, 25.7, 27.8 and 29.8 %: too few recordings to tell 5 from 3 or 2, and 2 was worse in French and German.
"""
PARTIAL_BEAM = 1
MAX_TOKENS_PER_SECOND = 12
"""Nobody speaks as fast; it bounds what a loop may cost."""
VOICE_PROBABILITY = 0.5
POSSIBLE_VOICE_PROBABILITY = 0.3
"""Where the voice detector never says more, the model is not asked."""
MOST_PROMPT_TOKENS = 120
SHORTEST_EXPECTING_MS = 1000
"""Names are expected in speech of this length. In a lone "Sí." the model hears whatever it is told may be said."""
_VAD_WINDOW_SAMPLES = 512
TYPICAL_SPEECH_S = 3.0
"""Between two pauses."""
TYPICAL_TOKENS_PER_SECOND = 5
PARTIALS_PER_SECOND = 0.5
"""Looks at an utterance that goes on: enough to cut long ones in time. Where processors are free there are more."""


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    text: str
    language: str
    language_probability: float
    mean_log_probability: float
    no_speech_probability: float


class WhisperEngine(Engine):
    """Loads the model of ``folder`` at once (0.4 to 1 s for whisper-base)."""

    def __init__(self, folder: Path, threads: int, workers: int) -> None:
        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=workers
        )
        self._is_multilingual: bool = self._model.model.is_multilingual
        self._voice_detector = get_vad_model()
        self._tokenizers: dict[str, Tokenizer] = {}
        self._said_before = lru_cache(maxsize=64)(self._tokens_said_before)
        self._suppressed = get_suppressed_tokens(self._tokenizer("en"), [-1])
        self._threads = threads

    def processors(self) -> float:
        """Return how many processors a second of speech keeps busy for a second, by decoding some; warms up, too."""
        speech = ulaw_to_float(silence(int(TYPICAL_SPEECH_S * 1000)), RATE_HZ)
        final_s = busy_s(lambda: self._decode_as_if_spoken(speech, FINAL_BEAM), self._threads)
        partial_s = busy_s(lambda: self._decode_as_if_spoken(speech, PARTIAL_BEAM), self._threads)
        return final_s / TYPICAL_SPEECH_S + partial_s * PARTIALS_PER_SECOND

    def _decode_as_if_spoken(self, samples: FloatSamples, beam_size: int) -> None:
        """What silence would not do: as many tokens as there would be words."""
        self._voiced_ms(samples)
        encoded = self._encode(samples, _window_s(samples))
        if self._is_multilingual:
            self._model.model.detect_language(encoded)
        tokenizer = self._tokenizer("en")
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        self._model.model.generate(
            encoded,
            [prompt],
            beam_size=beam_size,
            max_length=len(prompt) + int(len(samples) / RATE_HZ * TYPICAL_TOKENS_PER_SECOND),
            suppress_tokens=[*self._suppressed, tokenizer.eot],
        )

    def expecting(self, keyterms: tuple[str, ...]) -> Engine:
        return _Expecting(self, keyterms)

    def decode_final(
        self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool, keyterms: tuple[str, ...] = ()
    ) -> Decoded:
        """Decode with care; doubtful text is decoded again over 30 s, and what nobody said is dropped."""
        samples = ulaw_to_float(ulaw, RATE_HZ)
        voiced_ms = self._voiced_ms(samples)
        if voiced_ms is None:
            return Decoded("", was_guarded=True)
        listening = Listening(languages, is_settled, voiced_ms)
        first = self._hypothesis(samples, listening, _window_s(samples), FINAL_BEAM, keyterms)
        best = first
        if is_doubtful(first.text, voiced_ms, first.mean_log_probability):
            best = self._hypothesis(samples, listening, FULL_WINDOW_S, FINAL_BEAM, keyterms)
        was_redone = best is not first
        if is_invented(best.text, voiced_ms, best.no_speech_probability, best.mean_log_probability):
            return Decoded("", was_redone=was_redone, was_guarded=True)
        words = without_loop(best.text.split(), voiced_ms)
        return Decoded(
            text=" ".join(words),
            language=best.language,
            language_probability=best.language_probability,
            was_redone=was_redone,
            was_guarded=len(words) < len(best.text.split()),
        )

    def decode_partial(
        self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool, keyterms: tuple[str, ...] = ()
    ) -> Decoded:
        """Decode fast; a loop or an invention gives no text."""
        samples = ulaw_to_float(ulaw, RATE_HZ)
        voiced_ms = self._voiced_ms(samples)
        if voiced_ms is None or voiced_ms < SHORTEST_VOICE_MS:
            return Decoded("", was_guarded=True)
        listening = Listening(languages, is_settled, voiced_ms)
        found = self._hypothesis(samples, listening, _window_s(samples), PARTIAL_BEAM, keyterms)
        invented = is_invented(found.text, voiced_ms, found.no_speech_probability, found.mean_log_probability)
        if invented or loop_length(found.text.split(), voiced_ms):
            return Decoded("", was_guarded=True)
        return Decoded(found.text, found.language, found.language_probability)

    def _hypothesis(
        self,
        samples: FloatSamples,
        listening: Listening,
        window_s: float,
        beam_size: int,
        keyterms: tuple[str, ...] = (),
    ) -> _Hypothesis:
        encoded = self._encode(samples, window_s)
        language, probability = listening.languages[0], 1.0
        if listening.needs_detection and self._is_multilingual:
            detected = self._model.model.detect_language(encoded)[0]
            language, probability = listening.choose([(token[2:-2], share) for token, share in detected])
        tokenizer = self._tokenizer(language)
        expected = keyterms if listening.voiced_ms >= SHORTEST_EXPECTING_MS else ()
        prompt = [*self._said_before(language, expected), *tokenizer.sot_sequence, tokenizer.no_timestamps]
        most_tokens = int(len(samples) / RATE_HZ * MAX_TOKENS_PER_SECOND) + 16
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=beam_size,
            max_length=min(self._model.max_length, len(prompt) + most_tokens),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = result.sequences_ids[0]
        return _Hypothesis(
            text=tokenizer.decode(tokens).strip(),
            language=language,
            language_probability=probability,
            # The score is the mean over the tokens without the end of text, which the thresholds count.
            mean_log_probability=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech_probability=result.no_speech_prob,
        )

    def _encode(self, samples: FloatSamples, window_s: float) -> StorageView:
        features = self._model.feature_extractor(_padded(samples, window_s), padding=0)
        return self._model.model.encode(get_ctranslate2_storage(features[np.newaxis]))

    def _tokenizer(self, language: str) -> Tokenizer:
        found = self._tokenizers.get(language)
        if found is None:
            found = Tokenizer(self._model.hf_tokenizer, self._is_multilingual, task="transcribe", language=language)
            self._tokenizers[language] = found
        return found

    def _tokens_said_before(self, language: str, keyterms: tuple[str, ...]) -> tuple[int, ...]:
        """Return what the model is made to believe was said before: a greeting, and words that may come again."""
        if not keyterms:
            return ()
        tokenizer = self._tokenizer(language)
        greeting = PHRASEBOOK[0].get(language, "")
        text = ""
        for count in range(1, len(keyterms) + 1):
            longer = f" {greeting} {', '.join(keyterms[:count])}."
            if len(tokenizer.encode(longer)) >= MOST_PROMPT_TOKENS:
                break
            text = longer
        tokens = [tokenizer.sot_prev, *tokenizer.encode(text)]
        return tuple(tokens)

    def _voiced_ms(self, samples: FloatSamples) -> int | None:
        """Return how much of the audio is speech, None where nothing resembles it; about 2 ms of work per second.

        The audio keeps its level: even steps of mu-law's lowest are understood, and made louder, some words are not.
        """
        whole = np.pad(samples, (0, -len(samples) % _VAD_WINDOW_SAMPLES))
        if not len(whole):
            return None
        probabilities = self._voice_detector(whole)
        if probabilities.max() < POSSIBLE_VOICE_PROBABILITY:
            return None
        return int(np.count_nonzero(probabilities >= VOICE_PROBABILITY)) * _VAD_WINDOW_SAMPLES * 1000 // RATE_HZ


@dataclass(frozen=True, slots=True)
class _Expecting(Engine):
    """A model that is told what may be said."""

    engine: WhisperEngine
    keyterms: tuple[str, ...]

    def decode_final(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        return self.engine.decode_final(ulaw, languages, is_settled, self.keyterms)

    def decode_partial(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        return self.engine.decode_partial(ulaw, languages, is_settled, self.keyterms)


def _window_s(samples: FloatSamples) -> float:
    return min(FULL_WINDOW_S, max(SHORTEST_WINDOW_S, len(samples) / RATE_HZ + WINDOW_MARGIN_S))


def _padded(samples: FloatSamples, window_s: float) -> FloatSamples:
    # The encoder halves the number of feature frames, so it must be even.
    frames = int(window_s * FEATURE_FRAMES_PER_SECOND) // 2 * 2
    length = frames * RATE_HZ // FEATURE_FRAMES_PER_SECOND
    return np.pad(samples[:length], (0, max(0, length - len(samples))))
