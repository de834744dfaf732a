"""A telephone on the desk: a Twilio emulator with two legs that plays recordings and writes what was heard.

It reaches the server under test over the network only, and shares none of its code about Twilio: a second opinion.
"""

from app.emulator.carrier import EmulatorConfig
from app.emulator.errors import EmulatorError, ScriptError
from app.emulator.events import CallEvent, EventHook, EventKind, Guest
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport, LegReport, StreamReport
from app.emulator.script import (
    AfterTurn,
    Answer,
    AnswerKind,
    AtTime,
    CallScript,
    Faults,
    HangsUp,
    Party,
    Turn,
    WhenQuiet,
)
from app.emulator.script_file import load_script

__all__ = [
    "AfterTurn",
    "Answer",
    "AnswerKind",
    "AtTime",
    "CallEvent",
    "CallReport",
    "CallScript",
    "Emulator",
    "EmulatorConfig",
    "EmulatorError",
    "EventHook",
    "EventKind",
    "Faults",
    "Guest",
    "HangsUp",
    "LegReport",
    "Party",
    "ScriptError",
    "StreamReport",
    "Turn",
    "WhenQuiet",
    "load_script",
]
