"""Direct interpreting: a speech-to-speech provider gives the sound, and the core decides what becomes of it.

The cascade's recogniser listens beside it. Its clauses are held here instead of being translated: they say which
language is spoken, and they are what the cascade says when the provider fails, is silent, or does not speak the
listener's language. That costs a recognition, and no word (docs/decisions/0010).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from app.core.clause import Clause
from app.core.client_language import text_length
from app.core.direct_progress import DirectProgress
from app.core.originals import Originals
from app.core.speech_queue import SpeechQueue
from app.core.utterances import CommittedClause
from app.domain.audio import duration_ms
from app.domain.commands import Command
from app.domain.direct import DirectPiece, SourceText, Spoken, TargetText, TurnEnded
from app.domain.legs import Leg
from app.domain.records import CommitReason, Outcome

_SETTLED_MS = 2500
_HESITATION_MS = 1500
"""After so much quiet of both, or more than the provider was behind, what was said and mostly translated is over."""
_ENOUGH = 0.5
"""Of what was said: a translation that is shorter is still one."""
_ORIGINAL_AFTER_MS = 600
"""An interpreter who has not begun so long after an utterance, which was in the listener's language, will not."""
_SHORTEST_LAG_MS = 1000
_LONGEST_LAG_MS = 20_000
"""An interpreter who is speaking is so far behind, at least and at most."""
_VOICE_PAUSE_MS, _VOICE_HESITATION_MS = 600, 1000
"""A voice that gives nothing for so long had said by then what was older than its lag and the second of these."""
_MAXIMUM_HELD = 64
_LEAD_MS = 300
"""A turn begins to be heard with so much of it: its sound comes as fast as it is heard, and not evenly."""
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_LEFT_OVER = ".,;:!?…。，！？ "
"""What ends a text whose audio was over before it came."""

LeansTo = Callable[[str, str, str], bool | None]
"""Whether a text is in one language rather than in another; None where it does not say."""


@dataclass(frozen=True, slots=True)
class DirectConfig:
    """What a call is to be interpreted with directly."""

    legs: frozenset[Leg]
    """Whose speech."""
    targets: frozenset[str]
    """What the provider speaks."""
    timeout_ms: int
    """Nothing heard so long after something was said is a failure."""
    repeats_target: bool
    """Whether it also says what is in the listener's language already."""
    leans_to: LeansTo


@dataclass(frozen=True, slots=True)
class Said:
    """A clause of the recogniser, and what is made of its language."""

    clause: CommittedClause
    source: str
    target: str
    is_covered: bool
    """Whether the cascade can translate it."""

    @property
    def needs_no_translation(self) -> bool:
        return self.is_covered and self.source == self.target

    @property
    def length(self) -> int:
        return text_length(self.clause.text)

    def as_clause(self, listener: Leg, clause_id: int, sequence: int, now_ms: int) -> Clause:
        """Return what the listener is to be told; its text is the original until it is translated."""
        return Clause(
            id=clause_id,
            sequence=sequence,
            listener=listener,
            text=self.clause.text,
            language=self.target,
            source_text=self.clause.text,
            source_language=self.source,
            began_ms=self.clause.began_ms,
            ended_ms=self.clause.ended_ms,
            recognised_ms=now_ms,
            commit_reason=self.clause.reason,
            translated_ms=now_ms if self.source == self.target else None,
        )


