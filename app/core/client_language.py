"""Which language the client speaks: a hint, then what is heard, then a lock, and what it takes to leave it.

Times and probabilities are those of whisper-base on telephone speech, where of 324 stretches with 1.5 s of voice and a
probability of 0.8 one was taken for another language, and of shorter ones a fifth (``bench/languages.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from app.core.language_hints import PRIOR_S, HintSource, LanguageHint
from app.domain.languages import LanguageReason, likely_languages


@dataclass(frozen=True, slots=True)
class LanguageLimits:
    plausible: float = 0.5
    """A detection below this probability says nothing."""
    longest_speech_s: float = 5.0
    """More speech than this in one utterance adds no evidence."""
    lock_evidence_s: float = 2.0
    """What locks a language: probability times seconds, hint included."""
    lock_lead: float = 2.0
    """And how many times more than everything that speaks for others."""
    short_ms: int = 1500
    short_characters: int = 20
    """A phrase shorter in time or in text is short: it counts half before the lock, and not at all after it."""
    long_ms: int = 3000
    sure: float = 0.8
    """One long utterance with this probability is enough for a switch, or for saying that nothing covers it."""
    agreeing_utterances: int = 2
    """Or so many, neither short nor implausible, with none in the old language between them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of what the client said, as far as its language goes."""

    utterance: int
    language: str | None
    """As recognised: the language that the text is in."""
    probability: float
    speech_ms: int
    characters: int
    """As ``text_length`` counts them."""


def text_length(text: str) -> int:
    """Return the length in characters of an alphabet: one of Chinese, Japanese or Korean says as much as three."""
    return sum(3 if east_asian_width(character) in "WF" else 1 for character in text)


@dataclass(frozen=True, slots=True)
class LanguageChange:
    reason: LanguageReason
    language: str
    """What the client speaks now."""
    previous: str
    """What was spoken to them before."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is made of a piece."""

    language: str
    """What it is to be translated from."""
    is_covered: bool
    change: LanguageChange | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """The pieces of one utterance in one language, together."""

    utterance: int
    language: str
    speech_ms: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class _Rival:
    """A language that may take over."""

    language: str
    utterances: frozenset[int] = frozenset()
    speech_ms: int = 0


