"""Both directions of a call: from what each leg says to what the other one hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from app.core.call_config import CallConfig
from app.core.clause import Clause
from app.core.client_language import ClientLanguage, Heard, LanguageChange, text_length
from app.core.direct import Said
from app.core.directions import Directions
from app.core.language_hints import LanguageHint
from app.core.outages import Outages
from app.core.own_words import OwnWords
from app.core.party import Party, both_parties
from app.core.playout import Playout
from app.core.speculation import Guess
from app.core.speech_queue import SpeechQueue
from app.core.utterances import CommittedClause
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
        self._parties = both_parties(config, lambda: next(self._clause_ids))
        queues = {leg: party.queue for leg, party in self._parties.items()}
        targets = {leg: self._direction(leg, None)[1] for leg in Leg}
        self._directions = Directions(config.direct, queues, targets, self._given_clause, self._cascade)
        self._is_direct = bool(self._directions)
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
        return self._parties[leg].pitch.is_open

    @property
    def direct_targets(self) -> dict[Leg, str]:
        """Return whose speech a speech-to-speech provider is to interpret, and into what."""
        return self._directions.targets

    def playout(self, leg: Leg) -> Playout:
        """Return what writes to a leg's loudspeaker."""
        return self._parties[leg].queue.playout

    # --- From speech to speech --------------------------------------------------------------------------------------

    def hear(self, event: FrameHeard, now_ms: int) -> list[Command]:
        """Take a frame; without a boundary it is only pushed to the recogniser."""
        frame = event.frame
        party = self._parties[frame.leg]
        other, listener = party.other, party.listener
        if event.is_speech and party.pitch.is_open:
            party.pitch.hear(event.is_speech, event.pitch_hz)
            other.queue.speaker_register = party.pitch.register
        commands = party.utterances.hear(event, now_ms)
        is_speaking = party.utterances.is_speaking
        if len(commands) > 1 and any(isinstance(command, HintPause) for command in commands):
            self._look_ahead(party, now_ms)
        if other.listener.hears_original:
            other.listener.overhear(frame.ulaw, is_original=True)
        if self._is_direct:
            self._directions.hear(frame.leg, frame.ulaw, is_speaking, now_ms)
        if is_speaking or listener.is_speaking:
            commands += listener.speak(is_speaking, event.is_speech, now_ms)
        return commands

    @property
    def is_frame_by_frame(self) -> bool:
        """Whether a frame may change what is due although it is only pushed to the recogniser."""
        if self._is_direct or not self.outages.is_settled:
            return True
        return any(party.listener.hears_other for party in self._parties.values())

    def recognise(self, leg: Leg, transcript: Transcript, now_ms: int) -> list[Command]:
        """Take a transcript; translate what it completes."""
        party = self._parties[leg]
        party.listener.read(transcript)
        commands = party.utterances.recognise(transcript, self._spoken_by(leg), now_ms)
        commands += self._interpret_committed(party, now_ms)
        self._look_ahead(party, now_ms)
        if transcript.is_final:
            commands += party.ahead.settle()
        return commands + self._speak_ahead(party)

    def translated(self, clause: int, text: str, now_ms: int, misses: tuple[str, ...] = ()) -> list[Command]:
        for party in self._parties.values():
            party.ahead.translated(clause, text, misses)
        commands = self._each_queue(lambda queue: queue.translated(clause, text, now_ms, misses))
        return commands + [command for party in self._parties.values() for command in self._speak_ahead(party)]

    def untranslated(self, clause: int, code: str, now_ms: int) -> list[Command]:
        wasted = [command for party in self._parties.values() for command in party.ahead.untranslated(clause)]
        return wasted + self._each_queue(lambda queue: queue.untranslated(clause, code, now_ms))

    def direct_heard(self, leg: Leg, piece: DirectPiece, now_ms: int) -> list[Command]:
        """Take what a speech-to-speech provider makes of what a leg says."""
        return self._directions.take(leg, piece, self._spoken_by(leg), now_ms)

    def direct_failed(self, leg: Leg, now_ms: int) -> list[Command]:
        """The cascade says what the provider has not said, and everything from now on."""
        return self._directions.failed(leg, now_ms)

    def voiced(self, clause: int, ulaw: bytes, now_ms: int) -> None:
        for party in self._parties.values():
            party.queue.voiced(clause, ulaw, now_ms)

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
        return clause.id, self._parties[leg].queue.add(clause, now_ms)

    # --- What operators and parties ask for -------------------------------------------------------------------------

    def set_listening(self, leg: Leg, listening: Listening, now_ms: int) -> list[Command]:
        """Choose what a leg hears from now on."""
        return self._parties[leg].listener.set_listening(listening, now_ms)

    def set_overlap(self, leg: Leg, overlap: Overlap) -> None:
        """Choose what becomes of a translation that a leg speaks over."""
        self._parties[leg].listener.set_overlap(overlap)

    def set_base_tempo(self, leg: Leg, tempo: float) -> None:
        """Speak to a leg at this tempo (0.8 to 1.25), and faster where it has to keep up."""
        self._parties[leg].queue.base_tempo = tempo

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
        sentence = self._parties[leg].queue.heard.last_sentence()
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
        for leg, party in self._parties.items():
            party.listener.set_bypass(is_bypassed or leg.other in self.outages.directions, now_ms)
        return is_bypassed

    # --- Time -------------------------------------------------------------------------------------------------------

    def watch(self, now_ms: int) -> list[Command]:
        """Act on what did not happen, and on what is old enough."""
        commands: list[Command] = []
        for leg, party in self._parties.items():
            if party.utterances.is_speaking or party.utterances.is_unfinished:
                commands += party.utterances.watch(self._spoken_by(leg), now_ms)
                commands += self._interpret_committed(party, now_ms)
            commands += party.ahead.due(now_ms)
        return commands + self._directions.watch(self._spoken_by, now_ms)

    def due(self, now_ms: int, legs: Iterable[Leg] = Leg) -> list[Command]:
        """Return what is to be sent to these loudspeakers now."""
        commands: list[Command] = []
        for leg in legs:
            party, other = self._parties[leg], self._parties[leg].other
            sent, voice = party.listener.due(
                is_speaking=party.utterances.is_speaking,
                other_is_speaking=other.utterances.is_speaking,
                other_is_unfinished=other.utterances.is_unfinished or self._directions.is_owing(other.leg),
                now_ms=now_ms,
            )
            if voice:
                other.listener.overhear(voice, is_original=False)
            commands += sent
        return commands

    def due_times_ms(self, now_ms: int) -> dict[Leg, int]:
        """Return when ``due`` wants to be asked again, for the legs that it does for."""
        wanted: dict[Leg, int] = {}
        for leg, party in self._parties.items():
            if (due_ms := party.listener.next_due_ms(now_ms)) is not None:
                wanted[leg] = due_ms
        return wanted

    def watch_times_ms(self, now_ms: int) -> list[int]:
        """Return when ``watch`` wants to be asked again."""
        wanted = self._directions.watch_times_ms(now_ms) if self._is_direct else []
        for party in self._parties.values():
            wanted += party.utterances.wake_times_ms()
            if (ahead_ms := party.ahead.next_due_ms()) is not None:
                wanted.append(ahead_ms)
        return wanted

    # --- The end ----------------------------------------------------------------------------------------------------

    def abandon(self, *legs: Leg) -> list[Command]:
        """Forget what was to be said to these legs; return the records of what was never heard."""
        wasted = [command for leg in legs for command in self._parties[leg].other.ahead.settle()]
        return wasted + [command for leg in legs for command in self._parties[leg].queue.abandon()]

    # ----------------------------------------------------------------------------------------------------------------

    def _interpret_committed(self, party: Party, now_ms: int) -> list[Command]:
        committed = party.utterances.committed(now_ms, party.unheard_ms(now_ms))
        return [command for clause in committed for command in self._interpret(party, clause, now_ms)]

    def _interpret(self, party: Party, committed: CommittedClause, now_ms: int) -> list[Command]:
        leg = party.leg
        if party.queue.spoken.is_echo(committed.text, committed.began_ms, now_ms):
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
        if said.needs_no_translation and party.other.listener.hears_original_since(committed.began_ms):
            clause = said.as_clause(leg.other, next(self._clause_ids), next(self._sequences), now_ms)
            return commands + clause.report(Outcome.PASSED_THROUGH, self._config.started_at)
        return commands + self._directions.interpret(leg, said, now_ms)

    def _cascade(self, leg: Leg, said: Said, now_ms: int) -> list[Command]:
        """Have a clause translated, then spoken."""
        committed, source, target = said.clause, said.source, said.target
        party = self._parties[leg]
        context = party.said_before.context(source, now_ms)
        party.said_before.add(committed.text, source, now_ms)
        guess = party.ahead.take(committed.text, source, target) if said.is_covered else None
        clause_id = next(self._clause_ids) if guess is None else guess.clause
        clause = said.as_clause(leg.other, clause_id, next(self._sequences), now_ms)
        if not said.is_covered:
            return clause.report(Outcome.UNTRANSLATED, self._config.started_at, LANGUAGE_UNCOVERED)
        queue = party.other.queue
        commands: list[Command] = []
        if guess is None and source != target:
            is_brief = queue.wants_brevity(now_ms)
            commands.append(Translate(clause.id, clause.source_text, source, target, is_brief, context=context))
        commands += queue.add(clause, now_ms)
        if guess is not None:
            commands += self._promote(party, guess, now_ms)
        return commands

    def _given_clause(self, listener: Leg) -> Clause:
        """Return a clause whose sound will come by itself."""
        return Clause(next(self._clause_ids), listener, "", "", sequence=next(self._sequences))

    def _promote(self, party: Party, guess: Guess, now_ms: int) -> list[Command]:
        """Use what was translated ahead; what is still on its way comes as any translation does."""
        promoted: list[Command] = [ReportSpeculation(party.leg, Stage.TRANSLATION, SpeculationOutcome.PROMOTED)]
        if guess.translation is None:
            return promoted
        return promoted + party.other.queue.translated(guess.clause, guess.translation, now_ms, guess.misses)

    def _look_ahead(self, party: Party, now_ms: int) -> None:
        if self._config.translates_ahead and not self._directions.is_active(party.leg):
            likely = party.utterances.likely(now_ms, party.unheard_ms(now_ms))
            source, target = self._direction(party.leg, likely.language)
            is_covered = party.leg is Leg.AGENT or source in self._config.client_languages
            context = party.said_before.context(source, now_ms)
            party.ahead.consider(likely.texts if is_covered else (), source, target, context)

    def _speak_ahead(self, party: Party) -> list[Command]:
        """Have the voice make what is translated ahead, and leave what was made in vain."""
        queue = party.other.queue
        commands = queue.review_ahead(party.ahead.knows)
        config = self._config
        is_voice_chosen = not (config.matches_voices and party.pitch.is_open)
        guess = party.ahead.next_translated() if config.speaks_ahead and is_voice_chosen else None
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

    def _each_queue(self, ask: Callable[[SpeechQueue], list[Command]]) -> list[Command]:
        """Ask both queues: a clause is in one of them, and the other one has nothing to say about it."""
        return [command for party in self._parties.values() for command in ask(party.queue)]
