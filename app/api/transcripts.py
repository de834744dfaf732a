"""A call's transcript as a file: JSON, WebVTT (https://www.w3.org/TR/webvtt1/) or plain text.

Times are milliseconds since the call began. What was said stands where it was said; its translation is beside it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, Field

from app.domain.legs import Leg
from app.domain.records import Outcome, UtteranceRecord
from app.store.repository import CallDetail

_SHORTEST_CUE_MS = 1
"""A cue that ends when it begins is not one."""
_UNTRANSLATED = "[not translated]"


class TranscriptFormat(StrEnum):
    JSON = "json"
    WEBVTT = "vtt"
    TEXT = "txt"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    TranscriptFormat.JSON: "application/json",
    TranscriptFormat.WEBVTT: "text/vtt",
    TranscriptFormat.TEXT: "text/plain",
}


class TranscriptLine(BaseModel):
    """What one party said, up to where it was translated."""

    sequence: int
    speaker: Leg
    start_ms: int = Field(ge=0)
    end_ms: int
    translation_ms: int | None = Field(description="When its translation began to be heard; null if it never was.")
    source_language: str
    source_text: str
    target_language: str
    translated_text: str | None
    outcome: Outcome
    flags: tuple[str, ...] = Field((), description="What the translation may miss: number, date, negation ...")

    @classmethod
    def of(cls, said: UtteranceRecord, call_started_at: datetime) -> Self:
        start_ms = max(0, (said.started_at - call_started_at) // timedelta(milliseconds=1))
        end_ms = start_ms + max(said.speech_ms, _SHORTEST_CUE_MS)
        return cls(
            sequence=said.sequence,
            speaker=said.speaker,
            start_ms=start_ms,
            end_ms=end_ms,
            translation_ms=None if said.total_ms is None else end_ms + said.total_ms,
            source_language=said.source_language,
            source_text=said.source_text,
            target_language=said.target_language,
            translated_text=said.translated_text,
            outcome=said.outcome,
            flags=said.flags,
        )


class TranscriptView(BaseModel):
    """Everything that was said in a call, in the order in which it began."""

    call_sid: str
    started_at: datetime
    client_language: str | None
    agent_language: str | None
    utterances: list[TranscriptLine]

    @classmethod
    def of(cls, detail: CallDetail) -> Self:
        call = detail.call
        lines = [TranscriptLine.of(utterance, call.started_at) for utterance in detail.utterances]
        return cls(
            call_sid=call.call_sid,
            started_at=call.started_at,
            client_language=call.client_language,
            agent_language=call.agent_language,
            utterances=sorted(lines, key=lambda line: (line.start_ms, line.sequence)),
        )

    def rendered(self, form: TranscriptFormat) -> str:
        match form:
            case TranscriptFormat.JSON:
                return self.model_dump_json()
            case TranscriptFormat.WEBVTT:
                return self._webvtt()
            case TranscriptFormat.TEXT:
                return self._text()

    def _webvtt(self) -> str:
        """One cue for each utterance: the original, and in the next line its translation."""
        head = f"WEBVTT\n\nNOTE\nCall {self.call_sid}, {_moment(self.started_at)}\n"
        return "\n".join([head, *(_cue(line) for line in self.utterances)])

    def _text(self) -> str:
        head = f"Call {self.call_sid}\n{_moment(self.started_at)}\n"
        return "\n".join([head, *(_paragraph(line) for line in self.utterances)])


def _cue(line: TranscriptLine) -> str:
    times = f"{_clock(line.start_ms)} --> {_clock(line.end_ms)}"
    said = f"<v {line.speaker}><lang {line.source_language}>{_escaped(line.source_text)}</lang></v>"
    translated = _UNTRANSLATED if line.translated_text is None else _escaped(line.translated_text)
    return f"{line.sequence}\n{times}\n{said}\n<lang {line.target_language}>{translated}</lang>\n"


def _paragraph(line: TranscriptLine) -> str:
    translated = _UNTRANSLATED if line.translated_text is None else _in_one_line(line.translated_text)
    return (
        f"[{_clock(line.start_ms)}] {line.speaker} ({line.source_language}): {_in_one_line(line.source_text)}\n"
        f"    {line.target_language}: {translated}\n"
    )


def _clock(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def _moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")


def _in_one_line(text: str) -> str:
    """An empty line would end the cue."""
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """WebVTT, 4.2.2: these three would begin a tag or an entity, or be an arrow between times."""
    return _in_one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
