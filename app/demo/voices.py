"""The two people of the demo: low voices, other than the ones that interpret, spoken once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from app.config import Settings
from app.demo.dialogue import Line
from app.domain.audio import silence
from app.domain.voices import Register
from app.emulator.wav import read_wav, write_wav
from app.tts.base import SpeechRequest
from app.tts.kokoro import KokoroVoice

_EDGE_MS = 60
"""Silence before and after each line."""


async def record_dialogue(lines: Sequence[Line], settings: Settings) -> list[bytes]:
    """Return each line as mu-law 8 kHz, spoken now or at an earlier run. Raises ConfigError without the voices."""
    paths = [_path(line, settings) for line in lines]
    missing = [(line, path) for line, path in zip(lines, paths, strict=True) if not path.is_file()]
    if missing:
        await _speak(missing, settings)
    return [silence(_EDGE_MS) + read_wav(path) + silence(_EDGE_MS) for path in paths]


def _path(line: Line, settings: Settings) -> Path:
    voice = settings.kokoro_voices.choose(line.language, register=Register.LOW)
    key = hashlib.sha256(f"{voice}|{line.said}".encode()).hexdigest()[:16]
    return settings.models_dir / "demo" / f"{line.language}-{key}.wav"


async def _speak(lines: Sequence[tuple[Line, Path]], settings: Settings) -> None:
    voice = KokoroVoice.from_settings(settings)
    await voice.start()
    try:
        for line, path in lines:
            print(f"==> recording the {line.speaker}: {line.said}", flush=True)
            async with aclosing(voice.speak(SpeechRequest(line.said, line.language, register=Register.LOW))) as pieces:
                ulaw = b"".join([piece async for piece in pieces])
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            write_wav(unfinished, ulaw)
            unfinished.replace(path)
    finally:
        await voice.aclose()
