"""Whether a webhook or a media socket comes from Twilio.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security. Only the primary auth token signs. A signature has
no time and no nonce, so a socket also needs a one-use token.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit, urlunsplit

from twilio.request_validator import RequestValidator

from app.errors import RemoteProtocolError
from app.twilio.forms import Form, parse_form


def public_url(base_url: str, path: str, query: str) -> str:
    """Return the URL that Twilio called, which is what it signed.

    Built from configuration, as the request's own host and scheme are a proxy's. ``base_url`` may end in a path that
    the proxy strips; ``path`` and ``query`` are those of the request, still percent-encoded.
    """
    return f"{base_url.rstrip('/')}{path}{'?' if query else ''}{query}"


class SignatureValidator:
    """Checks ``X-Twilio-Signature`` headers. Whatever arrives, the answer is a bool and never an exception."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)

    def webhook_is_valid(self, url: str, body: bytes, signature: str) -> bool:
        """Whether Twilio signed this POST to the public ``url``.

        The body is a form, or anything in UTF-8 where the query has the ``bodySHA256`` that Twilio adds for JSON.
        """
        try:
            # The validator's own test, blank values left out: with a text and without a hash it fails.
            has_hash = "bodySHA256" in parse_qs(urlsplit(url).query)
            signed = body.decode("utf-8") if has_hash else _SignedForm(parse_form(body))
            return bool(self._validator.validate(url, signed, signature))
        except (ValueError, RemoteProtocolError):
            return False

    def socket_is_valid(self, url: str, signature: str) -> bool:
        """Whether Twilio signed this WebSocket upgrade to the public ``wss://`` (or, in development, ``ws://``) URL.

        Signatures with and without ``:443`` are accepted: captures show the latter, and no document settles it.
        """
        try:
            parts = urlsplit(url)
            if parts.scheme not in ("ws", "wss"):
                return False
            if parts.scheme == "wss" and parts.port is None:
                # From a wss URL without a port the validator would go on to try port 80.
                url = urlunsplit(parts._replace(netloc=f"{parts.netloc}:443"))
            return bool(self._validator.validate(url, {}, signature))
        except ValueError:
            return False


class _SignedForm(Form):
    """A form with the method by which the validator finds the repeated values of a field."""

    def getall(self, name: str) -> list[str]:
        return self[name]
