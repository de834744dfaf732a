"""Settings of who may come in, and how often."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _networks(value: str) -> str:
    for part in filter(None, (each.strip() for each in value.split(","))):
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise ValueError("must be addresses or networks such as 127.0.0.1,10.0.0.0/8") from None
    return value


class SecuritySettings(BaseModel):
    # --- Security ---------------------------------------------------------------------------------------------------
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1",
        description="Addresses or networks of the proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8. "
        "Behind a proxy that is not named, all clients share one address and its limits.",
    )
    token_ttl_s: int = Field(
        300, ge=30, le=3600, description="How long a token of `POST /tokens` opens what it is for, in seconds."
    )
    token_signing_key: SecretStr = Field(
        SecretStr(""), description="Signs those tokens. Empty: derived from ADMIN_API_KEY. All processes need the same."
    )
    failed_authentications_per_minute: int = Field(
        60, ge=1, le=100_000, description="Wrong keys and tokens of one address; then it is refused for the minute."
    )
    wrong_signatures_per_minute: int = Field(
        60, ge=1, le=100_000, description="Wrong Twilio signatures of one address; right ones are never limited."
    )
    media_sockets_per_minute: int = Field(
        6000, ge=1, le=1_000_000, description="Signed media sockets of one address; a call needs two."
    )
    api_requests_per_minute: int = Field(
        12_000, ge=1, le=1_000_000, description="Requests with one key, and its tokens."
    )
    anonymous_requests_per_minute: int = Field(
        12_000,
        ge=1,
        le=1_000_000,
        description="Requests of one address that need no key, such as `/health`. With "
        "REDIS_URL all these are counted for all processes together.",
    )
