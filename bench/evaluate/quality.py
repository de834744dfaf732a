"""What interpreting by clauses costs: their real translations against references and against whole sentences.

The clauses that a replay committed are translated by the configured translator, one by one, as a call would, and
joined by turn. The same translator gets the turn's own sentences, whole and as they were written. Both are scored
against the reference by chrF (Popovic 2015; sacrebleu): the difference is what simultaneity, and the recogniser, cost.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sacrebleu.metrics.chrf import CHRF

from app.config import load_settings
from app.errors import ConfigError, ProviderError
from app.meaning.compare import compare
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.factory import create_translation_provider
from bench.evaluate.alignment import align
from bench.evaluate.replay import Replay, SpokenClause
from bench.evaluate.trace import Turn


@dataclass(frozen=True, slots=True)
class InterpretedTurn:
    direction: str
    turn: Turn
    clauses: tuple[SpokenClause, ...]
    translations: tuple[str, ...]
    """Of the clauses, one for each."""
    whole: str
    """The turn's own sentences, translated whole."""
    reference: str

    @property
    def spoken(self) -> str:
        return " ".join(text for text in self.translations if text)


@dataclass(frozen=True, slots=True)
class Quality:
    turns: int
    chrf_spoken: float
    chrf_whole: float
    numbers: int
    """Groups of digits in what was said."""
    numbers_kept: int
    """Those of them that are in what was spoken."""
    misses_spoken: int
    """What the meaning guard finds lost or invented in what was spoken: numbers, dates, amounts, spelling, negation."""
    misses_whole: int
    """The same in the whole sentences: what the translator loses by itself."""

    @property
    def lost_percent(self) -> float:
        return 100 * (1 - self.chrf_spoken / self.chrf_whole) if self.chrf_whole else 0.0


class CachedTranslator:
    """A translator that is asked each thing once."""

    def __init__(self, provider: TranslationProvider) -> None:
        self._provider = provider
        self._known: dict[TranslationRequest, str] = {}

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        return self._provider.capabilities.pairs

    async def __aenter__(self) -> CachedTranslator:
        await self._provider.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._provider.aclose()

    async def translate(self, text: str, source: str, target: str) -> str:
        """Return the translation, nothing where the translator fails."""
        request = TranslationRequest(text, source, target)
        if request not in self._known:
            try:
                self._known[request] = await self._provider.translate(request)
            except ProviderError:
                self._known[request] = ""
        return self._known[request]


def open_translator() -> CachedTranslator | None:
    """Return the configured translator, None where this machine has none."""
    try:
        return CachedTranslator(create_translation_provider(load_settings()))
    except ConfigError:
        return None


async def interpret(replays: Iterable[Replay], translator: CachedTranslator) -> list[InterpretedTurn]:
    """Translate what the replays committed, where the translator knows the pair."""
    turns: list[InterpretedTurn] = []
    for replayed in replays:
        source, target = replayed.trace.language, replayed.target
        if (source, target) not in translator.pairs:
            continue
        for turn, clauses in clauses_by_turn(replayed):
            turns.append(
                InterpretedTurn(
                    direction=replayed.direction,
                    turn=turn,
                    clauses=tuple(clauses),
                    translations=tuple([await translator.translate(each.text, source, target) for each in clauses]),
                    whole=" ".join([await translator.translate(each, source, target) for each in turn.sentences]),
                    reference=turn.references[target],
                )
            )
    return turns


def clauses_by_turn(replayed: Replay) -> Iterable[tuple[Turn, list[SpokenClause]]]:
    """Yield each turn with the clauses that begin in it."""
    alignment = align(replayed.trace.words, [clause.text for clause in replayed.clauses])
    first = 0
    for turn in replayed.trace.turns:
        last = first + len(turn.words)
        carried = zip(replayed.clauses, alignment.clauses, strict=True)
        yield turn, [clause for clause, indices in carried if indices and first <= indices[0] < last]
        first = last


def judge(turns: Sequence[InterpretedTurn]) -> dict[str, Quality]:
    """Score each direction."""
    groups: dict[str, list[InterpretedTurn]] = defaultdict(list)
    for each in turns:
        groups[each.direction].append(each)
    return {direction: _judge(group) for direction, group in sorted(groups.items())}


def _judge(turns: Sequence[InterpretedTurn]) -> Quality:
    references = [[each.reference for each in turns]]
    numbers = [(number, digits(each.spoken)) for each in turns for number in digits(each.turn.text)]
    return Quality(
        turns=len(turns),
        chrf_spoken=CHRF().corpus_score([each.spoken for each in turns], references).score,
        chrf_whole=CHRF().corpus_score([each.whole for each in turns], references).score,
        numbers=len(numbers),
        numbers_kept=sum(number in spoken for number, spoken in numbers),
        misses_spoken=sum(_misses(each, each.spoken) for each in turns),
        misses_whole=sum(_misses(each, each.whole) for each in turns),
    )


def _misses(interpreted: InterpretedTurn, translation: str) -> int:
    source, target = interpreted.direction.split("-")
    return len(compare(interpreted.turn.text, source, translation, target))


def digits(text: str) -> list[str]:
    """Return the groups of digits in a text; ``48 271`` and ``48.271`` are one group."""
    groups: list[str] = []
    for index, character in enumerate(text):
        if not character.isdigit():
            continue
        is_joined = text[index - 1 : index].isdigit() or (
            text[index - 1 : index] in (" ", ".", ",", "\u00a0")
            and text[index - 2 : index - 1].isdigit()
            and text[index : index + 3].isdigit()
            and len(text[index : index + 3]) == 3
        )
        if is_joined and groups:
            groups[-1] += character
        else:
            groups.append(character)
    return groups


def write_instance_log(path: Path, turns: Sequence[InterpretedTurn]) -> None:
    """Write SimulEval's instance log, which OmniSTEval reads: one turn a line, a delay for each word spoken.

    ``delays`` are milliseconds of the turn that had been said when the word's clause was committed, ``elapsed`` the
    time from the turn's beginning until the word is heard.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for index, each in enumerate(turns):
            delays, elapsed = _delays(each)
            line = {
                "index": index,
                "direction": each.direction,
                "prediction": each.spoken,
                "delays": delays,
                "elapsed": elapsed,
                "prediction_length": len(delays),
                "reference": each.reference,
                "source": each.turn.text,
                "source_length": each.turn.end_ms - each.turn.start_ms,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _delays(interpreted: InterpretedTurn) -> tuple[list[int], list[int]]:
    start_ms, length_ms = interpreted.turn.start_ms, interpreted.turn.end_ms - interpreted.turn.start_ms
    delays: list[int] = []
    elapsed: list[int] = []
    for clause, text in zip(interpreted.clauses, interpreted.translations, strict=True):
        words = text.split()
        heard_from_ms, heard_until_ms = clause.heard_ms or (clause.committed_ms, clause.committed_ms)
        for place in range(len(words)):
            delays.append(max(0, min(clause.committed_ms - start_ms, length_ms)))
            elapsed.append(round(heard_from_ms + place / len(words) * (heard_until_ms - heard_from_ms) - start_ms))
    return delays, elapsed
