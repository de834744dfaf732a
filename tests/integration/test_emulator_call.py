"""Whole calls over real sockets, against a tiny strict bridge that relays what it is sent."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.audio.ulaw import float_to_ulaw
from app.domain.audio import ULAW_SILENCE
from app.domain.legs import Leg, LegStatus
from app.emulator import (
    AfterTurn,
    Answer,
    AnswerKind,
    AtTime,
    CallEvent,
    CallReport,
    CallScript,
    Emulator,
    EmulatorConfig,
    EmulatorError,
    EventKind,
    Faults,
    HangsUp,
    Party,
    Turn,
    WhenQuiet,
)
from app.emulator.intruder import TOLERATED
from tests.integration.emulator_bridge import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, Bridge, Misdeeds, serving


def tone(seconds: float, frequency_hz: int = 440) -> bytes:
    at_s = np.arange(int(8000 * seconds)) / 8000
    return float_to_ulaw((0.4 * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.float32))


def sound(ulaw: bytes) -> bytes:
    """Leave the silence out: where frames come late, it is between them."""
    return ulaw.replace(ULAW_SILENCE, b"")


HELLO, REPLY = tone(0.4), tone(0.3, 700)
LATE_S = 10.0
"""What nothing takes, however busy the machine: what is asserted is that it is not earlier."""
READY = Turn("ready", AtTime(0.1), say=tone(0.04, 1000))
"""A click of the agent's: from then on they hear what the client says."""


def conversation(**changes: object) -> CallScript:
    script = CallScript(
        client=Party(
            number="+14155550100",
            turns=(
                Turn("hello", AfterTurn("ready", 0.1), say=HELLO),
                Turn("key", AfterTurn("reply", 0.1), press="5"),
            ),
        ),
        agent=Party(turns=(READY, Turn("reply", WhenQuiet(0.2), say=REPLY)), answer=Answer(after_s=0.1)),
        linger_s=0.5,
        max_duration_s=60,
    )
    return replace(script, **changes)  # type: ignore[arg-type]


QUIET = CallScript(agent=Party(answer=Answer(after_s=0.1)), linger_s=0.4, max_duration_s=60)
"""Over when nothing was heard for a moment, perhaps before a slow server has dialled the agent."""
ANSWERED = replace(QUIET, agent=replace(QUIET.agent, turns=(READY,)))
"""The same, but not before the agent was on the line."""


@asynccontextmanager
async def bench(bridge: Bridge, **config: object) -> AsyncIterator[Emulator]:
    async with serving(bridge):
        settings = EmulatorConfig(
            ACCOUNT_SID, AUTH_TOKEN, server_url=bridge.url, public_url=PUBLIC_URL, say_characters_per_s=500
        )
        async with Emulator(replace(settings, **config)) as emulator:  # type: ignore[arg-type]
            bridge.rest_url = emulator.rest_url
            yield emulator


async def place(script: CallScript, bridge: Bridge | None = None, **config: object) -> CallReport:
    async with bench(bridge or Bridge(), **config) as emulator:
        return await emulator.call(script)


async def at_once(*calls: Coroutine[None, None, CallReport]) -> list[CallReport]:
    """Every call has its own bridge and emulator; together they take the time of one."""
    return await asyncio.gather(*calls)


def codes(report: CallReport, leg: Leg = Leg.CLIENT) -> list[int]:
    return [warned.code for warned in report.leg(leg).warnings]


async def test_what_one_says_the_other_hears_and_the_call_ends_clean(tmp_path: Path) -> None:
    bridge, events = Bridge(), list[CallEvent]()
    async with bench(bridge) as emulator:
        report = await emulator.call(conversation(), events.append)

    assert report.is_clean, report.to_json()
    assert sound(HELLO) in sound(report.agent.heard_ulaw)
    assert sound(REPLY) in sound(report.client.heard_ulaw)
    assert (report.client.digits, bridge.dtmf) == ("5", "5")
    assert [said.turn for said in report.client.said] == ["hello", "key"]
    assert [change.status.value for change in report.agent.statuses] == [
        "queued", "initiated", "ringing", "in-progress", "completed",
    ]  # fmt: skip
    agent_sid = report.agent.call_sid
    assert bridge.callbacks == [
        (agent_sid, "initiated"), (agent_sid, "ringing"), (agent_sid, "in-progress"), (agent_sid, "completed"),
    ]  # fmt: skip
    assert (report.client.ended_by, report.client.final_status) == ("phone", LegStatus.COMPLETED)
    stream = report.client.streams[0]
    assert stream.closed_by == "phone"
    assert len(stream.marks_echoed) >= 2
    assert stream.marks_echoed == [f"m{25 * number}" for number in range(1, len(stream.marks_echoed) + 1)]

    said, heard = report.client.said[0], report.agent.heard_segments[0]
    assert said.start_s - 0.02 <= heard.start_s < said.start_s + LATE_S
    kinds = {event.kind for event in events}
    assert kinds >= {EventKind.STATUS, EventKind.TURN_STARTED, EventKind.HEARING_STARTED, EventKind.STREAM_CLOSED}

    check_folder(report, tmp_path)


