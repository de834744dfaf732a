"""Twilio's REST API for calls, as far as a bridge needs it: create, read, end, and give other TwiML.

Error numbers from twilio.com/docs/api/errors; the answer's shape is what twilio-python parses.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Protocol
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.legs import LegStatus
from app.emulator.carrier import EmulatorConfig, now_rfc2822
from app.emulator.resource import CallResource, DialOptions, Instructions, new_sid
from app.emulator.telephone import Telephone

ROOT = "/2010-04-01/Accounts/{account_sid}"
TWIML_LIMIT = 4000
_DIALABLE = re.compile(r"\+[1-9]\d{6,14}|sip:\S+@\S+|client:\S+")
_CALLER = re.compile(r"\+[1-9]\d{6,14}|client:\S+|sip:\S+")
_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

Form = dict[str, list[str]]
Handler = Callable[[Request, Form], Awaitable[JSONResponse]]


class Switchboard(Protocol):
    """What the API needs of the emulator."""

    config: EmulatorConfig

    def find(self, sid: str) -> Telephone | None: ...

    def dial(self, to: str, from_: str, options: DialOptions) -> Telephone | None: ...


class _Refusal(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def rest_api(switchboard: Switchboard) -> Starlette:
    """Return the ASGI application."""

    def guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                _authenticate(request, switchboard.config)
                body = (await request.body()).decode("utf-8", "replace")
                return await handler(request, parse_qs(body, keep_blank_values=True))
            except _Refusal as refusal:
                return _error(refusal)

        return endpoint

    async def create(_: Request, form: Form) -> JSONResponse:
        to, from_ = _one(form, "To"), _one(form, "From")
        options = _options(form)
        _check_numbers(to, from_)
        telephone = switchboard.dial(to, from_, options)
        if telephone is None:
            return JSONResponse(_failed_resource(switchboard.config.account_sid, to, from_), status_code=201)
        return JSONResponse(_resource(telephone.resource, LegStatus.QUEUED), status_code=201)

    async def read(request: Request, _: Form) -> JSONResponse:
        telephone = _find(switchboard, request)
        return JSONResponse(_resource(telephone.resource, telephone.status))

    async def update(request: Request, form: Form) -> JSONResponse:
        telephone = _find(switchboard, request)
        if telephone.status.is_terminal:
            if "Status" in form:
                raise _not_found(request)
            raise _Refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
        _update(telephone, form)
        return JSONResponse(_resource(telephone.resource, telephone.status))

    async def unknown(request: Request, _: Form) -> JSONResponse:
        raise _not_found(request)

    calls, one_call = f"{ROOT}/Calls.json", f"{ROOT}/Calls/{{call_sid}}.json"
    return Starlette(
        routes=[
            Route(calls, guarded(create), methods=["POST"]),
            Route(one_call, guarded(read), methods=["GET"]),
            Route(one_call, guarded(update), methods=["POST"]),
            Route("/{path:path}", guarded(unknown), methods=["GET", "POST", "DELETE"]),
        ]
    )


def _authenticate(request: Request, config: EmulatorConfig) -> None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = b64decode(encoded).decode("utf-8").partition(":")
    except (Base64Error, UnicodeDecodeError):
        user = password = ""
    given = f"{user}:{password}".encode()
    if scheme.lower() != "basic" or not compare_digest(given, f"{config.account_sid}:{config.auth_token}".encode()):
        raise _Refusal(401, 20003, "Authenticate")
    if request.path_params.get("account_sid", config.account_sid) != config.account_sid:
        raise _not_found(request)


def _options(form: Form) -> DialOptions:
    twiml, url, callback = _one(form, "Twiml"), _one(form, "Url"), _one(form, "StatusCallback")
    if not twiml and not url.startswith(("http://", "https://")):
        raise _Refusal(400, 21205, "Url is not a valid URL")
    if len(twiml) > TWIML_LIMIT:
        raise _Refusal(400, 20001, f"Twiml must not exceed {TWIML_LIMIT} characters")
    if callback and not callback.startswith(("http://", "https://")):
        raise _Refusal(400, 21609, "Invalid 'StatusCallback' URL")
    events = frozenset(event for value in form.get("StatusCallbackEvent", []) for event in value.split())
    if not events <= _EVENTS:
        raise _Refusal(400, 21626, "Invalid 'StatusCallbackEvent'")
    is_async_amd = _one(form, "AsyncAmd") == "true"
    return DialOptions(
        instructions=Instructions(twiml=twiml, url="" if twiml else url),
        status_callback=callback,
        status_events=events or frozenset({"completed"}),
        ring_timeout_s=_seconds(form, "Timeout", 60, 600),
        time_limit_s=_seconds(form, "TimeLimit", 14_400, 86_400),
        machine_detection=bool(_one(form, "MachineDetection")),
        amd_callback=_one(form, "AsyncAmdStatusCallback") if is_async_amd else "",
    )


def _check_numbers(to: str, from_: str) -> None:
    if not to:
        raise _Refusal(400, 21201, "No 'To' number is specified")
    if not from_:
        raise _Refusal(400, 21213, "No 'From' number is specified")
    if not _DIALABLE.fullmatch(to):
        raise _Refusal(400, 21211, "The phone number you are attempting to call is not valid.")
    if not _CALLER.fullmatch(from_):
        raise _Refusal(400, 21212, "The source phone number provided is not valid.")


def _update(telephone: Telephone, form: Form) -> None:
    status, twiml, url = _one(form, "Status"), _one(form, "Twiml"), _one(form, "Url")
    if status == "completed":
        telephone.hang_up("server")
    elif status == "canceled":
        telephone.cancel()
    elif status:
        raise _Refusal(400, 21218, "Invalid 'Status'")
    elif len(twiml) > TWIML_LIMIT:
        raise _Refusal(400, 20001, f"Twiml must not exceed {TWIML_LIMIT} characters")
    elif not twiml and not url:
        raise _Refusal(400, 20001, "Nothing to update: give Status, Twiml or Url")
    elif telephone.status is not LegStatus.IN_PROGRESS:
        raise _Refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
    else:
        telephone.replace(Instructions(twiml=twiml, url="" if twiml else url))


def _find(switchboard: Switchboard, request: Request) -> Telephone:
    telephone = switchboard.find(str(request.path_params["call_sid"]))
    if telephone is None:
        raise _not_found(request)
    return telephone


def _not_found(request: Request) -> _Refusal:
    return _Refusal(404, 20404, f"The requested resource {request.url.path} was not found")


def _error(refusal: _Refusal) -> JSONResponse:
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else None
    return JSONResponse(
        {
            "code": refusal.code,
            "message": refusal.message,
            "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
            "status": refusal.status,
        },
        status_code=refusal.status,
        headers=headers,
    )


def _one(form: Form, name: str) -> str:
    """Return a field's last value; empty when it is missing."""
    return form.get(name, [""])[-1]