class ClientLanguage:
    """The client's language, and what may be believed about it.

    ``covered`` is what can be interpreted; anything else that is heard is withheld from translation. ``region`` (ISO
    3166) tells what the client may know besides.
    """

    def __init__(
        self,
        hint: LanguageHint,
        covered: tuple[str, ...],
        region: str | None = None,
        limits: LanguageLimits | None = None,
    ) -> None:
        self._covered = tuple(dict.fromkeys((hint.language, *covered)))
        self._region = region
        self._limits = limits or LanguageLimits()
        self._evidence_s = {hint.language: PRIOR_S[hint.source]}
        self._was_heard = False
        self._said = _Said(0, hint.language)
        self._rival: _Rival | None = None
        self._uncovered: tuple[str, ...] = ()
        self._speaks_uncovered: str | None = None
        self.current = hint.language
        """What to speak to the client."""
        self.is_locked = len(self._covered) == 1 or hint.source is HintSource.KEYPRESS

    @property
    def spoken(self) -> str | None:
        """What the client speaks, covered or not; None while it is only a guess."""
        return self._speaks_uncovered or (self.current if self._was_heard else None)

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the recogniser should listen for, the likeliest first."""
        likely = (self._speaks_uncovered,) if self._speaks_uncovered else ()
        return tuple(dict.fromkeys((*likely, self.current, *self._covered, *self._uncovered)))

    @property
    def is_settled(self) -> bool:
        """Whether the first candidate is what the client speaks, as far as one can know."""
        return self.is_locked and self._speaks_uncovered is None

    def instead_of(self, language: str) -> str:
        """Return the nearest language that can be interpreted, for somebody who speaks ``language``."""
        likely = likely_languages(language, self._region)
        return next((each for each in likely if each in self._covered and each != language), self.current)

    def suggest(self, hint: LanguageHint) -> None:
        """Take a late hint; what was heard already may outweigh it."""
        if hint.language in self._covered and not self.is_locked:
            known_s = self._evidence_s.get(hint.language, 0.0)
            self._evidence_s[hint.language] = max(known_s, PRIOR_S[hint.source])
            self.current = max(self._evidence_s, key=lambda language: self._evidence_s[language])

    def choose(self, language: str) -> LanguageChange | None:
        """The client asked for a language: follow them. None, and no change, where it is not covered."""
        if language not in self._covered:
            return None
        return self._settle(language, LanguageReason.CHOSEN)

    def hear(self, heard: Heard) -> Understanding:
        """Take a piece of what the client said, in order."""
        language = heard.language
        if language is None:
            return self._understand(None)
        if heard.probability < self._limits.plausible:
            is_text_in_it = language in self._uncovered or (language in self._covered and not self.is_locked)
            return self._understand(language if is_text_in_it else None)
        said = self._gather(heard, language)
        if language not in self._covered:
            return self._hear_uncovered(heard, said)
        is_short = said.speech_ms < self._limits.short_ms or said.characters < self._limits.short_characters
        self._speaks_uncovered = None
        if not self.is_locked:
            return self._understand(language, self._weigh(heard, said, is_short))
        if language == self.current:
            self._rival = None
            return self._understand(language)
        if is_short:
            return self._understand(None)
        return self._understand(language, self._compare(heard, said))

    # ----------------------------------------------------------------------------------------------------------------

    def _understand(self, language: str | None, change: LanguageChange | None = None) -> Understanding:
        source = self.current if language is None else language
        return Understanding(source, source in self._covered, change)

    def _gather(self, heard: Heard, language: str) -> _Said:
        """Add a piece to what was said in the same utterance and language."""
        said = self._said
        if (said.utterance, said.language) != (heard.utterance, language):
            said = _Said(heard.utterance, language)
        self._said = replace(
            said, speech_ms=said.speech_ms + heard.speech_ms, characters=said.characters + heard.characters
        )
        return self._said

    def _weigh(self, heard: Heard, said: _Said, is_short: bool) -> LanguageChange | None:
        """Before the lock: gather evidence."""
        limits = self._limits
        longest_ms = limits.longest_speech_s * 1000
        new_ms = min(said.speech_ms, longest_ms) - min(said.speech_ms - heard.speech_ms, longest_ms)
        weight_s = heard.probability * new_ms / 1000 * (0.5 if is_short else 1.0)
        self._was_heard = True
        self._evidence_s[said.language] = self._evidence_s.get(said.language, 0.0) + weight_s
        leader = max(self._evidence_s, key=lambda language: self._evidence_s[language])
        leading_s = self._evidence_s[leader]
        others_s = sum(self._evidence_s.values()) - leading_s
        if leading_s >= limits.lock_evidence_s and leading_s >= limits.lock_lead * others_s:
            return self._settle(leader, LanguageReason.DETECTED)
        self.current = leader
        return None

    def _compare(self, heard: Heard, said: _Said) -> LanguageChange | None:
        """After the lock: see whether another language takes over."""
        limits = self._limits
        rival = self._rival_of(heard, said)
        is_long = said.speech_ms >= limits.long_ms and heard.probability >= limits.sure
        if is_long or len(rival.utterances) >= limits.agreeing_utterances:
            return self._settle(said.language, LanguageReason.SWITCHED)
        return None

    def _hear_uncovered(self, heard: Heard, said: _Said) -> Understanding:
        """Withhold it; when there was enough of it, the client speaks a language that nothing covers."""
        language = said.language
        if language in self._uncovered:
            self._speaks_uncovered = language
            return self._understand(language)
        if said.speech_ms < self._limits.short_ms:
            return self._understand(None)
        rival = self._rival_of(heard, said)
        if rival.speech_ms < self._limits.long_ms or heard.probability < self._limits.sure:
            return self._understand(language)
        change = LanguageChange(LanguageReason.UNCOVERED, language, self.current)
        self._uncovered = (*self._uncovered, language)
        self._speaks_uncovered = language
        self._rival = None
        self._evidence_s = {}
        self.current = self.instead_of(language)
        self.is_locked = len(self._covered) == 1
        return self._understand(language, change)

    def _rival_of(self, heard: Heard, said: _Said) -> _Rival:
        rival = self._rival
        if rival is None or rival.language != said.language:
            rival = _Rival(said.language)
        # What came before in this utterance, too short to count, counts now.
        new_ms = heard.speech_ms if heard.utterance in rival.utterances else said.speech_ms
        self._rival = _Rival(said.language, rival.utterances | {heard.utterance}, rival.speech_ms + new_ms)
        return self._rival

    def _settle(self, language: str, reason: LanguageReason) -> LanguageChange:
        change = LanguageChange(reason, language, self.current)
        self.current = language
        self.is_locked = True
        self._was_heard = True
        self._speaks_uncovered = None
        self._rival = None
        return change
