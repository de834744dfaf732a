"""What a party asks of the bridge itself, by key or by voice, and what is done about it."""

from __future__ import annotations

from dataclasses import replace

from app.core.call_config import CallConfig
from app.core.hand_over import HandOver
from app.core.interpreter import Interpreter
from app.core.voice_commands import may_become_addressed, spoken_command
from app.domain.commands import Command, ReportControl
from app.domain.controls import Action, Control
from app.domain.legs import Leg
from app.domain.phrases import Phrase
from app.domain.transcripts import Transcript

_TEMPOS = (0.85, 0.92, 1.0)
"""How fast a leg can have the voice, as parts of its own speed; it begins with the last."""


class Controls:
    """Both legs' keys and spoken commands."""

    def __init__(self, config: CallConfig, interpreter: Interpreter, hand_over: HandOver) -> None:
        self._keys = config.keys
        self._hears_commands = config.voice_commands
        self._interpreter = interpreter
        self._hand_over = hand_over
        self._tempo = dict.fromkeys(Leg, len(_TEMPOS) - 1)
        """Where in ``_TEMPOS`` each leg is."""

    def press(self, leg: Leg, digit: str, now_ms: int) -> list[Command]:
        """A key: act on it when it is bound, else only report it."""
        control = self._keys[leg].get(digit)
        report = ReportControl(leg, digit, control)
        return [report] if control is None else [report, *self._act(leg, control, now_ms)]

    def hear(self, leg: Leg, transcript: Transcript, now_ms: int) -> tuple[Transcript | None, list[Command]]:
        """Take a transcript; return what of it is to be interpreted, and what is done about a command in it.

        None while it may still turn out to be a command by name; the next transcript has its text again.
        """
        if not (self._hears_commands and transcript.stable):
            return transcript, []
        if not transcript.is_final:
            return (None if may_become_addressed(transcript.stable) else transcript), []
        command = spoken_command(transcript.stable)
        if command is None:
            return transcript, []
        control = Control(command.action)
        report = ReportControl(leg, "", control)
        if command.is_addressed:
            return replace(transcript, stable=""), [report, *self._act(leg, control, now_ms)]
        self._change_tempo(leg, command.action)
        return transcript, [report]

    def _act(self, leg: Leg, control: Control, now_ms: int) -> list[Command]:
        match control.action:
            case Action.REPEAT:
                repeated = self._interpreter.repeat(leg, now_ms)
                return self._tell(leg, Phrase.NOTHING_TO_REPEAT, now_ms) if repeated is None else repeated
            case Action.SLOWER | Action.FASTER:
                has_changed = self._change_tempo(leg, control.action)
                phrase = Phrase.SLOWER if control.action is Action.SLOWER else Phrase.FASTER
                return self._tell(leg, phrase if has_changed else Phrase.TEMPO_LIMIT, now_ms)
            case Action.LANGUAGE:
                commands = self._interpreter.choose_language(control.language, now_ms)
                return [*commands, *self._tell(Leg.CLIENT, Phrase.LANGUAGE_CHOSEN, now_ms)]
            case Action.INTERPRETER:
                return self._hand_over.request(leg, now_ms)

    def _change_tempo(self, leg: Leg, action: Action) -> bool:
        """Go one step; False when there is none."""
        wanted = self._tempo[leg] + (1 if action is Action.FASTER else -1)
        if not 0 <= wanted < len(_TEMPOS):
            return False
        self._tempo[leg] = wanted
        self._interpreter.set_base_tempo(leg, _TEMPOS[wanted])
        return True

    def _tell(self, leg: Leg, phrase: Phrase, now_ms: int) -> list[Command]:
        return self._interpreter.tell(leg, phrase, now_ms)[1]
