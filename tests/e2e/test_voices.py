"""With which voice each party is spoken for: how high it is, in what the other party hears."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.config import PROJECT_ROOT
from app.demo.desk import running_desk
from app.emulator.script import AtTime, Turn, WhenQuiet
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from tests.e2e.harness import desk, script
from tests.e2e.sounds import babble, median_pitch_hz

SPEECH = Path(os.environ.get("SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "speech"))
THANKS = SPEECH / "es" / "audioeval_hola_mundo.wav"
MAN, WOMAN = SPEECH / "en" / "fleurs_001.wav", SPEECH / "en" / "fleurs_003.wav"


@pytest.mark.parametrize(("is_matched", "sounds_hz"), [(True, 85.0), (False, 120.0)])
async def test_the_agent_hears_a_voice_as_low_as_the_clients(
    tmp_path: Path, is_matched: bool, sounds_hz: float
) -> None:
    """A low client and a high agent; the scripted voice has three pitches of its own, and 120 Hz is the neutral one.

    Nothing is spoken ahead: that may be asked for before two seconds were heard, from which on the client is known.
    """
    client = (Turn("question", AtTime(0.5), say=babble(2.6, 105.0)),)
    agent = (Turn("answer", WhenQuiet(0.8), say=babble(2.6, 230.0)),)
    settings = {"voice_matching": is_matched, "comfort_tone": False, "speculative_translation": False}
    async with desk(tmp_path, **settings) as at:
        report = await at.emulator.call(script(client=client, agent=agent))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert len(call.utterances) == 2
    assert median_pitch_hz(report.agent.heard_ulaw) == pytest.approx(sounds_hz, rel=0.15)


@pytest.mark.engines
@pytest.mark.timeout(360)
@pytest.mark.skipif(
    not all(looks_installed(engine, PROJECT_ROOT / "models") for engine in ENGINES),
    reason="the offline engines are not installed: run `make engines`",
)
@pytest.mark.skipif(not MAN.is_file(), reason=f"no recordings in {SPEECH} (set SPEECH_DIR)")
async def test_a_man_is_heard_as_a_man_and_a_woman_as_a_woman_offline(tmp_path: Path) -> None:
    """Recorded people, one after the other on the client's telephone, and Kokoro: no key, nothing scripted."""
    heard_hz: dict[Path, float] = {}
    async with running_desk(tmp_path, {"VOICE_MATCHING": "true", "COMFORT_TONE": "false"}) as at:
        for person in (MAN, WOMAN):
            report = await at.emulator.call(
                script(
                    client=(Turn("sentence", AtTime(1.5), say=person),),
                    agent=(Turn("thanks", WhenQuiet(1.5, since="sentence"), say=THANKS),),
                    max_duration_s=120.0,
                )
            )
            assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
            heard_hz[person] = median_pitch_hz(report.agent.heard_ulaw)
    assert heard_hz[MAN] < 150, heard_hz
    assert heard_hz[WOMAN] > 1.2 * heard_hz[MAN], heard_hz
