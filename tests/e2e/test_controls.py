"""Keys and the hand-over to a person, through the real server and the emulator: what is heard is what counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from twilio.request_validator import RequestValidator

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.domain.audio import SAMPLE_RATE_HZ, ULAW_SILENCE
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.emulator import AfterTurn, Answer, AnswerKind, AtTime, CallReport, Guest, Party, Turn, WhenQuiet
from app.emulator.clock import FRAME_S
from app.emulator.events import ROLES, Role
from tests.e2e.harness import AUTH_TOKEN, PUBLIC_URL, Desk, desk, script
from tests.e2e.sounds import babble

SPEECH = babble(1.5)
INTERPRETER = "+34600000009"
PITCH_HZ: dict[Role, int] = {Leg.CLIENT: 400, Leg.AGENT: 700, Guest.INTERPRETER: 1100}
TALK_AT_S = {Leg.CLIENT: 14.0, Leg.AGENT: 15.5}
"""When the two speak in the conference, on the clocks of their streams: long after they were moved there."""


def tone(role: Role) -> bytes:
    at_s = np.arange(8000) / 8000
    return float_to_ulaw((0.4 * np.sin(2 * np.pi * PITCH_HZ[role] * at_s)).astype(np.float32))


def tones_in(ulaw: bytes) -> set[Role]:
    """Return whose tone is the loudest thing in at least half a second of this."""
    heard: dict[Role, int] = dict.fromkeys(ROLES, 0)
    for start in range(0, len(ulaw) - 800, 800):
        spectrum = np.abs(np.fft.rfft(ulaw_to_float(ulaw[start : start + 800])))
        for role, frequency_hz in PITCH_HZ.items():
            heard[role] += bool(spectrum.max() > 50 and np.argmax(spectrum) == frequency_hz // 10)
    return {role for role, tenths in heard.items() if tenths >= 5}


def sound(ulaw: bytes) -> bytes:
    """Leave the silence out."""
    return ulaw.replace(ULAW_SILENCE, b"")


async def test_a_client_who_presses_two_is_interpreted_into_french(tmp_path: Path) -> None:
    turns = {
        "client": (Turn("two", AtTime(0.5), press="2"),),
        "agent": (Turn("answer", AtTime(4.0), say=SPEECH),),
    }
    async with desk(tmp_path, client_keys="1=language:en,2=language:fr") as at:
        report = await at.emulator.call(script(**turns))
        call = await at.the_call()
    assert report.is_clean, report.errors
    assert call.client_language == "fr"
    (said,) = call.utterances
    assert (said.target_language, said.translated_text) == ("fr", "Bonjour, j'appelle au sujet de ma commande.")
    heard_from_s = [segment.start_s for segment in report.client.heard_segments]
    answered_s = next(each.end_s for each in report.agent.said)
    assert any(start_s < answered_s for start_s in heard_from_s), "the client is told what they will hear"
    assert any(start_s > answered_s for start_s in heard_from_s), "and hears it"


async def test_a_star_says_the_last_sentence_again(tmp_path: Path) -> None:
    turns = {
        "client": (Turn("question", AtTime(0.5), say=SPEECH),),
        "agent": (Turn("star", WhenQuiet(0.8), press="*"),),
    }
    async with desk(tmp_path, comfort_tone=False) as at:
        report = await at.emulator.call(script(**turns))
        call = await at.the_call()
    assert report.is_clean, report.errors
    pressed_at = int(report.agent.said[0].start_s * SAMPLE_RATE_HZ)
    before, after = report.agent.heard_ulaw[:pressed_at], report.agent.heard_ulaw[pressed_at:]
    assert sound(before) == sound(after), "the same sentence, in the same voice"
    assert len(sound(before)) > SAMPLE_RATE_HZ
    assert len(call.utterances) == 1, "what is repeated is no new utterance"


async def posted_by_twilio(at: Desk, path: str, form: dict[str, str]) -> str:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, form)
    reply = await at.http.post(path, data=form, headers={"X-Twilio-Signature": signature})
    return reply.raise_for_status().text


def hand_over(*, answer: Answer) -> dict[str, Party]:
    """Return parties of whom the client asks for an interpreter, and who speak when they are with them."""
    return {
        "client": Party(
            number="+442079460018",
            turns=(
                Turn("zero", AtTime(0.5), press="0"),
                Turn("client speaks", AtTime(TALK_AT_S[Leg.CLIENT]), say=tone(Leg.CLIENT)),
            ),
        ),
        "interpreter": Party(
            number=INTERPRETER,
            answer=answer,
            turns=(Turn("interpreter speaks", AfterTurn("agent speaks", 0.5), say=tone(Guest.INTERPRETER)),),
        ),
    }


def statuses(report: CallReport) -> set[LegStatus | None]:
    return {report.leg(role).final_status for role in ROLES}


async def test_a_call_is_handed_over_to_a_person(tmp_path: Path) -> None:
    held = script(agent=(Turn("agent speaks", AtTime(TALK_AT_S[Leg.AGENT]), say=tone(Leg.AGENT)),))
    async with desk(tmp_path, interpreter_phone_number=INTERPRETER) as at:
        report = await at.emulator.call(replace(held, **hand_over(answer=Answer(after_s=0.3))))
        call = await at.the_call()
        metrics = (await at.http.get("/metrics")).text
        health = (await at.http.get("/health")).json()
        after_stream = await posted_by_twilio(at, "/voice/after-stream", {"CallSid": call.call_sid})
    assert report.is_clean, (report.errors, [report.leg(role).warnings for role in ROLES])
    for role in ROLES:
        assert tones_in(report.leg(role).heard_ulaw) == {*ROLES} - {role}, f"what the {role} heard"
        (attended,) = report.leg(role).conferences
        assert attended.name == f"puente-{call.call_sid}"
    for leg in Leg:
        moved_s = report.leg(leg).conferences[0].entered_at_s
        notices = [s for s in report.leg(leg).heard_segments if s.end_s < moved_s + FRAME_S]
        assert notices, f"the {leg} was told before: a segment's end is rounded up to a frame"
        assert notices[0].start_s < moved_s - 1
        (stream,) = report.leg(leg).streams
        assert stream.marks_received == len(stream.marks_echoed) > 0
        assert stream.unplayed_s == 0, f"and the {leg} heard it to its end"
        assert stream.closed_by == "phone"
    assert (call.status, call.end_reason) == (CallStatus.COMPLETED, EndReason.HANDED_OVER)
    assert call.ended_at is not None
    assert call.utterances == [], "the bridge hears nothing of what is said there"
    assert statuses(report) == {LegStatus.COMPLETED}
    assert 'puente_hand_overs_total{result="completed"} 1.0' in metrics
    assert health["live_calls"] == 0
    assert f"puente-{call.call_sid}</Conference>" in after_stream, "should Twilio ask there, it is sent back"


async def test_an_interpreter_who_is_busy_costs_nobody_the_call(tmp_path: Path) -> None:
    parties = {
        "client": Party(
            number="+442079460018",
            turns=(Turn("zero", AtTime(0.5), press="0"), Turn("question", AtTime(10.0), say=SPEECH)),
        ),
        "interpreter": Party(number=INTERPRETER, answer=Answer(AnswerKind.BUSY, after_s=0.3)),
    }
    async with desk(tmp_path, interpreter_phone_number=INTERPRETER) as at:
        report = await at.emulator.call(replace(script(), **parties))
        call = await at.the_call()
    assert report.is_clean, report.errors
    assert len(call.utterances) == 1
    assert report.agent.heard_s > 1
    assert call.end_reason is EndReason.CLIENT_HUNG_UP
    assert report.interpreter.final_status is LegStatus.BUSY


async def test_an_interpreter_whose_telephone_rings_is_not_left_ringing(tmp_path: Path) -> None:
    parties = {
        "client": Party(
            number="+442079460018",
            turns=(Turn("zero", AtTime(0.5), press="0"), Turn("bye", AtTime(6.0), hang_up=True)),
        ),
        "interpreter": Party(number=INTERPRETER, answer=Answer(AnswerKind.NO_ANSWER)),
    }
    async with desk(tmp_path, interpreter_phone_number=INTERPRETER, agent_ring_timeout_s=60) as at:
        report = await at.emulator.call(replace(script(), **parties))
    assert not report.errors, "the emulator would say that somebody was left on the line"
    assert report.interpreter.ended_by == "server"
