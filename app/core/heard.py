"""What a leg heard last, to be said again."""

from __future__ import annotations

from collections import deque

from app.core.clause import Clause

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟")
_KEPT_CLAUSES = 12


class HeardSentences:
    """The latest clauses, of which a sentence may have had several."""

    def __init__(self) -> None:
        self._clauses: deque[Clause] = deque(maxlen=_KEPT_CLAUSES)

    def add(self, clause: Clause) -> None:
        """Take a clause that begins to be heard; what the bridge itself says is not repeated."""
        if not clause.is_own:
            self._clauses.append(clause)

    def last_sentence(self) -> tuple[str, str] | None:
        """Return the text and the language of the last sentence, as far as it was said; None before the first."""
        if not self._clauses:
            return None
        language = self._clauses[-1].language
        texts: deque[str] = deque()
        for clause in reversed(self._clauses):
            is_earlier = bool(texts) and (clause.text.rstrip().endswith(_SENTENCE_ENDS) or clause.language != language)
            if is_earlier:
                break
            texts.appendleft(clause.text.strip())
        return " ".join(texts), language
