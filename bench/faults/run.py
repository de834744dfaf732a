"""One call in which one vendor fails while somebody speaks, and what reached the listeners' ears."""

from __future__ import annotations

import asyncio
from asyncio import Barrier
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.domain.legs import EndReason, Leg
from app.emulator.events import CallEvent, EventKind
from app.emulator.report import CallReport
from app.emulator.script import AfterTurn, AtTime, Turn
from bench.faults.recordings import Line
from bench.faults.vendors import Kind, Vendors, failing_vendors
from bench.faults.word_tones import HeardWord, WordTones
from tests.e2e.harness import desk, script
from tests.vendors.products import Product

CLIENT_AT_S = 2.0
AGENT_PAUSE_S = 7.0
"""Between the turns: longer than an interpretation lags behind."""
LINGER_S = 14.0
LAST_TRANSLATION_S = 15.0
"""Nobody takes over from the last translator: on a busy machine it may be late, and is waited for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who says what."""

    client: Line
    agent: Line

    def line(self, leg: Leg) -> Line:
        return self.client if leg is Leg.CLIENT else self.agent


@dataclass(frozen=True, slots=True)
class Misfortune:
    actor: Product[Any]
    """Who plays a part in this call, and fails."""
    kind: Kind | None
    """None: nothing happens, which is what all else is compared with."""
    moment: float = 0.0
    """When it happens: the share of the client's turn that is over."""
    lasts_s: float | None = None
    """None: until the call ends."""

    @property
    def what(self) -> str:
        return f"{self.actor.title} {self.kind or 'no fault'}"

    @property
    def name(self) -> str:
        lasts = "for good" if self.lasts_s is None else f"{self.lasts_s:g} s"
        return f"{self.what} at {self.moment:.2f}, {lasts}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the other one heard of each leg's turn, on the clock of that turn's beginning."""

    heard: Mapping[Leg, list[HeardWord]]
    late_ms: float
    """The worst lateness of an emulated telephone: how far this machine could not keep up."""
    has_survived: bool
    """Whether both turns took place and it was the client who hung up."""
    trouble: tuple[str, ...]
    rows: tuple[str, ...]
    """What the bridge wrote down: speaker, outcome, error code and words of each utterance."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the calls of this process share."""

    lexicon: Mapping[bytes, str]
    tones: WordTones
    settings: Mapping[str, object]
    """Those of the vendors that take over."""


async def hold(folder: Path, scene: Scene, misfortune: Misfortune, common: Common, gate: Barrier) -> Outcome:
    """Hold one call. ``folder`` is this call's own.

    The calls of a batch wait for each other at the ``gate`` before and after: starting a server, and finding the words
    in the tapes, would keep the others waiting.
    """
    async with failing_vendors(common.lexicon, common.tones, misfortune.actor) as vendors:
        settings = {
            **vendors.settings,
            **common.settings,
            "client_languages": ("en", "es"),
            "log_level": "error",
            "translation_timeout_s": LAST_TRANSLATION_S,
        }
        async with desk(folder, **settings) as at:
            question = Turn("question", AtTime(CLIENT_AT_S), say=scene.client.ulaw)
            answer = Turn("answer", AfterTurn("question", AGENT_PAUSE_S), say=scene.agent.ulaw)
            plan = script(client=(question,), agent=(answer,), linger_s=LINGER_S, max_duration_s=90.0)
            began = asyncio.Event()

            def watch(event: CallEvent) -> None:
                if (event.kind, event.detail) == (EventKind.TURN_STARTED, "question"):
                    began.set()

            await gate.wait()
            async with asyncio.TaskGroup() as tasks:
                fate = tasks.create_task(befall(misfortune, scene, vendors, began))
                report = await at.emulator.call(plan, watch)
                fate.cancel()
            view = await at.the_call()
            await gate.wait()
    rows = tuple(f"{each.speaker} {each.outcome} {each.error_code}: {each.source_text}" for each in view.utterances)
    return Outcome(
        heard={leg: heard_from(report, leg, common.tones) for leg in Leg},
        late_ms=max(stream.latest_frame_ms for leg in Leg for stream in report.leg(leg).streams),
        has_survived=view.end_reason == EndReason.CLIENT_HUNG_UP and not report.errors,
        trouble=(*report.errors, str(view.end_reason)),
        rows=rows,
    )


async def befall(misfortune: Misfortune, scene: Scene, vendors: Vendors, began: asyncio.Event) -> None:
    """Let it happen in its moment of the client's turn."""
    if misfortune.kind is None:
        return
    await began.wait()
    await asyncio.sleep(misfortune.moment * scene.client.seconds)
    vendors.fail(misfortune.actor.stage, misfortune.kind)
    if misfortune.lasts_s is not None:
        await asyncio.sleep(misfortune.lasts_s)
        vendors.mend(misfortune.actor.stage)


def heard_from(report: CallReport, speaker: Leg, tones: WordTones) -> list[HeardWord]:
    """Return the words that the other one heard of what this leg said, on the clock of this leg's turn."""
    said = next(iter(report.leg(speaker).said), None)
    if said is None:
        return []
    began_ms = int(said.start_s * 1000)
    return [
        HeardWord(each.word, each.start_ms - began_ms, each.end_ms - began_ms)
        for each in tones.hear(report.leg(speaker.other).heard_ulaw)
    ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one listener heard with a misfortune, beside what they hear without one."""

    lost: tuple[str, ...]
    twice: int
    """Words that were said again."""
    gap_ms: int
    """The longest silence before a word, beyond the silence that is there anyway."""
    later_ms: int
    """By how much the word that is latest comes later."""


def compare(said: Sequence[str], usuals: Sequence[list[HeardWord]], heard: list[HeardWord]) -> Comparison:
    """Find what was said in what was heard, and the usual words as well, for the time that they took.

    Of several usual calls, such as one by the provider and one by the cascade that takes over, the one counts for each
    word in which it came later: a gap is a silence that is in none of them.
    """
    found = {one for one, _ in _matches(said, [each.word for each in heard])}
    silences: dict[int, int] = {}
    starts: dict[int, int] = {}
    for usual in usuals:
        for one, two in _matches([each.word for each in usual], [each.word for each in heard]):
            silences[two] = max(silences.get(two, 0), _silence_ms(usual, one))
            starts[two] = max(starts.get(two, 0), usual[one].start_ms)
    return Comparison(
        lost=tuple(word for index, word in enumerate(said) if index not in found),
        twice=len(heard) - len(found),
        gap_ms=max([0, *(_silence_ms(heard, index) - silence_ms for index, silence_ms in silences.items())]),
        later_ms=max([0, *(heard[index].start_ms - start_ms for index, start_ms in starts.items())]),
    )


def _matches(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]


def _silence_ms(words: list[HeardWord], index: int) -> int:
    """Return the silence before a word; before the first one, since the speaker began."""
    return words[index].start_ms - (words[index - 1].end_ms if index else 0)
