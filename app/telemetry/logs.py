"""structlog, set up once: JSON for machines or colour for people, and never what somebody said."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PERSONAL_PREFIX = "pii_"
_CHATTY = (
    *("uvicorn.error", "aiosqlite", "alembic", "faster_whisper"),
    *("httpx", "httpx2", "httpcore", "httpcore2", "urllib3", "websockets"),
    *("twilio.http_client", "deepgram", "deepl"),
)
"""Loggers that are not heard below a warning, whatever LOG_LEVEL is."""

_PEERS_DOING = frozenset(
    {
        # Of every upgrade that is refused with a body (websocket.http.response), after it was answered.
        "ASGI callable returned without completing handshake.",
        "Invalid UTF-8 sequence received from client.",
        # Of a peer that sent several requests at once and went away before the first was answered.
        "ASGI callable returned without completing response.",
    }
)
"""What uvicorn logs as errors although a peer did it and was answered: any stranger could fill the log."""


_tracebacks = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)
"""Local variables hold speech, numbers and tokens: a traceback shows none of them."""


def drop_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove speech, translations and telephone numbers: they are logged under ``pii_*`` keys only."""
    return {key: value for key, value in event.items() if not key.startswith(_PERSONAL_PREFIX)}


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a record of uvicorn's says anything about this server."""
    return record.msg not in _PEERS_DOING


def configure_logging(level: str, log_format: str, keep_personal_data: bool) -> None:
    """Send structlog's and the standard library's records through one set of processors to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if not keep_personal_data:
        shared.append(drop_personal_data)
    renderer: list[Processor]
    if log_format == "json":
        renderer = [_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        renderer = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.addFilter(is_ours)
        logger.propagate = True
    # uvicorn and the HTTP clients log whole URLs, which hold CallSids and whatever a stranger put into a query; the
    # vendors' SDKs and what they use log requests and frames, which hold speech.
    logging.getLogger("uvicorn.access").disabled = True
    # The OpenTelemetry SDK logs every batch that a collector did not take; we count them, and say when that changes.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
    )
