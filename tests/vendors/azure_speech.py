"""Azure's text to speech over REST (learn.microsoft.com, "Text to speech REST API", October 2025).

Its speech is that of ``tests.vendors.speaking``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.vendors.server import faulty
from tests.vendors.speaking import SpeakingVendor

SSML = "{http://www.w3.org/2001/10/synthesis}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FORMATS = {"raw-8khz-8bit-mono-mulaw", "raw-8khz-8bit-mono-alaw", "raw-8khz-16bit-mono-pcm", "raw-24khz-16bit-mono-pcm"}
VOICES = {
    *("en-US-AvaMultilingualNeural", "en-US-AndrewMultilingualNeural", "zh-CN-sichuan-YunxiNeural"),
    *("ar-EG-SalmaNeural", "ar-EG-ShakirNeural", "ca-ES-JoanaNeural", "ca-ES-EnricNeural", "de-DE-KatjaNeural"),
    *("de-DE-ConradNeural", "en-US-JennyNeural", "en-US-GuyNeural", "es-ES-ElviraNeural", "es-ES-AlvaroNeural"),
    *("eu-ES-AinhoaNeural", "eu-ES-AnderNeural", "fr-FR-DeniseNeural", "fr-FR-HenriNeural", "gl-ES-SabelaNeural"),
    *("gl-ES-RoiNeural", "it-IT-ElsaNeural", "it-IT-DiegoNeural", "nl-NL-FennaNeural", "nl-NL-MaartenNeural"),
    *("pl-PL-AgnieszkaNeural", "pl-PL-MarekNeural", "pt-PT-RaquelNeural", "pt-PT-DuarteNeural", "ro-RO-AlinaNeural"),
    *("ro-RO-EmilNeural", "ru-RU-SvetlanaNeural", "ru-RU-DmitryNeural", "uk-UA-PolinaNeural", "uk-UA-OstapNeural"),
    *("zh-CN-XiaoxiaoNeural", "zh-CN-YunxiNeural"),
}
"""From the table of its documentation (MicrosoftDocs/azure-ai-docs, includes/language-support/tts.md)."""


@dataclass(frozen=True, slots=True)
class Said:
    """One text that was accepted."""

    text: str
    voice: str
    lang: str
    """Of the innermost element that names one."""
    rate: str | None
    client: tuple[str, int]
    """The connection's other end."""


class AzureSpeech(SpeakingVendor):
    """A resource of one region."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.asked = 0
        """Requests of any kind."""
        self.warmed: list[tuple[str, int]] = []
        """Connections over which somebody asked for nothing."""
        self.speaking = 0
        """Answers that are under way."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/cognitiveservices/voices/list", self.voices, methods=["GET"]),
            Route("/cognitiveservices/v1", self.speak, methods=["POST"]),
        ]

    async def voices(self, request: Request) -> Response:
        self.asked += 1
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        if request.headers.get("ocp-apim-subscription-key") != self.key:
            return self.refuse(401, "PermissionDenied")
        if request.method == "HEAD":
            self.warmed.append(_client(request))
        return JSONResponse([{"ShortName": voice, "Locale": voice.rpartition("-")[0]} for voice in sorted(VOICES)])

    async def speak(self, request: Request) -> Response:
        self.asked += 1
        fault = await self.faults.next()
        if fault is not None:
            return faulty(request, fault)
        headers = request.headers
        if headers.get("ocp-apim-subscription-key") != self.key:
            return self.refuse(401, "PermissionDenied")
        if headers.get("content-type") != "application/ssml+xml":
            return self.refuse(415, "The content type is application/ssml+xml")
        if headers.get("x-microsoft-outputformat") not in FORMATS or not headers.get("user-agent"):
            return self.refuse(400, "X-Microsoft-OutputFormat and User-Agent are required")
        said = _read(await request.body(), _client(request))
        if isinstance(said, str):
            return self.refuse(400, said)
        self.said.append(said)
        return StreamingResponse(self._stream(said), media_type="audio/basic")

    async def _stream(self, said: Said) -> AsyncIterator[bytes]:
        self.speaking += 1
        try:
            await asyncio.sleep(0)
            async for piece in self.pieces(said.text):
                yield piece
        finally:
            self.speaking -= 1


def _client(request: Request) -> tuple[str, int]:
    assert request.client is not None
    return (request.client.host, request.client.port)


def _read(body: bytes, client: tuple[str, int]) -> Said | str:
    """Return what is to be said, or what is wrong with it."""
    try:
        speak = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return "The SSML is no XML"
    if speak.tag != f"{SSML}speak" or speak.get("version") != "1.0" or not speak.get(LANG):
        return "The root element is speak, with a version and a language"
    if [child.tag for child in speak] != [f"{SSML}voice"]:
        return "One voice element is expected"
    (voice,) = speak
    name = voice.get("name", "")
    if name not in VOICES:
        return "The voice is not supported"
    lang, rate = speak.get(LANG, ""), None
    for element in voice.iter():
        match element.tag.removeprefix(SSML):
            case "voice":
                continue
            case "prosody" if re.fullmatch(r"[+-]\d+%", element.get("rate", "")):
                rate = element.get("rate")
            case "lang" if "Multilingual" in name and element.get(LANG):
                lang = element.get(LANG, "")
            case _:
                return "An element or one of its attributes is not supported"
    return Said("".join(voice.itertext()), name, lang, rate, client)
