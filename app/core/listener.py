"""One leg as a listener: what it hears, and what becomes of that when its party speaks."""

from __future__ import annotations

from app.core.call_config import CallConfig
from app.core.comfort import SilenceWatch
from app.core.listening import BYPASS, HEARINGS, Hearing
from app.core.overlap import OverlapDecision, OverlapWatch
from app.core.playout import Playout
from app.core.speech_queue import SpeechQueue
from app.domain.commands import Command
from app.domain.legs import Leg
from app.domain.policies import Listening, Overlap
from app.domain.transcripts import Transcript


class Listener:
    """Owns the leg's queue and loudspeaker."""

    __slots__ = (
        "_bypass_began_ms",
        "_hearing",
        "_is_bypassed",
        "_listening",
        "_overlap",
        "_playout",
        "_silence",
        "hears_original",
        "hears_other",
        "is_speaking",
        "queue",
    )

    def __init__(self, leg: Leg, config: CallConfig) -> None:
        playout = Playout(leg, config.sound, config.comfort_tone)
        self.queue = SpeechQueue(leg, config.started_at, playout, config.governor)
        self._playout = playout
        self._overlap = OverlapWatch(config.overlap[leg])
        self._silence = SilenceWatch()
        self._hearing = Hearing()
        self._listening = config.listening[leg]
        self._is_bypassed = False
        self._bypass_began_ms = 0
        self.is_speaking = False
        """Whether they were in an utterance when they last spoke or were to."""
        self.hears_original = False
        """Whether what the other party says is let through."""
        self.hears_other = False
        """Whether anything of what the other party says or is played is let through."""
        self._set_hearing(HEARINGS[self._listening])

    def set_listening(self, listening: Listening, now_ms: int) -> list[Command]:
        """Choose what is heard from now on; what plays and is no longer wanted ends at once."""
        had_translation = self._hearing.has_translation
        self._listening = listening
        self._choose_hearing(now_ms)
        return self.queue.silence(now_ms) if had_translation and not self._hearing.has_translation else []

    def set_bypass(self, is_bypassed: bool, now_ms: int) -> None:
        """Let the other party through, or no longer; what is translated is spoken all the same.

        A leg that is to hear no translation hears what was chosen for it.
        """
        self._is_bypassed = is_bypassed
        self._choose_hearing(now_ms)

    def hears_original_since(self, at_ms: int) -> bool:
        """Whether the other party was let through from that time on."""
        is_heard = self._hearing is BYPASS and self._playout.is_open
        return is_heard and at_ms >= max(self._bypass_began_ms, self._playout.opened_ms)

    def set_overlap(self, overlap: Overlap) -> None:
        self._overlap.policy = overlap

    def overhear(self, ulaw: bytes, *, is_original: bool) -> None:
        """Take what the other party says, or what they are played."""
        if self.hears_original if is_original else self._hearing.echo_db is not None:
            self._playout.overhear(ulaw)

    def speak(self, is_speaking: bool, is_voice: bool, now_ms: int) -> list[Command]:
        """Take the listener's own next frame: whether they are in an utterance, and whether it has voice."""
        self.is_speaking = is_speaking
        if not is_speaking:
            self._overlap.rest()
            self._playout.is_ducked = False
            return []
        decision = self._overlap.hear(is_voice, self.queue.translation_since_ms(now_ms), now_ms)
        self._playout.is_ducked = decision is OverlapDecision.DUCK
        return self.queue.interrupt(now_ms) if decision is OverlapDecision.STOP else []

    def read(self, transcript: Transcript) -> None:
        """Take what the recogniser makes of what the listener says."""
        self._overlap.read(transcript.text, transcript.language)

    def due(
        self, *, is_speaking: bool, other_is_speaking: bool, other_is_unfinished: bool, now_ms: int
    ) -> tuple[list[Command], bytes]:
        """Return what is to be sent now, and the voice in it.

        ``other_is_unfinished``: the other party said something that no clause was made of yet.
        """
        self._playout.is_ducked = self._playout.is_ducked and is_speaking
        is_silence_due = self._is_silence_due(is_speaking, other_is_unfinished, now_ms)
        comfort = self._playout.comfort(is_silence_due, now_ms)
        commands, voice = self.queue.due(now_ms, other_is_speaking)
        if commands:
            # A clause that is asked for only now is waited for from now on.
            self._is_silence_due(is_speaking, other_is_unfinished, now_ms)
        return [*comfort, *commands], voice

    def _is_silence_due(self, is_speaking: bool, other_is_unfinished: bool, now_ms: int) -> bool:
        """Whether the listener waits for so long, and hears nothing, that it has to be covered."""
        if not self._hearing.is_quiet_while_waiting:
            return False
        is_pending = other_is_unfinished or self.queue.is_pending()
        return self._silence.decide(is_pending, is_speaking, self._playout.carrier.heard_until_ms, now_ms)

    def next_due_ms(self, now_ms: int) -> int | None:
        """Return when ``due`` wants to be asked again, if nothing happens before."""
        play_ms = self._playout.next_due_ms(now_ms)
        comfort_ms = self._silence.next_due_ms(now_ms) if self._playout.is_open else None
        if play_ms is None or comfort_ms is None:
            return comfort_ms if play_ms is None else play_ms
        return min(play_ms, comfort_ms)

    def _choose_hearing(self, now_ms: int) -> None:
        hearing = HEARINGS[self._listening]
        if self._is_bypassed and hearing.has_translation:
            hearing = BYPASS
            if self._hearing is not BYPASS:
                self._bypass_began_ms = now_ms
        self._set_hearing(hearing)

    def _set_hearing(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self.hears_original = hearing.original_db is not None
        self.hears_other = self.hears_original or hearing.echo_db is not None
        self._playout.set_hearing(hearing)
        self.queue.is_voiced = hearing.has_translation
