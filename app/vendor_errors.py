"""What vendors' connections say goes wrong, as errors of ours: a vendor's own module has only what is its own.

Nothing that a vendor wrote is kept: its sentences may quote speech.
"""

from __future__ import annotations

from collections.abc import Mapping

from websockets.exceptions import ConnectionClosed

from app.errors import ProviderError, ProviderRejected, ProviderThrottled, ProviderUnavailable

RETRY_AFTER_S = 2.0
"""After a vendor that says that it has enough, and not for how long."""


def error_of_status(provider: str, status: int, headers: Mapping[str, str] | None = None) -> ProviderError:
    """Return the error that an HTTP status of 400 or more is; ``headers`` (in any case) may say when to come back."""
    if status in (401, 403):
        return ProviderRejected(provider, "key-refused")
    if status == 429:
        return ProviderThrottled(provider, "throttled", _retry_after_s(headers or {}))
    if status == 408 or status >= 500:
        return ProviderUnavailable(provider, f"http-{status}")
    return ProviderRejected(provider, f"http-{status}")


def error_of_close(provider: str, closed: ConnectionClosed) -> ProviderError:
    """Return the error that a WebSocket is which the vendor, or nobody, has closed."""
    return ProviderUnavailable(provider, f"closed-{closed.rcvd.code if closed.rcvd is not None else 0}")


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Read the seconds of ``Retry-After`` (RFC 9110, 10.2.3); no vendor here sends its other form, a date."""
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.isdecimal():
            return float(value)
    return RETRY_AFTER_S
