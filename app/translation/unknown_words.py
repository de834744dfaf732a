"""Words that a rule-based engine lacks, and leaves as they were: "El jugo de repolho". Found in other ways.

First in a short list, then as a cognate: the spelling that a Spanish dictionary knows. Else, where the sentence came
through a pivot, by way of the original: the word is translated back, and if that is a word of the original sentence,
it is the one meant; the direct pair, poor at sentences, mostly has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from app.errors import ProviderError
from app.translation.apertium import ApertiumTranslator
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.cognates import MEANINGS, spellings
from app.translation.dictionary import Dictionary
from app.translation.routes import Step

SHORTEST_WORD_CHARS = 3
_SPANISH = "es"
_WRITTEN_AS: Mapping[str, str] = {"gl": "pt"}
"""Languages that a recogniser often writes as another one."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_STEM_CHARS = 6
"""What two forms of a word have in common, after a plural's "s"."""


class UnknownWords:
    """Mends what Apertium translated into Spanish."""

    def __init__(self, apertium: ApertiumTranslator, pivot: TranslationProvider | None = None) -> None:
        """``pivot``: the engine that made the text that Apertium was given, and that can lead back."""
        self._apertium = apertium
        self._pivot = pivot
        self._spanish = apertium.largest_dictionary(_SPANISH)

    async def respell(self, text: str, step: Step) -> str:
        """Give ``text``, before ``step``, the spelling of its language where a recogniser wrote that of another."""
        written_as = _WRITTEN_AS.get(step.source)
        if not self._serves(step) or written_as is None:
            return text
        with suppress(ProviderError):
            words = await self._unknown(_no_names(text), step)
            foreign = await self._known_as(words, step.source, _SPANISH, self._spanish)
            dictionary = self._apertium.source_dictionary((step.source, step.target))
            native = await self._known_as(words, written_as, step.source, dictionary)
            for word, spelled in native.items():
                if foreign.get(word) != word:
                    text = _replace(text, word, spelled)
        return text

    async def mend(self, translation: str, text: str, step: Step, original: TranslationRequest) -> str:
        """Return ``translation``, by ``step``, of ``text`` with its unknown words replaced where that succeeds.

        Names stay: words with a capital inside the sentence, unless the original sentence was in another language and
        does not have them.
        Neither method raises ProviderError: a word that cannot be found is no reason to lose the sentence.
        """
        if not self._serves(step):
            return translation
        with suppress(ProviderError):
            words = await self._unknown(_words_left(translation, text, step, original), step)
            found = await self._known_as(words, step.source, _SPANISH, self._spanish)
            meanings = MEANINGS.get((step.source, _SPANISH), {})
            for word in words:
                spanish = meanings.get(word.lower()) or found.get(word) or await self._by_original(word, step, original)
                if spanish:
                    translation = _replace(translation, word, spanish)
        return translation

    def _serves(self, step: Step) -> bool:
        return step.engine == self._apertium.capabilities.name and step.target == _SPANISH

    async def _unknown(self, words: Sequence[str], step: Step) -> list[str]:
        dictionary = self._apertium.source_dictionary((step.source, step.target))
        known = await dictionary.known([*words, *map(str.lower, words)])
        return [word for word in words if word not in known and word.lower() not in known]

    async def _known_as(
        self, words: Sequence[str], source: str, target: str, dictionary: Dictionary | None
    ) -> dict[str, str]:
        """Return the first spelling of each word that the dictionary of ``target`` knows, where there is one."""
        if dictionary is None:
            return {}
        spelled = {word: spellings(word.lower(), source, target) for word in words}
        known = await dictionary.known(each for options in spelled.values() for each in options)
        first = {word: next((each for each in options if each in known), "") for word, options in spelled.items()}
        return {word: each for word, each in first.items() if each}

    async def _by_original(self, word: str, step: Step, original: TranslationRequest) -> str:
        """Return the Spanish for the word of the original sentence that ``word`` stands for, or nothing."""
        back, direct = (step.source, original.source), (original.source, step.target)
        if self._pivot is None or back not in self._pivot.capabilities.pairs:
            return ""
        if direct not in self._apertium.capabilities.pairs:
            return ""
        returned = await self._pivot.translate(TranslationRequest(word.lower(), *back))
        stems = {_stem(each) for each in _WORD.findall(returned)}
        meant = [each for each in _WORD.findall(original.text) if _stem(each) in stems]
        if len(stems) != 1 or not meant:
            return ""
        source_word = meant[0].lower()
        if not await self._apertium.source_dictionary(direct).known([source_word]):
            return ""
        return (await self._apertium.translate(TranslationRequest(source_word, *direct))).lower()


def _no_names(text: str) -> list[str]:
    """Every word once, without those that begin with a capital inside the sentence."""
    words = _WORD.findall(text)
    return list(dict.fromkeys([*words[:1], *(word for word in words[1:] if word[:1].islower())]))


def _words_left(translation: str, text: str, step: Step, original: TranslationRequest) -> list[str]:
    """Return the words of ``text`` that ``translation`` still has and that are no names."""
    left = set(_WORD.findall(translation))
    is_original = original.source == step.source
    names = frozenset[str]() if is_original else frozenset(_WORD.findall(original.text))
    candidates = _no_names(text) if is_original else list(dict.fromkeys(_WORD.findall(text)))
    return [
        word
        for word in candidates
        if word in left and word not in names and len(word) >= SHORTEST_WORD_CHARS and not word.isupper()
    ]


def _stem(word: str) -> str:
    return word.lower().removesuffix("s")[:_STEM_CHARS]


def _replace(text: str, word: str, spanish: str) -> str:
    spelled = spanish[:1].upper() + spanish[1:] if word[:1].isupper() else spanish
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda _: spelled, text)
