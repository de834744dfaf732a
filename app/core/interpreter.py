"""Both directions of a call: from what each leg says to what the other one hears."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from app.core.call_config import CallConfig
from app.core.clauses import PauseClauses
from app.core.client_language import ClientLanguage
from app.core.playout import Playout
from app.core.speech_queue import Clause, SpeechQueue
from app.core.utterances import CommittedClause, UtteranceTracker
from app.domain.commands import Command, SetRecognitionLanguages, Translate
from app.domain.events import FrameHeard
from app.domain.legs import Leg
from app.domain.transcripts import Transcript


class Interpreter:
    """What the two say to each other. Whether there is a call at all is ``CallCore``'s business."""

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        self._clause_ids = count(1)
        self._sequences = count(1)
        self._language = ClientLanguage(config.client_language_hint, config.client_languages)
        self._listening_for: tuple[str, ...] = self._language.candidates
        self._utterances = {leg: UtteranceTracker(leg, config.segmenter, PauseClauses()) for leg in Leg}
        self._queues = {leg: SpeechQueue(leg, config.started_at) for leg in Leg}

    @property
    def client_candidates(self) -> tuple[str, ...]:
        """What to listen for on the client's leg, the likeliest first."""
        return self._language.candidates

    @property
    def client_language(self) -> str | None:
        """What the client speaks; None until it was detected."""
        return self._language.current if self._language.is_detected else None

    def playout(self, leg: Leg) -> Playout:
        """Return what writes to a leg's loudspeaker."""
        return self._queues[leg].playout

    # --- From speech to speech --------------------------------------------------------------------------------------

    def hear(self, event: FrameHeard, now_ms: int) -> list[Command]:
        return self._utterances[event.frame.leg].hear(event, now_ms)

    def recognise(self, leg: Leg, transcript: Transcript, now_ms: int) -> list[Command]:
        """Take a transcript; translate what it completes."""
        committed = self._utterances[leg].recognise(transcript, now_ms)
        return [command for clause in committed for command in self._interpret(leg, clause, now_ms)]

    def translated(self, clause: int, text: str, now_ms: int, misses: tuple[str, ...] = ()) -> list[Command]:
        return self._each_queue(lambda queue: queue.translated(clause, text, now_ms, misses))

    def untranslated(self, clause: int, code: str, now_ms: int) -> list[Command]:
        return self._each_queue(lambda queue: queue.untranslated(clause, code, now_ms))

    def voiced(self, clause: int, ulaw: bytes, now_ms: int) -> None:
        for queue in self._queues.values():
            queue.voiced(clause, ulaw, now_ms)

    def voice_ended(self, clause: int, code: str | None, now_ms: int) -> list[Command]:
        """The clause has all its audio, or, with a ``code``, its voice failed."""
        return self._each_queue(lambda queue: queue.voice_ended(clause, now_ms, code))

    def say(self, leg: Leg, text: str, language: str, now_ms: int) -> tuple[int, list[Command]]:
        """Say something of the bridge's own; return the clause it is."""
        clause = Clause(id=next(self._clause_ids), listener=leg, text=text, language=language, translated_ms=now_ms)
        _, queued = self._queues[leg].add(clause, now_ms)
        return clause.id, queued

    # --- Time -------------------------------------------------------------------------------------------------------

    def watch(self, now_ms: int) -> list[Command]:
        """Act on what did not happen."""
        return [command for tracker in self._utterances.values() for command in tracker.watch(now_ms)]

    def due(self, now_ms: int) -> list[Command]:
        """Return what is to be sent to the loudspeakers now."""
        return [command for queue in self._queues.values() for command in queue.due(now_ms)]

    def wake_times_ms(self, now_ms: int) -> list[int]:
        """Return when ``watch`` and ``due`` want to be asked again."""
        wanted = [queue.playout.next_due_ms(now_ms) for queue in self._queues.values()]
        wanted += [tracker.next_watch_ms() for tracker in self._utterances.values()]
        return [time_ms for time_ms in wanted if time_ms is not None]

    # --- The end ----------------------------------------------------------------------------------------------------

    def abandon(self, *legs: Leg) -> list[Command]:
        """Forget what was to be said to these legs; return the records of what was never heard."""
        return [command for leg in legs for command in self._queues[leg].abandon()]

    # ----------------------------------------------------------------------------------------------------------------

    def _interpret(self, leg: Leg, committed: CommittedClause, now_ms: int) -> list[Command]:
        commands: list[Command] = []
        if leg is Leg.CLIENT:
            commands += self._observe_language(committed)
            source, target = committed.language or self._language.current, self._config.agent_language
        else:
            source, target = self._config.agent_language, self._language.current
        clause = Clause(
            id=next(self._clause_ids),
            sequence=next(self._sequences),
            listener=leg.other,
            text=committed.text,
            language=target,
            source_text=committed.text,
            source_language=source,
            began_ms=committed.began_ms,
            ended_ms=committed.ended_ms,
            recognised_ms=now_ms,
            translated_ms=now_ms if source == target else None,
        )
        was_queued, queued = self._queues[leg.other].add(clause, now_ms)
        commands += queued
        if was_queued and source != target:
            commands.append(Translate(clause.id, clause.source_text, source, target))
        return commands

    def _observe_language(self, committed: CommittedClause) -> list[Command]:
        """Learn from what the client said; a recogniser that need no longer guess is told."""
        if committed.language is None:
            return []
        self._language.observe(
            committed.language, committed.language_probability, committed.ended_ms - committed.began_ms
        )
        if self._language.candidates == self._listening_for:
            return []
        self._listening_for = self._language.candidates
        return [SetRecognitionLanguages(Leg.CLIENT, self._listening_for)]

    def _each_queue(self, ask: Callable[[SpeechQueue], list[Command]]) -> list[Command]:
        """Ask both queues: a clause is in one of them, and the other one has nothing to say about it."""
        return [command for queue in self._queues.values() for command in ask(queue)]
