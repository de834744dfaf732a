"""A leg's own playout is told from speech, whatever the delay and the level of the echo."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.audio.echo import _COPY, _LONGEST_DELAY, _SHORTEST_DELAY, EchoGate
from app.audio.mixing import attenuate, mix
from app.audio.tones import ringback_cycle
from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.audio.vad import VoiceActivityDetector
from app.core.segmenter import Boundary, Segmenter, SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, silence
from app.emulator.wav import read_wav
from tests.e2e.sounds import babble, talk

SPEECH_DIR = Path(os.environ.get("SPEECH_DIR", Path(__file__).parents[3] / "shared" / "speech"))
MESSAGE_BYTES = 5 * FRAME_BYTES
NOISE = 0.0003
"""The line's, about -70 dBFS."""


@cache
def voice(seed: int) -> bytes:
    return talk(6.0, seed)


def echoed(played: bytes, delay_ms: float, level_db: float, reverberation: float = 0.0) -> bytes:
    """What a speakerphone sends of what is played on it, through its room, the line's noise and mu-law."""
    generator = np.random.default_rng(2)
    delay = round(delay_ms * BYTES_PER_MS)
    sound = np.concatenate([np.zeros(delay), ulaw_to_float(played)])
    if reverberation:
        room = reverberation * generator.standard_normal(1200) * np.exp(-np.arange(1200) / 240)
        room[0] = 1.0
        sound = np.convolve(sound, room / np.linalg.norm(room))[: len(sound)]
    sound = sound * 10 ** (level_db / 20) + NOISE * generator.standard_normal(len(sound))
    return float_to_ulaw(sound.astype(np.float32))


class Line:
    """A leg's inbound frames and their verdicts, while something is played in messages of 100 ms."""

    def __init__(self) -> None:
        self.gate = EchoGate()
        self.vad = VoiceActivityDetector(2)
        self.frames = 0
        self.voiced: list[bool] = []
        self.echo: list[bool] = []

    def run(self, played: bytes, heard: bytes) -> None:
        count = max(len(played), len(heard)) // FRAME_BYTES
        begin = self.frames
        for index in range(count):
            if index * FRAME_BYTES % MESSAGE_BYTES == 0:
                message = played[index * FRAME_BYTES :][:MESSAGE_BYTES]
                if message:
                    self.gate.played(message, (begin + index) * FRAME_MS)
            self.hear(heard[index * FRAME_BYTES :][:FRAME_BYTES].ljust(FRAME_BYTES, b"\xff"))

    def hear(self, frame: bytes) -> None:
        self.voiced.append(self.vad.is_speech(frame))
        self.echo.append(self.gate.is_echo(frame, self.frames * FRAME_MS, is_voiced=self.voiced[-1]))
        self.frames += 1

    @property
    def speech(self) -> list[bool]:
        """What is left for the recogniser."""
        return [is_voiced and not is_echo for is_voiced, is_echo in zip(self.voiced, self.echo, strict=True)]

    def utterances(self) -> int:
        segmenter = Segmenter(SegmenterLimits(pause_ms=500))
        boundaries = [segmenter.add(index * FRAME_MS, is_speech) for index, is_speech in enumerate(self.speech)]
        return sum(boundary is not None and boundary.kind is Boundary.BEGAN for boundary in boundaries)


def voiced(ulaw: bytes) -> list[bool]:
    detector = VoiceActivityDetector(2)
    return [
        detector.is_speech(ulaw[at : at + FRAME_BYTES]) for at in range(0, len(ulaw) - FRAME_BYTES + 1, FRAME_BYTES)
    ]


def kept(line: Line, talker: bytes, begin: int = 0) -> float:
    """The share of the talker's voiced frames that came through."""
    own = voiced(talker)
    through = line.speech[begin : begin + len(own)]
    return sum(a and b for a, b in zip(own, through, strict=False)) / sum(own[: len(through)])


DELAYS_MS = (60, 113.4, 250, 600)
LEVELS_DB = (-6, -13, -20)


