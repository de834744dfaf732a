"""A recorded call: what is exported is what the parties heard and said, and nobody is recorded who was not told."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
from pydantic import SecretStr

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.domain.phrases import Phrase, phrase_text
from app.domain.records import EventKind
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import CLIENT_NUMBER, Desk, conversation, desk, script
from tests.e2e.house import until
from tests.e2e.recorded import KEYS, assert_same, channels, is_silent, own_record
from tests.e2e.sounds import talk
from tests.e2e.test_processes import house


def recorded(tmp_path: Path, **changes: object) -> dict[str, object]:
    """Return the settings of a server that records."""
    return {
        "recording": True,
        "consent_announcement": True,
        "recording_keys": SecretStr(KEYS),
        "recording_dir": tmp_path / "recordings",
        **changes,
    }


async def exported(at: Desk, call: CallView) -> httpx.Response:
    return await at.http.get(f"/calls/{call.call_sid}/recording")


async def test_the_export_is_what_both_telephones_recorded_on_one_clock(tmp_path: Path) -> None:
    async with desk(tmp_path, **recorded(tmp_path)) as at:
        report = await at.emulator.call(script(**conversation(talk(2.0, seed=1))))
        call = await at.the_call()
        reply = await exported(at, call)
        assert reply.status_code == 200, reply.text
        ours = channels(reply.content)
        assert not any(map(is_silent, ours.values()))
        assert_same(ours, own_record(report))
        assert reply.headers["recording-complete"] == "true"
        events = [(event.kind, event.detail) for event in call.events]
        consent = {"language": "en", "is_transcribed": 1, "is_recorded": 1}
        assert (EventKind.CONSENT_ANNOUNCED, consent) in events
        assert (EventKind.RECORDING_STARTED, {}) in events
        assert (EventKind.RECORDING_STOPPED, {"reason": "call-ended"}) in events
        first = min(call.utterances, key=lambda utterance: utterance.started_at)
        began_s = (first.started_at - call.started_at).total_seconds()
        onset_s = float(np.flatnonzero(np.abs(ours["client said"]) > 0.1)[0]) / 8000
        assert abs(onset_s - began_s) < 0.5, "its first sample is the beginning of the call, as in its transcript"
        said = " ".join(run.text for run in report.client.verbs)
        assert phrase_text(Phrase.CONSENT_RECORDED_TRANSCRIBED, "en") in said
        (path,) = (tmp_path / "recordings").rglob("*.recording")
        sealed = bytearray(path.read_bytes())
        sealed[len(sealed) // 2] ^= 1
        path.write_bytes(sealed)
        changed = await exported(at, call)
        deleted = await at.http.post("/callers/delete", json={"phone_number": CLIENT_NUMBER})
        evidence = (await at.http.get("/deletions")).json()["deletions"]
        gone = await exported(at, call)
    assert (changed.status_code, changed.json()["code"]) == (503, "recording-unreadable")
    assert "was changed in second" in changed.json()["message"]
    assert deleted.json() == {"calls": 1, "recordings": 1}
    assert [(line["calls"], line["recordings"]) for line in evidence] == [(1, 1)]
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")
    assert not list((tmp_path / "recordings").rglob("*.recording"))


async def test_a_disk_that_fails_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with desk(tmp_path, **recorded(tmp_path)) as at:
        for day in (datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)):
            (folder / f"{day:%Y-%m-%d}").touch()  # Where the day's folder should be.
        report = await at.emulator.call(script(**conversation(talk(1.0, seed=1))))
        call = await at.the_call()
        metrics = (await at.http.get("/metrics")).text
        reply = await exported(at, call)
    assert report.is_clean, (report.errors, report.client.warnings)
    assert len(call.utterances) >= 3
    stopped = [event.detail for event in call.events if event.kind is EventKind.RECORDING_STOPPED]
    assert stopped == [{"reason": "failed"}]
    assert 'puente_recordings_ended_total{reason="failed"} 1.0' in metrics
    assert "puente_recordings_live 0.0" in metrics
    assert reply.status_code == 404


async def test_a_killed_process_leaves_what_was_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    settings = {"RECORDING": "on", "RECORDING_KEYS": KEYS, "RECORDING_DIR": str(folder)}
    async with house(tmp_path, **settings) as at:
        server = await at.start()
        turns = (Turn("long", AtTime(0.5), say=talk(5.0, seed=4)), Turn("bye", AtTime(150.0), hang_up=True))
        talking = asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=170)))

        async def has_some_seconds() -> bool:
            return sum(path.stat().st_size for path in folder.rglob("*.recording")) > 12 * 32_000

        await until(has_some_seconds)
        server.kill()
        await server.wait()
        at.emulator.telephones[0].hang_up()
        report = await talking
    (path,) = folder.rglob("*.recording")
    export = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "recordings", "export", path.stem, "--out", str(tmp_path)),
        cwd=PROJECT_ROOT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        told, _ = await export.communicate()
    assert export.returncode == 0
    assert "cut short" in told.decode()
    ours = channels((tmp_path / f"{path.stem}.wav").read_bytes())
    assert len(ours["client said"]) >= 12 * 8000
    assert not is_silent(ours["client said"])
    assert_same(ours, own_record(report))
