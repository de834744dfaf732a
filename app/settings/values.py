"""How values are written in the environment: types that read them, and say what is wrong with one that does not fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from app.domain.languages import primary_subtag
from app.domain.voices import VoiceTable

PROJECT_ROOT = Path(__file__).resolve().parents[2]
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def names(value: object) -> object:
    """Read ``one, Two`` as ``("one", "two")``."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


def terms(value: object) -> object:
    """Read ``one, Two`` as ``("one", "Two")``."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def pairs(value: object) -> object:
    """Read ``en=one,pt=two``. Raises ValueError."""
    if not isinstance(value, str):
        return value
    parts = [part.partition("=") for part in value.split(",") if part.strip()]
    if not all(key.strip() and item.strip() for key, _, item in parts):
        raise ValueError("must be a list such as en=...,pt=...")
    return {key.strip().lower(): item.strip() for key, _, item in parts}


def voices_beside(builtin: VoiceTable) -> BeforeValidator:
    """Return what reads a setting of voices, which adds to the built-in ones or replaces them."""
    return BeforeValidator(lambda value: VoiceTable.parse(value, builtin) if isinstance(value, str) else value)


def language_code(tag: str) -> str:
    """Return ``es`` for ``es-MX``. Raises ValueError."""
    code = primary_subtag(tag)
    if not (2 <= len(code) <= 3 and code.isalpha()):
        raise ValueError("must be an ISO 639-1 code such as es")
    return code


def _key(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value().strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("must be the key alone, as it was given: printable ASCII without spaces")
    return SecretStr(key)


def _http_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address such as https://host.example.com, without a query")
    return url.rstrip("/")


def _socket_origin(url: str) -> str:
    if url and not url.startswith(("ws://", "wss://")):
        raise ValueError("must begin with ws:// or wss://")
    return url.rstrip("/")


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(names)]
"""Words of ours, comma separated, in any case."""
Terms = Annotated[tuple[str, ...], NoDecode, BeforeValidator(terms)]
"""Words of somebody else's, comma separated."""
Pairs = Annotated[dict[str, str], NoDecode, BeforeValidator(pairs)]
LanguageCode = Annotated[str, AfterValidator(language_code)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]
"""An address that paths are put behind, without its last slash."""
OptionalHttpAddress = Annotated[str, AfterValidator(lambda url: _http_address(url) if url else "")]
SocketOrigin = Annotated[str, AfterValidator(_socket_origin)]
"""An origin of WebSockets without its last slash, or nothing."""
Key = Annotated[SecretStr, AfterValidator(_key)]
"""What goes into a header as it is; the line's end that a file of secrets has is not part of it."""
ProjectPath = Annotated[Path, AfterValidator(lambda path: path if path.is_absolute() else PROJECT_ROOT / path)]
"""A path; a relative one is the project's."""