@pytest.mark.parametrize("level_db", LEVELS_DB)
@pytest.mark.parametrize("delay_ms", DELAYS_MS)
def test_an_echo_never_becomes_an_utterance(delay_ms: float, level_db: int) -> None:
    for seed in (1, 4):
        line = Line()
        line.run(voice(seed), echoed(voice(seed), delay_ms, level_db))
        assert sum(line.voiced) > 50, "this echo would be taken for speech"
        assert line.utterances() == 0
        assert sum(line.speech) <= 0.02 * sum(line.voiced)


@pytest.mark.parametrize("level_db", LEVELS_DB)
@pytest.mark.parametrize("delay_ms", DELAYS_MS)
def test_speech_over_the_echo_comes_through(delay_ms: float, level_db: int) -> None:
    line = Line()
    line.run(voice(1), echoed(voice(1), delay_ms, level_db))
    begin = line.frames
    talker = silence(1500) + voice(2)
    line.run(voice(3), mix(echoed(voice(3), delay_ms, level_db), talker))
    assert kept(line, talker, begin) >= 0.7
    assert line.utterances() >= 1


def test_speech_on_a_leg_without_echo_comes_through() -> None:
    line = Line()
    line.run(voice(1), silence(6000))
    begin = line.frames
    line.run(voice(3), voice(2))
    assert kept(line, voice(2), begin) >= 0.99


def test_the_first_words_over_the_first_playout_come_through() -> None:
    line = Line()
    line.run(voice(1), voice(2))
    assert kept(line, voice(2)) >= 0.99


def test_a_hum_that_looks_like_the_playout_does_not_mute_what_follows() -> None:
    hum = babble(1.0)
    line = Line()
    line.run(hum + voice(1), attenuate(hum, -3) + voice(2))
    begin = len(hum) // FRAME_BYTES
    assert sum(line.echo[:begin]) > 20
    # The level of what looked like an echo is used for half a second at most.
    assert sum(line.echo[begin + 25 :]) <= 2


def test_the_echo_of_a_room_never_becomes_an_utterance() -> None:
    for seed in (4, 6):
        line = Line()
        line.run(voice(seed), echoed(voice(seed), 200, -10, reverberation=0.065))
        assert line.utterances() == 0
        assert sum(line.speech) <= 0.03 * sum(line.voiced)


def test_speech_with_nothing_played_is_never_touched() -> None:
    line = Line()
    line.run(b"", voice(2))
    assert not any(line.echo)


def test_speech_after_the_playout_is_never_touched() -> None:
    line = Line()
    line.run(voice(1), echoed(voice(1), 200, -10))
    line.run(b"", silence(1000))
    begin = line.frames
    line.run(b"", voice(2))
    assert not any(line.echo[begin:])


def test_a_delay_that_wanders_is_followed() -> None:
    line = Line()
    for index, delay_ms in enumerate((200, 206, 214, 205, 221, 212)):
        seed = index % 3 + 1
        talker = silence(2000) + voice(5)[: 3000 * BYTES_PER_MS] if index else b""
        begin = line.frames
        line.run(voice(seed), mix(echoed(voice(seed), delay_ms, -10), talker))
        line.run(b"", silence(1000))
        # While somebody speaks over it, only the right delay tells the echo.
        assert sum(line.echo[begin : begin + 300]) >= 0.35 * sum(line.voiced[begin : begin + 300])
        assert sum(line.speech[begin : begin + 95]) <= 3


def test_a_delay_that_jumps_is_found_again() -> None:
    line = Line()
    line.run(voice(1), echoed(voice(1), 150, -10))
    line.run(voice(2), echoed(voice(2), 500, -10))
    begin = line.frames
    line.run(voice(3), echoed(voice(3), 500, -10))
    assert sum(line.speech[begin:]) <= 0.02 * sum(line.voiced[begin:])


