"""The public URLs by which Twilio reaches a call."""

from __future__ import annotations

from app.config import Settings
from app.fleet.placement import Placement
from app.twilio.signatures import public_url


class Addresses:
    """Where several processes share the origin, the session's id in the path leads to the one that holds the call."""

    def __init__(self, settings: Settings, placement: Placement) -> None:
        self._origin = settings.webhook_base_url
        self._media_stream_url = settings.media_stream_url
        self._is_by_path = placement.is_by_path

    def stream(self, session_id: str) -> str:
        return f"{self._media_stream_url}{self._suffix(session_id)}"

    def status(self, session_id: str) -> str:
        return public_url(self._origin, f"/voice/status{self._suffix(session_id)}", "")

    def after_stream(self, session_id: str) -> str:
        return public_url(self._origin, f"/voice/after-stream{self._suffix(session_id)}", "")

    def _suffix(self, session_id: str) -> str:
        return f"/{session_id}" if self._is_by_path else ""
