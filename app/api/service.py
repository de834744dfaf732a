"""The service about itself."""

from __future__ import annotations

import time

from fastapi import APIRouter, Depends, Request, Response

from app import __version__
from app.api.errors import ApiError, ErrorCode, error_responses
from app.api.metrics_schema import MetricsView
from app.api.negotiation import best_media_type
from app.api.schemas import HealthView, ReadyView, ServiceView, TranslateReply, TranslateRequest
from app.api.security import allowed, anybody
from app.api.state import state_of
from app.domain.access import Permission
from app.domain.languages import primary_subtag
from app.errors import ProviderError, ProviderRejected
from app.telemetry.summary import summarise
from app.translation.base import TranslationRequest

router = APIRouter(tags=["service"])

_PROMETHEUS = "text/plain"
_JSON = "application/json"


@router.get("/", dependencies=[Depends(anybody)], responses=error_responses(429))
async def service(request: Request) -> ServiceView:
    """Say what this is."""
    state = state_of(request)
    return ServiceView(
        name="puente",
        version=__version__,
        docs="/docs",
        agent_language=state.settings.default_agent_language,
        client_languages=list(state.bridge.client_languages),
    )


@router.get(
    "/ready",
    dependencies=[Depends(anybody)],
    responses={503: {"model": ReadyView, "description": "It cannot be taken, and why."}, **error_responses(429)},
)
async def ready(request: Request, response: Response) -> ReadyView:
    """Say whether a call can be taken now; for whoever sends calls here. A database that is away holds none up."""
    bridge = state_of(request).bridge
    problems = bridge.problems()
    response.status_code = 503 if problems else 200
    trouble = bridge.fleet.trouble
    return ReadyView(ready=not problems, problems=list(problems), degraded=[trouble] if trouble else [])


@router.get("/health", dependencies=[Depends(anybody)], responses=error_responses(429))
async def health(request: Request) -> HealthView:
    """Say how the process does; for whoever restarts it when there is no answer, and for people."""
    state = state_of(request)
    found = await state.bridge.health()
    status = "degraded" if found.fleet_trouble or not found.database else "ok"
    return HealthView(
        status="unavailable" if found.problems else status,
        problems=list(found.problems),
        database="ok" if found.database else "unreachable",
        providers={
            "stt": state.settings.stt_provider,
            "translation": state.settings.translation_provider,
            "tts": state.settings.tts_provider,
            **({"s2s": state.settings.s2s_provider} if state.settings.s2s_provider else {}),
        },
        circuits=found.circuits,
        live_calls=found.live_calls,
        max_concurrent_calls=state.settings.max_concurrent_calls,
        fleet=found.fleet_trouble or "ok",
        fleet_processes=found.fleet.processes,
        fleet_live_calls=found.fleet.calls,
        local_capacity_calls=found.local_capacity_calls,
    )


@router.get(
    "/metrics",
    dependencies=[Depends(allowed(Permission.READ_METRICS))],
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format; with `Accept: application/json` a few figures.",
            "model": MetricsView,
            "content": {_PROMETHEUS: {"schema": {"type": "string"}}},
        },
        **error_responses(401, 403, 429, 503),
    },
)
async def metrics(request: Request) -> Response:
    """Return what operators watch."""
    state = state_of(request)
    if best_media_type(request.headers.get("accept", ""), (_PROMETHEUS, _JSON)) == _JSON:
        text = MetricsView.of(summarise(await state.metrics_page())).model_dump_json()
        return Response(text, media_type=_JSON, headers={"Vary": "Accept"})
    return Response(
        await state.metrics_page(),
        media_type=f"{_PROMETHEUS}; version=0.0.4; charset=utf-8",
        headers={"Vary": "Accept"},
    )


@router.post(
    "/test/translate",
    dependencies=[Depends(allowed(Permission.TRANSLATE))],
    responses=error_responses(401, 403, 413, 422, 429, 502, 503),
)
async def translate(request: Request, wanted: TranslateRequest) -> TranslateReply:
    """Translate a text as a call would, with the deployment's glossary."""
    state = state_of(request)
    translator = state.bridge.providers.translator
    source, target = primary_subtag(wanted.source_language), primary_subtag(wanted.target_language)
    began_s = time.monotonic()
    try:
        text = wanted.text
        if source != target:
            glossary = state.bridge.glossaries.deployment.pair(source, target)
            text = await translator.translate(TranslationRequest(wanted.text, source, target, glossary=glossary))
    except ProviderRejected as error:
        pairs = ", ".join(sorted(f"{a}-{b}" for a, b in translator.capabilities.pairs))
        raise ApiError(
            422, ErrorCode.NOT_COVERED, f"{source}-{target} is not covered; {error.provider} has {pairs}"
        ) from error
    except ProviderError as error:
        raise ApiError(502, ErrorCode.PROVIDER_FAILED, f"the translator failed: {error.code}") from error
    return TranslateReply(
        translated_text=text,
        source_language=source,
        target_language=target,
        provider=translator.capabilities.name,
        translation_ms=round((time.monotonic() - began_s) * 1000),
    )
