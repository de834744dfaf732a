"""What one leg hears and when: the only writer of its loudspeaker.

The carrier plays whatever it is sent in order and cannot take it back without ``clear``, so little is sent ahead: at
most 200 ms of audio lie at the carrier, and everything else waits here, where it can still be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.core.carrier_buffer import CarrierBuffer
from app.core.listening import Hearing
from app.core.side_track import SideTrack, ToneLoop
from app.core.sound import Sound
from app.core.voice_track import Pace, VoiceTrack
from app.domain.audio import BYTES_PER_MS
from app.domain.commands import ClearPlayout, Command, PlayAudio, SendMark
from app.domain.legs import Leg

_LEAD_MS = 200
_MESSAGE_MS = 100
"""Audio travels in messages of this length: tiny ones make the start of words jitter."""
_MESSAGE_BYTES = _MESSAGE_MS * BYTES_PER_MS
_COMFORT_LEAD_MS = 40
_COMFORT_BYTES = 60 * BYTES_PER_MS
"""Comfort is sent late and in small pieces, for it must stop at once."""
_DUCKED_DB = -12.0


@dataclass(slots=True)
class Sent:
    """What is to be sent now, in order, and what that means for the clauses."""

    commands: list[Command] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    """Clauses of which the first audio is among it."""
    ended: list[int] = field(default_factory=list)
    """Clauses of which the last audio is among it."""
    voice: bytes = b""
    """The clauses' audio, without what is mixed into it."""


