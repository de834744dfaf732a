"""A server that is one of several: the session's id is in every path that Twilio calls, and only its own are served."""

from __future__ import annotations

import re
from pathlib import Path

from app.emulator.carrier import Carrier, EmulatorConfig
from app.emulator.intruder import intrude
from app.emulator.resource import new_sid
from app.emulator.stream import StreamIdentity
from tests.e2e.harness import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, conversation, desk, script
from tests.e2e.sounds import babble
from tests.e2e.test_api import incoming_call, post_signed

FLEET = {"fleet_servers": ("10.0.0.1:8000", "10.0.0.2:8000"), "fleet_server": "10.0.0.2:8000"}
STREAM_URL = re.compile(r'url="(wss://[^"]*)"')
PARAMETER = re.compile(r'<Parameter name="(\w+)" value="([^"]*)"')


async def test_a_call_whose_paths_name_its_session(tmp_path: Path) -> None:
    async with desk(tmp_path, **FLEET) as at:
        reply = await post_signed(at, "/voice/webhook", incoming_call())
        report = await at.emulator.call(script(**conversation(babble(1.0))))
        metrics = (await at.http.get("/metrics")).text
    (url,), parameters = STREAM_URL.findall(reply.text), dict(PARAMETER.findall(reply.text))
    assert url == f"wss://bridge.example.com/ws/media-stream/{parameters['session']}"
    assert f'action="{PUBLIC_URL}/voice/after-stream/{parameters["session"]}"' in reply.text
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert report.agent.heard_s > 0.5
    for entrance in ("stream", "status", "after-stream"):
        assert f'puente_misrouted_total{{entrance="{entrance}"}} 0.0' in metrics


async def test_what_belongs_to_another_process_is_refused_and_counted(tmp_path: Path) -> None:
    async with desk(tmp_path, **FLEET) as at:
        carrier = Carrier(EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=at.url, public_url=PUBLIC_URL))
        async with carrier:
            reply = await post_signed(at, "/voice/webhook", incoming_call())
            parameters = dict(PARAMETER.findall(reply.text))
            identity = StreamIdentity(ACCOUNT_SID, incoming_call()["CallSid"], new_sid("MZ"), parameters)
            base = "wss://bridge.example.com/ws/media-stream"
            elsewhere = carrier.socket_address(f"{base}/held-elsewhere")
            forged = carrier.socket_address(f"{base}/{parameters['session']}", wrongly_signed=True)
            own = carrier.socket_address(f"{base}/{parameters['session']}")
            assert elsewhere is not None
            assert forged is not None
            assert own is not None
            stranger = StreamIdentity(ACCOUNT_SID, identity.call_sid, new_sid("MZ"), {"session": "held-elsewhere"})
            misrouted = await intrude(elsewhere, stranger)
            beside = await intrude(elsewhere, identity)
            unsigned = await intrude(forged, identity)
            wrong_token = await intrude(own, StreamIdentity(ACCOUNT_SID, identity.call_sid, new_sid("MZ"), {}))
            status = await post_signed(at, "/voice/status/held-elsewhere", incoming_call(CallStatus="completed"))
            after = await post_signed(at, "/voice/after-stream/held-elsewhere", incoming_call())
        metrics = (await at.http.get("/metrics")).text
    assert misrouted.startswith("closed with 1008")
    assert beside.startswith("closed with 1008"), "its ticket is good, but not on this path"
    assert wrong_token.startswith("closed with 1008")
    assert unsigned.startswith("refused"), "the signature is over the whole URL"
    assert (status.status_code, after.status_code) == (204, 200)
    assert 'puente_misrouted_total{entrance="stream"} 2.0' in metrics
    assert 'puente_misrouted_total{entrance="status"} 1.0' in metrics
    assert 'puente_misrouted_total{entrance="after-stream"} 1.0' in metrics
    assert "puente_streams_refused_total 4.0" in metrics
