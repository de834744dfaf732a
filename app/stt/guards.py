"""What a Whisper model invents, told from what it heard: pure functions over text and the decoder's own doubts.

The phrases are those that Whisper learned from subtitles and says over silence; the thresholds of ``is_doubtful`` and
``is_invented`` were tuned on telephone speech for whisper-base, those of ``is_not_speech`` are OpenAI's.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from app.stt.local_agreement import comparable

REDO_COMPRESSION_RATIO = 1.7
REDO_MEAN_LOG_PROBABILITY = -0.8
SHORTEST_VOICE_MS = 60
"""The voice detector takes at most 32 ms of noise, tones or clicks for speech, and 64 or more of most words."""
FAINT_VOICE_MS = 200
LOOP_WINDOW_WORDS = 20
LOOP_REPEATS = 3
LOOP_REPEATS_OF_ONE_WORD = 6
"""People do say "no, no, no", and telephone numbers have triple digits."""
FASTEST_CHARACTERS_PER_SECOND = 28
"""Of voice. The fastest of 56 recordings in seven languages has 27.7, half of them less than 19."""
DOUBLED_WORDS = 4
"""A sentence of so many that stands twice, in the time of one, was said once."""

_SUBTITLE_PHRASES = (
    "Amara.org",
    "Subtítulos realizados por la comunidad de Amara.org",
    "Subtítulos por la comunidad de Amara.org",
    "¡Suscríbete al canal!",
    "Gracias por ver el video",
    "Gracias por ver",
    "Thanks for watching",
    "Thank you for watching",
    "Please subscribe",
    "Subscribe to the channel",
    "Subtitles by the Amara.org community",
    "you",
    "Sous-titres réalisés par la communauté d'Amara.org",
    "Sous-titrage Société Radio-Canada",
    "Sous-titrage ST' 501",
    "Merci d'avoir regardé cette vidéo",
    "Abonnez-vous",
    "Sottotitoli creati dalla comunità Amara.org",
    "Sottotitoli e revisione a cura di QTSS",
    "Grazie per la visione",
    "Legendas pela comunidade Amara.org",
    "Legendado pela comunidade Amara.org",
    "Obrigado por assistir",
    "Inscreva-se no canal",
    "Subtítols realitzats per la comunitat d'Amara.org",
    "Untertitel im Auftrag des ZDF für funk",
    "Untertitel der Amara.org-Community",
    "Untertitelung des ZDF",
    "Vielen Dank fürs Zuschauen",
    "Bis zum nächsten Mal",
    "Ondertitels ingediend door de Amara.org gemeenschap",
    "Napisy stworzone przez społeczność Amara.org",
    "Субтитры сделал DimaTorzok",
    "Продолжение следует",
    "اشتركوا في القناة",
    "ترجمة نانسي قنقر",
    "字幕由Amara.org社区提供",
    "请不吝点赞订阅转发打赏支持明镜与点点栏目",
)


def compression_ratio(text: str) -> float:
    """Return how many times smaller zlib makes the text: about 1 for speech, over 2 for a loop."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))


def loop_length(words: Sequence[str], voiced_ms: int) -> int:
    """Return the length of the word sequence that repeats back to back at the end, 0 when none does.

    Three times make a loop of several words, six times of one; of those only the last 20 words are looked at. Twice
    make one where so much could not be said in ``voiced_ms`` of voice.
    """
    return _repeated_length(words) or _doubled_length(words, voiced_ms)


def _doubled_length(words: Sequence[str], voiced_ms: int) -> int:
    if len(" ".join(words)) * 1000 <= FASTEST_CHARACTERS_PER_SECOND * voiced_ms:
        return 0
    said = [comparable(word) for word in words]
    lengths = range(DOUBLED_WORDS, len(said) // 2 + 1)
    return next((length for length in lengths if said[-length:] == said[-2 * length : -length]), 0)


def _repeated_length(words: Sequence[str]) -> int:
    recent = [comparable(word) for word in words[-LOOP_WINDOW_WORDS:]]
    for length in range(1, LOOP_WINDOW_WORDS // LOOP_REPEATS + 1):
        repeats = LOOP_REPEATS_OF_ONE_WORD if length == 1 else LOOP_REPEATS
        span = length * repeats
        end = recent[-span:]
        is_one_word = length > 1 and len(set(recent[-length:])) == 1
        if len(end) == span and not is_one_word and end == end[:length] * repeats:
            return length
    return 0


def without_loop(words: Sequence[str], voiced_ms: int) -> list[str]:
    """Return the words with a loop at their end said once; ``voiced_ms`` as for ``loop_length``."""
    length = loop_length(words, voiced_ms)
    kept = list(words)
    if length == 0:
        return kept
    unit = [comparable(word) for word in kept[-length:]]
    while [comparable(word) for word in kept[-2 * length : -length]] == unit:
        del kept[-length:]
    return kept


def is_doubtful(text: str, voiced_ms: int, mean_log_probability: float) -> bool:
    """Return whether a second decode, over the model's whole window, is worth its time."""
    return (
        mean_log_probability < REDO_MEAN_LOG_PROBABILITY
        or compression_ratio(text) > REDO_COMPRESSION_RATIO
        or loop_length(text.split(), voiced_ms) > 0
    )


def is_not_speech(no_speech_probability: float, mean_log_probability: float) -> bool:
    """Return whether the decoder itself says that nobody spoke."""
    return no_speech_probability > 0.6 and mean_log_probability < -1.0


def is_subtitle_phrase(text: str) -> bool:
    """Return whether the text is, as a whole, something that Whisper says over silence.

    Some of them are also things that people say: drop them only where the audio or the decoder speaks against them.
    """
    return _letters(text) in _SUBTITLE_LETTERS


def is_invented(text: str, voiced_ms: int, no_speech_probability: float, mean_log_probability: float) -> bool:
    """Return whether nobody said this.

    ``voiced_ms`` is how much of the audio a voice detector took for speech. The less it is, the surer the decoder must
    be: over 40 synthetic bursts of noise it gave 0.22 and more for no speech, over the one "Sì." that was missed, 0.03.
    """
    if is_not_speech(no_speech_probability, mean_log_probability):
        return True
    if voiced_ms < SHORTEST_VOICE_MS:
        return no_speech_probability > 0.2 or mean_log_probability < -0.85
    if voiced_ms < FAINT_VOICE_MS and no_speech_probability > 0.5:
        return True
    is_weak = voiced_ms < FAINT_VOICE_MS or no_speech_probability > 0.5 or mean_log_probability < -0.7
    return is_weak and is_subtitle_phrase(text)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


_SUBTITLE_LETTERS = frozenset(_letters(phrase) for phrase in _SUBTITLE_PHRASES)
