"""A call's speech-to-speech streams: one for each direction that is interpreted directly, until it fails or is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.domain.audio import AudioFrame
from app.domain.commands import LeaveDirect, SetDirectTarget
from app.domain.direct import Spoken
from app.domain.events import DirectFailed, DirectHeard, Event
from app.domain.legs import Leg
from app.domain.usage import Stage
from app.errors import ProviderError, ProviderTimeout
from app.resilience.chain import Link
from app.s2s.base import S2sOptions, S2sProvider, S2sStream

STAGE = Stage.SPEECH_TO_SPEECH
_OPEN_TIMEOUT_S = 5.0
"""Connections are made later: this is what a provider may take to say that it will."""


class DirectStreams:
    """What a stream gives goes to ``post``; one that fails is not opened again in the same call."""

    def __init__(self, link: Link[S2sProvider] | None, post: Callable[[Event], None]) -> None:
        self._link = link
        self._post = post
        self._targets: dict[Leg, str | None] = {}
        self._streams: dict[Leg, S2sStream] = {}
        self._tasks: dict[Leg, asyncio.Task[None]] = {}

    async def interpret(self, leg: Leg, source: str, target: str) -> None:
        """Interpret what a leg says, which is probably in ``source``, until cancelled, left or failed."""
        link = self._link
        if link is None:
            return
        if not link.breaker.permits():
            self._post(DirectFailed(leg, "circuit-open"))
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks[leg] = task
        self._targets.setdefault(leg, target)
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                stream = await link.provider.open(S2sOptions(leg, target, source))
            await self._follow(leg, link, stream, target)
        except TimeoutError:
            self._fail(leg, link, ProviderTimeout(link.name, "timeout"))
        except ProviderError as error:
            self._fail(leg, link, error)
        finally:
            del self._tasks[leg]

    def push(self, frame: AudioFrame) -> None:
        """Let the direction of a leg hear its next 20 ms, if it has a stream that is to hear anything."""
        stream = self._streams.get(frame.leg)
        if stream is not None and self._targets[frame.leg] is not None:
            stream.push(frame)

    def set_target(self, command: SetDirectTarget) -> None:
        self._targets[command.leg] = command.language
        stream = self._streams.get(command.leg)
        if stream is not None and command.language is not None:
            stream.set_target(command.language)

    def leave(self, command: LeaveDirect) -> None:
        """Close a direction's stream."""
        if command.is_fault and self._link is not None:
            self._link.failed(STAGE, command.code)
        task = self._tasks.get(command.leg)
        if task is not None:
            task.cancel()

    async def _follow(self, leg: Leg, link: Link[S2sProvider], stream: S2sStream, target: str) -> None:
        try:
            self._streams[leg] = stream
            wanted = self._targets[leg]
            if wanted is not None and wanted != target:
                stream.set_target(wanted)
            async for piece in stream:
                if isinstance(piece, Spoken):
                    link.breaker.succeeded()
                self._post(DirectHeard(leg, piece))
        finally:
            self._streams.pop(leg, None)
            await stream.aclose()

    def _fail(self, leg: Leg, link: Link[S2sProvider], error: ProviderError) -> None:
        link.failed(STAGE, error)
        self._post(DirectFailed(leg, error.code))
