"""The service about itself."""

from __future__ import annotations

import time

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from app import __version__
from app.api.schemas import HealthView, ServiceView, TranslateReply, TranslateRequest
from app.api.security import administrator
from app.api.state import state_of
from app.domain.languages import primary_subtag
from app.errors import ProviderError, ProviderRejected
from app.translation.base import TranslationRequest

router = APIRouter(tags=["service"])


@router.get("/")
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


@router.get("/health", responses={503: {"model": HealthView}})
async def health(request: Request, response: Response) -> HealthView:
    """Say whether a call can be taken: 200 if so (even while the database is away), 503 with the reasons if not."""
    state = state_of(request)
    found = await state.bridge.health()
    response.status_code = 200 if found.can_take_calls else 503
    status = "ok" if found.database else "degraded"
    return HealthView(
        status=status if found.can_take_calls else "unavailable",
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
    )


@router.get("/metrics", dependencies=[Depends(administrator)], response_class=Response)
async def metrics(request: Request) -> Response:
    """Return Prometheus' text format."""
    return Response(state_of(request).bridge.render_metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.post("/test/translate", dependencies=[Depends(administrator)])
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
        raise HTTPException(422, f"{source}-{target} is not covered; {error.provider} has {pairs}") from error
    except ProviderError as error:
        raise HTTPException(502, f"the translator failed: {error.code}") from error
    return TranslateReply(
        translated_text=text,
        source_language=source,
        target_language=target,
        provider=translator.capabilities.name,
        translation_ms=round((time.monotonic() - began_s) * 1000),
    )
