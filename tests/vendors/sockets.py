"""What local vendors with WebSockets have in common: who is let in, and what an open socket meets on a bad day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket

from tests.vendors.faults import Fault, FaultKind
from tests.vendors.server import Vendor


class SocketVendor(Vendor):
    """A vendor whose handshakes can be refused."""

    says_why_in = "error"
    """The key of its answer to a handshake that it refuses."""

    def refusal(self, socket: WebSocket) -> tuple[int, str] | None:
        """Return the HTTP status and the reason for which nobody is let in; None lets them in."""
        return None

    async def lets_in(self, socket: WebSocket, subprotocol: str | None = None) -> tuple[bool, Fault | None]:
        """Answer a handshake; return whether somebody came in, and what their connection is to meet."""
        fault = await self.faults.next()
        if fault is not None and fault.kind is FaultKind.STATUS:
            refusal: tuple[int, str] | None = (fault.value, "fault")
        else:
            refusal = self.refusal(socket)
        if refusal is None:
            await socket.accept(subprotocol)
            return True, fault
        status, why = refusal
        await self.refuse_upgrade(socket, status, {self.says_why_in: why}, None if fault is None else fault.headers)
        return False, fault


class Ordeal:
    """What one connection meets, if anything, after so many messages of ours."""

    def __init__(
        self, socket: WebSocket, fault: Fault | None, garbage: str, close: Callable[[int], Awaitable[None]]
    ) -> None:
        self._socket = socket
        self._fault = fault
        self._garbage = garbage
        self._close = close
        self._messages = 0

    @property
    def is_silence_from_the_start(self) -> bool:
        return self._fault is not None and self._fault.kind is FaultKind.SILENCE and not self._fault.after

    async def ends_it(self) -> bool:
        """To be called before each message is received: meet the fault when it is time; return whether all is over."""
        fault, messages = self._fault, self._messages
        self._messages += 1
        if fault is None or messages < fault.after:
            return False
        match fault.kind:
            case FaultKind.GARBAGE:
                await self._socket.send_text(self._garbage)
                self._fault = None
                return False
            case FaultKind.SILENCE:
                while (await self._socket.receive())["type"] != "websocket.disconnect":
                    pass
            case FaultKind.CLOSE:
                await self._close(fault.value)
            case _:
                await self._close(1011)
        return True