def _seconds(form: Form, name: str, default: int, most: int) -> float:
    value = _one(form, name)
    if not value:
        return float(default)
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise _Refusal(400, 20001, f"Invalid '{name}': 1 to {most} seconds")
    return float(value)


def _resource(call: CallResource, status: LegStatus) -> dict[str, object]:
    is_over = call.status.is_terminal
    return {
        **_bare_resource(call.carrier.config.account_sid, call.sid, call.to, call.from_),
        "status": status.value,
        "direction": call.direction,
        "duration": str(call.duration_s) if is_over else None,
        "start_time": None if call.status is LegStatus.QUEUED else now_rfc2822(),
        "end_time": now_rfc2822() if is_over else None,
    }


def _failed_resource(account_sid: str, to: str, from_: str) -> dict[str, object]:
    """Return a call that nobody's script expects: accepted, as Twilio does, and never heard of again."""
    return {**_bare_resource(account_sid, new_sid("CA"), to, from_), "status": "queued", "direction": "outbound-api"}


def _bare_resource(account_sid: str, sid: str, to: str, from_: str) -> dict[str, object]:
    uri = f"/2010-04-01/Accounts/{account_sid}/Calls/{sid}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "to": to,
        "to_formatted": to,
        "from": from_,
        "from_formatted": from_,
        "date_created": now_rfc2822(),
        "date_updated": now_rfc2822(),
        "parent_call_sid": None,
        "phone_number_sid": None,
        "duration": None,
        "start_time": None,
        "end_time": None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "annotation": None,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            name: f"{uri}/{path}.json"
            for name, path in (("notifications", "Notifications"), ("recordings", "Recordings"), ("events", "Events"))
        },
    }
