"""OpenAI's own SDK against the local servers: made from OpenAI's description, it proves what they take and say."""

from __future__ import annotations

import base64

from openai import AsyncOpenAI, BaseModel

from tests.vendors.openai import OpenAi
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_translation import FRAME_BYTES, OpenAiTranslation
from tests.vendors.server import Vendor, serving


def sdk(address: str) -> AsyncOpenAI:
    return AsyncOpenAI(
        api_key=Vendor.key,
        base_url=f"http://{address}/v1",
        websocket_base_url=f"ws://{address}/v1",
        max_retries=0,
    )


def is_described(message: BaseModel) -> bool:
    """Whether it is whole by the SDK's model of it, which the SDK itself does not ask for."""
    return type(message).model_validate(message.model_dump()) == message


async def test_a_streamed_answer() -> None:
    vendor = OpenAi()
    async with serving(vendor) as address, sdk(address) as client:
        stream = await client.chat.completions.create(
            model="gpt-4.1-mini",
            messages=[
                {"role": "system", "content": "Translate into Spanish."},
                {"role": "user", "content": '{"text": "Hi."}'},
            ],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    assert all(map(is_described, chunks))
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert chunks[-1].usage is not None
    assert vendor.refused == []


async def test_a_voice() -> None:
    vendor = OpenAiSpeech()
    async with serving(vendor) as address, sdk(address) as client:
        assert all(map(is_described, (await client.models.list()).data))
        speech = await client.audio.speech.create(
            model="gpt-4o-mini-tts", voice="marin", input="Hola.", instructions="Calmly.", response_format="pcm"
        )
    assert len(speech.content) == 5 * 65 * 48
    assert vendor.refused == []


async def test_realtime_translations() -> None:
    vendor = OpenAiTranslation()
    kinds: list[str] = []
    async with (
        serving(vendor) as address,
        sdk(address) as client,
        client.realtime.translations.connect(model="gpt-realtime-translate") as socket,
    ):
        await socket.session.update(session={"audio": {"output": {"language": "es"}}})
        await socket.session.input_audio_buffer.append(audio=base64.b64encode(bytes(FRAME_BYTES)).decode())
        await socket.session.close()
        async for event in socket:
            assert is_described(event)
            kinds.append(event.type)
    assert kinds == ["session.created", "session.updated", "session.output_audio.delta", "session.closed"]
    assert vendor.refused == []
