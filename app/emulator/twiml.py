"""TwiML, read the way Twilio reads it: the verbs that this telephone acts out, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit
from xml.etree import ElementTree

from app.emulator.errors import EmulatorError

PARSE_FAILURE = 12100
SCHEMA_WARNING = 12200
PARAMETER_LIMIT = 500
"""A Parameter's name and value together stay under this many characters."""


class TwimlError(EmulatorError):
    """Not TwiML at all: Twilio would apologise to the caller and hang up (12100)."""


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    length_s: float


@dataclass(frozen=True, slots=True)
class ConnectStream:
    """``<Connect><Stream>``: blocks until the stream ends."""

    url: str
    """As Twilio dials and signs it: absolute, wss, without a query."""
    name: str
    parameters: Mapping[str, str]
    action: str
    """Absolute URL that is asked for more TwiML afterwards; empty for none."""
    status_callback: str


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Noted, never carried out: nobody answers."""

    action: str


@dataclass(frozen=True, slots=True)
class DialConference:
    """``<Dial><Conference>``: blocks until the conference ends or this party leaves it."""

    name: str
    starts: bool
    """``startConferenceOnEnter``: before such a party is there, nobody hears anybody."""
    ends: bool
    """``endConferenceOnExit``: the conference is over for all when this party leaves."""


Verb = Say | Pause | ConnectStream | Hangup | Redirect | Reject | Dial | DialConference


@dataclass(slots=True)
class Document:
    verbs: list[Verb] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    """Twilio's error number and what is wrong."""


_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Pause": frozenset({"length"}),
    "Connect": frozenset({"action", "method"}),
    "Stream": frozenset({"url", "name", "track", "statusCallback", "statusCallbackMethod"}),
    "Parameter": frozenset({"name", "value"}),
    "Hangup": frozenset(),
    "Redirect": frozenset({"method"}),
    "Reject": frozenset({"reason"}),
    "Dial": frozenset(
        {"action", "method", "timeout", "timeLimit", "callerId", "hangupOnStar", "record", "answerOnBridge"}
    ),
    "Conference": frozenset(
        {"muted", "beep", "startConferenceOnEnter", "endConferenceOnExit", "participantLabel", "maxParticipants"}
        | {"waitUrl", "waitMethod", "record", "region", "trim", "coach", "jitterBufferSize"}
        | {"statusCallback", "statusCallbackEvent", "statusCallbackMethod"}
    ),
}


def parse(text: str, base_url: str) -> Document:
    """Read a TwiML document; ``base_url`` (or "") is where it came from and resolves relative URLs.

    Raises TwimlError when it is not XML or its root is not Response.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise TwimlError("TwiML has no document type")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - entities were refused above
    except ElementTree.ParseError as error:
        raise TwimlError(f"TwiML is not well-formed XML ({error})") from None
    if root.tag != "Response":
        raise TwimlError(f"TwiML begins with Response, not {root.tag}")
    document = Document()
    for element in root:
        verb = _verb(element, base_url, document)
        if verb is not None:
            document.verbs.append(verb)
    return document


def _verb(element: ElementTree.Element, base_url: str, document: Document) -> Verb | None:
    _check_attributes(element, document)
    match element.tag:
        case "Say":
            return Say("".join(element.itertext()).strip(), element.get("language", "en-US"), _integer(element, "loop"))
        case "Pause":
            return Pause(float(_integer(element, "length")))
        case "Connect":
            return _connect(element, base_url, document)
        case "Hangup":
            return Hangup()
        case "Redirect":
            return Redirect(urljoin(base_url, (element.text or "").strip()))
        case "Reject":
            return Reject(element.get("reason", "rejected"))
        case "Dial":
            return _dial(element, base_url, document)
        case unknown:
            document.warnings.append((SCHEMA_WARNING, f"verb {unknown} is unknown or not acted out"))
            return None


def _connect(element: ElementTree.Element, base_url: str, document: Document) -> ConnectStream | None:
    streams = [child for child in element if child.tag == "Stream"]
    if len(streams) != 1 or len(element) != 1:
        document.warnings.append((SCHEMA_WARNING, "Connect holds exactly one noun, and here it is Stream"))
        return None
    stream = streams[0]
    _check_attributes(stream, document)
    parameters: dict[str, str] = {}
    for child in stream:
        _check_attributes(child, document)
        name, value = child.get("name", ""), child.get("value", "")
        if child.tag != "Parameter" or not name:
            document.warnings.append((SCHEMA_WARNING, f"Stream holds Parameters with a name, not {child.tag}"))
        elif len(name) + len(value) >= PARAMETER_LIMIT:
            document.warnings.append((SCHEMA_WARNING, f"Parameter {name}: name and value reach 500 characters"))
        else:
            parameters[name] = value
    url = _stream_url(stream.get("url", ""), base_url, document)
    action = element.get("action", "")
    return ConnectStream(
        url=url,
        name=stream.get("name", ""),
        parameters=parameters,
        action=urljoin(base_url, action) if action else "",
        status_callback=stream.get("statusCallback", ""),
    )


def _dial(element: ElementTree.Element, base_url: str, document: Document) -> Dial | DialConference | None:
    if len(element) == 0 or element[0].tag != "Conference":
        return Dial(urljoin(base_url, element.get("action", "")) if element.get("action") else "")
    conference = element[0]
    _check_attributes(conference, document)
    name = "".join(conference.itertext()).strip()
    if len(element) != 1 or not name:
        document.warnings.append((SCHEMA_WARNING, "Dial holds one Conference, and that has a name"))
        return None
    return DialConference(
        name,
        starts=conference.get("startConferenceOnEnter", "true") == "true",
        ends=conference.get("endConferenceOnExit", "false") == "true",
    )


def _stream_url(url: str, base_url: str, document: Document) -> str:
    """Return the URL as Twilio dials it; empty when it cannot be dialled at all."""
    parts = urlsplit(urljoin(base_url.replace("http", "ws", 1), url) if "://" not in url and base_url else url)
    if not parts.netloc:
        document.warnings.append((31923, "Stream url is malformed"))
        return ""
    if parts.scheme != "wss":
        document.warnings.append((31922, f"Stream url must be wss, not {parts.scheme}"))
        return ""
    if parts.query:
        document.warnings.append((31920, "Stream url has a query string, which Twilio does not send"))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))


def _integer(element: ElementTree.Element, attribute: str) -> int:
    value = element.get(attribute, "1")
    return int(value) if value.isdecimal() else 1


def _check_attributes(element: ElementTree.Element, document: Document) -> None:
    allowed = _ATTRIBUTES.get(element.tag)
    for name in element.attrib:
        if allowed is not None and name not in allowed:
            document.warnings.append((SCHEMA_WARNING, f"{element.tag} has no attribute {name}"))
