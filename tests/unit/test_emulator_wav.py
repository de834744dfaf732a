"""Recordings of any rate come in as what they are, and what was heard comes out readable."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.ulaw import float_to_ulaw, ulaw_to_float
from app.emulator.errors import ScriptError
from app.emulator.tape import Tape
from app.emulator.wav import Segment, audible_segments, is_audible, read_wav, write_wav


def write(path: Path, rate_hz: int, channels: int, seconds: float = 0.5) -> Path:
    at_s = np.arange(int(rate_hz * seconds)) / rate_hz
    samples = (0.5 * np.sin(2 * np.pi * 500 * at_s) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(samples, channels).tobytes())
    return path


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 24000, 44100, 48000])
def test_any_rate_keeps_length_pitch_and_loudness(tmp_path: Path, rate_hz: int, channels: int) -> None:
    samples = ulaw_to_float(read_wav(write(tmp_path / "tone.wav", rate_hz, channels)))
    assert len(samples) == pytest.approx(4000, abs=2)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * 8000 / len(samples) == pytest.approx(500, abs=3)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "FLOAT"), ("a.wav", "PCM_24"), ("a.flac", "PCM_16")])
def test_other_formats_of_recordings_are_read_too(tmp_path: Path, name: str, subtype: str) -> None:
    tone = (0.5 * np.sin(np.arange(16000) / 5)).astype(np.float32)
    soundfile.write(tmp_path / name, tone, 16000, subtype=subtype)
    there = ulaw_to_float(read_wav(tmp_path / name))
    assert len(there) == 8000
    assert np.sqrt(np.mean(there**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    for name, problem in (("text.wav", "not a recording"), ("none.wav", "no such recording")):
        with pytest.raises(ScriptError, match=problem) as raised:
            read_wav(tmp_path / name)
        assert name in str(raised.value)


def test_what_was_heard_can_be_read_back(tmp_path: Path) -> None:
    ulaw = bytes(range(256)) * 10
    write_wav(tmp_path / "heard.wav", ulaw)
    there = ulaw_to_float(read_wav(tmp_path / "heard.wav"))
    assert np.max(np.abs(there - ulaw_to_float(ulaw))) < 0.001


def test_sound_is_found_where_it_is() -> None:
    tone = float_to_ulaw((0.3 * np.sin(np.arange(8000) / 3)).astype(np.float32))
    hiss = float_to_ulaw((np.random.default_rng(1).normal(0, 0.002, 8000)).astype(np.float32))
    sound = hiss + tone[:4000] + hiss[:1600] + tone[:4000] + hiss + tone[:160] + hiss
    assert audible_segments(sound) == [Segment(1.0, 2.2)]
    assert audible_segments(sound, join_gap_s=0.1) == [Segment(1.0, 1.5), Segment(1.7, 2.2)]
    assert [is_audible(hiss[:160]), is_audible(tone[:160]), is_audible(b"")] == [False, True, False]


def test_a_tape_puts_every_piece_in_its_place() -> None:
    tape = Tape()
    tape.record(10, b"\x01" * 5)
    tape.record(20, b"\x02" * 5)
    tape.record(22, b"")
    assert tape.render() == b"\xff" * 10 + b"\x01" * 5 + b"\xff" * 5 + b"\x02" * 5
    assert tape.render(12) == b"\xff" * 10 + b"\x01" * 2
    assert tape.render(30) == tape.render() + b"\xff" * 5
