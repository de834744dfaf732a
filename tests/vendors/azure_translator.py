"""Azure Translator, version 3.0 (learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3).

What it takes and answers is checked against Microsoft's own description in tests/vendors/descriptions.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.vendors.server import Vendor, faulty

LANGUAGES = ["ar", "ca", "de", "en", "es", "eu", "fr", "fr-ca", "gl", "it", "nb", "nl", "pt", "pt-PT", "ro", "zh-Hans"]
PARAMETERS = {
    "api-version": None,
    "from": None,
    "to": None,
    "textType": {"plain", "html"},
    "category": None,
    "profanityAction": {"noaction", "marked", "deleted"},
    "profanityMarker": {"asterisk", "tag"},
    "includeAlignment": {"true", "false"},
    "includeSentenceLength": {"true", "false"},
    "suggestedFrom": None,
    "fromScript": None,
    "toScript": None,
    "allowFallback": {"true", "false"},
}
"""Those of /translate, with their values where these are few; case does not matter to Azure."""
MAXIMUM_TEXTS = 1000
MAXIMUM_CHARACTERS = 50_000
CATEGORIES = {"general", "customer-service"}
_DICTIONARY = re.compile(r'<mstrans:dictionary translation="([^"]*)">.*?</mstrans:dictionary>')


class AzureTranslator(Vendor):
    """Translates by tagging: ``[es] text``, in which the markup of the dynamic dictionary is obeyed."""

    region = "westeurope"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[dict[str, str], list[dict[str, str]]]] = []
        """Query and body of each translation request that was answered."""
        self.answers: list[list[dict[str, Any]]] = []
        self.quota = 1_000_000
        """How many characters the subscription still has."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/languages", self.languages, methods=["GET"]),
            Route("/translate", self.translate, methods=["POST"]),
        ]

    async def languages(self, request: Request) -> Response:
        """Answer without a key, as Azure does."""
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if request.query_params.get("api-version") != "3.0":
            return self._error(400021, "The API version parameter is missing or invalid.")
        if request.query_params.get("scope") != "translation":
            return self._error(400001, "The scope parameter is invalid.")
        found = {code: {"name": code, "nativeName": code, "dir": "ltr"} for code in LANGUAGES}
        return JSONResponse({"translation": found})

    async def translate(self, request: Request) -> Response:
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        region = request.headers.get("ocp-apim-subscription-region")
        if request.headers.get("ocp-apim-subscription-key") != self.key or region != self.region:
            return self._error(401000, "The request is not authorized because credentials are missing or invalid.")
        if not request.headers.get("content-type", "").startswith("application/json"):
            return self._error(415000, "The Content-Type header is missing or invalid.")
        query, targets = dict(request.query_params), request.query_params.getlist("to")
        try:
            texts = json.loads(await request.body())
        except ValueError:
            return self._error(400074, "The body of the request is not valid JSON.")
        number, problem = _problem(query, targets, texts)
        if number:
            return self._error(number, problem)
        characters = sum(len(item["text"]) for item in texts) * len(targets)
        if characters > self.quota:
            return self._error(403001, "The operation is not allowed: the subscription has exceeded its free quota.")
        self.quota -= characters
        answer = [
            {"translations": [{"text": f"[{target}] {_obey(item['text'])}", "to": target} for target in targets]}
            for item in texts
        ]
        self.requests.append((query, texts))
        self.answers.append(answer)
        return JSONResponse(answer, headers={"X-RequestId": "1", "x-metered-usage": str(characters)})

    def _error(self, number: int, message: str) -> Response:
        """The status is the first half of the error's number."""
        self.refused.append(message)
        return JSONResponse({"error": {"code": number, "message": message}}, number // 1000)


def _obey(text: str) -> str:
    return _DICTIONARY.sub(r"\1", text)


def _problem(query: dict[str, str], targets: list[str], texts: object) -> tuple[int, str]:
    known = {code.lower() for code in LANGUAGES}
    if query.get("api-version") != "3.0":
        return 400021, "The API version parameter is missing or invalid."
    for name, value in query.items():
        if name not in PARAMETERS or (PARAMETERS[name] and value.lower() not in PARAMETERS[name]):
            return 400000, f"One of the request inputs is not valid: {name}"
    if query.get("category", "general") not in CATEGORIES:
        return 400002, "The category parameter is invalid."
    if not targets or any(target.lower() not in known for target in targets):
        return 400036, "The target language is not valid."
    if "from" in query and query["from"].lower() not in known:
        return 400035, "The source language is not valid."
    if not isinstance(texts, list) or not 1 <= len(texts) <= MAXIMUM_TEXTS:
        return 400072, "The array of text has no or too many elements."
    for item in texts:
        if not isinstance(item, dict) or not isinstance(item.get("text", item.get("Text")), str):
            return 400020, "One of the elements in the array of text is not valid."
    if sum(len(item["text"]) for item in texts) * len(targets) > MAXIMUM_CHARACTERS:
        return 400077, "The maximum request size has been exceeded."
    return 0, ""
