"""One leg's ear: its clock, its own playout, and what is left for the recogniser."""

from __future__ import annotations

from random import Random

import pytest

from app.audio.mixing import attenuate
from app.domain.audio import FRAME_BYTES, FRAME_MS, silence
from app.domain.events import FrameHeard
from app.domain.legs import Leg
from app.runtime.hearing import Hearing
from tests.e2e.sounds import talk

SPURTS = tuple(talk(1.0, seed) for seed in range(21, 27))
PLAYED = b"".join(spurt + silence(400) for spurt in SPURTS)
MESSAGE_MS = 100


def hold(hearing: Hearing, delay_ms: int, loss_db: float, jitter_ms: float) -> list[FrameHeard]:
    """Play ``PLAYED`` to a speakerphone whose messages arrive late by up to ``jitter_ms``, in their order."""
    sent = silence(500 + delay_ms) + attenuate(PLAYED, -loss_db) + silence(200)
    random = Random(3)
    heard: list[FrameHeard] = []
    arrived_ms = 0.0
    for index in range(len(sent) // FRAME_BYTES):
        at_ms = index * FRAME_MS
        arrived_ms = max(arrived_ms, 9_000_000 + at_ms + FRAME_MS + random.uniform(0, jitter_ms))
        played_ms = at_ms - 500
        if played_ms >= 0 and played_ms % MESSAGE_MS == 0:
            message = PLAYED[played_ms * 8 :][: MESSAGE_MS * 8]
            if message.strip(silence(1)):
                hearing.played(message, 9_000_000 + at_ms)
        heard += hearing.hear(155 + at_ms, sent[index * FRAME_BYTES :][:FRAME_BYTES], arrived_ms)
    return heard


@pytest.mark.parametrize("jitter_ms", [0, 300])
def test_an_echo_becomes_silence_and_is_counted(jitter_ms: float) -> None:
    hearing = Hearing(Leg.AGENT, 2, has_echo_gate=True)
    heard = hold(hearing, 240, 10, jitter_ms)
    silenced = [each.frame.ulaw == silence(FRAME_MS) for each in heard[38:]]
    assert sum(each.is_speech for each in heard) <= 0.05 * hearing.echo_frames
    assert hearing.echo_frames > 80
    assert sum(silenced) >= hearing.echo_frames
    assert [each.frame.sequence for each in heard] == list(range(1, len(heard) + 1))


def test_without_the_gate_everything_is_heard() -> None:
    hearing = Hearing(Leg.AGENT, 2, has_echo_gate=False)
    heard = hold(hearing, 240, 10, 0)
    assert sum(each.is_speech for each in heard) > 80
    assert hearing.echo_frames == 0


def test_what_was_cleared_is_speech_when_it_is_heard() -> None:
    hearing = Hearing(Leg.AGENT, 2, has_echo_gate=True)
    hearing.hear(155, silence(20), 20.0)
    hearing.played(PLAYED, 20.0)
    hearing.cleared(20.0)
    heard = [
        each
        for index in range(len(PLAYED) // FRAME_BYTES)
        for each in hearing.hear(175 + 20 * index, PLAYED[index * FRAME_BYTES :][:FRAME_BYTES], 40.0 + 20 * index)
    ]
    assert sum(each.is_speech for each in heard) > 80
    assert hearing.echo_frames == 0


def test_pitch_is_that_of_the_party_and_not_of_their_echo() -> None:
    measured = {
        has_gate: [
            each
            for each in hold(Hearing(Leg.AGENT, 2, has_echo_gate=has_gate, wants_pitch=lambda: True), 240, 10, 0)
            if each.pitch_hz is not None
        ]
        for has_gate in (True, False)
    }
    assert len(measured[False]) > 30
    assert all(each.is_speech for each in measured[False])
    assert len(measured[True]) <= 0.1 * len(measured[False])


def test_pitch_is_measured_only_where_somebody_asks_for_it() -> None:
    heard = hold(Hearing(Leg.AGENT, 2, has_echo_gate=False), 240, 10, 0)
    assert all(each.pitch_hz is None for each in heard)


def test_pitch_is_measured_until_nobody_wants_it_any_more() -> None:
    wants = iter([True, True, False])
    heard = hold(Hearing(Leg.AGENT, 2, has_echo_gate=False, wants_pitch=lambda: next(wants)), 240, 10, 0)
    assert sum(each.pitch_hz is not None for each in heard) == 3
