"""Cut a text into the pieces that a voice speaks with one breath of prosody each."""

from __future__ import annotations

import re

MAX_PIECE_CHARS = 220
"""A sentence of some 35 words. Planning the prosody of a piece takes time in proportion to its length."""

_ABBREVIATIONS = frozenset(
    [
        *(
            "art",
            "av",
            "avda",
            "bd",
            "bzw",
            "capt",
            "cf",
            "dott",
            "dr",
            "dra",
            "dña",
            "dtt",
            "excmo",
            "fig",
            "ing",
            "jr",
        ),
        *(
            "lic",
            "mag",
            "mlle",
            "mme",
            "mr",
            "mrs",
            "ms",
            "nr",
            "núm",
            "pag",
            "pág",
            "prof",
            "ptas",
            "rev",
            "sig",
            "sr",
        ),
        *("sra", "srta", "st", "sta", "sto", "tel", "vol", "vs"),
    ]
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"”»')\]]*\s+|[。！？]+\s*|\s*\n\s*")
_WORD_BEFORE = re.compile(r"(\w+)\.$")
_CLAUSE_END = re.compile(r"[,;:—–]\s+")
_SPACE = re.compile(r"\s+")


def split_pieces(text: str, max_chars: int = MAX_PIECE_CHARS) -> list[str]:
    """Return the sentences of a text, longer ones cut at a comma or else between two words.

    The pieces joined are the text. No cut lies inside a word, a number or an amount, nor after an abbreviation. A piece
    is longer than ``max_chars`` only where one word, or a number with spaces in it, is.
    """
    pieces: list[str] = []
    for sentence in _sentences(text):
        while len(sentence) > max_chars:
            cut = _last_cut(sentence, max_chars)
            pieces.append(sentence[:cut])
            sentence = sentence[cut:]
        if sentence:
            pieces.append(sentence)
    return pieces


def _sentences(text: str) -> list[str]:
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if not _is_abbreviation(text, match.start()):
            sentences.append(text[start : match.end()])
            start = match.end()
    sentences.append(text[start:])
    return sentences


def _is_abbreviation(text: str, end: int) -> bool:
    """Whether the full stop at ``end`` belongs to a title or an initial: ``Sr. García``, ``J. Pérez``."""
    word = _WORD_BEFORE.search(text[max(0, end - 12) : end + 1])
    if word is None:
        return False
    return word[1].lower() in _ABBREVIATIONS or (len(word[1]) == 1 and word[1].isalpha())


def _last_cut(sentence: str, max_chars: int) -> int:
    """Return where to cut: after the last comma of the second half of what fits, else at the last space."""
    commas = [match.end() for match in _CLAUSE_END.finditer(sentence) if _may_cut(sentence, match)]
    fitting = [cut for cut in commas if max_chars // 2 <= cut <= max_chars]
    if fitting:
        return fitting[-1]
    spaces = [match.end() for match in _SPACE.finditer(sentence) if _may_cut(sentence, match)]
    return max((cut for cut in spaces if cut <= max_chars), default=min(spaces, default=len(sentence)))


def _may_cut(sentence: str, gap: re.Match[str]) -> bool:
    """Whether nothing that belongs together meets here: digits, or a digit and its unit or currency."""
    before, after = sentence[: gap.start()], sentence[gap.end() :]
    if not before or not after:
        return bool(before)
    digit_before, digit_after = before[-1].isdigit(), after[0].isdigit()
    joined = (digit_before and (digit_after or after[0] in "€$£%")) or (before[-1] in "€$£+" and digit_after)
    return not joined and not _is_abbreviation(before, len(before) - 1)
