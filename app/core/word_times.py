"""When words were said, for recognisers that do not tell: from what audio a hypothesis had heard."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.clause_gaps import Pause


def estimate_ends_ms(
    words: Sequence[str], known_ms: Sequence[int], began_ms: int, heard_until_ms: int, pauses: Sequence[Pause]
) -> list[int]:
    """Return where each word ends, on the call's clock: the first ones are known, the others are new.

    The new words fill the voiced time between the last known one (or ``began_ms``) and the end of the audio that the
    hypothesis had heard, each by its length. It is late by up to the time between two hypotheses, never early by more
    than a word.
    """
    ends_ms = list(known_ms)
    new = words[len(ends_ms) :]
    if not new:
        return ends_ms
    from_ms = max([began_ms, *ends_ms[-1:]])
    voiced = _voiced_stretches(from_ms, heard_until_ms, pauses)
    voiced_ms = sum(until_ms - since_ms for since_ms, until_ms in voiced)
    letters = sum(map(len, new))
    said = 0
    for word in new:
        said += len(word)
        ends_ms.append(_moment_ms(voiced, voiced_ms * said // letters, from_ms))
    return ends_ms


def _voiced_stretches(from_ms: int, until_ms: int, pauses: Sequence[Pause]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for pause in pauses:
        if pause.from_ms > from_ms:
            stretches.append((from_ms, min(pause.from_ms, max(until_ms, from_ms))))
        if pause.until_ms is None:
            return stretches
        from_ms = max(from_ms, pause.until_ms)
    if until_ms > from_ms:
        stretches.append((from_ms, until_ms))
    return stretches


def _moment_ms(voiced: Sequence[tuple[int, int]], elapsed_ms: int, default_ms: int) -> int:
    """Return the moment at which the voice has been heard for ``elapsed_ms``."""
    moment_ms = default_ms
    for since_ms, until_ms in voiced:
        moment_ms = min(until_ms, since_ms + elapsed_ms)
        if since_ms + elapsed_ms <= until_ms:
            break
        elapsed_ms -= until_ms - since_ms
    return moment_ms
