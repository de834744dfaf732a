"""The calls of a run: who says what when, and what has to be in the database for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.api.schemas import CallView
from app.domain.legs import EndReason, Leg
from app.domain.phrasebook import phrase
from app.domain.records import Outcome
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, CallScript, Party, Turn
from bench.cluster.settings import AGENT_NUMBER
from tests.e2e.sounds import babble

FIRST_TURN_S = 4.0
ROUND_S = 10.0
"""From one turn of a party to its next: longer than an interpretation takes."""
LINGER_S = 5.0
_LANGUAGES = {Leg.CLIENT: "en", Leg.AGENT: "es"}
_GOOD = (Outcome.SPOKEN, Outcome.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Held:
    """One call as the emulated Twilio saw it."""

    report: CallReport
    began_at: datetime

    @property
    def call_sid(self) -> str:
        return self.report.client.call_sid


def call_script(rounds: int) -> CallScript:
    """Return a call in which both speak in turn."""
    speech = babble(1.2)
    return CallScript(
        to="+34910000001",
        client=Party(
            number="+442079460018",
            turns=tuple(Turn(f"client-{n}", AtTime(FIRST_TURN_S + n * ROUND_S), say=speech) for n in range(rounds)),
        ),
        agent=Party(
            number=AGENT_NUMBER,
            turns=tuple(
                Turn(f"agent-{n}", AtTime(FIRST_TURN_S + (n + 0.5) * ROUND_S), say=speech) for n in range(rounds)
            ),
            answer=Answer(after_s=0.5),
        ),
        linger_s=LINGER_S,
        max_duration_s=FIRST_TURN_S + rounds * ROUND_S + 120,
    )


async def keep_calling(
    emulator: Emulator, at_once: int, until: Callable[[], bool], seed: int, done: Callable[[Held], None]
) -> None:
    """Keep so many calls up until it is time to stop; those that go on then are held to their end."""
    chance = random.Random(seed)

    async def line(number: int) -> None:
        await asyncio.sleep(number * ROUND_S * 2 / at_once)
        while not until():
            began_at = datetime.now(UTC)
            report = await emulator.call(call_script(chance.randint(4, 7)))
            for leg in Leg:
                # Megabytes, and thousands of calls.
                report.leg(leg).heard_ulaw = report.leg(leg).said_ulaw = b""
            done(Held(report, began_at))

    async with asyncio.TaskGroup() as tasks:
        for number in range(at_once):
            tasks.create_task(line(number))


def faults_of(held: Held, row: CallView | None) -> list[str]:
    """Return what went wrong with a call that no killed process held; nothing when all is as it has to be."""
    if row is None:
        return ["no row"]
    found = list(held.report.errors)
    if row.ended_at is None:
        found.append("stuck: the row is open")
    elif row.end_reason is not EndReason.CLIENT_HUNG_UP:
        found.append(f"ended as {row.end_reason}")
    found += [fault for leg in Leg if (fault := _missing(held, row, leg))]
    if [each.sequence for each in row.utterances] != list(range(1, len(row.utterances) + 1)):
        found.append("numbers of utterances have a gap")
    for leg in Leg:
        status = held.report.leg(leg).final_status
        if status is None or not status.is_terminal:
            found.append(f"the {leg} is still up at Twilio")
    return found


def _missing(held: Held, row: CallView, leg: Leg) -> str:
    """Compare what a party said with what was written down. The recogniser hears phrase n in utterance n."""
    turns = len(held.report.leg(leg).said)
    written = [each for each in row.utterances if each.speaker is leg]
    text, whole, heard = " ".join(each.source_text for each in written), "", 0
    while len(whole) < len(text):
        heard += 1
        whole = f"{whole} {phrase(heard, _LANGUAGES[leg])}".strip()
    if text != whole or heard < turns:
        return f"{leg}: {turns} turns, but the rows have {heard} phrases{'' if text == whole else ', not all of them'}"
    unspoken = [each for each in written if each.outcome not in _GOOD]
    return f"{leg}: {len(unspoken)} utterances were not spoken ({unspoken[0].outcome})" if unspoken else ""
