"""What can be wrong before the telephone rings."""

from __future__ import annotations

from app.errors import BridgeError


class EmulatorError(BridgeError):
    """The emulator cannot do what it was asked to: an occupied port, a server that is not there."""


class ScriptError(EmulatorError):
    """A call script or one of its recordings is wrong; the message names the file, line and field."""