class DirectSpeech:
    """One direction, until it fails."""

    def __init__(self, config: DirectConfig, queue: SpeechQueue, target: str, new_clause: Callable[[], Clause]) -> None:
        """``queue`` is the listener's, and ``new_clause`` makes one for it."""
        self._config = config
        self._queue = queue
        self._new_clause = new_clause
        self._held: deque[Said] = deque()
        self._progress = DirectProgress()
        self._originals = Originals()
        self._turn: Clause | None = None
        self._lead: bytearray | None = None
        """The beginning of the open turn, until it is long enough to be heard."""
        self._source_text = ""
        """What the provider heard since the last turn."""
        self._target_text = ""
        """What came before the audio that it belongs to."""
        self._recognised = ""
        """What the recogniser heard since then, for a provider that does not say what it hears."""
        self._source_since_ms: int | None = None
        self._source_until_ms = 0
        self._unsaid = ""
        """What it heard since it last said anything."""
        self._last_audio_ms = 0
        self._said_until_ms = 0
        """What was said by then is over for certain; from then on ``_progress`` counts."""
        self._stretch_began_ms: int | None = None
        """When the speaker began what is not settled yet."""
        self._lag_ms = 0
        """How far behind the provider began to say it; it may fall back from there, and hardly comes nearer."""
        self._passed_until_ms = 0
        """The end of what was last let through as it was said."""
        self.target: str | None = target
        """None while the listener hears the original."""
        self.has_failed = target not in config.targets

    @property
    def is_active(self) -> bool:
        """Whether the provider interprets at the moment."""
        return not self.has_failed and self.target is not None

    @property
    def is_owing(self) -> bool:
        """Whether something was said that the listener has not heard to its end."""
        return bool(self._held) and self.is_active

    def speaks(self, language: str) -> bool:
        return language in self._config.targets

    def hear(self, ulaw: bytes, is_speaking: bool, now_ms: int) -> None:
        """Take the speaker's next 20 ms, and whether they are in an utterance."""
        self._originals.hear(ulaw, is_speaking, now_ms)
        if is_speaking and self._stretch_began_ms is None:
            self._stretch_began_ms = self._originals.began_ms

    # --- What the provider gives ------------------------------------------------------------------------------------

    def take(self, piece: DirectPiece, source: str, now_ms: int) -> list[Command]:
        """Take the next piece; ``source`` is what the speaker speaks as far as is known."""
        if self.has_failed or self.target is None:
            return []
        match piece:
            case SourceText(text):
                self._source_text += text
                self._unsaid += text
                self._source_until_ms = now_ms
                if self._source_since_ms is None:
                    self._source_since_ms = now_ms
                return []
            case TargetText(text):
                self._progress.read(text_length(text))
                if self._turn is None:
                    self._target_text += text
                else:
                    self._turn.text += text
                return []
            case Spoken(ulaw):
                return self._hear_voice(ulaw, self.target, source, now_ms)
            case TurnEnded():
                return self.end_turn(now_ms)
            case _:
                assert_never(piece)

    def end_turn(self, now_ms: int) -> list[Command]:
        """Nothing more of the open turn will come."""
        turn, self._turn = self._turn, None
        if turn is None:
            return []
        turn.text = " ".join(turn.text.split()).lstrip(_LEFT_OVER)
        turn.source_text, self._source_text = _split_at_sentence(self._source_text)
        turn.source_text = turn.source_text or self._recognised.strip()
        self._recognised = ""
        self._source_since_ms = self._source_until_ms if self._source_text else None
        self._let_begin(turn, now_ms)
        return self._queue.voice_ended(turn.id, now_ms)

    def _let_begin(self, turn: Clause, now_ms: int) -> None:
        """Let what was held back of a turn's beginning be heard."""
        lead, self._lead = self._lead, None
        if lead:
            self._queue.voiced(turn.id, bytes(lead), now_ms)

    def _hear_voice(self, ulaw: bytes, target: str, source: str, now_ms: int) -> list[Command]:
        """Let the open turn go on; begin one where there is none."""
        commands: list[Command] = []
        turn = self._turn
        if turn is None:
            turn = self._turn = _given(self._new_clause(), source, target, now_ms)
            turn.text, self._target_text = self._target_text, ""
            turn.began_ms = now_ms if self._source_since_ms is None else self._source_since_ms
            turn.ended_ms = max(turn.began_ms, self._source_until_ms)
            commands = self._queue.add(turn, now_ms)
            self._lead = bytearray()
        if not self._lag_ms and self._stretch_began_ms is not None:
            self._lag_ms = max(_SHORTEST_LAG_MS, now_ms - self._stretch_began_ms)
        if now_ms - self._last_audio_ms >= _VOICE_PAUSE_MS:
            self._note_said(self._last_audio_ms - self._lag_ms - _VOICE_HESITATION_MS)
        self._progress.hear(duration_ms(ulaw))
        self._last_audio_ms = now_ms
        self._unsaid = ""
        if self._lead is None:
            self._queue.voiced(turn.id, ulaw, now_ms)
        else:
            self._lead += ulaw
            if duration_ms(self._lead) >= _LEAD_MS:
                self._let_begin(turn, now_ms)
        if self._held and self._held[0].clause.ended_ms < now_ms - _LONGEST_LAG_MS:
            self._note_said(now_ms - _LONGEST_LAG_MS)
        return commands

    # --- What the recogniser beside it hears ------------------------------------------------------------------------

    def hold(self, said: Said, now_ms: int) -> list[Command]:
        """Take a clause: translate it no more than the provider does, or let it be heard as it is."""
        clause = said.clause
        if clause.ended_ms <= self._passed_until_ms:
            return []
        if said.source == said.target and not self._config.repeats_target:
            return self._pass(clause.text, said.target, clause.began_ms, clause.ended_ms, now_ms)
        self._recognised += f" {said.clause.text}"
        if clause.ended_ms > self._said_until_ms:
            self._held.append(said)
        if len(self._held) > _MAXIMUM_HELD:
            self._progress.spend(self._held[0].length)
            self._forget_first()
        return []

    def watch(self, source: str, now_ms: int) -> list[Command]:
        """Forget what is over; let through what needs no translation."""
        if self.has_failed or self.target is None:
            return []
        quiet_since_ms = self._originals.quiet_since_ms
        if quiet_since_ms is None or self._turn is not None:
            return []
        began_ms = self._originals.began_ms
        is_unsaid = bool(self._unsaid.strip()) and max(self._last_audio_ms, self._passed_until_ms) <= began_ms
        if is_unsaid and now_ms >= quiet_since_ms + _ORIGINAL_AFTER_MS and self._is_in_target(source):
            text = " ".join(self._unsaid.split())
            self._held = deque(said for said in self._held if said.clause.ended_ms <= began_ms)
            return self._pass(text, self.target, began_ms, quiet_since_ms, now_ms)
        if self._held and now_ms >= self._settled_at_ms(quiet_since_ms) and self._is_mostly_said():
            self._progress.settle([said.length for said in self._held])
            self._held.clear()
            self._stretch_began_ms, self._lag_ms = None, 0
        return []

    def is_overdue(self, now_ms: int) -> bool:
        """Whether something was said so long ago that the provider will not say it any more."""
        if not self.is_active:
            return False
        first = self._first_unsaid()
        return first is not None and now_ms >= self._due_ms(first)

    def next_watch_ms(self, now_ms: int) -> int | None:
        """Return when ``watch`` or ``is_overdue`` may have something to say, if nothing happens before."""
        if not self.is_active:
            return None
        wanted: list[int] = []
        first = self._first_unsaid()
        if first is not None:
            wanted.append(self._due_ms(first))
        quiet_since_ms = self._originals.quiet_since_ms
        if quiet_since_ms is not None and self._turn is None:
            if self._held:
                wanted.append(self._settled_at_ms(quiet_since_ms))
            if self._unsaid.strip():
                wanted.append(quiet_since_ms + _ORIGINAL_AFTER_MS)
        return min((time_ms for time_ms in wanted if time_ms > now_ms), default=None)

    def fail(self, now_ms: int) -> tuple[list[Command], list[Said]]:
        """Give the direction up; return the clauses that were not said, for the cascade."""
        self.has_failed = True
        unsaid = list(self._held)[self._over() :]
        for said in self._held:
            self._progress.spend(said.length)
        self._held.clear()
        return self.end_turn(now_ms), unsaid

    def has_said(self, said: Said) -> bool:
        """Whether a clause that was committed after the end had been said by then, for certain."""
        if said.clause.ended_ms <= self._said_until_ms:
            return True
        is_over = self._is_sayable(said) and bool(self._progress.over([said.length]))
        self._progress.spend(said.length)
        return is_over

    # ----------------------------------------------------------------------------------------------------------------

    def _pass(self, text: str, language: str, began_ms: int, ended_ms: int, now_ms: int) -> list[Command]:
        """Let the listener hear what was said as it was."""
        clause = _given(self._new_clause(), language, language, now_ms)
        clause.is_complete = True
        clause.text = clause.source_text = text
        clause.began_ms, clause.ended_ms = began_ms, ended_ms
        clause.heard_as = Outcome.PASSED_THROUGH
        clause.early += self._originals.between(began_ms, ended_ms)
        self._passed_until_ms = ended_ms
        self._unsaid = self._source_text = ""
        self._source_since_ms = None
        return self._queue.add(clause, now_ms)

    def _is_in_target(self, source: str) -> bool:
        if self._config.repeats_target or self.target is None:
            return False
        return source == self.target or bool(self._config.leans_to(self._unsaid, self.target, source))

    def _is_sayable(self, said: Said) -> bool:
        """Whether a clause can have been said when the voice was last heard."""
        return said.clause.ended_ms <= self._last_audio_ms - self._lag_ms

    def _sayable(self) -> list[int]:
        return [said.length for said in self._held if self._is_sayable(said)]

    def _over(self) -> int:
        """Return how many of the clauses held have been said for certain."""
        return self._progress.over(self._sayable())

    def _first_unsaid(self) -> Said | None:
        over = self._over()
        return self._held[over] if over < len(self._held) else None

    def _due_ms(self, said: Said) -> int:
        """Return when this clause has been waited for too long; never before what is mostly said may be settled."""
        due_ms = max(said.clause.ended_ms, self._last_audio_ms) + self._config.timeout_ms
        quiet_since_ms = self._originals.quiet_since_ms
        if quiet_since_ms is None or not self._is_mostly_said():
            return due_ms
        return max(due_ms, self._settled_at_ms(quiet_since_ms) + 1)

    def _is_mostly_said(self) -> bool:
        return self._progress.share([said.length for said in self._held]) >= _ENOUGH

    def _settled_at_ms(self, quiet_since_ms: int) -> int:
        """Return when what is held will be settled, if the speaker, the recogniser and the voice stay quiet."""
        quiet_ms = max(self._held[-1].clause.ended_ms, self._last_audio_ms, quiet_since_ms)
        return quiet_ms + max(_SETTLED_MS, self._lag_ms + _HESITATION_MS)

    def _note_said(self, until_ms: int) -> None:
        """Forget what was said by then: it is over. What is said from here on is counted, unless more was already."""
        over = sum(said.clause.ended_ms <= until_ms for said in self._held)
        if until_ms <= self._said_until_ms or over < self._over():
            return
        self._said_until_ms = until_ms
        self._progress.mark()
        for _ in range(over):
            self._forget_first()

    def _forget_first(self) -> None:
        self._progress.forget(self._held.popleft().length)
        self._progress.limit(sum(self._sayable()))


def _given(clause: Clause, source: str, target: str, now_ms: int) -> Clause:
    """Let a clause be one whose sound comes by itself."""
    clause.is_given = True
    clause.source_language, clause.language = source, target
    clause.translated_ms = clause.recognised_ms = now_ms
    clause.commit_reason = CommitReason.DIRECT
    return clause


def _split_at_sentence(text: str) -> tuple[str, str]:
    """Return the sentences that are over, and what was begun; all of it where no sentence is over."""
    end = max(text.rfind(mark) for mark in _SENTENCE_ENDS) + 1
    whole, rest = (text[:end], text[end:]) if end else (text, "")
    return " ".join(whole.split()), rest
