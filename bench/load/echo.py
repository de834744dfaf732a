"""The least that a server of media streams can do: typed decoding, voice activity, encoding, and nothing else.

    python -m bench.load.echo [--coalesce-ms 20]

What the bridge is compared with: the same server, WebSocket library and event loop. It sends back what it hears.
"""

from __future__ import annotations

import argparse
import os
from binascii import b2a_base64

import msgspec
import uvicorn
import webrtcvad
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import BYTES_PER_MS, FRAME_MS, SAMPLE_RATE_HZ


class _Body(msgspec.Struct):
    payload: bytes


class _Message(msgspec.Struct, rename="camel"):
    event: str
    stream_sid: str = ""
    media: _Body | None = None


_decoder = msgspec.json.Decoder(_Message)


def echo(coalesced_bytes: int) -> ASGI3Application:
    """Return an ASGI application that answers each so many bytes of audio."""

    async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        vad, waiting = webrtcvad.Vad(2), bytearray()
        while (event := await receive())["type"] == "websocket.receive":
            message = _decoder.decode(event["text"] or "")
            if message.media is None:
                continue
            vad.is_speech(ulaw_to_pcm16(message.media.payload), SAMPLE_RATE_HZ)
            waiting += message.media.payload
            if len(waiting) >= coalesced_bytes:
                payload = b2a_base64(waiting, newline=False).decode()
                text = f'{{"event":"media","streamSid":"{message.stream_sid}","media":{{"payload":"{payload}"}}}}'
                await send({"type": "websocket.send", "text": text, "bytes": None})
                waiting.clear()

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coalesce-ms", type=int, default=FRAME_MS, help="audio in a message that is sent")
    coalesced_bytes = parser.parse_args().coalesce_ms * BYTES_PER_MS
    config = uvicorn.Config(
        echo(coalesced_bytes),
        port=int(os.environ["PORT"]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
