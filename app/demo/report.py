"""The demo's report: one HTML file with the timeline, the captions, the latencies and both recordings inside."""

from __future__ import annotations

import base64
import io
import statistics
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from string import Template

from app.api.schemas import UtteranceView
from app.audio.ulaw import ulaw_to_pcm16
from app.demo.judge import Verdict
from app.demo.timeline import Bar, Caption, Lane, draw_timeline
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.languages import LANGUAGE_NAMES
from app.domain.legs import Leg
from app.emulator.report import CallReport

_STAGES = (
    ("recognition", "#6366f1"),
    ("translation", "#10b981"),
    ("synthesis", "#f59e0b"),
    ("queue", "#9ca3af"),
)

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Puente: an interpreted call</title>
<style>
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #111827; background: #f9fafb; margin: 0; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 32px 0 12px; }
.lead { color: #4b5563; margin: 0 0 24px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; }
.card, .panel { background: #fff; border: 1px solid #e5e7eb; border-radius: 10px; padding: 14px 16px; }
.card b { display: block; font-size: 24px; } .card span { color: #6b7280; font-size: 14px; }
.panel { overflow-x: auto; } svg { width: 100%; min-width: 760px; display: block; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: #6b7280; font-weight: 500; }
th, td { padding: 8px 10px; border-bottom: 1px solid #e5e7eb; vertical-align: top; }
.client { color: #2563eb; font-weight: 600; } .agent { color: #b45309; font-weight: 600; }
.stages { display: flex; height: 12px; border-radius: 3px; overflow: hidden; min-width: 160px; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.key { color: #4b5563; font-size: 14px; }
.key i { display: inline-block; width: 10px; height: 10px; margin: 0 4px 0 14px; }
audio { width: 100%; } .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 12px; }
.flag { color: #b91c1c; font-size: 14px; white-space: nowrap; }
.yes { color: #047857; } .no { color: #b91c1c; } blockquote { margin: 8px 0 0; color: #4b5563; }
</style></head><body><main>
<h1>An interpreted call</h1>
<p class="lead">$client_language client, $agent_language agent. $engines</p>
<div class="cards">$cards</div>
<h2>Who spoke, and what was heard when</h2><div class="panel">$timeline</div>
<h2>What was said</h2><div class="panel"><table>
<thead><tr>
<th></th><th>Said</th><th>Spoken to the other party</th><th>Latency</th><th class="number">Total</th>
</tr></thead>
<tbody>$rows</tbody></table>
<p class="key">From the end of the speech to the first sound of its translation:$key</p></div>
<h2>What each party heard</h2><div class="two">$ears</div>
</main></body></html>
""")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Everything the report shows."""

    call: CallReport
    call_started_at: datetime
    """The server's clock at the call's start, which is the report's zero."""
    utterances: Sequence[UtteranceView]
    verdicts: dict[Leg, Verdict]
    """By listener."""
    client_language: str
    agent_language: str
    engines: str
    """Which providers did it, in a sentence."""

    @property
    def is_success(self) -> bool:
        return all(verdict.was_understood for verdict in self.verdicts.values())


def render_report(result: DemoResult) -> str:
    """Return a self-contained HTML page: no request leaves it."""
    return _PAGE.substitute(
        client_language=escape(LANGUAGE_NAMES.get(result.client_language, result.client_language)),
        agent_language=escape(LANGUAGE_NAMES.get(result.agent_language, result.agent_language)),
        engines=escape(result.engines),
        cards="".join(_cards(result)),
        timeline=draw_timeline(_lanes(result), result.call.duration_s),
        rows="".join(_row(utterance) for utterance in result.utterances),
        key="".join(f'<i style="background:{colour}"></i>{stage}' for stage, colour in _STAGES),
        ears="".join(_ear(result, leg) for leg in Leg),
    )


def percentile(values: Sequence[int], percent: int) -> int:
    """Return the value below which ``percent`` of them lie (nearest rank); 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0


def _cards(result: DemoResult) -> Iterable[str]:
    totals = [utterance.total_ms for utterance in result.utterances if utterance.total_ms is not None]
    understood = sum(verdict.was_understood for verdict in result.verdicts.values())
    warnings = sum(1 for leg in Leg for warned in result.call.leg(leg).warnings if warned.counts)
    median_s = statistics.median(totals) / 1000 if totals else 0.0
    yield _card(f"{median_s:.1f} s", "speech end to first translated sound, median")
    yield _card(f"{percentile(totals, 95) / 1000:.1f} s", "the same, 95th percentile")
    yield _card(f"{len(totals)} of {len(result.utterances)}", "utterances spoken to the other party")
    yield _card(f"{understood} of {len(result.verdicts)}", "parties understood the other (by recognition)")
    yield _card(str(warnings), "protocol warnings")


def _card(value: str, label: str) -> str:
    return f'<div class="card"><b>{escape(value)}</b><span>{escape(label)}</span></div>'


def _lanes(result: DemoResult) -> list[Lane]:
    lanes: list[Lane] = []
    for speaker in Leg:
        mine = [utterance for utterance in result.utterances if utterance.speaker is speaker]
        said = [Bar(said.start_s, said.end_s) for said in result.call.leg(speaker).said]
        heard = [Bar(each.start_s, each.end_s) for each in result.call.leg(speaker.other).heard_segments]
        spoken = [Caption(_began_s(result, each), each.source_text) for each in mine]
        interpreted = [
            Caption(_began_s(result, each) + (each.speech_ms + each.total_ms) / 1000, each.translated_text)
            for each in mine
            if each.total_ms is not None and each.translated_text is not None
        ]
        if speaker is Leg.AGENT and heard:
            interpreted.insert(0, Caption(heard[0].start_s, "(ring-back)"))
        lanes.append(Lane(f"{speaker} says", speaker, False, said, spoken))
        lanes.append(Lane(f"{speaker.other} hears", speaker, True, heard, interpreted))
    return lanes


def _began_s(result: DemoResult, utterance: UtteranceView) -> float:
    return (utterance.started_at - result.call_started_at).total_seconds()


def _row(utterance: UtteranceView) -> str:
    total = f"{utterance.total_ms} ms" if utterance.total_ms is not None else escape(utterance.outcome)
    return (
        f'<tr><td class="{utterance.speaker}">{utterance.speaker}</td>'
        f"<td lang={utterance.source_language}>{escape(utterance.source_text)}</td>"
        f"<td lang={utterance.target_language}>{escape(utterance.translated_text or '')}{_flag(utterance)}</td>"
        f'<td><div class="stages">{"".join(_stage_bars(utterance))}</div></td><td class="number">{total}</td></tr>'
    )


def _flag(utterance: UtteranceView) -> str:
    return f'<div class="flag">check: {escape(", ".join(utterance.flags))}</div>' if utterance.flags else ""


def _stage_bars(utterance: UtteranceView) -> Iterable[str]:
    times = (
        utterance.recognition_ms,
        utterance.translation_ms,
        utterance.synthesis_ms,
        utterance.queue_ms,
    )
    for (stage, colour), milliseconds in zip(_STAGES, times, strict=True):
        if milliseconds:
            yield f'<div style="background:{colour};flex:{milliseconds}" title="{stage} {milliseconds} ms"></div>'


def _ear(result: DemoResult, leg: Leg) -> str:
    verdict = result.verdicts[leg]
    mark = '<span class="yes">understood</span>' if verdict.was_understood else '<span class="no">not understood</span>'
    return (
        f'<div class="card"><p class="{leg}">The {leg} heard ({mark}, chrF {verdict.chrf:.0f})</p>'
        f'<audio controls preload="none" src="data:audio/wav;base64,{_wav(result.call.leg(leg).heard_ulaw)}"></audio>'
        f"<blockquote>{escape(verdict.recognised) or '(nothing)'}</blockquote></div>"
    )


def _wav(ulaw: bytes) -> str:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(SAMPLE_RATE_HZ)
        recording.writeframes(ulaw_to_pcm16(ulaw))
    return base64.b64encode(buffer.getvalue()).decode("ascii")
