"""What waits to be spoken to one leg: clauses in the order in which they were said, then their voice, then playout."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime

from app.core.catch_up import CatchUpLedger
from app.core.clause import Clause
from app.core.echo_text import SpokenTexts
from app.core.governor import Backlog, GovernorLimits, LagGovernor
from app.core.heard import HeardSentences
from app.core.playout import Playout
from app.core.shortening import shorten
from app.core.speech_ahead import SpeechAhead
from app.core.speech_rate import SpeechRate
from app.domain.audio import duration_ms
from app.domain.commands import CatchUp, Command, ReportSpeculation, Speak, StopSpeaking
from app.domain.legs import Leg
from app.domain.records import Outcome, SpeculationOutcome
from app.domain.usage import Stage
from app.domain.voices import Register

_MAXIMUM_CLAUSES = 64
_MAXIMUM_AUDIO_MS = 120_000
"""More audio of one clause means that its voice has lost its mind: the rest is not played."""


class SpeechQueue:
    """One listener's clauses. One of them is voiced at a time, and none overtakes another.

    Voices are asked when little audio is left, so that what waits longer can still be merged, shortened or dropped.
    """

    def __init__(self, leg: Leg, epoch: datetime, playout: Playout, limits: GovernorLimits) -> None:
        self.playout = playout
        self.heard = HeardSentences()
        self.spoken = SpokenTexts()
        self.base_tempo = 1.0
        self.is_voiced = True
        """Whether what the parties say is spoken to this leg at all."""
        self.speaker_register: Register | None = None
        """How high the voice of the other party sounds, once it is known."""
        self._leg = leg
        self._epoch = epoch
        self._limits = limits
        self._governor = LagGovernor(limits)
        self._rate = SpeechRate()
        self._ledger = CatchUpLedger(leg, playout)
        self._waiting: deque[Clause] = deque()
        self._voicing: Clause | None = None
        self._ahead: SpeechAhead | None = None
        self._voiced: dict[int, Clause] = {}
        """Clauses with audio in the playout of which nothing was sent yet."""
        self._sounding: dict[int, Clause] = {}
        """Clauses of which something was sent, and more is to be heard."""

    # --- What comes -------------------------------------------------------------------------------------------------

    def add(self, clause: Clause, now_ms: int) -> list[Command]:
        """Queue a clause, translated or not."""
        commands: list[Command] = []
        if len(self._waiting) >= _MAXIMUM_CLAUSES:
            commands += self._drop_oldest("queue_full")
        self._waiting.append(clause)
        return [*commands, *self._voice_next(now_ms)]

    def wants_brevity(self, now_ms: int) -> bool:
        """Whether a translation that is asked for now should be brief; counted."""
        is_brief = self.is_voiced and self._governor.shortens(self._backlog(now_ms))
        self._ledger.count(CatchUp.BRIEF, is_brief)
        return is_brief

    def translated(self, clause_id: int, text: str, now_ms: int, flags: tuple[str, ...] = ()) -> list[Command]:
        clause = self._find_waiting(clause_id)
        if clause is None:
            return []
        clause.text = text
        clause.flags = flags
        clause.translated_ms = now_ms
        return self._voice_next(now_ms)

    def untranslated(self, clause_id: int, code: str, now_ms: int) -> list[Command]:
        clause = self._find_waiting(clause_id)
        if clause is None:
            return []
        self._waiting.remove(clause)
        return [*clause.report(Outcome.UNTRANSLATED, self._epoch, code), *self._voice_next(now_ms)]

    def voiced(self, clause_id: int, ulaw: bytes, now_ms: int) -> None:
        """Take the next audio of the clause that is being voiced; what comes late for another one is ignored."""
        if self._ahead is not None and self._ahead.clause == clause_id:
            self._ahead.voiced(ulaw)
            return
        clause = self._voicing
        if clause is None or clause.id != clause_id:
            given = self._find_given(clause_id)
            if given is not None and duration_ms(given.early) <= _MAXIMUM_AUDIO_MS:
                given.early += ulaw
            return
        if clause.audio_ms > _MAXIMUM_AUDIO_MS:
            return
        if clause.voiced_ms is None:
            for each in (clause, *clause.merged):
                each.voiced_ms = now_ms
            self._voiced[clause_id] = clause
        clause.audio_ms += duration_ms(ulaw)
        if clause.audio_ms > _MAXIMUM_AUDIO_MS:
            self._ledger.count(CatchUp.CUT_OFF)
        self.playout.add(clause_id, ulaw)

    def voice_ended(self, clause_id: int, now_ms: int, code: str | None = None) -> list[Command]:
        """The clause has all its audio, or, with a ``code``, its voice failed."""
        if self._ahead is not None and self._ahead.clause == clause_id:
            self._ahead.is_over = True
            return [] if code is None else self._forget_ahead()
        clause = self._voicing
        if clause is None or clause.id != clause_id:
            given = self._find_given(clause_id)
            if given is None:
                return []
            given.is_complete = True
            return self._voice_next(now_ms)
        self._voicing = None
        self.playout.finish(clause_id)
        commands: list[Command] = []
        if clause.voiced_ms is None:
            commands = self._report(clause, Outcome.UNSPOKEN, code or "no_audio")
        elif clause.is_given:
            clause.is_complete = True
            if clause_id in self._sounding:
                commands = self._begin(clause, now_ms)
        elif code is None:
            self._rate.learn(clause.spoken_text, clause.audio_ms)
        return [*commands, *self._voice_next(now_ms)]

    # --- Ahead of time ----------------------------------------------------------------------------------------------

    def speak_ahead(self, clause_id: int, text: str, language: str) -> list[Command]:
        """Have the voice make what will probably be the next clause, in place of what was thought before.

        Only where it would be heard at once: a clause that has to wait for its turn has the time to be made.
        """
        is_known = self._ahead is not None and self._ahead.clause == clause_id
        is_busy = bool(self._waiting or self._voicing) or self.playout.waiting_ms() >= self._limits.voice_ahead_ms
        if is_known or is_busy or not self.is_voiced:
            return []
        wasted = self._forget_ahead()
        self._ahead = SpeechAhead(clause_id, text)
        return [*wasted, Speak(clause_id, text, language, self._leg, self.speaker_register, is_ahead=True)]

    def review_ahead(self, may_be_committed: Callable[[int], bool]) -> list[Command]:
        """Stop the voice that speaks ahead of a clause which will not come any more."""
        ahead = self._ahead
        if ahead is None or may_be_committed(ahead.clause) or self._find_waiting(ahead.clause):
            return []
        return self._forget_ahead()

    # --- What goes --------------------------------------------------------------------------------------------------

    def due(self, now_ms: int, is_growing: bool) -> tuple[list[Command], bytes]:
        """Return what is to be sent now, with the records of what begins to be heard, and the voice in it.

        ``is_growing``: the other party goes on speaking.
        """
        if not self.playout.is_due(now_ms):
            return [], b""
        self._forget_over(now_ms)
        commands, backlog = self._shed(now_ms, is_growing)
        pace = self._governor.pace(backlog, self.base_tempo) if self.playout.waiting_ms() else None
        sent = self.playout.due(now_ms, pace)
        commands += sent.commands
        for clause_id in sent.started:
            clause = self._sounding[clause_id] = self._voiced.pop(clause_id)
            for each in (clause, *clause.merged):
                each.sent_ms = now_ms
                self.heard.add(each)
            if clause.is_complete or not clause.is_given:
                commands += self._begin(clause, now_ms)
        if sent.ended:
            commands += self._ledger.settle()
        return [*commands, *self._voice_next(now_ms)], sent.voice

    def is_pending(self) -> bool:
        """Whether something was said to this listener of which they heard nothing yet."""
        return bool(self._waiting or self._voiced or self._voicing)

    def translation_since_ms(self, now_ms: int) -> int | None:
        """Return since when this listener hears what a party said; None when they do not."""
        since_ms = self.playout.carrier.voice_since_ms(now_ms)
        if since_ms is None:
            return None
        clause = self._sounding.get(self.playout.carrier.clause_at(now_ms) or 0)
        return None if clause is None or clause.is_own else since_ms

    def interrupt(self, now_ms: int) -> list[Command]:
        """End what plays at once, and speak nothing of what was said before now."""
        for clause in self._waiting:
            clause.is_interrupted = not clause.is_own
        return self.silence(now_ms)

    def silence(self, now_ms: int) -> list[Command]:
        """End what plays at once."""
        self._forget_over(now_ms)
        commands, heard_ms = self.playout.cut(now_ms)
        begun = {**self._sounding, **self._voiced}
        if self._voicing is not None:
            begun.setdefault(self._voicing.id, self._voicing)
        for clause_id, clause in sorted(begun.items()):
            if self.is_voiced or clause_id in self._sounding:
                commands += self._report_heard(clause, heard_ms.get(clause_id, 0))
            else:
                commands += self._report(clause, Outcome.CAPTIONED)
        self._voicing = None
        self._voiced.clear()
        self._sounding.clear()
        return [*commands, *self._ledger.settle(), *self._voice_next(now_ms)]

    def abandon(self) -> list[Command]:
        """Forget everything; return the records of what was never heard."""
        commands: list[Command] = []
        unheard = dict(self._voiced)
        if self._voicing is not None and self._voicing.voiced_ms is None:
            unheard[self._voicing.id] = self._voicing
        begun = [each for _, clause in sorted(unheard.items()) for each in (clause, *clause.merged)]
        for clause in (*begun, *self._waiting):
            outcome = Outcome.UNTRANSLATED if clause.translated_ms is None else Outcome.UNSPOKEN
            commands += clause.report(outcome, self._epoch, "call_ended")
        for clause in self._sounding.values():
            if clause.is_given and not clause.is_complete:
                commands += self._report(clause, clause.heard_as)
        self._waiting.clear()
        self._voiced.clear()
        self._sounding.clear()
        self._voicing = None
        commands += self._forget_ahead()
        commands += self._ledger.settle()
        self.playout.close()
        return commands

    # --- Keeping up -------------------------------------------------------------------------------------------------

    def _voice_next(self, now_ms: int) -> list[Command]:
        """Ask for the voice of what is next, once the voice is free and little audio is left."""
        commands: list[Command] = []
        while self._may_voice():
            backlog = self._backlog(now_ms)
            clause = self._waiting.popleft()
            if clause.is_interrupted:
                commands += clause.report(Outcome.INTERRUPTED, self._epoch, heard_ms=0)
            elif not (self.is_voiced or clause.is_own):
                commands += clause.report(Outcome.CAPTIONED, self._epoch)
            elif clause.is_given:
                commands += self._take_given(clause, now_ms)
            else:
                commands += self._voice(clause, backlog, now_ms)
        return commands

    def _take_given(self, clause: Clause, now_ms: int) -> list[Command]:
        """Let a clause be heard whose sound comes by itself: what came before its turn, and what will."""
        clause.requested_ms = now_ms
        self._voicing = clause
        if clause.early:
            self.voiced(clause.id, bytes(clause.early), now_ms)
        return self.voice_ended(clause.id, now_ms) if clause.is_complete else []

    def _may_voice(self) -> bool:
        return (
            self._voicing is None
            and bool(self._waiting)
            and self._waiting[0].translated_ms is not None
            and (self.is_voiced or self._waiting[0].is_complete or not self._waiting[0].is_given)
            and self.playout.waiting_ms() < self._limits.voice_ahead_ms
        )

    def _voice(self, clause: Clause, backlog: Backlog, now_ms: int) -> list[Command]:
        clause.merged = self._merge(clause) if self._governor.merges(backlog) else []
        self._ledger.count(CatchUp.MERGED, len(clause.merged))
        text = " ".join(each.text for each in (clause, *clause.merged))
        clause.spoken_text = text
        if self._governor.shortens(backlog) and not clause.is_own:
            clause.spoken_text = shorten(text, clause.language)
            self._ledger.count(CatchUp.SHORTENED, clause.spoken_text != text)
        for each in (clause, *clause.merged):
            each.requested_ms = now_ms
        self._voicing = clause
        ahead = self._ahead
        if ahead is None or (ahead.clause, ahead.text) != (clause.id, clause.spoken_text):
            is_own = clause.is_own and not clause.is_repeat
            register = None if is_own else self.speaker_register
            speak = Speak(clause.id, clause.spoken_text, clause.language, self._leg, register, is_own)
            return [*self._forget_ahead(), speak]
        self._ahead = None
        for piece in ahead.pieces:
            self.voiced(clause.id, piece, now_ms)
        promoted = ReportSpeculation(self._leg.other, Stage.SPEECH, SpeculationOutcome.PROMOTED)
        return [promoted, *(self.voice_ended(clause.id, now_ms) if ahead.is_over else ())]

    def _forget_ahead(self) -> list[Command]:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return []
        wasted = ReportSpeculation(self._leg.other, Stage.SPEECH, SpeculationOutcome.WASTED)
        return [StopSpeaking(ahead.clause), wasted]

    def _merge(self, clause: Clause) -> list[Clause]:
        """Take the waiting clauses that can be spoken together with this one."""
        merged: list[Clause] = []
        left_ms = self._limits.longest_merge_ms - self._rate.estimate_ms(clause.text)
        while self._waiting and not clause.is_own:
            following = self._waiting[0]
            left_ms -= self._rate.estimate_ms(following.text)
            fits = following.translated_ms is not None and following.language == clause.language and left_ms >= 0
            if not fits or following.is_own or following.is_interrupted or following.is_given:
                break
            merged.append(self._waiting.popleft())
        return merged

    def _shed(self, now_ms: int, is_growing: bool) -> tuple[list[Command], Backlog]:
        """Drop the oldest of what waits while the listener has been too far behind for too long; return what is left.

        A listener who hears nothing waits for a translation or a voice: that is no reason to drop anything.
        """
        commands: list[Command] = []
        backlog = self._backlog(now_ms, is_growing)
        while self.playout.queued_ms(now_ms) and self._governor.drops(backlog, now_ms):
            dropped = self._drop_oldest("too_far_behind")
            if not dropped:
                break
            commands += dropped
            backlog = self._backlog(now_ms, is_growing)
        return commands, backlog

    def _drop_oldest(self, code: str) -> list[Command]:
        clause = next((each for each in self._waiting if not each.is_own), None)
        if clause is None:
            return []
        self._waiting.remove(clause)
        self._ledger.count(CatchUp.DROPPED)
        return clause.report(Outcome.DROPPED, self._epoch, code)

    def _backlog(self, now_ms: int, is_growing: bool = False) -> Backlog:
        """Estimate what is still to be heard; what is not voiced yet by its text."""
        voicing = self._voicing
        unvoiced_ms = 0
        if voicing is not None:
            unvoiced_ms = max(0, self._rate.estimate_ms(voicing.spoken_text) - voicing.audio_ms)
        waiting_ms = [self._length_ms(clause) for clause in self._waiting]
        if waiting_ms:
            last_ms = waiting_ms[-1]
        elif voicing is not None:
            last_ms = unvoiced_ms + self.playout.waiting_ms(voicing.id)
        else:
            last_ms = self.playout.waiting_ms(max(self._voiced.keys() | self._sounding.keys(), default=0))
        total_ms = self.playout.queued_ms(now_ms) + unvoiced_ms + sum(waiting_ms)
        return Backlog(total_ms - last_ms, last_ms, is_growing)

    # ----------------------------------------------------------------------------------------------------------------

    def _begin(self, clause: Clause, now_ms: int) -> list[Command]:
        """A clause is heard, and its text is all there: return its records."""
        self.spoken.spoken(clause.spoken_text or clause.text, now_ms)
        return self._report(clause, clause.heard_as)

    def _length_ms(self, clause: Clause) -> int:
        return duration_ms(clause.early) if clause.is_given else self._rate.estimate_ms(clause.text)

    def _find_given(self, clause_id: int) -> Clause | None:
        clause = self._find_waiting(clause_id)
        return clause if clause is not None and clause.is_given else None

    def _report(self, clause: Clause, outcome: Outcome, code: str | None = None) -> list[Command]:
        """Return the records of a clause and of those that are spoken with it."""
        return [command for each in (clause, *clause.merged) for command in each.report(outcome, self._epoch, code)]

    def _report_heard(self, clause: Clause, heard_ms: int) -> list[Command]:
        """Return the records of a clause that was cut short; clauses spoken as one share what was heard, in order."""
        commands: list[Command] = []
        for each in (clause, *clause.merged):
            part_ms = min(heard_ms, self._rate.estimate_ms(each.text)) if clause.merged else heard_ms
            heard_ms -= part_ms
            is_amended = clause.id in self._sounding and (clause.is_complete or not clause.is_given)
            commands += each.report(Outcome.INTERRUPTED, self._epoch, heard_ms=part_ms, is_amended=is_amended)
        return commands

    def _forget_over(self, now_ms: int) -> None:
        for clause_id in [known for known in self._sounding if not self.playout.has(known, now_ms)]:
            del self._sounding[clause_id]

    def _find_waiting(self, clause_id: int) -> Clause | None:
        return next((clause for clause in self._waiting if clause.id == clause_id), None)
