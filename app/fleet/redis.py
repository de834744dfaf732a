"""Several processes, and machines, that meet at a Redis.

Redis is a meeting place and not a memory: everything in it runs out within seconds unless its owner renews it, so a
process that dies disappears by itself, and one that finds an empty Redis writes its own part anew with its next beat.

    puente:lines              sorted set: session id -> when its line falls free (ms)
    puente:processes          sorted set: process -> when it counts as gone (ms)
    puente:holder:<CallSid>   the process that holds this call
    puente:orders             sorted set: calls to clients that were placed in the last minute

Messages go over the channels ``puente:all`` and ``puente:to:<process>``, which Redis does not keep.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.errors import FleetError
from app.fleet import redis_scripts as scripts
from app.fleet.base import Fleet, Line, LineAnswer, Receive, Roll
from app.redis_connections import redis_connections

log = structlog.get_logger(__name__)

BEAT_S = 2.0
LEASE_S = 8.0
"""What a process has in Redis is gone so long after its last beat."""
TIMEOUT_S = 1.0
"""Of every wait for Redis."""
_RETRY_S = 1.0
_OUTBOX_LIMIT = 1000
_BATCH_LIMIT = 100
_FAILURES = (RedisError, OSError, TimeoutError)

_LINES, _PROCESSES, _ORDERS, _ALL = "puente:lines", "puente:processes", "puente:orders", "puente:all"


@dataclass(frozen=True, slots=True)
class _Publish:
    channel: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Hold:
    call_sid: str


@dataclass(frozen=True, slots=True)
class _Release:
    session_id: str
    call_sid: str


_Job = _Publish | _Hold | _Release


class RedisFleet(Fleet):
    """What is written goes through one task in its order, behind a bounded queue."""

    def __init__(
        self,
        url: str,
        instance_id: str,
        max_calls: int,
        orders_per_minute: int,
        *,
        beat_s: float = BEAT_S,
        lease_s: float = LEASE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``max_calls`` is the deployment's limit; 0 is none. Raises ConfigError for a URL that cannot work."""
        self.instance_id = instance_id
        self._max_calls = max_calls
        self._orders_per_minute = orders_per_minute
        self._beat_s = beat_s
        self._lease_s = lease_s
        self._timeout_s = timeout_s
        self._lease_ms = int(lease_s * 1000)
        self._roll = Roll(1, 0)
        self._held: dict[str, str] = {}
        """The client's CallSid, which may be empty yet, by session."""
        self._outbox: asyncio.Queue[_Job] = asyncio.Queue(_OUTBOX_LIMIT)
        self._trouble = "Redis was not reached yet"
        self._is_listening = False
        connections = redis_connections(
            url,
            timeout_s,
            retry=Retry(NoBackoff(), 1),  # A pooled connection may be one to the Redis before.
            client_name=f"puente-{instance_id}",
        )
        self._client = Redis.from_pool(connections)
        self._take_line = self._client.register_script(scripts.TAKE_LINE)
        self._take_order = self._client.register_script(scripts.TAKE_ORDER)
        self._beat_once = self._client.register_script(scripts.BEAT)

    @property
    def trouble(self) -> str:
        if self._trouble:
            return f"{self._trouble}: limits are those of each process"
        return "" if self._is_listening else "Redis does not let this process listen: calls elsewhere cannot be reached"

    @property
    def roll(self) -> Roll:
        return self._roll

    @property
    def is_full(self) -> bool:
        return not self._trouble and 0 < self._max_calls <= self._roll.calls

    async def run(self, receive: Receive) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                tasks.create_task(self._listen(receive))
        finally:
            with suppress(*_FAILURES):
                async with asyncio.timeout(self._timeout_s):
                    await self._client.aclose()

    # --- Lines and orders -------------------------------------------------------------------------------------------

    async def take_line(self, session_id: str, call_sid: str) -> LineAnswer:
        answer = LineAnswer(Line.GIVEN)
        with suppress(FleetError):
            keys = [_LINES, _holder_key(call_sid)]
            arguments: list[str | int] = [session_id, call_sid, self.instance_id, self._max_calls, self._lease_ms]
            async with self._asking():
                line, holder = await self._take_line(keys, arguments)
            answer = LineAnswer(Line(line.decode()), holder.decode())
        if answer.line is Line.GIVEN:
            self._held[session_id] = call_sid
        return answer

    def hold(self, session_id: str, call_sid: str) -> None:
        self._held[session_id] = call_sid
        self._put(_Hold(call_sid))

    def release(self, session_id: str) -> None:
        call_sid = self._held.pop(session_id, None)
        if call_sid is not None:
            # One that is not sent runs out.
            self._put(_Release(session_id, call_sid))

    async def holder(self, call_sid: str) -> str | None:
        async with self._asking():
            found = await self._client.get(_holder_key(call_sid))
        name = found.decode() if isinstance(found, bytes) else None
        return None if name == self.instance_id else name

    async def take_order(self) -> float:
        with suppress(FleetError):
            async with self._asking():
                wait_ms: int = await self._take_order([_ORDERS], [self._orders_per_minute, token_hex(8)])
                return wait_ms / 1000
        return 0.0

    # --- Messages ---------------------------------------------------------------------------------------------------

    def send(self, message: bytes, to: str | None = None) -> None:
        channel = _ALL if to is None else _own_channel(to)
        if self._trouble or not self._put(_Publish(channel, self.instance_id.encode() + b"\n" + message)):
            self.dropped_messages += 1

    async def _listen(self, receive: Receive) -> None:
        """Hear what others say; our own beat, which comes back, shows that the line is not dead."""
        own = _own_channel(self.instance_id)
        while True:
            try:
                async with self._client.pubsub() as pubsub:
                    async with asyncio.timeout(self._timeout_s):
                        await pubsub.subscribe(own, _ALL)
                    while True:
                        async with asyncio.timeout(self._lease_s):
                            message = await pubsub.get_message(timeout=None)
                        if message is not None:
                            self._is_listening = True
                            if message["type"] == "message":
                                self._hear(message["data"], receive)
            except _FAILURES as error:
                if self._is_listening:
                    log.warning("fleet.not_listening", why=type(error).__name__)
                self._is_listening = False
            await asyncio.sleep(_RETRY_S)

    def _hear(self, payload: bytes, receive: Receive) -> None:
        sender, _, message = payload.partition(b"\n")
        if message and sender != self.instance_id.encode():
            receive(message)

    # --- The one writer ---------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        beat_at_s = time.monotonic()
        while True:
            if time.monotonic() >= beat_at_s:
                await self._beat()
                beat_at_s = time.monotonic() + self._beat_s
            jobs = await self._next_jobs(beat_at_s - time.monotonic())
            if jobs:
                await self._carry_out(jobs)

    async def _next_jobs(self, patience_s: float) -> list[_Job]:
        jobs: list[_Job] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                jobs.append(await self._outbox.get())
        while jobs and len(jobs) < _BATCH_LIMIT and not self._outbox.empty():
            jobs.append(self._outbox.get_nowait())
        return jobs

    async def _carry_out(self, jobs: list[_Job]) -> None:
        async with self._client.pipeline(transaction=False) as pipeline:
            for job in jobs:
                match job:
                    case _Publish(channel, payload):
                        pipeline.publish(channel, payload)
                    case _Hold(call_sid):
                        pipeline.set(_holder_key(call_sid), self.instance_id, px=self._lease_ms)
                    case _Release(session_id, call_sid):
                        pipeline.zrem(_LINES, session_id)
                        pipeline.delete(_holder_key(call_sid))
            try:
                async with self._asking():
                    await pipeline.execute()
            except FleetError:
                self.dropped_messages += sum(isinstance(job, _Publish) for job in jobs)

    async def _beat(self) -> None:
        """Renew all that is ours, and see who else is there."""
        sessions, call_sids = list(self._held), [call_sid for call_sid in self._held.values() if call_sid]
        keys = [_LINES, _PROCESSES, *map(_holder_key, call_sids)]
        arguments: list[str | int] = [self.instance_id, self._lease_ms, _own_channel(self.instance_id), *sessions]
        try:
            async with asyncio.timeout(self._timeout_s):
                calls, processes = await self._beat_once(keys, arguments)
        except _FAILURES as error:
            self._lost(error)
            return
        self._roll = Roll(processes, calls)
        if self._trouble:
            log.info("fleet.redis_reached", processes=processes, calls=calls)
            self._trouble = ""

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Ask Redis something, unless it is known not to answer. Raises FleetError."""
        if self._trouble:
            raise FleetError(self._trouble)
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except _FAILURES as error:
            self._lost(error)
            raise FleetError(self._trouble) from None

    def _put(self, job: _Job) -> bool:
        try:
            self._outbox.put_nowait(job)
        except asyncio.QueueFull:
            return False
        return True

    def _lost(self, error: BaseException) -> None:
        if not self._trouble:
            log.error("fleet.redis_lost", why=type(error).__name__)
        self._trouble = "Redis cannot be reached"
        self._roll = Roll(1, len(self._held))


def _holder_key(call_sid: str) -> str:
    return f"puente:holder:{call_sid}"


def _own_channel(instance_id: str) -> str:
    return f"puente:to:{instance_id}"