def check_folder(report: CallReport, folder: Path) -> None:
    """The recordings have one zero and one length; the report can be read back."""
    report.write(folder)
    assert len({path.stat().st_size for path in folder.glob("*.wav")}) == 1
    names = ["agent_heard.wav", "agent_said.wav", "client_heard.wav", "client_said.wav", "report.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert told["is_clean"]
    assert told["client"]["call_sid"] == report.client.call_sid


async def test_the_stream_looks_like_twilios() -> None:
    bridge = Bridge()
    await place(QUIET, bridge)

    names = sorted(name for name, _ in bridge.socket_headers[0])
    assert names == [
        "connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade", "user-agent",
        "x-twilio-signature",
    ]  # fmt: skip
    assert dict(bridge.socket_headers[0])["host"] == "bridge.example.com"
    assert dict(bridge.socket_headers[0])["user-agent"] == "Twilio.TmeWs/1.0"
    numbers = [int(str(message["sequenceNumber"])) for message in bridge.received[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert bridge.received[-1]["event"] == "stop"
    media = [message["media"] for message in bridge.received if message["event"] == "media"]
    stamps = [int(item["timestamp"]) for item in media]  # type: ignore[index, call-overload]
    assert 19 <= stamps[0] <= 181
    assert all(18 <= later - earlier <= 22 for earlier, later in pairwise(stamps))


async def test_several_calls_at_once_are_not_mixed_up() -> None:
    hellos = [tone(0.3, 300 + 150 * index) for index in range(4)]
    scripts = [
        conversation(
            client=Party(number=f"+1415555010{index}", turns=(Turn("hello", AfterTurn("ready", 0.1), say=hello),)),
            agent=Party(turns=(READY,), answer=Answer(after_s=0.1)),
        )
        for index, hello in enumerate(hellos)
    ]
    async with bench(Bridge()) as emulator:
        reports = await asyncio.gather(*(emulator.call(script) for script in scripts))
        assert emulator.unexpected_dials == 0
    for report, hello in zip(reports, hellos, strict=True):
        assert report.is_clean, report.to_json()
        assert sound(hello) in sound(report.agent.heard_ulaw)


WRONG_MESSAGES: list[tuple[str | bytes, int]] = [
    (b"\x00\x01", 31950),
    ("not JSON", 31951),
    ('{"event":"surprise","streamSid":"{sid}"}', 31951),
    ('{"event":"clear","streamSid":"MZ00000000000000000000000000000000"}', 31951),
    ('{"event":"mark","streamSid":"{sid}","mark":{"name":5}}', 31951),
    ('{"event":"clear","streamSid":"{sid}","extra":1}', 31951),
    ('{"event":"media","streamSid":"{sid}","media":{}}', 31951),
]


async def test_wrong_messages_are_warned_of_once_and_the_call_goes_on() -> None:
    reports = await at_once(*(place(QUIET, Bridge(Misdeeds(messages=[wrong] * 2))) for wrong, _ in WRONG_MESSAGES))
    for report, (_, code) in zip(reports, WRONG_MESSAGES, strict=True):
        assert codes(report) == [code]
        stream = report.client.streams[0]
        assert [refused.code for refused in stream.refused] == [code, code]
        assert stream.closed_by == "phone"
        assert not report.is_clean


async def test_clear_returns_the_marks_and_silences_what_was_queued() -> None:
    bridge = Bridge(Misdeeds(floods=tone(5), messages=['{"event":"clear","streamSid":"{sid}"}']))
    report = await place(QUIET, bridge)
    assert report.client.streams[0].clears == 1
    assert report.client.streams[0].marks_echoed[0] == "flood"
    assert report.client.heard_s < 0.5


async def test_more_than_ten_minutes_are_dropped_with_one_warning() -> None:
    report = await place(QUIET, Bridge(Misdeeds(floods=ULAW_SILENCE * 4_800_100)))
    assert codes(report) == [31931]


async def test_a_stream_that_the_server_closes_ends_the_call() -> None:
    ordered, broken = await at_once(*(place(QUIET, Bridge(Misdeeds(close_code=code))) for code in (1000, 1011)))
    assert (codes(ordered), codes(broken)) == ([31921], [31921])
    assert ordered.is_clean
    assert not broken.is_clean
    assert (broken.client.ended_by, broken.client.streams[0].close_code) == ("server", 1011)


async def test_a_party_that_is_forgotten_on_the_line_is_an_error() -> None:
    report = await place(QUIET, Bridge(Misdeeds(forgets_the_other_party=True)), propagation_s=0.3)
    assert report.errors == ["the agent was left on the line when the other party was gone"]


async def test_an_agent_who_does_not_answer() -> None:
    kinds = {
        AnswerKind.BUSY: LegStatus.BUSY,
        AnswerKind.NO_ANSWER: LegStatus.NO_ANSWER,
        AnswerKind.FAILED: LegStatus.FAILED,
    }
    bridges = [Bridge() for _ in kinds]
    scripts = [replace(ANSWERED, agent=replace(ANSWERED.agent, answer=Answer(kind, 0.1))) for kind in kinds]
    reports = await at_once(
        *(place(script, bridge, propagation_s=0.3) for script, bridge in zip(scripts, bridges, strict=True))
    )
    for report, bridge, status in zip(reports, bridges, kinds.values(), strict=True):
        assert report.agent.final_status is status
        assert bridge.callbacks[-1] == (report.agent.call_sid, status.value)
        assert report.agent.streams == []
        assert report.errors == ["the client was left on the line when the other party was gone"]


async def test_hanging_up_in_the_middle_of_a_word() -> None:
    turn = Turn("cut", AtTime(0.7), say=tone(3), hang_up_at_s=0.3)
    script = replace(QUIET, client=Party(number="+14155550100", turns=(turn,)))
    report = await place(script)
    assert report.is_clean, report.to_json()
    assert report.client.said[0].end_s - report.client.said[0].start_s == pytest.approx(0.3, abs=0.05)


async def test_the_agent_or_both_may_hang_up() -> None:
    for report in await at_once(*(place(replace(ANSWERED, hangs_up=who)) for who in (HangsUp.AGENT, HangsUp.BOTH))):
        assert report.is_clean, report.to_json()
        assert report.agent.ended_by == "phone"


async def test_twiml_is_followed_verb_by_verb() -> None:
    twiml = '<Response><Say language="es-ES">Hola</Say><Pause length="0"/><Play>x</Play><Hangup/></Response>'
    report = await place(QUIET, Bridge(Misdeeds(twiml=twiml)))
    assert [(verb.verb, verb.text) for verb in report.client.verbs] == [
        ("Say es-ES", "Hola"), ("Pause", ""), ("Hangup", ""),
    ]  # fmt: skip
    assert codes(report) == [12200]
    assert report.client.ended_by == "twiml"


LOST_TWIML = [
    ("<Response><Connect>", 12100),
    ('<Response><Connect><Stream url="ws://bridge.example.com/media"/></Connect></Response>', 31922),
    ('<Response><Connect><Stream url="wss://bridge.example.com/nothing"/></Connect></Response>', 31920),
    ('<Response><Connect><Stream url="wss://elsewhere.example.com/media"/></Connect></Response>', 31902),
]


async def test_twiml_that_leads_nowhere() -> None:
    reports = await at_once(*(place(QUIET, Bridge(Misdeeds(twiml=twiml))) for twiml, _ in LOST_TWIML))
    assert [codes(report) for report in reports] == [[code] for _, code in LOST_TWIML]


async def test_what_follows_a_stream_is_told_and_asked_for() -> None:
    twiml = (
        '<Response><Connect action="/again"><Stream url="wss://bridge.example.com/{}" '
        'statusCallback="https://bridge.example.com/status"/></Connect></Response>'
    )
    told: list[list[str]] = []
    for path in ("media", "nothing"):
        bridge = Bridge(Misdeeds(twiml=twiml.format(path)))
        report = await place(QUIET, bridge)
        told.append([event for _, event in bridge.callbacks])
        assert [verb.verb for verb in report.client.verbs] == ["Connect Stream", "Pause", "Hangup"]
        assert [(webhook.kind, webhook.status) for webhook in report.client.webhooks if webhook.kind == "action"] == [
            ("action", 200)
        ]
    assert told == [["stream-started", "stream-stopped"], ["stream-error"]]


async def test_the_server_may_replace_the_twiml_of_a_live_call() -> None:
    report = await place(replace(QUIET, linger_s=3), Bridge(Misdeeds(redirects_by_rest=True)))
    assert [verb.verb for verb in report.client.verbs] == ["Connect Stream", "Say en-US", "Redirect", "Pause", "Hangup"]
    assert report.client.streams[0].closed_by == "phone"
    assert report.client.ended_by == "twiml"


async def test_a_server_that_is_not_there_is_named() -> None:
    async with Emulator(EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url="http://127.0.0.1:9")) as emulator:
        report = await emulator.call(QUIET)
    assert (report.client.final_status, report.client.ended_by) == (LegStatus.FAILED, "carrier")
    assert "http://127.0.0.1:9" in report.client.warnings[0].detail


async def test_an_occupied_port_is_named() -> None:
    async with bench(Bridge()) as emulator:
        port = int(emulator.rest_url.rsplit(":", 1)[1])
        with pytest.raises(EmulatorError, match=str(port)):
            await Emulator(replace(emulator.config, rest_port=port)).__aenter__()


async def test_wrong_signatures_are_refused() -> None:
    wrong = {"webhook": 11200, "socket": 31920, "callback": 11200}
    reports = await at_once(*(place(replace(QUIET, faults=Faults(wrong_signature=kind))) for kind in wrong))
    for report, code in zip(reports, wrong.values(), strict=True):
        assert code in codes(report) + codes(report, Leg.AGENT)


async def test_intruders_are_told_from_callers() -> None:
    script = replace(QUIET, faults=Faults(replay_token=True, second_stream=True), linger_s=1.2)
    report = await place(script)
    assert sorted(probe.split()[0] for probe in report.probes) == ["replay_token", "second_stream"]
    assert all("closed with 1008" in probe for probe in report.probes)
    assert TOLERATED not in " ".join(report.probes)


async def test_the_line_may_be_bad_and_still_everything_said_is_heard() -> None:
    faults = Faults(jitter_ms=60, garbage=True, duplicate_webhook=True, duplicate_callbacks=True, huge_kib=64)
    bridge = Bridge()
    report = await place(conversation(faults=faults), bridge)
    assert report.errors == []
    assert report.agent.heard_s == pytest.approx(0.4, abs=0.1)
    assert bridge.oddities > 2
    assert len(bridge.sessions) == 2
    assert [status for _, status in bridge.callbacks][:2] == ["initiated", "initiated"]


async def test_callbacks_may_come_out_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.emulator.callbacks.SHUFFLE_WAIT_S", LATE_S)
    bridge = Bridge()
    await place(replace(ANSWERED, faults=Faults(shuffle_callbacks=True)), bridge)
    assert [status for _, status in bridge.callbacks] == ["ringing", "initiated", "completed", "in-progress"]


async def test_a_reset_breaks_the_stream() -> None:
    report = await place(replace(QUIET, faults=Faults(reset_at_s=0.3, legs="client")))
    stream = report.client.streams[0]
    assert (stream.closed_by, report.client.ended_by) == ("phone-reset", "stream-failed")
    assert stream.closed_at_s is not None
    assert stream.opened_at_s is not None
    assert 0.3 <= stream.closed_at_s - stream.opened_at_s < LATE_S


async def test_lost_audio_shows_as_a_jump_of_the_timestamps() -> None:
    bridge = Bridge()
    script = replace(QUIET, faults=Faults(drop_ms=4500, legs="client"), linger_s=1.5)
    report = await place(script, bridge)
    assert 15 <= report.client.streams[0].frames_sent <= 30
    assert report.client.streams[0].frames_lost > 20


async def test_the_agents_stream_may_open_before_the_answered_callback() -> None:
    bridge = Bridge()
    await place(replace(ANSWERED, faults=Faults(answered_late_s=1.5), linger_s=2.0), bridge)
    streaming = dict(zip((status for _, status in bridge.callbacks), bridge.agent_was_streaming, strict=True))
    assert streaming["in-progress"]
    assert not streaming["ringing"]


async def test_start_may_come_late_or_never() -> None:
    late_bridge, mute_bridge = Bridge(), Bridge()
    mute = replace(QUIET, max_duration_s=0.8, faults=Faults(no_start=True))
    late = replace(QUIET, faults=Faults(start_delay_s=0.5, legs="client"))
    silent, delayed = await at_once(place(mute, mute_bridge), place(late, late_bridge))
    assert (silent.client.streams[0].frames_sent, mute_bridge.received) == (0, [])
    assert silent.errors == ["the call was cut off after 0.8 s"]
    agent_began_s = delayed.agent.statuses[0].at_s
    assert delayed.client.streams[0].opened_at_s is not None
    assert agent_began_s - delayed.client.streams[0].opened_at_s >= 0.5
    assert delayed.is_clean


async def test_a_machine_that_stands_still_is_no_server_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.emulator.stream.MEDIA_QUEUE_LIMIT", 10)

    def stand_still(event: CallEvent) -> None:
        if event.kind is EventKind.TURN_STARTED:
            time.sleep(0.5)

    async with bench(Bridge()) as emulator:
        report = await emulator.call(ANSWERED, stand_still)
    assert report.is_clean, report.to_json()


async def test_a_slow_reader_hears_late_but_loses_nothing() -> None:
    script = conversation(faults=Faults(slow_reader_ms=30, legs="agent"), linger_s=1.0)
    report = await place(script)
    # Its twenty messages take 30 ms each, whatever had piled up before them.
    assert report.agent.heard_segments[-1].end_s > report.client.said[0].start_s + 0.55
    assert sound(HELLO) in sound(report.agent.heard_ulaw)
