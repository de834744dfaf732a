"""Signatures: Twilio's published vectors, and whatever an attacker sends instead."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha1
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twilio.signatures import SignatureValidator, public_url

TOKEN = "12345"
VALIDATOR = SignatureValidator(TOKEN)

FORM_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = (
    b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"  # not sorted
)
FORM_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

JSON_URL = f"{FORM_URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="

SOCKET_URL = "wss://bridge.example.com/twilio/media"


def sign(url: str, fields: list[tuple[str, str]]) -> str:
    """Sign as Twilio documents it, apart from the library under test: names sorted, values appended."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(TOKEN.encode(), text.encode(), sha1)).decode()


def test_published_webhook_vectors_are_valid() -> None:
    assert VALIDATOR.webhook_is_valid(FORM_URL, FORM, FORM_SIGNATURE)
    assert VALIDATOR.webhook_is_valid(JSON_URL, JSON_BODY, JSON_SIGNATURE)


@pytest.mark.parametrize(
    ("url", "body", "signature"),
    [
        (FORM_URL, FORM + b"&More=", FORM_SIGNATURE),
        (FORM_URL, FORM.replace(b"1234&", b"1235&"), FORM_SIGNATURE),
        (FORM_URL.replace("foo=1", "foo=2"), FORM, FORM_SIGNATURE),
        (FORM_URL.replace("https", "http"), FORM, FORM_SIGNATURE),
        (FORM_URL, FORM, FORM_SIGNATURE.replace("R", "r", 1)),
        (FORM_URL, FORM, ""),
        (JSON_URL, JSON_BODY + b" ", JSON_SIGNATURE),
        (FORM_URL, FORM, sign(f"{FORM_URL}&bodySHA256=x", [])),
    ],
)
def test_what_was_changed_on_the_way_is_refused(url: str, body: bytes, signature: str) -> None:
    assert not VALIDATOR.webhook_is_valid(url, body, signature)


def test_another_token_signs_nothing() -> None:
    assert not SignatureValidator("12346").webhook_is_valid(FORM_URL, FORM, FORM_SIGNATURE)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), min_size=1, max_size=8))
def test_any_form_is_valid_with_its_signature_blank_and_repeated_fields_included(
    fields: list[tuple[str, str]],
) -> None:
    url = "https://bridge.example.com/voice?leg=client"

    assert VALIDATOR.webhook_is_valid(url, urlencode(fields).encode(), sign(url, fields))
    assert not VALIDATOR.webhook_is_valid(url, urlencode([*fields, ("x" * 9, "")]).encode(), sign(url, fields))


@given(st.text(), st.binary(), st.text())
def test_garbage_is_refused_without_an_exception(url: str, body: bytes, signature: str) -> None:
    assert not VALIDATOR.webhook_is_valid(url, body, signature)
    assert not VALIDATOR.socket_is_valid(url, signature)
    assert not VALIDATOR.socket_is_valid(SOCKET_URL, signature)


@pytest.mark.parametrize(
    "url", ["https://[bridge/voice", "https://h:99999/voice", "https://h/\ud800", "", "?bodySHA256="]
)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"&" * 100_000, b"%ff=%ff", b"{}"])
def test_known_traps_of_the_library_are_refused_without_an_exception(url: str, body: bytes) -> None:
    assert not VALIDATOR.webhook_is_valid(url, body, FORM_SIGNATURE)
    assert not VALIDATOR.socket_is_valid(f"wss{url[5:]}", FORM_SIGNATURE)


@pytest.mark.parametrize("url", [SOCKET_URL, "wss://bridge.example.com:443/twilio/media"])
@pytest.mark.parametrize("signature", ["hGVJmeOLwZmJhPeWsyRDIvgH8Zc=", "KP439dnhRyBwGAmv7jBbMqOXXjI="])
def test_a_socket_is_valid_with_or_without_the_port(url: str, signature: str) -> None:
    assert VALIDATOR.socket_is_valid(url, signature)


@pytest.mark.parametrize(
    "signature",
    [
        "lZEvGu0Z5D37/G+S9TnXfxg6Af0=",  # the https:// form of the URL
        "K34XpNWz3mSbbFwtWeDWONZkGSc=",  # with a slash at the end
        sign("wss://bridge.example.com:80/twilio/media", []),
        sign("wss://other.example.com/twilio/media", []),
        "",
    ],
)
def test_a_signature_of_another_url_opens_no_socket(signature: str) -> None:
    assert not VALIDATOR.socket_is_valid(SOCKET_URL, signature)


def test_only_a_socket_url_opens_a_socket() -> None:
    assert not VALIDATOR.socket_is_valid("https://bridge.example.com/twilio/media", "lZEvGu0Z5D37/G+S9TnXfxg6Af0=")
    assert VALIDATOR.socket_is_valid("ws://127.0.0.1:8000/media", sign("ws://127.0.0.1:8000/media", []))


@pytest.mark.parametrize(
    ("base_url", "query", "expected"),
    [
        ("https://h.example", "", "https://h.example/voice"),
        ("https://h.example/", "a=1&b=%20", "https://h.example/voice?a=1&b=%20"),
        ("https://h.example/bridge", "", "https://h.example/bridge/voice"),
        ("https://h.example:8443/bridge/", "a", "https://h.example:8443/bridge/voice?a"),
    ],
)
def test_the_public_url_is_that_of_the_configuration(base_url: str, query: str, expected: str) -> None:
    assert public_url(base_url, "/voice", query) == expected
