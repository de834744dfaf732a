"""What the routers find on the application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from fastapi.requests import HTTPConnection

from app.access.budgets import Budgets
from app.access.keyring import KeyRing
from app.access.tokens import TokenMint
from app.config import Settings
from app.runtime.bridge import Bridge
from app.twilio.signatures import SignatureValidator


@dataclass(frozen=True, slots=True)
class BridgeState:
    settings: Settings
    bridge: Bridge
    signatures: SignatureValidator
    key_ring: KeyRing
    tokens: TokenMint
    budgets: Budgets
    metrics_page: Callable[[], Awaitable[bytes]]
    """Prometheus' text of every worker of this machine."""


def state_of(connection: HTTPConnection) -> BridgeState:
    """Return what `create_app` put on the application of this request or socket."""
    return cast(BridgeState, connection.app.state.bridge_state)
