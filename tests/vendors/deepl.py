"""DeepL's text translation, as its OpenAPI description has it (github.com/DeepLcom/openapi, June 2026)."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.vendors.deepl_glossaries import Glossaries
from tests.vendors.server import Vendor, faulty

SOURCES = ["AR", "CA", "DE", "EN", "ES", "EU", "FR", "GL", "IT", "NL", "PL", "PT", "RO", "RU", "UK", "ZH"]
VARIETIES = ["EN-GB", "EN-US", "ES-419", "PT-BR", "PT-PT", "ZH-HANS"]
TARGETS = sorted({*SOURCES, *VARIETIES} - {"EN", "PT"})
FORMAL_TARGETS = {"DE", "ES", "ES-419", "FR", "IT", "NL", "PL", "PT-BR", "PT-PT", "RU"}
PARAMETERS = {
    "text": list,
    "source_lang": str,
    "target_lang": str,
    "context": str,
    "split_sentences": str,
    "preserve_formatting": (bool, str),
    "formality": str,
    "glossary_id": str,
    "glossary_ids": list,
    "model_type": str,
    "custom_instructions": list,
    "show_billed_characters": bool,
}
CHOICES = {
    "formality": {"default", "more", "less", "prefer_more", "prefer_less"},
    "model_type": {"quality_optimized", "prefer_quality_optimized", "latency_optimized"},
    "split_sentences": {"0", "1", "nonewlines"},
}
MAXIMUM_BODY_BYTES = 128 * 1024
MAXIMUM_TEXTS = 50


class DeepL(Vendor):
    """Translates by tagging: ``[es] text``, in which everything else stays as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.glossaries = Glossaries()
        self.created: list[dict[str, Any]] = []
        """The requests for a glossary that were granted."""
        self.requests: list[dict[str, Any]] = []
        """The translation requests that were answered."""

    @property
    def characters(self) -> int:
        """Of the source texts, which is what DeepL bills."""
        return sum(len(text) for request in self.requests for text in request["text"])

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v2/translate", self.translate, methods=["POST"]),
            Route("/v2/languages", self.languages, methods=["GET"]),
            Route("/v3/glossaries", self.list_glossaries, methods=["GET"]),
            Route("/v3/glossaries", self.create_glossary, methods=["POST"]),
        ]

    async def languages(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self.refuse(403, "Authorization failed")
        kind = request.query_params.get("type", "source")
        if kind not in ("source", "target"):
            return self.refuse(400, "Parameter 'type' is invalid.")
        if kind == "source":
            return JSONResponse([{"language": code, "name": code} for code in SOURCES])
        return JSONResponse(
            [{"language": code, "name": code, "supports_formality": code in FORMAL_TARGETS} for code in TARGETS]
        )

    async def translate(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self.refuse(403, "Authorization failed")
        if not request.headers.get("user-agent"):
            return self.refuse(400, "User-Agent header missing.")
        body = await request.body()
        if len(body) > MAXIMUM_BODY_BYTES:
            return self.refuse(413, "The request size exceeds the limit.")
        if request.headers.get("content-type") != "application/json":
            return self.refuse(415, "Unsupported Media Type")
        wanted = json.loads(body)
        problem = self._problem(wanted)
        if problem:
            return self.refuse(400, problem)
        self.requests.append(wanted)
        target = str(wanted["target_lang"]).split("-")[0].lower()
        pair, glossary = (str(wanted.get("source_lang", "")).lower(), target), wanted.get("glossary_id")
        answer = [
            {
                "detected_source_language": wanted.get("source_lang", "EN"),
                "text": f"[{target}] {self.glossaries.apply(glossary, pair, text)}",
                **({"model_type_used": wanted["model_type"]} if "model_type" in wanted else {}),
                **({"billed_characters": len(text)} if wanted.get("show_billed_characters") else {}),
            }
            for text in wanted["text"]
        ]
        return JSONResponse({"translations": answer})

    async def list_glossaries(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self.refuse(403, "Authorization failed")
        return JSONResponse(self.glossaries.list())

    async def create_glossary(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if not self._is_authorized(request):
            return self.refuse(403, "Authorization failed")
        wanted = await request.json()
        created = self.glossaries.create(wanted)
        if isinstance(created, str):
            return self.refuse(400, created)
        self.created.append(wanted)
        return JSONResponse(created, 201)

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"DeepL-Auth-Key {self.key}"

    def _problem(self, wanted: dict[str, object]) -> str | None:
        for name, value in wanted.items():
            if name not in PARAMETERS:
                return f"Unknown parameter '{name}'."
            if not isinstance(value, PARAMETERS[name]):
                return f"Value for '{name}' has the wrong type."
            if name in CHOICES and value not in CHOICES[name]:
                return f"Value for '{name}' not supported."
        texts, source = wanted.get("text"), str(wanted.get("source_lang", ""))
        target = str(wanted.get("target_lang", "")).upper()
        if not isinstance(texts, list) or not 1 <= len(texts) <= MAXIMUM_TEXTS:
            return "Parameter 'text' not specified."
        if target not in TARGETS:
            return "Value for 'target_lang' not supported."
        if source and source.upper() not in SOURCES:
            return "Value for 'source_lang' not supported."
        if wanted.get("formality") in ("more", "less") and target not in FORMAL_TARGETS:
            return f"'formality' is not supported for given 'target_lang' {target}."
        glossary = wanted.get("glossary_id")
        if glossary is not None and "glossary_ids" in wanted:
            return "Use either glossary_id or glossary_ids."
        if glossary is not None:
            if not source:
                return "Use of a glossary requires the source_lang parameter to be specified"
            pair = (source.lower(), target.split("-")[0].lower())
            if pair not in self.glossaries.dictionaries.get(str(glossary), {}):
                return "Glossary not found or of another language pair."
        return None
