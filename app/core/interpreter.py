"""Both directions of a call: from what each leg says to what the other one hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from app.core.apparent_pitch import ApparentPitch
from app.core.call_config import CallConfig
from app.core.clause import Clause
from app.core.clauses import ClausePolicy, ClausePolicyName, PauseClauses
from app.core.client_language import ClientLanguage, Heard, LanguageChange, text_length
from app.core.direct import Said
from app.core.directions import Directions
from app.core.language_hints import LanguageHint
from app.core.listener import Listener
from app.core.outages import Outages
from app.core.own_words import OwnWords
from app.core.playout import Playout
from app.core.said_before import SaidBefore
from app.core.speculation import Guess, Speculation
from app.core.speech_queue import SpeechQueue
from app.core.stable_clauses import StableClauses
from app.core.utterances import CommittedClause, UtteranceTracker
from app.domain.commands import (
    Command,
    HintPause,
    ReportEcho,
    ReportLanguage,
    ReportSpeculation,
    SetRecognitionLanguages,
    Translate,
)
from app.domain.direct import DirectPiece
from app.domain.events import FrameHeard
from app.domain.languages import LanguageReason
from app.domain.legs import Leg
from app.domain.phrases import Phrase
from app.domain.policies import Listening, Overlap
from app.domain.records import Outcome, SpeculationOutcome
from app.domain.transcripts import Transcript
from app.domain.usage import Stage

LANGUAGE_UNCOVERED = "language-uncovered"
"""The error code of what was said in a language that nothing covers."""


class Interpreter:
    """What the two say to each other. Whether there is a call at all is ``CallCore``'s business."""

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        self._clause_ids = count(1)
        self._sequences = count(1)
        self._language = ClientLanguage(config.client_language_hint, config.client_languages, config.client_region)
        self._own_words = OwnWords(config, self._language)
        self._recognition = self.client_recognition
        self._utterances = {
            leg: UtteranceTracker(leg, config.segmenter, self._new_clauses, config.final_timeout_ms) for leg in Leg
        }
        self._ahead = {leg: Speculation(leg, lambda: next(self._clause_ids), config.glossary) for leg in Leg}
        self._said_before = {leg: SaidBefore() for leg in Leg}
        self._pitches = {leg: ApparentPitch() for leg in Leg}
        self._listeners = {leg: Listener(leg, config) for leg in Leg}
        self._queues = {leg: listener.queue for leg, listener in self._listeners.items()}
        targets = {leg: self._direction(leg, None)[1] for leg in Leg}
        self._directions = Directions(config.direct, self._queues, targets, self._given_clause, self._cascade)
        self.outages = Outages()
        self._outages_followed = self.outages.directions

    @property
    def client_recognition(self) -> SetRecognitionLanguages:
        """What to listen for on the client's leg."""
        return SetRecognitionLanguages(Leg.CLIENT, self._language.candidates, self._language.is_settled)

    @property
    def client_language(self) -> str | None:
        """What the client speaks, whether or not it can be interpreted; None until it was detected."""
        return self._language.spoken

    def wants_pitch(self, leg: Leg) -> bool:
        """Whether it is still to be found how high this leg's voice sounds."""
        return self._pitches[leg].is_open

    @property
    def direct_targets(self) -> dict[Leg, str]:
        """Return whose speech a speech-to-speech provider is to interpret, and into what."""
        return self._directions.targets

    def playout(self, leg: Leg) -> Playout:
        """Return what writes to a leg's loudspeaker."""
        return self._queues[leg].playout

    # --- From speech to speech --------------------------------------------------------------------------------------

    def hear(self, event: FrameHeard, now_ms: int) -> list[Command]:
        """Take a frame; without a boundary it is only pushed to the recogniser."""
        leg = event.frame.leg
        other, tracker = leg.other, self._utterances[leg]
        if event.is_speech:
            pitch = self._pitches[leg]
            pitch.hear(event.is_speech, event.pitch_hz)
            self._queues[other].speaker_register = pitch.register
        commands = tracker.hear(event, now_ms)
        is_speaking = tracker.is_speaking
        if len(commands) > 1 and any(isinstance(command, HintPause) for command in commands):
            self._look_ahead(leg, now_ms)
        self._listeners[other].overhear(event.frame.ulaw, is_original=True)
        if self._directions:
            self._directions.hear(leg, event.frame.ulaw, is_speaking, now_ms)
        commands += self._listeners[leg].speak(is_speaking, event.is_speech, now_ms)
        return commands

    @property
    def is_frame_by_frame(self) -> bool:
        """Whether a frame may change what is due although it is only pushed to the recogniser."""
        hears_other = any(listener.hears_other for listener in self._listeners.values())
        return hears_other or bool(self._directions) or not self.outages.is_settled

    def recognise(self, leg: Leg, transcript: Transcript, now_ms: int) -> list[Command]:
        """Take a transcript; translate what it completes."""
        self._listeners[leg].read(transcript)
        commands = self._utterances[leg].recognise(transcript, self._spoken_by(leg), now_ms)
        commands += self._interpret_committed(leg, now_ms)
        self._look_ahead(leg, now_ms)
        if transcript.is_final:
            commands += self._ahead[leg].settle()
        return commands + self._speak_ahead(leg)

    def translated(self, clause: int, text: str, now_ms: int, misses: tuple[str, ...] = ()) -> list[Command]:
        for ahead in self._ahead.values():
            ahead.translated(clause, text, misses)
        commands = self._each_queue(lambda queue: queue.translated(clause, text, now_ms, misses))
        return commands + [command for leg in Leg for command in self._speak_ahead(leg)]

    def untranslated(self, clause: int, code: str, now_ms: int) -> list[Command]:
        wasted = [command for ahead in self._ahead.values() for command in ahead.untranslated(clause)]
        return wasted + self._each_queue(lambda queue: queue.untranslated(clause, code, now_ms))

    def direct_heard(self, leg: Leg, piece: DirectPiece, now_ms: int) -> list[Command]:
        """Take what a speech-to-speech provider makes of what a leg says."""
        return self._directions.take(leg, piece, self._spoken_by(leg), now_ms)

    def direct_failed(self, leg: Leg, now_ms: int) -> list[Command]:
        """The cascade says what the provider has not said, and everything from now on."""
        return self._directions.failed(leg, now_ms)

    def voiced(self, clause: int, ulaw: bytes, now_ms: int) -> None:
        for queue in self._queues.values():
            queue.voiced(clause, ulaw, now_ms)

    def voice_ended(self, clause: int, code: str | None, now_ms: int) -> list[Command]:
        """The clause has all its audio, or, with a ``code``, its voice failed."""
        return self._each_queue(lambda queue: queue.voice_ended(clause, now_ms, code))

    def say(
        self, leg: Leg, text: str, language: str, now_ms: int, *, is_repeat: bool = False
    ) -> tuple[int, list[Command]]:
        """Say something of the bridge's own, or again what a party said; return the clause it is."""
        clause = Clause(
            id=next(self._clause_ids),
            listener=leg,
            text=text,
            language=language,
            is_repeat=is_repeat,
            translated_ms=now_ms,
        )
        return clause.id, self._queues[leg].add(clause, now_ms)

    # --- What operators and parties ask for -------------------------------------------------------------------------

    def set_listening(self, leg: Leg, listening: Listening, now_ms: int) -> list[Command]:
        """Choose what a leg hears from now on."""
        return self._listeners[leg].set_listening(listening, now_ms)

    def set_overlap(self, leg: Leg, overlap: Overlap) -> None:
        """Choose what becomes of a translation that a leg speaks over."""
        self._listeners[leg].set_overlap(overlap)

    def set_base_tempo(self, leg: Leg, tempo: float) -> None:
        """Speak to a leg at this tempo (0.8 to 1.25), and faster where it has to keep up."""
        self._queues[leg].base_tempo = tempo

    def unheard(self, leg: Leg) -> None:
        """Nobody recognises what a leg says, which matters where nothing else interprets it."""
        self.outages.recogniser(leg, is_lost=not self._directions.is_active(leg))

    def follow_outages(self, commands: Iterable[Command], now_ms: int) -> list[Command]:
        """Let the parties hear each other where nothing else gets through, and tell them."""
        self.outages.note(commands)
        if self.outages.directions != self._outages_followed:
            self._outages_followed = self.outages.directions
            self._choose_bypass(now_ms)
        news = self.outages.news(now_ms)
        if news is None:
            return []
        return [command for leg in Leg for command in self.tell(leg, news, now_ms)[1]]

    def repeat(self, leg: Leg, now_ms: int) -> list[Command] | None:
        """Say the last sentence again that a leg heard; None when it heard none."""
        sentence = self._queues[leg].heard.last_sentence()
        return None if sentence is None else self.say(leg, *sentence, now_ms, is_repeat=True)[1]

    def tell(self, leg: Leg, phrase: Phrase, now_ms: int) -> tuple[int, list[Command]]:
        """Say one of the bridge's phrases, in what the leg speaks where it can be said; return the clause it is."""
        text, language = self._own_words.phrase(leg, phrase)
        return self.say(leg, text, language, now_ms)

    # --- Languages --------------------------------------------------------------------------------------------------

    def suggest_language(self, hint: LanguageHint, now_ms: int) -> list[Command]:
        """Take a hint that came after the call began."""
        self._language.suggest(hint)
        return self._adapt(now_ms)

    def choose_language(self, language: str, now_ms: int) -> list[Command]:
        """The client asked for a language: lock it. Nothing happens where it cannot be interpreted."""
        change = self._language.choose(language)
        return [] if change is None else self._follow(change, now_ms)

    def _follow(self, change: LanguageChange, now_ms: int) -> list[Command]:
        """Let everything go over to the client's new language."""
        commands: list[Command] = [ReportLanguage(change.reason, change.language, change.previous)]
        commands += self._adapt(now_ms)
        if change.reason is LanguageReason.UNCOVERED:
            for leg, text, told_in in self._own_words.uncovered(change.language):
                commands += self.say(leg, text, told_in, now_ms)[1]
        return commands

    def _adapt(self, now_ms: int) -> list[Command]:
        """Tell loudspeakers and recogniser what the client speaks, where it is news to them."""
        is_bypassed = self._choose_bypass(now_ms)
        commands = self._directions.aim(Leg.AGENT, None if is_bypassed else self._language.current, now_ms)
        commands += self._directions.aim(Leg.CLIENT, None if is_bypassed else self._config.agent_language, now_ms)
        if self.client_recognition == self._recognition:
            return commands
        self._recognition = self.client_recognition
        return [*commands, self._recognition]

    def _choose_bypass(self, now_ms: int) -> bool:
        """Let those through who speak alike, or who would not be heard at all; return whether they speak alike."""
        config = self._config
        speak_alike = self._language.is_settled and self._language.current == config.agent_language
        is_bypassed = speak_alike and config.bypass_same_language
        for leg, listener in self._listeners.items():
            listener.set_bypass(is_bypassed or leg.other in self.outages.directions, now_ms)
        return is_bypassed

    # --- Time -------------------------------------------------------------------------------------------------------

    def watch(self, now_ms: int) -> list[Command]:
        """Act on what did not happen, and on what is old enough."""
        commands: list[Command] = []
        for leg, tracker in self._utterances.items():
            if tracker.is_speaking or tracker.is_unfinished:
                commands += tracker.watch(self._spoken_by(leg), now_ms)
                commands += self._interpret_committed(leg, now_ms)
            commands += self._ahead[leg].due(now_ms)
        return commands + self._directions.watch(self._spoken_by, now_ms)

    def due(self, now_ms: int, legs: Iterable[Leg] = Leg) -> list[Command]:
        """Return what is to be sent to these loudspeakers now."""
        commands: list[Command] = []
        for leg in legs:
            listener, other = self._listeners[leg], self._utterances[leg.other]
            sent, voice = listener.due(
                is_speaking=self._utterances[leg].is_speaking,
                other_is_speaking=other.is_speaking,
                other_is_unfinished=other.is_unfinished or self._directions.is_owing(leg.other),
                now_ms=now_ms,
            )
            self._listeners[leg.other].overhear(voice, is_original=False)
            commands += sent
        return commands

    def due_times_ms(self, now_ms: int) -> dict[Leg, int]:
        """Return when ``due`` wants to be asked again, for the legs that it does for."""
        wanted = {leg: listener.next_due_ms(now_ms) for leg, listener in self._listeners.items()}
        return {leg: time_ms for leg, time_ms in wanted.items() if time_ms is not None}

    def watch_times_ms(self, now_ms: int) -> list[int]:
        """Return when ``watch`` wants to be asked again."""
        wanted = [time_ms for tracker in self._utterances.values() for time_ms in tracker.wake_times_ms()]
        wanted += self._directions.watch_times_ms(now_ms)
        return wanted + [time_ms for ahead in self._ahead.values() if (time_ms := ahead.next_due_ms()) is not None]

    # --- The end ----------------------------------------------------------------------------------------------------

    def abandon(self, *legs: Leg) -> list[Command]:
        """Forget what was to be said to these legs; return the records of what was never heard."""
        wasted = [command for leg in legs for command in self._ahead[leg.other].settle()]
        return wasted + [command for leg in legs for command in self._queues[leg].abandon()]

    # ----------------------------------------------------------------------------------------------------------------

    def _interpret_committed(self, leg: Leg, now_ms: int) -> list[Command]:
        committed = self._utterances[leg].committed(now_ms, self._queued_for_listener_ms(leg, now_ms))
        return [command for clause in committed for command in self._interpret(leg, clause, now_ms)]

    def _interpret(self, leg: Leg, committed: CommittedClause, now_ms: int) -> list[Command]:
        if self._queues[leg].spoken.is_echo(committed.text, committed.began_ms, now_ms):
            return [ReportEcho(leg)]
        commands: list[Command] = []
        is_covered = True
        if leg is Leg.CLIENT:
            heard = self._language.hear(
                Heard(
                    utterance=committed.utterance,
                    language=committed.language,
                    probability=committed.language_probability,
                    speech_ms=committed.ended_ms - committed.began_ms,
                    characters=text_length(committed.text),
                )
            )
            commands += self._adapt(now_ms) if heard.change is None else self._follow(heard.change, now_ms)
            source, target, is_covered = heard.language, self._config.agent_language, heard.is_covered
        else:
            source, target = self._direction(leg, committed.language)
        said = Said(committed, source, target, is_covered)
        if said.needs_no_translation and self._listeners[leg.other].hears_original_since(committed.began_ms):
            clause = said.as_clause(leg.other, next(self._clause_ids), next(self._sequences), now_ms)
            return commands + clause.report(Outcome.PASSED_THROUGH, self._config.started_at)
        return commands + self._directions.interpret(leg, said, now_ms)

    def _cascade(self, leg: Leg, said: Said, now_ms: int) -> list[Command]:
        """Have a clause translated, then spoken."""
        committed, source, target = said.clause, said.source, said.target
        context = self._said_before[leg].context(source, now_ms)
        self._said_before[leg].add(committed.text, source, now_ms)
        guess = self._ahead[leg].take(committed.text, source, target) if said.is_covered else None
        clause_id = next(self._clause_ids) if guess is None else guess.clause
        clause = said.as_clause(leg.other, clause_id, next(self._sequences), now_ms)
        if not said.is_covered:
            return clause.report(Outcome.UNTRANSLATED, self._config.started_at, LANGUAGE_UNCOVERED)
        queue = self._queues[leg.other]
        commands: list[Command] = []
        if guess is None and source != target:
            is_brief = queue.wants_brevity(now_ms)
            commands.append(Translate(clause.id, clause.source_text, source, target, is_brief, context=context))
        commands += queue.add(clause, now_ms)
        if guess is not None:
            commands += self._promote(leg, guess, now_ms)
        return commands

    def _given_clause(self, listener: Leg) -> Clause:
        """Return a clause whose sound will come by itself."""
        return Clause(next(self._clause_ids), listener, "", "", sequence=next(self._sequences))

    def _promote(self, leg: Leg, guess: Guess, now_ms: int) -> list[Command]:
        """Use what was translated ahead; what is still on its way comes as any translation does."""
        promoted: list[Command] = [ReportSpeculation(leg, Stage.TRANSLATION, SpeculationOutcome.PROMOTED)]
        if guess.translation is None:
            return promoted
        return promoted + self._queues[leg.other].translated(guess.clause, guess.translation, now_ms, guess.misses)

    def _look_ahead(self, leg: Leg, now_ms: int) -> None:
        if self._config.translates_ahead and not self._directions.is_active(leg):
            likely = self._utterances[leg].likely(now_ms, self._queued_for_listener_ms(leg, now_ms))
            source, target = self._direction(leg, likely.language)
            is_covered = leg is Leg.AGENT or source in self._config.client_languages
            context = self._said_before[leg].context(source, now_ms)
            self._ahead[leg].consider(likely.texts if is_covered else (), source, target, context)

    def _speak_ahead(self, leg: Leg) -> list[Command]:
        """Have the voice make what is translated ahead, and leave what was made in vain."""
        ahead, queue = self._ahead[leg], self._queues[leg.other]
        commands = queue.review_ahead(ahead.knows)
        config = self._config
        is_voice_chosen = not (config.matches_voices and self._pitches[leg].is_open)
        guess = ahead.next_translated() if config.speaks_ahead and is_voice_chosen else None
        if guess is not None and guess.translation is not None:
            commands += queue.speak_ahead(guess.clause, guess.translation, guess.target)
        return commands

    def _direction(self, leg: Leg, heard: str | None) -> tuple[str, str]:
        """Return the languages from and into which a leg's speech is translated; ``heard``: by the recogniser."""
        if leg is Leg.CLIENT:
            return heard or self._language.current, self._config.agent_language
        return self._config.agent_language, self._language.current

    def _spoken_by(self, leg: Leg) -> str:
        """Return the language that a leg speaks, as far as it is known."""
        return self._direction(leg, None)[0]

    def _queued_for_listener_ms(self, leg: Leg, now_ms: int) -> int:
        return self._queues[leg.other].playout.queued_ms(now_ms)

    def _new_clauses(self, began_ms: int) -> ClausePolicy:
        if self._config.clause_policy is ClausePolicyName.PAUSE:
            return PauseClauses(began_ms)
        return StableClauses(began_ms, self._config.clause_limits)

    def _each_queue(self, ask: Callable[[SpeechQueue], list[Command]]) -> list[Command]:
        """Ask both queues: a clause is in one of them, and the other one has nothing to say about it."""
        return [command for queue in self._queues.values() for command in ask(queue)]
