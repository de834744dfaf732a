"""The composition root: the only module that knows every room."""

from __future__ import annotations

import gc
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import __version__
from app.access.budgets import Budget, Budgets
from app.access.keyring import KeyRing
from app.access.tokens import TokenMint, derived_secret
from app.api import calls, captions, docs_page, media, privacy, recordings, service, tokens, webhooks
from app.api.body_limit import BodyLimit
from app.api.draining import calls_end_first
from app.api.errors import add_error_handlers
from app.api.gone import GonePeers
from app.api.headers import SecurityHeaders
from app.api.state import BridgeState
from app.config import Settings
from app.errors import ConfigError
from app.fleet.base import Fleet
from app.fleet.factory import create_fleet, create_placement
from app.fleet.placement import Placement
from app.processors import usable_processors
from app.runtime.bridge import Bridge
from app.runtime.outbound import check_telephones
from app.runtime.providers import Providers
from app.s2s.factory import create_s2s_link
from app.store.database import Database
from app.store.keys import ApiKeys
from app.stt.factory import create_stt_provider
from app.telemetry.logs import configure_logging
from app.translation.guarded import create_translator
from app.tts.factory import SPARE_VOICE, create_one, create_tts_provider
from app.twilio.rest import TwilioRest
from app.twilio.signatures import SignatureValidator
from app.workers.metrics_text import labelled, merged
from app.workers.siblings import Siblings

log = structlog.get_logger(__name__)

_COLLECT_AFTER = (20_000, 2, 2)
"""Everything is looked at as often as with Python's own (700, 10, 10), so that what ended calls leave goes as soon; but
700 objects are made and forgotten by some twenty calls in one moment, and looking at those finds nothing."""

_TAGS = {
    "calls": "Calls, live and past. Needs a key.",
    "service": "The service about itself.",
    "twilio": "What Twilio posts, signed (X-Twilio-Signature, https://www.twilio.com/docs/usage/security).",
}


def create_app(
    settings: Settings,
    placement: Placement | None = None,
    fleet: Fleet | None = None,
    siblings: Siblings | None = None,
) -> FastAPI:
    """Build the application. Engines are loaded and the database is opened when it starts.

    ``placement`` and ``fleet`` are what the settings say, unless whoever starts several processes knows better.
    ``siblings`` are the other workers with whom this process shares a machine and a port.
    Raises ConfigError when the settings cannot work.
    """
    configure_logging(settings.log_level, settings.log_format, settings.log_personal_data)
    check_telephones(settings)
    auth_token = settings.twilio_auth_token.get_secret_value()
    database = Database(settings.database_url.get_secret_value())
    bridge = Bridge(
        settings,
        Providers(
            stt=create_stt_provider(settings),
            translator=create_translator(settings),
            voice=create_tts_provider(settings),
            s2s=create_s2s_link(settings),
            spare_voice=create_one(settings, SPARE_VOICE),
        ),
        TwilioRest(settings.twilio_account_sid, auth_token, settings.twilio_api_base_url),
        database,
        placement or create_placement(settings),
        fleet or create_fleet(settings),
        usable_processors() / (siblings.count if siblings is not None else 1),
    )
    budgets = _budgets(settings)
    generated_key = not settings.admin_api_key.get_secret_value()
    admin_api_key = SecretStr(secrets.token_urlsafe(24)) if generated_key else settings.admin_api_key

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if generated_key:
            # Printed, not logged: logs are shipped elsewhere.
            print(f"ADMIN_API_KEY is not set; for this run it is {admin_api_key.get_secret_value()}", file=sys.stderr)  # noqa: T201
        _warn(settings)
        try:
            await bridge.start()
        except ConfigError as error:
            log.critical("server.cannot_start", why=str(error))
            await bridge.aclose()
            raise
        if not gc.isenabled():
            # Whoever imported this let the collector rest for the start (app.main, `serve`). What the start has made
            # stays: never looked at again, it holds no call up. Frames leave nothing to collect, calls do.
            gc.freeze()
            gc.set_threshold(*_COLLECT_AFTER)
            gc.enable()
        log.info(
            "server.ready", client_languages=bridge.client_languages, agent_language=settings.default_agent_language
        )
        try:
            async with calls_end_first(lambda: bridge.switchboard.drain(settings.drain_timeout_s)):
                yield
        finally:
            await bridge.aclose()
            await budgets.aclose()

    application = FastAPI(
        title="Puente",
        version=__version__,
        summary="An interpreter for telephone calls.",
        openapi_tags=[{"name": name, "description": description} for name, description in _TAGS.items()],
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    # The last one added is the first to see a request.
    application.add_middleware(BodyLimit)
    application.add_middleware(SecurityHeaders, is_https=settings.webhook_base_url.startswith("https://"))
    application.add_middleware(GonePeers)
    application.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    add_error_handlers(application)
    signing_key = settings.token_signing_key.get_secret_value() or admin_api_key.get_secret_value()
    application.state.bridge_state = BridgeState(
        settings,
        bridge,
        SignatureValidator(auth_token),
        KeyRing(admin_api_key, ApiKeys(database)),
        TokenMint(derived_secret(signing_key)),
        budgets,
        _metrics_page(bridge, siblings),
    )
    for module in (service, docs_page, webhooks, media, captions, calls, privacy, recordings, tokens):
        application.include_router(module.router)
    return application


def _metrics_page(bridge: Bridge, siblings: Siblings | None) -> Callable[[], Awaitable[bytes]]:
    """Return what /metrics shows: one process's, or that of all workers."""

    async def own() -> bytes:
        return bridge.render_metrics()

    if siblings is None:
        return own
    index, others = siblings.index, siblings
    siblings.render_metrics = lambda: labelled(bridge.render_metrics(), index)

    async def everybodys() -> bytes:
        return merged([labelled(bridge.render_metrics(), index), *await others.metrics()])

    return everybodys


def _budgets(settings: Settings) -> Budgets:
    return Budgets(
        {
            Budget.ANONYMOUS: settings.anonymous_requests_per_minute,
            Budget.FAILED_AUTHENTICATION: settings.failed_authentications_per_minute,
            Budget.WRONG_SIGNATURE: settings.wrong_signatures_per_minute,
            Budget.MEDIA_SOCKET: settings.media_sockets_per_minute,
            Budget.API: settings.api_requests_per_minute,
        },
        settings.redis_url.get_secret_value(),
    )


def _warn(settings: Settings) -> None:
    if not settings.twilio_validate_signatures:
        log.warning(
            "signatures.not_validated",
            danger="anybody can place calls on this server: TWILIO_VALIDATE_SIGNATURES=false is for development only",
        )
    if settings.fleet_servers and not settings.redis_url.get_secret_value():
        log.warning(
            "fleet.without_redis",
            danger="each process has its own limits and can end or show its own calls only",
            fix="set REDIS_URL",
        )
    missing = settings.missing_for_calls()
    if missing:
        log.warning("server.not_configured", missing=missing, fix="set them in .env; `python -m app doctor` explains")
