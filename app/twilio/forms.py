"""The form bodies of Twilio's webhooks."""

from __future__ import annotations

from urllib.parse import parse_qsl

from app.errors import RemoteProtocolError

_MAX_FIELDS = 500
"""Twilio sends some thirty; the limit keeps a hostile body from costing time."""

Form = dict[str, list[str]]


def parse_form(body: bytes) -> Form:
    """Return the values of each field, blank ones included (Twilio sends and signs many), untrimmed.

    Raises RemoteProtocolError.
    """
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise RemoteProtocolError("body is not a form") from None
    form: Form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form
