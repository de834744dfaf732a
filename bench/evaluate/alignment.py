"""Which words of the truth a clause carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from bench.evaluate.trace import Word


@dataclass(frozen=True, slots=True)
class Alignment:
    clauses: tuple[tuple[int, ...], ...]
    """For each clause the indices of the truth's words that it carries, in order; none where it carries nothing."""
    lost: int
    """Words of the truth that no clause carries."""
    added: int
    """Words of the clauses that nobody said, or that were said once and committed twice."""


def comparable(word: str) -> str:
    """Return the word casefolded, of letters and digits alone; empty for punctuation."""
    return "".join(character for character in word.casefold() if character.isalnum())


def align(truth: Sequence[Word], clauses: Sequence[str]) -> Alignment:
    """Align the clauses, one after the other, with the words that were said (Levenshtein, by word)."""
    reference = [comparable(word.text) or "-" for word in truth]
    owners: list[int] = []
    hypothesis: list[str] = []
    for number, clause in enumerate(clauses):
        tokens = [token for token in map(comparable, clause.split()) if token]
        hypothesis += tokens
        owners += [number] * len(tokens)
    carried: list[list[int]] = [[] for _ in clauses]
    if not hypothesis:
        return Alignment(tuple(map(tuple, carried)), lost=len(reference), added=0)
    output = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    for chunk in output.alignments[0]:
        if chunk.type in ("equal", "substitute"):
            for offset in range(chunk.ref_end_idx - chunk.ref_start_idx):
                carried[owners[chunk.hyp_start_idx + offset]].append(chunk.ref_start_idx + offset)
    return Alignment(tuple(map(tuple, carried)), lost=output.deletions, added=output.insertions)
