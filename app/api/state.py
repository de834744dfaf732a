"""What the routers find on the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi.requests import HTTPConnection
from pydantic import SecretStr

from app.config import Settings
from app.runtime.bridge import Bridge
from app.twilio.signatures import SignatureValidator


@dataclass(frozen=True, slots=True)
class BridgeState:
    settings: Settings
    bridge: Bridge
    signatures: SignatureValidator
    admin_api_key: SecretStr


def state_of(connection: HTTPConnection) -> BridgeState:
    """Return what `create_app` put on the application of this request or socket."""
    return cast(BridgeState, connection.app.state.bridge_state)
