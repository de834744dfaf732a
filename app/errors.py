"""The exception tree: anything raised outside it is a bug.

No message here ever carries speech, a translation, a telephone number or a secret: messages are logged.
"""

from __future__ import annotations

from enum import StrEnum


class BridgeError(Exception):
    """The root of every error that this product raises on purpose."""


class ConfigError(BridgeError):
    """The settings or the machine cannot work; raised at start-up only.

    The message names the variable (or the missing file) and says what to do.
    """


class ProtocolError(BridgeError):
    """A peer and we disagree about a wire protocol."""


class LocalProtocolError(ProtocolError):
    """We tried to send something illegal: our bug."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something illegal: counted, and the call goes on where it can."""


class ProviderError(BridgeError):
    """A recognition, translation or speech provider failed.

    ``code`` is a short constant word for metrics and rows, never the vendor's own text, which may hold speech.
    """

    def __init__(self, provider: str, code: str) -> None:
        super().__init__(f"{provider}: {code}")
        self.provider = provider
        self.code = code


class ProviderTimeout(ProviderError):
    """No answer in time. Retryable."""


class ProviderUnavailable(ProviderError):
    """Not reachable, or it died. Retryable."""


class ProviderThrottled(ProviderError):
    """Too many requests. Retryable after ``retry_after_s`` seconds."""

    def __init__(self, provider: str, code: str, retry_after_s: float) -> None:
        super().__init__(provider, code)
        self.retry_after_s = retry_after_s


class ProviderRejected(ProviderError):
    """The request is wrong for this provider (a language it lacks, a bad key). Not retryable."""


class ProviderBadReply(ProviderError):
    """The provider answered with something that makes no sense. Not retryable."""


class StoreError(BridgeError):
    """The database refused or could not be reached."""


class Crowding(StrEnum):
    """Why there is no room for another call."""

    STOPPING = "stopping"
    LINES = "lines"
    FLEET = "fleet"
    """All lines of the whole deployment."""
    LAG = "event-loop-lag"
    LOCAL_MODELS = "local-models"


class CallIsLive(BridgeError):
    """A call goes on, and what was asked for has to wait for its end."""


class RecordingError(BridgeError):
    """The sound of a call cannot be read or deleted; the message says why."""


class CapacityError(BridgeError):
    """No room for another call; the caller hears a sentence in a language they know, not silence."""

    def __init__(self, reason: Crowding, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class FleetError(BridgeError):
    """The other processes of the deployment cannot be reached, or one of them does not answer."""


class OutboundRefusal(StrEnum):
    """Why we do not place a call to a client."""

    OFF = "outbound-off"
    NUMBER = "number-not-allowed"
    RATE = "too-many-calls"


class OutboundRefused(BridgeError):
    """A call to a client was asked for that we do not place; ``retry_after_s`` is 0 where waiting does not help."""

    def __init__(self, reason: OutboundRefusal, retry_after_s: float = 0.0) -> None:
        super().__init__(f"no outbound call: {reason}")
        self.reason = reason
        self.retry_after_s = retry_after_s


class TelephonyError(BridgeError):
    """The carrier's REST API refused or could not be reached.

    ``code`` is the carrier's error number (Twilio's dictionary) or 0 when there was no answer.
    """

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"carrier REST error {code} (HTTP {status})")
        self.code = code
        self.status = status