class Playout:
    """One leg's queue of clauses, paced against the time at which the carrier will have played what it has."""

    __slots__ = (
        "_background",
        "_comfort",
        "_fader",
        "_hearing",
        "_is_comforted",
        "_is_open",
        "_leg",
        "_side",
        "_sound",
        "_voice",
        "carrier",
        "is_ducked",
        "opened_ms",
    )

    def __init__(self, leg: Leg, sound: Sound, comfort_tone: bytes = b"") -> None:
        self._leg = leg
        self._sound = sound
        self._voice = VoiceTrack(sound)
        self._fader = sound.fader()
        self._hearing = Hearing()
        self._side = SideTrack(0)
        self._background = ToneLoop()
        self._comfort = ToneLoop(comfort_tone)
        self._is_comforted = False
        self._is_open = False
        self.opened_ms = 0
        self.carrier = CarrierBuffer()
        """To be read, not written to."""
        self.is_ducked = False
        """Whether the voice goes on quietly, because the listener speaks."""

    def open(self, now_ms: int) -> None:
        """The leg's stream is there: what was queued may be sent."""
        self._is_open = True
        self.opened_ms = now_ms
        self.carrier.open(now_ms)

    def close(self) -> None:
        """The stream is gone: nothing is sent any more and nothing kept."""
        self._is_open = False
        self._is_comforted = False
        self._voice.clear()
        self._side = SideTrack(0)
        self._background = ToneLoop()

    @property
    def is_open(self) -> bool:
        return self._is_open

    # --- What is heard ----------------------------------------------------------------------------------------------

    def set_background(self, cycle: bytes) -> None:
        """Play this mu-law again and again while no clause has audio; empty for silence."""
        self._background = ToneLoop(cycle)

    def set_hearing(self, hearing: Hearing) -> None:
        """Choose what is heard beside the voice."""
        if hearing != self._hearing:
            self._hearing = hearing
            self._side = SideTrack(hearing.prime_ms)

    def overhear(self, ulaw: bytes) -> None:
        """Take what is to be heard beside the voice: the next 20 ms of the other party, or what they are played."""
        if self._is_open and not self._background:
            self._side.push(ulaw)

    def comfort(self, is_wanted: bool, now_ms: int) -> list[Command]:
        """Begin or end the comfort tone; it ends at once, at the carrier too."""
        self._is_comforted = is_wanted and self._is_open and bool(self._comfort)
        is_at_carrier = self.carrier.has_comfort_last and self.carrier.lead_ms(now_ms) > 0
        if self._is_comforted or not is_at_carrier:
            return []
        self.carrier.rewind(now_ms)
        return [ClearPlayout(self._leg)]

    def add(self, clause: int, ulaw: bytes) -> None:
        """Queue the next audio of a clause; clauses are heard in the order of their first audio."""
        self._voice.add(clause, ulaw)

    def finish(self, clause: int) -> None:
        """No more audio will come for this clause."""
        self._voice.finish(clause)

    def queued_ms(self, now_ms: int) -> int:
        """How much voice is still to be heard on this leg, at the carrier or here."""
        return self.carrier.voice_lead_ms(now_ms) + self._voice.queued_ms()

    def has(self, clause: int, now_ms: int) -> bool:
        """Whether something of this clause is still to be heard."""
        self.carrier.forget_played(now_ms, self._voice.clauses)
        return self.carrier.has_voice_of(clause) or clause in self._voice.clauses

    def waiting_ms(self, clause: int | None = None) -> int:
        """How much voice waits here, of one clause or of all."""
        return self._voice.queued_ms(clause)

    def settle(self) -> tuple[dict[float, int], int, int]:
        """Return the milliseconds of voice sent at each speed, of pauses cut and of the side track lost, since last."""
        return *self._voice.settle(), self._side.settle()

    # --- Sending ----------------------------------------------------------------------------------------------------

    def is_due(self, now_ms: int) -> bool:
        """Whether ``due`` has something now."""
        due_ms = self.next_due_ms(now_ms)
        return due_ms is not None and due_ms <= now_ms

    def due(self, now_ms: int, pace: Pace | None = None) -> Sent:
        """Return what to send now, at this pace."""
        sent = Sent()
        self.carrier.forget_played(now_ms, self._voice.clauses)
        while self._is_open and self.carrier.lead_ms(now_ms) <= _LEAD_MS - _MESSAGE_MS:
            if self._voice.has_audio:
                self._send_voice(sent, pace or Pace(), now_ms)
            elif self._background:
                self._send(sent, self._background.take(_MESSAGE_BYTES), now_ms)
            elif self._side.has_enough(is_dry=self.carrier.lead_ms(now_ms) == 0):
                side = self._side.take_alone(_MESSAGE_BYTES)
                self._send(sent, self._sound.attenuate(side, self._hearing.side_db or 0.0), now_ms)
            elif self._is_comforted and self.carrier.lead_ms(now_ms) <= _COMFORT_LEAD_MS:
                ulaw = self._comfort.take(_COMFORT_BYTES)
                self.carrier.send(ulaw, now_ms, is_comfort=True)
                sent.commands.append(PlayAudio(self._leg, ulaw))
            else:
                break
        return sent

    def next_due_ms(self, now_ms: int) -> int | None:
        """Return when ``due`` will have something again, or None while there is nothing to send."""
        if not self._is_open:
            return None
        has_side = self._side.has_enough(is_dry=self.carrier.lead_ms(now_ms) == 0)
        if self._voice.has_audio or self._background or has_side:
            return max(now_ms, self.carrier.played_until_ms - _LEAD_MS + _MESSAGE_MS)
        return max(now_ms, self.carrier.played_until_ms - _COMFORT_LEAD_MS) if self._is_comforted else None

    def cut(self, now_ms: int) -> tuple[list[Command], dict[int, int]]:
        """Stop the voice at once; return how many milliseconds were heard of each clause that was not over.

        The carrier answers the marks that wait there; those of the clauses that are cut here are never sent.
        """
        unsent = dict.fromkeys(self._voice.clauses, 0)
        self._voice.clear()
        if not self._is_open:
            return [], unsent
        self.carrier.forget_played(now_ms, tuple(unsent))
        heard_ms = self.carrier.clear(now_ms)
        return [ClearPlayout(self._leg)], {**unsent, **heard_ms}

    def _send_voice(self, sent: Sent, pace: Pace, now_ms: int) -> None:
        sent.commands += self.comfort(False, now_ms)
        clause = self._voice.clause
        assert clause is not None
        voice = self._voice.take(_MESSAGE_BYTES, pace)
        if voice:
            if not self.carrier.has_voice_of(clause):
                sent.started.append(clause)
            faded = self._fader.fade(voice, _DUCKED_DB if self.is_ducked else 0.0)
            self._send(sent, self._with_side(faded), now_ms, clause)
            sent.voice += voice
        if self._voice.is_at_end:
            sent.ended.append(self._voice.drop_first())
            sent.commands.append(SendMark(self._leg, mark_name(clause)))

    def _with_side(self, voice: bytes) -> bytes:
        """Return the voice with the side track under it."""
        side = self._side.take_under(len(voice))
        return self._sound.mix(voice, self._sound.attenuate(side, self._hearing.side_db or 0.0)) if side else voice

    def _send(self, sent: Sent, ulaw: bytes, now_ms: int, clause: int | None = None) -> None:
        self.carrier.send(ulaw, now_ms, clause=clause)
        sent.commands.append(PlayAudio(self._leg, ulaw))


def mark_name(clause: int) -> str:
    """Return the name of the mark behind a clause's last audio."""
    return f"clause-{clause}-end"
