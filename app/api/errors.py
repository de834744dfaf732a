"""Every answer that is an error has one shape: a code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as RoutingException

from app.api.headers import STRICT_HEADERS
from app.errors import FleetError

MAXIMUM_PROBLEMS = 20
_MAXIMUM_PLACE_CHARS = 100


class ErrorCode(StrEnum):
    BAD_WEBHOOK = "bad-webhook"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    OUTBOUND_OFF = "outbound-off"
    NUMBER_NOT_ALLOWED = "number-not-allowed"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    CALL_IS_LIVE = "call-is-live"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    BAD_JSON = "bad-json"
    INVALID = "invalid"
    UNKNOWN_CURSOR = "unknown-cursor"
    NOT_COVERED = "not-covered"
    TOO_MANY_REQUESTS = "too-many-requests"
    INTERNAL = "internal"
    PROVIDER_FAILED = "provider-failed"
    CARRIER_FAILED = "carrier-failed"
    NOT_CONFIGURED = "not-configured"
    NO_CAPACITY = "no-capacity"
    PROCESS_UNREACHABLE = "process-unreachable"
    DATABASE_UNREACHABLE = "database-unreachable"
    RECORDING_UNREADABLE = "recording-unreadable"
    FAILED = "failed"


class ProblemView(BaseModel):
    """One thing that does not fit; what was sent is not repeated."""

    where: str = Field(description="The place in the request: query.limit, body.client.listening ...")
    what: str


class ErrorView(BaseModel):
    """What every error says, whatever its status."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "invalid",
                    "message": "the request does not fit; mend what `problems` names",
                    "problems": [{"where": "query.limit", "what": "Input should be greater than or equal to 1"}],
                }
            ]
        }
    )

    code: ErrorCode
    message: str = Field(description="What is wrong and what to do about it.")
    problems: list[ProblemView] = Field([], max_length=MAXIMUM_PROBLEMS)


class ApiError(HTTPException):
    """An answer that is an error; ``detail`` is its sentence."""

    def __init__(self, status: int, code: ErrorCode, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message, dict(headers) if headers else None)
        self.code = code


_CODES = {
    HTTPStatus.NOT_FOUND: (ErrorCode.NOT_FOUND, "there is nothing at this path; /docs lists what there is"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        ErrorCode.METHOD_NOT_ALLOWED,
        "this path does not know this method; the header Allow names those that it knows",
    ),
}


def error_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return what OpenAPI says of these error statuses."""
    return {status: {"model": ErrorView, "description": HTTPStatus(status).phrase} for status in statuses}


def add_error_handlers(application: FastAPI) -> None:
    """Give every error of the application, and of the framework, the one shape."""
    application.add_exception_handler(RoutingException, _refused)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(Exception, _crashed)


def error_answer(error: ApiError) -> JSONResponse:
    return _answer(error.status_code, ErrorView(code=error.code, message=error.detail), error.headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RoutingException)
    if isinstance(error, ApiError):
        return error_answer(error)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return _unreadable()  # What FastAPI raises for bytes that are no text, numbers without end ...
    code, message = _CODES.get(HTTPStatus(error.status_code), (ErrorCode.FAILED, HTTPStatus(error.status_code).phrase))
    return _answer(error.status_code, ErrorView(code=code, message=message), error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _unreadable()
    problems = [ProblemView(where=_place(item["loc"]), what=item["msg"]) for item in found[:MAXIMUM_PROBLEMS]]
    return _answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        ErrorView(
            code=ErrorCode.INVALID, message="the request does not fit; mend what `problems` names", problems=problems
        ),
    )


async def _crashed(_: Request, error: Exception) -> JSONResponse:
    # The server logs the exception; its text is nobody's business out there.
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        ErrorView(code=ErrorCode.INTERNAL, message="an error of ours; the server's log has it"),
        STRICT_HEADERS,  # This answer is made outside of every middleware.
    )


def _unreadable() -> JSONResponse:
    return _answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        ErrorView(code=ErrorCode.BAD_JSON, message="the body is not JSON in UTF-8; /docs shows what is expected"),
    )


def _answer(status: int, view: ErrorView, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(view.model_dump(mode="json"), status, headers)


def _place(location: tuple[int | str, ...]) -> str:
    """Name a place; the names of unknown fields are the sender's and may be anything."""
    return ".".join(str(part) for part in location).encode("ascii", "backslashreplace").decode()[:_MAXIMUM_PLACE_CHARS]


def process_unreachable(error: FleetError) -> ApiError:
    """Return the error for a call that another process may hold."""
    return ApiError(503, ErrorCode.PROCESS_UNREACHABLE, f"{error}; try again in a few seconds")