@pytest.mark.parametrize("level_db", LEVELS_DB)
@pytest.mark.parametrize("delay_ms", DELAYS_MS)
def test_a_telephone_that_is_put_on_speaker_late_in_a_call_is_noticed(delay_ms: float, level_db: int) -> None:
    """By then the line counts as one without echo, and is searched less often."""
    line = Line()
    for seed in (2, 3, 5):
        line.run(voice(1), voice(seed))
        line.run(b"", silence(1000))
    searches = _searches_during(line, voice(1), voice(2))
    assert 0 < searches <= sum(line.voiced[-len(voice(2)) // FRAME_BYTES :]) / 10
    line.run(b"", silence(1000))
    begin = line.frames
    line.run(voice(4), echoed(voice(4), delay_ms, level_db))
    assert sum(line.voiced[begin:]) > 50
    assert sum(line.speech[begin:]) <= 0.06 * sum(line.voiced[begin:])
    assert line.gate._fruitless_searches <= 1
    begin = line.frames
    line.run(b"", silence(1000))
    line.run(voice(1), echoed(voice(1), delay_ms, level_db))
    assert sum(line.speech[begin:]) <= 0.02 * sum(line.voiced[begin:])


@pytest.mark.parametrize("delay_ms", [*DELAYS_MS, 10.5, 77.6, 431.9, 799.0, None])
def test_a_search_at_a_quarter_of_the_rate_finds_what_one_at_the_whole_rate_finds(delay_ms: float | None) -> None:
    """``None``: the sound is no echo."""
    gate, played = EchoGate(), voice(1)
    heard = voice(2) if delay_ms is None else echoed(played, delay_ms, -13)
    compared = there = found = wrong = 0
    for at in range(0, len(played), FRAME_BYTES):
        end, frame = at + FRAME_BYTES, heard[at : at + FRAME_BYTES]
        gate._playout.add(played[at:end], at)
        gate._heard.append(frame)
        if at < SAMPLE_RATE_HZ or not frame.strip(b"\xff"):
            continue
        share, delay = gate._find_anywhere(end)
        true_share, true_delay = gate._find(end, _SHORTEST_DELAY, _LONGEST_DELAY)
        compared += 1
        there += true_share >= _COPY
        found += share >= _COPY and delay == true_delay
        wrong += share > true_share + 1e-3
    assert compared > 100
    assert there == 0 if delay_ms is None else there > compared / 2
    assert found >= 0.99 * there
    assert wrong == 0


def _searches_during(line: Line, played: bytes, heard: bytes) -> int:
    before = line.gate._fruitless_searches
    line.run(played, heard)
    return line.gate._fruitless_searches - before


def test_what_was_cleared_is_not_expected_back() -> None:
    line = Line()
    line.run(voice(1), echoed(voice(1), 200, -10))
    now_ms = line.frames * FRAME_MS
    line.gate.played(voice(3)[: 1500 * BYTES_PER_MS], now_ms)
    line.gate.cleared(now_ms)
    begin = line.frames
    line.run(b"", silence(200) + attenuate(voice(3)[: 1500 * BYTES_PER_MS], -10))
    assert sum(line.speech[begin:]) >= 0.9 * sum(line.voiced[begin:])


def test_an_echo_of_the_ringback_tone_does_not_mislead() -> None:
    tone = ringback_cycle("ES")
    line = Line()
    line.run(tone, echoed(tone, 180, -8))
    line.run(voice(1), echoed(voice(1), 180, -8))
    assert line.utterances() == 0


def test_playing_for_hours_keeps_no_more_than_seconds() -> None:
    gate = EchoGate()
    sizes = []
    for index in range(3000):
        gate.played(silence(100), index * 100)
        sizes.append(len(gate._playout._sound))
    assert max(sizes) <= 6 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("level_db", [-6, -20])
def test_real_speech(level_db: int) -> None:
    recordings = sorted(SPEECH_DIR.glob("e?/fleurs*.wav"))
    if len(recordings) < 4:
        pytest.skip(f"no recordings in {SPEECH_DIR} (set SPEECH_DIR)")
    sounds = [even(read_wav(recording)) for recording in recordings[:4]]
    for played, talker in ((sounds[0], sounds[1]), (sounds[2], sounds[3])):
        line = Line()
        line.run(played, echoed(played, 230, level_db))
        assert line.utterances() == 0
        line.run(b"", silence(1000))
        begin = line.frames
        late = silence(1500) + talker
        line.run(played, mix(echoed(played, 230, level_db)[: len(played)], late[: len(played)]))
        assert kept(line, late[: len(played)], begin) >= 0.7


def even(ulaw: bytes) -> bytes:
    """The recording at -22 dBFS, whoever spoke."""
    level_db = 20 * np.log10(np.sqrt(np.mean(ulaw_to_float(ulaw) ** 2)))
    return attenuate(ulaw, round(float(-22 - level_db), 1))
