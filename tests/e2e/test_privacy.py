"""What a caller says in confidence: heard in full, stored without it, and gone when they ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.domain.legs import Leg
from app.domain.phrases import Phrase, phrase_text
from app.domain.records import EventKind
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import CLIENT_NUMBER, desk, script
from tests.e2e.sounds import babble
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.server import Vendor, serving

CARD = "4111111111111111"
SPOKEN = "My card is 4111 1111 1111 1111"


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


async def test_a_card_number_is_heard_in_full_stored_redacted_and_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.stt.scripted.phrase", lambda _number, _language: SPOKEN)
    voice = ElevenLabs()
    spoken: list[str] = []
    sound_of = voice.sound_of
    voice.sound_of = lambda text: (spoken.append(text), sound_of(text))[1]
    async with serving(voice) as tts:
        settings = {
            "tts_provider": "elevenlabs",
            "elevenlabs_api_key": SecretStr(Vendor.key),
            "elevenlabs_url": f"ws://{tts}",
            "consent_announcement": True,
            "recording_dir": tmp_path / "recordings",
        }
        async with desk(tmp_path, **settings) as at:
            report = await at.emulator.call(script(client=(Turn("card", AtTime(0.5), say=babble(2.0)),)))
            (call,) = await at.settled_calls()
            sound = await at.http.get(f"/calls/{call.call_sid}/recording")
            deleted = await at.http.post("/callers/delete", json={"phone_number": CLIENT_NUMBER})
            again = await at.http.post("/callers/delete", json={"phone_number": CLIENT_NUMBER})
            gone = await at.http.get(f"/calls/{call.call_sid}")
            evidence = (await at.http.get("/deletions")).json()["deletions"]
    assert report.agent.heard_s > 1
    assert sound.status_code == 404
    assert not (tmp_path / "recordings").exists(), "nobody is recorded by default"
    assert CARD in "".join(map(digits, spoken)), "the agent hears every digit"
    stored = [utterance for utterance in call.utterances if utterance.speaker is Leg.CLIENT]
    assert [utterance.source_text for utterance in stored] == ["My card is [card]"]
    assert "[card]" in (stored[0].translated_text or "")
    assert not digits(stored[0].translated_text or "")
    heard = [event for event in call.events if event.kind is EventKind.CONSENT_ANNOUNCED]
    assert [event.detail for event in heard] == [{"language": "en", "is_transcribed": 1, "is_recorded": 0}]
    assert (deleted.json(), again.json(), gone.status_code) == (
        {"calls": 1, "recordings": 0},
        {"calls": 0, "recordings": 0},
        404,
    )
    assert [(line["reason"], line["calls"], line["utterances"]) for line in evidence] == [("caller", 1, 1)]
    assert CLIENT_NUMBER.lstrip("+").encode() not in (tmp_path / "e2e.db").read_bytes()


async def test_the_greeting_says_that_a_machine_interprets(tmp_path: Path) -> None:
    from tests.e2e.test_api import incoming_call, post_signed

    for transcripts, phrase in (("off", Phrase.CONSENT), ("redacted", Phrase.CONSENT_TRANSCRIBED)):
        async with desk(tmp_path, consent_announcement=True, transcripts=transcripts) as at:
            reply = await post_signed(at, "/voice/webhook", incoming_call())
        assert phrase_text(phrase, "en") in reply.text


async def test_what_cannot_be_deleted_is_said(tmp_path: Path) -> None:
    from tests.e2e.test_api import CALL_SID, incoming_call, post_signed

    async with desk(tmp_path) as at:
        unknown = await at.http.delete(f"/calls/{CALL_SID}")
        await post_signed(at, "/voice/webhook", incoming_call())
        live = await at.http.delete(f"/calls/{CALL_SID}")
        no_number = await at.http.post("/callers/delete", json={"phone_number": "612345678"})
    assert (unknown.status_code, live.status_code, no_number.status_code) == (404, 409, 422)
