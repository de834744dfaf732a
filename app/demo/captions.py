"""Bilingual captions on the terminal, as the bridge writes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx

from app.api.schemas import CallView, UtteranceView
from app.errors import StoreError

_POLL_S = 0.15
_LAST_WORDS_S = 10.0


class CaptionReader:
    """Follows one call by the administrators' endpoint, from its first utterance to its last."""

    def __init__(self, client: httpx.AsyncClient, show: Callable[[UtteranceView], None]) -> None:
        self._client = client
        self._show = show
        self._shown: set[int] = set()
        self._earlier: set[str] = set()
        self.call: CallView | None = None
        """The call as it was read last."""

    async def skip_earlier(self) -> None:
        """Leave out the call that is the newest now."""
        self._earlier = {each["call_sid"] for each in await self._newest()}

    async def follow(self) -> None:
        """Show each utterance once, as it is written; runs until cancelled."""
        while True:
            await self.read()
            await asyncio.sleep(_POLL_S)

    async def read(self) -> CallView | None:
        """Read the newest call once and show what is new in it; None when there is none yet."""
        call_sids = [each["call_sid"] for each in await self._newest() if each["call_sid"] not in self._earlier]
        if not call_sids:
            return None
        reply = await self._client.get(f"/calls/{call_sids[0]}")
        self.call = CallView.model_validate(reply.raise_for_status().json())
        for utterance in self.call.utterances:
            if utterance.sequence not in self._shown:
                self._shown.add(utterance.sequence)
                self._show(utterance)
        return self.call

    async def read_to_the_end(self) -> CallView:
        """Read until the call is written to its end. Raises StoreError when that does not come."""
        deadline_s = time.monotonic() + _LAST_WORDS_S
        while time.monotonic() < deadline_s:
            call = await self.read()
            if call is not None and call.ended_at is not None:
                return call
            await asyncio.sleep(_POLL_S)
        raise StoreError("the server never wrote the end of the call; see its log")

    async def _newest(self) -> list[dict[str, str]]:
        reply = await self._client.get("/calls", params={"limit": 1})
        calls: list[dict[str, str]] = reply.raise_for_status().json()["calls"]
        return calls


def caption(utterance: UtteranceView) -> str:
    """Return one utterance as a line per language and its latency."""
    stages = (
        ("recognition", utterance.recognition_ms),
        ("translation", utterance.translation_ms),
        ("voice", utterance.synthesis_ms),
        ("queue", utterance.queue_ms),
    )
    parts = " + ".join(f"{name} {milliseconds}" for name, milliseconds in stages if milliseconds is not None)
    total = f"{utterance.total_ms} ms" if utterance.total_ms is not None else utterance.outcome.value
    return (
        f"  {utterance.speaker:<6} {utterance.source_language}  {utterance.source_text}\n"
        f"         {utterance.target_language}  {utterance.translated_text or '-'}\n"
        f"             {total} ({parts})" + (f"  ! check: {', '.join(utterance.flags)}" if utterance.flags else "")
    )
