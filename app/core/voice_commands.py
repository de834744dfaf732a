"""What a party may say to the bridge itself, in every language at once.

An utterance is a command only as a whole. Begun with the word for an interpreter ("intérprete, repita") it is meant
for the bridge and for nobody else. Without that word only a request to speak slower or faster is also acted upon,
since it is the bridge's voice that the speaker hears; see docs/decisions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.core.voice_vocabulary import VOCABULARIES
from app.domain.controls import Action

_LONGEST_CHARS = 120
"""What is longer is no command."""
_LONG_NAME_CHARS = 8
_LIKENESS = 0.83
"""A word as like as this to a long name of the bridge is taken for it: whisper-base hears "Intarprete", "Interprès"."""


@dataclass(frozen=True, slots=True)
class SpokenCommand:
    action: Action
    is_addressed: bool
    """Whether it was said to the bridge by name: then it is not for the other party."""


def spoken_command(text: str) -> SpokenCommand | None:
    """Return what this utterance asks of the bridge; None for one that is not a command as a whole."""
    words = _words(text)
    addressed = _unaddressed(words)
    plain = _without(_POLITE, words if addressed is None else addressed)
    if addressed is not None:
        action = _ACTIONS.get(plain)
        return None if action is None else SpokenCommand(action, is_addressed=True)
    action = _REQUESTS.get(plain)
    if action is None and plain != words:
        action = _PACES.get(plain)
    return None if action is None else SpokenCommand(action, is_addressed=False)


def may_become_addressed(text: str) -> bool:
    """Say whether an utterance that begins so may turn out to be a command that is said to the bridge by name."""
    words = _words(text)
    rest = _unaddressed(words)
    if rest is None:
        return bool(words) and any(name.startswith(f"{words} ") for name in _WAKE)
    return any(
        command.startswith(beginning) for beginning in _beginnings(_without(_POLITE, rest)) for command in _ACTIONS
    )


def _words(text: str) -> str:
    """Return the words of a text: lower case, without accents and punctuation, one space between them."""
    if len(text) > _LONGEST_CHARS:
        return ""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", letters))


def _unaddressed(words: str) -> str | None:
    """Return what follows the bridge's name; None where it is not addressed."""
    for name in _WAKE:
        if words == name or words.startswith(f"{name} "):
            return words[len(name) :].strip()
    first, _, rest = words.partition(" ")
    return rest if any(_is_like(first, name) for name in _WAKE) else None


def _is_like(word: str, name: str) -> bool:
    if min(len(word), len(name)) < _LONG_NAME_CHARS or word[:2] != name[:2]:
        return False
    return SequenceMatcher(None, word, name, autojunk=False).ratio() >= _LIKENESS


def _without(phrases: tuple[str, ...], words: str) -> str:
    padded = f" {words} "
    for phrase in phrases:
        padded = padded.replace(f" {phrase} ", " ")
    return padded.strip()


def _beginnings(words: str) -> Iterator[str]:
    """Yield the words, and what is left of them where a polite phrase may just be beginning."""
    yield words
    for phrase in _POLITE:
        for length in range(1, phrase.count(" ") + 1):
            begun = " ".join(phrase.split()[:length])
            if words == begun or words.endswith(f" {begun}"):
                yield words[: -len(begun)].strip()


def _longest_first(field: str) -> tuple[str, ...]:
    phrases = {_words(phrase) for words in VOCABULARIES.values() for phrase in getattr(words, field).split(",")}
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


def _phrases(**actions: Action) -> dict[str, Action]:
    return {phrase: action for field, action in actions.items() for phrase in _longest_first(field)}


_WAKE = _longest_first("wake")
_POLITE = _longest_first("polite")
_REQUESTS = _phrases(speak_slower=Action.SLOWER, speak_faster=Action.FASTER)
_PACES = _phrases(slower=Action.SLOWER, faster=Action.FASTER)
_ACTIONS = {**_phrases(repeat=Action.REPEAT), **_PACES, **_REQUESTS}
