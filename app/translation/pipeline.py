"""Helper processes that stay open: text in, NUL, text out, NUL.

Apertium's programs speak this (``-z``), and so does our own worker for the neural models. A process of its own keeps
native code away from the event loop (and from the interpreter's lock), and one that hangs can be killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from app.errors import ProviderBadReply, ProviderTimeout, ProviderUnavailable

Command = tuple[str, ...]

_REPLY_LIMIT_BYTES = 1 << 20
_EXIT_TIMEOUT_S = 5.0


class Pipeline:
    """Programs joined by pipes, started at first use and again after a failure; one request at a time.

    Waiting requests are served in order. A caller that is cancelled leaves its exchange to finish on its own, so that
    its late reply is read off and can never answer the next request.
    """

    def __init__(
        self,
        provider: str,
        commands: Sequence[Command],
        timeout_s: float,
        *,
        end: bytes = b"",
        probe: bytes = b"",
    ) -> None:
        """``end``: what follows every payload and must come back behind every reply.

        A program whose predecessor dies may still send NULs; by the missing end they are known as no reply.

        ``probe``: a payload whose reply must stay what it was at first, else the processes are renewed.

        For programs whose answers drift with what they have read.
        """
        self._provider = provider
        self._end = end
        self._probe = probe
        self._probe_reply = b""
        self._commands = commands
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._exchange: asyncio.Task[bytes] | None = None
        self._processes: list[asyncio.subprocess.Process] = []
        self._closed = False
        self.renewals = 0
        """How often the probe had the processes renewed."""

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The living processes, in the order of the pipe."""
        return tuple(process.pid for process in self._processes if process.returncode is None)

    async def request(self, payload: bytes) -> bytes:
        """Send ``payload`` (without NUL) and return the reply.

        Raises ProviderTimeout, ProviderUnavailable or ProviderBadReply; the next request then starts afresh.
        """
        await self._turn.acquire()
        self._exchange = asyncio.create_task(self._run(payload), name=f"{self._provider}.exchange")
        self._exchange.add_done_callback(self._end_turn)
        exchange = self._exchange
        try:
            return await asyncio.shield(exchange)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if exchange.cancelled() and caller is not None and not caller.cancelling():
                raise ProviderUnavailable(self._provider, "closed") from None
            raise

    def _end_turn(self, exchange: asyncio.Task[bytes]) -> None:
        self._turn.release()
        if not exchange.cancelled():
            exchange.exception()  # Seen, even where the caller has gone.

    async def _run(self, payload: bytes) -> bytes:
        if self._closed:
            raise ProviderUnavailable(self._provider, "closed")
        healthy = False
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._converse(payload)
            healthy = True
        except TimeoutError:
            raise ProviderTimeout(self._provider, "timeout") from None
        except asyncio.LimitOverrunError:
            raise ProviderBadReply(self._provider, "reply-too-long") from None
        except (OSError, EOFError):
            raise ProviderUnavailable(self._provider, "process-died") from None
        finally:
            if not healthy:
                await self._kill()
        return reply

    async def _converse(self, payload: bytes) -> bytes:
        if len(self.process_ids) < len(self._commands):
            await self._kill()
            await self._spawn()
            if self._probe:
                self._probe_reply = await self._ask(self._probe)
        reply = await self._ask(payload)
        if self._probe and await self._ask(self._probe) != self._probe_reply:
            self.renewals += 1
            await self._kill()
        return reply

    async def _ask(self, payload: bytes) -> bytes:
        stdin, stdout = self._processes[0].stdin, self._processes[-1].stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(payload + self._end + b"\0")
        await stdin.drain()
        reply = (await stdout.readuntil(b"\0"))[:-1]
        if not reply.endswith(self._end):
            raise EOFError
        return reply.removesuffix(self._end)

    async def _spawn(self) -> None:
        """Start the programs, each reading what the one before it writes."""
        last = len(self._commands) - 1
        source = asyncio.subprocess.PIPE
        for index, command in enumerate(self._commands):
            read_end, write_end = (-1, asyncio.subprocess.PIPE) if index == last else os.pipe()
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=source,
                    stdout=write_end,
                    stderr=asyncio.subprocess.DEVNULL,
                    limit=_REPLY_LIMIT_BYTES,
                    start_new_session=True,  # Ctrl-C is for the server, which still finishes its calls.
                )
            except BaseException:
                if index != last:
                    os.close(read_end)
                raise
            finally:
                for descriptor in (source, write_end):
                    if descriptor >= 0:
                        os.close(descriptor)
            self._processes.append(process)
            source = read_end

    async def _kill(self) -> None:
        processes, self._processes = self._processes, []
        for process in reversed(processes):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    # Not process.kill(): it would take the exit status away from asyncio's watcher.
                    os.kill(process.pid, signal.SIGKILL)
        if processes and processes[0].stdin is not None:
            processes[0].stdin.close()
        with suppress(TimeoutError):  # A killed process that stays is the kernel's: nothing more can be done here.
            async with asyncio.timeout(_EXIT_TIMEOUT_S):
                await asyncio.gather(*(process.wait() for process in processes))

    async def aclose(self) -> None:
        """Kill the processes and wait until they are gone; a request under way fails. Idempotent."""
        self._closed = True
        if self._exchange is not None and not self._exchange.done():
            self._exchange.cancel()
            await asyncio.wait([self._exchange])
        await self._kill()
