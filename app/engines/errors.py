"""What can go wrong while engines are fetched."""

from __future__ import annotations

from app.errors import ConfigError


class EngineError(ConfigError):
    """An engine could not be fetched or is not what it should be; the message says what to do."""
