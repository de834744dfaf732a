"""The demo: a server, a call through the emulator, captions while it happens, a report at its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.api.schemas import CallView
from app.config import Settings
from app.demo.captions import CaptionReader, caption
from app.demo.desk import AGENT_NUMBER, TWILIO_NUMBER, Desk, running_desk
from app.demo.dialogue import AGENT_LANGUAGE, Line, load_dialogue
from app.demo.judge import Judge, Verdict
from app.demo.report import DemoResult, render_report
from app.demo.voices import record_dialogue
from app.domain.legs import Leg
from app.emulator.events import CallEvent, EventKind
from app.emulator.report import CallReport
from app.emulator.script import AfterTurn, AtTime, CallScript, Party, Trigger, Turn, WhenQuiet

_CLIENT_NUMBERS = {
    "en": "+442079460018",
    "fr": "+33123456789",
    "it": "+390612345678",
    "pt": "+351211234567",
    "gl": "+34981123456",
}
_HEARD_AS_ANOTHER = frozenset({"gl"})
"""Languages that whisper-base does not tell from their neighbours."""
_PATIENCE_S = 60.0
"""How long the last words are waited for: a slow machine takes its time to recognise, translate and speak them."""
_TURN_QUIET_S = 0.8
"""How long somebody waits, after the other party's translation has ended, before they speak."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    client_language: str
    client_wav: Path | None
    """Played instead of the dialogue's client."""
    agent_wav: Path | None
    folder: Path
    settings: Settings


async def run_demo(options: DemoOptions) -> DemoResult:
    """Hold the call and write the report; prints what happens as it happens. Raises ConfigError."""
    options.folder.mkdir(parents=True, exist_ok=True)
    script, lines = await _script(options)
    say(f"starting the server (its log: {options.folder / 'server.log'})")
    async with running_desk(options.folder, _server_settings(options.client_language)) as desk:
        say(f"the server is ready after {desk.ready_s:.1f} s; the client dials")
        call, report = await _hold_call(desk, script)
    say("the call is over; recognising what each party heard")
    result = _judge(options, call, report, lines)
    report.write(options.folder)
    (options.folder / "report.html").write_text(render_report(result), encoding="utf-8")
    return result


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"==> {text}", flush=True)


async def _script(options: DemoOptions) -> tuple[CallScript, tuple[Line, ...]]:
    """Return who says what when, and the dialogue's lines, which are none for recordings of one's own."""
    number = _CLIENT_NUMBERS.get(options.client_language, _CLIENT_NUMBERS["en"])
    if options.client_wav or options.agent_wav:
        turns = [
            (leg, Turn(str(leg), AtTime(0.5) if leg is Leg.CLIENT else WhenQuiet(_TURN_QUIET_S), say=wav))
            for leg, wav in ((Leg.CLIENT, options.client_wav), (Leg.AGENT, options.agent_wav))
            if wav is not None
        ]
        if options.client_wav is None:
            turns = [(Leg.AGENT, Turn("agent", AtTime(0.5), say=options.agent_wav))]
        return _call(number, turns), ()
    lines = load_dialogue(options.client_language)
    recordings = await record_dialogue(lines, options.settings)
    return _call(number, list(_turns(lines, recordings))), lines


def _server_settings(client_language: str) -> dict[str, str]:
    if client_language not in _HEARD_AS_ANOTHER:
        return {}
    say(f"the recogniser takes {client_language} for a neighbour, so the server is told (CLIENT_LANGUAGES)")
    return {"CLIENT_LANGUAGES": client_language}


def _turns(lines: tuple[Line, ...], recordings: list[bytes]) -> list[tuple[Leg, Turn]]:
    turns: list[tuple[Leg, Turn]] = []
    previous: Leg | None = None
    for index, (line, ulaw) in enumerate(zip(lines, recordings, strict=True)):
        when: Trigger
        if previous is None:
            when = AtTime(0.5)
        elif previous is line.speaker:
            when = AfterTurn(turns[-1][1].id, _TURN_QUIET_S)
        else:
            when = WhenQuiet(_TURN_QUIET_S, since=turns[-1][1].id)
        turns.append((line.speaker, Turn(f"{index + 1}", when, say=ulaw)))
        previous = line.speaker
    return turns


def _call(number: str, turns: list[tuple[Leg, Turn]]) -> CallScript:
    parties = {leg: tuple(turn for speaker, turn in turns if speaker is leg) for leg in Leg}
    return CallScript(
        to=TWILIO_NUMBER,
        client=Party(number=number, turns=parties[Leg.CLIENT]),
        agent=Party(number=AGENT_NUMBER, turns=parties[Leg.AGENT]),
        linger_s=3.0,
        patience_s=_PATIENCE_S,
        max_duration_s=300.0,
    )


async def _hold_call(desk: Desk, script: CallScript) -> tuple[CallView, CallReport]:
    reader = CaptionReader(desk.http, lambda utterance: print(caption(utterance), flush=True))
    await reader.skip_earlier()
    following = asyncio.create_task(reader.follow())
    try:
        report = await desk.emulator.call(script, _show)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    return await reader.read_to_the_end(), report


def _show(event: CallEvent) -> None:
    if event.kind in (EventKind.STATUS, EventKind.WARNING):
        print(f"  {event.at_s:5.1f} s  {event.leg}: {event.detail}", flush=True)


def _judge(options: DemoOptions, call: CallView, report: CallReport, lines: tuple[Line, ...]) -> DemoResult:
    judge = Judge(options.settings.models_dir / "whisper-base")
    client_language = call.client_language or options.client_language
    verdicts: dict[Leg, Verdict] = {}
    for listener in Leg:
        language = client_language if listener is Leg.CLIENT else AGENT_LANGUAGE
        if lines:
            reference = " ".join(line.heard for line in lines if line.speaker is listener.other)
        else:
            spoken = [each.translated_text or "" for each in call.utterances if each.speaker is listener.other]
            reference = " ".join(spoken)
        verdicts[listener] = judge.hear(report.leg(listener).heard_ulaw, language, reference)
    settings = options.settings
    return DemoResult(
        call=report,
        call_started_at=call.started_at,
        utterances=call.utterances,
        verdicts=verdicts,
        client_language=client_language,
        agent_language=AGENT_LANGUAGE,
        engines=(
            f"Recognition {settings.stt_provider}, translation {settings.translation_provider}, "
            f"voice {settings.tts_provider}; no account and no key."
        ),
    )
