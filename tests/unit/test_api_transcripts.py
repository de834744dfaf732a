"""Transcripts as files: every utterance once, in the order it began, whatever people say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.api.transcripts import TranscriptFormat, TranscriptView
from app.domain.legs import CallDirection, CallStatus, EndReason, Leg
from app.domain.records import Outcome, UtteranceRecord
from app.store.repository import CallDetail, CallSummary

START = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
CUE_TIMES = re.compile(r"^(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})$", re.MULTILINE)


def said(
    sequence: int, start_ms: int, text: str, translated: str | None = "sí", speech_ms: int = 900
) -> UtteranceRecord:
    return UtteranceRecord(
        sequence=sequence,
        speaker=Leg.CLIENT if sequence % 2 else Leg.AGENT,
        source_language="en",
        target_language="es",
        source_text=text,
        translated_text=translated,
        outcome=Outcome.SPOKEN if translated else Outcome.UNTRANSLATED,
        started_at=START + timedelta(milliseconds=start_ms),
        speech_ms=speech_ms,
        recognition_ms=100,
        translation_ms=50,
        synthesis_ms=50,
        queue_ms=0,
        total_ms=200 if translated else None,
    )


def transcript(*utterances: UtteranceRecord) -> TranscriptView:
    call = CallSummary(
        call_sid="CA1",
        agent_call_sid=None,
        direction=CallDirection.INBOUND,
        status=CallStatus.COMPLETED,
        end_reason=EndReason.CLIENT_HUNG_UP,
        agent_language="es",
        client_language="en",
        started_at=START,
        answered_at=START,
        ended_at=START,
        cost=Decimal(0),
        currency="USD",
        utterance_count=len(utterances),
    )
    return TranscriptView.of(CallDetail(call, (), utterances, (), ()))


def test_the_three_forms_say_the_same() -> None:
    view = transcript(said(1, 1_250, "Good morning"), said(2, 3_661_004, "Adiós & <gracias>", translated=None))
    assert view.rendered(TranscriptFormat.WEBVTT) == (
        "WEBVTT\n\nNOTE\nCall CA1, 2026-03-01 09:30:00+00:00\n\n"
        "1\n00:00:01.250 --> 00:00:02.150\n<v client><lang en>Good morning</lang></v>\n<lang es>sí</lang>\n\n"
        "2\n01:01:01.004 --> 01:01:01.904\n<v agent><lang en>Adiós &amp; &lt;gracias&gt;</lang></v>\n"
        "<lang es>[not translated]</lang>\n"
    )
    assert view.rendered(TranscriptFormat.TEXT) == (
        "Call CA1\n2026-03-01 09:30:00+00:00\n\n"
        "[00:00:01.250] client (en): Good morning\n    es: sí\n\n"
        "[01:01:01.004] agent (en): Adiós & <gracias>\n    es: [not translated]\n"
    )
    told = json.loads(view.rendered(TranscriptFormat.JSON))["utterances"]
    assert [(each["start_ms"], each["end_ms"], each["translation_ms"]) for each in told] == [
        (1_250, 2_150, 2_350),
        (3_661_004, 3_661_904, None),
    ]


def test_who_began_first_comes_first() -> None:
    view = transcript(said(1, 5_000, "second"), said(2, 4_000, "first"))
    assert [line.source_text for line in view.utterances] == ["first", "second"]


def test_what_began_before_the_call_did_begins_with_it() -> None:
    assert transcript(replace(said(1, -40, "early"))).utterances[0].start_ms == 0


@given(st.lists(st.tuples(st.text(max_size=30), st.none() | st.text(max_size=30), st.integers(0, 9)), max_size=6))
def test_whatever_is_said_makes_one_cue(lines: list[tuple[str, str | None, int]]) -> None:
    view = transcript(
        *(said(n, n * 10, text, translated, speech_ms) for n, (text, translated, speech_ms) in enumerate(lines, 1))
    )
    file = view.rendered(TranscriptFormat.WEBVTT)
    blocks = file.removesuffix("\n").split("\n\n")[2:]
    assert len(blocks) == len(CUE_TIMES.findall(file)) == len(lines)
    for block in blocks:
        assert len(block.splitlines()) == 4, "a number, the times, the original and its translation"
        found = CUE_TIMES.search(block)
        assert found is not None
        assert found.groups()[:4] < found.groups()[4:], "a cue lasts"
    assert len(view.rendered(TranscriptFormat.TEXT).removesuffix("\n").split("\n\n")[1:]) == len(lines)
