"""Bills of several calls at once: each its own, the metrics their sum, however often anybody looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import PROJECT_ROOT
from app.domain.commands import EndCall
from app.domain.events import LegStatusChanged, StreamOpened
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.records import Fact, UsageCounted
from app.domain.usage import Stage, UsageKey, UsageUnit, total_cost
from app.prices import load_prices
from app.runtime.accounting import Accounting
from app.runtime.session import Session
from app.store.recorder import Recorder
from app.telemetry.metrics import Metrics
from app.usage import Meter

PRICES = load_prices(PROJECT_ROOT / "app" / "prices.yaml")
DEEPL = UsageKey(Stage.TRANSLATION, "deepl", UsageUnit.CHARACTERS)
STRANGE = UsageKey(Stage.SPEECH, "elsewhere", UsageUnit.CHARACTERS)


@dataclass
class Call:
    """What accounting sees of a session."""

    id: str
    call_sid: str
    usage: Meter = field(default_factory=Meter)
    at_ms: int = 0

    def now_ms(self) -> int:
        return self.at_ms


class Facts:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Fact] = []
        self.was_told = asyncio.Event()

    def record(self, fact: Fact) -> bool:
        self.told.append(fact)
        self.was_told.set()
        return True

    def last(self, call_sid: str) -> UsageCounted:
        return [fact for fact in self.told if isinstance(fact, UsageCounted) and fact.call_sid == call_sid][-1]


class Office:
    def __init__(self) -> None:
        self.facts = Facts()
        self.metrics = Metrics()
        self.accounting = Accounting(PRICES, cast(Recorder, self.facts), self.metrics, "+14155550199", interval_s=0.01)
        self._numbers = count(1)

    def open(self) -> Call:
        number = next(self._numbers)
        call = Call(f"session-{number}", f"CA{number}")
        self.accounting.started(cast(Session, call), called="+14155550100")
        return call

    def see(self, call: Call, event: StreamOpened | LegStatusChanged, *commands: EndCall) -> None:
        self.accounting.observe(cast(Session, call), event, commands, call.at_ms)

    def end(self, call: Call) -> None:
        self.accounting.ended(cast(Session, call))

    def counted(self, key: UsageKey) -> float:
        labels = {"stage": key.stage, "provider": key.provider, "unit": key.unit}
        return self.metrics.registry.get_sample_value("puente_usage_total", labels) or 0.0

    def cost(self, key: UsageKey) -> float | None:
        labels = {"stage": key.stage, "provider": key.provider, "currency": "USD"}
        return self.metrics.registry.get_sample_value("puente_cost_total", labels)


@pytest.fixture
def office() -> Office:
    return Office()


HUNG_UP = EndCall(CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP, None)


def test_the_last_bill_has_the_telephones_and_everything_that_was_counted(office: Office) -> None:
    call = office.open()
    for leg in Leg:
        office.see(call, StreamOpened(leg))
    call.usage[DEEPL] += 400
    call.at_ms = 61_000
    office.see(call, LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED), HUNG_UP)
    call.usage[DEEPL] += 100  # what was already on its way
    call.at_ms = 125_000  # a carrier that is slow to hang up bills nothing for that
    office.end(call)
    bill = office.facts.last("CA1")
    amounts = {(charge.key.provider, charge.key.unit): charge.amount for charge in bill.charges}
    assert amounts == {
        ("twilio", UsageUnit.INBOUND_MINUTES): 2,
        ("twilio", UsageUnit.OUTBOUND_MINUTES): 2,
        ("twilio", UsageUnit.STREAM_MINUTES): 4,
        ("deepl", UsageUnit.CHARACTERS): 500,
    }
    expected = 2 * Decimal("0.0085") + 2 * Decimal("0.0140") + 4 * Decimal("0.0044") + 500 * Decimal("0.000025")
    assert total_cost(bill.charges) == expected
    assert bill.currency == "USD"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5000), st.booleans()), max_size=40))
def test_metrics_are_the_sum_of_the_bills_however_often_they_are_looked_at(
    steps: list[tuple[int, int, bool]],
) -> None:
    office = Office()
    calls = [office.open() for _ in range(3)]
    for index, characters, looks in steps:
        calls[index].usage[DEEPL] += characters
        if looks:
            office.accounting.measure()
    for call in calls:
        office.see(call, LegStatusChanged(Leg.CLIENT, LegStatus.COMPLETED), HUNG_UP)
        office.end(call)
        office.end(call)
    office.accounting.measure()
    bills = [office.facts.last(call.call_sid).charges for call in calls]
    billed = {call.call_sid: call.usage[DEEPL] for call in calls}
    for call, bill in zip(calls, bills, strict=True):
        assert sum(charge.amount for charge in bill if charge.key == DEEPL) == billed[call.call_sid]
    assert office.counted(DEEPL) == sum(billed.values())
    assert office.cost(DEEPL) or pytest.approx(sum(billed.values()) * 25e-6, abs=1e-6) == 0.0


def test_what_has_no_price_is_counted_and_has_no_cost(office: Office) -> None:
    call = office.open()
    call.usage[STRANGE] += 12
    office.end(call)
    assert office.counted(STRANGE) == 12
    assert office.cost(STRANGE) is None
    assert total_cost(office.facts.last("CA1").charges) is None


def test_a_call_that_nobody_announced_has_no_bill(office: Office) -> None:
    stranger = Call("session-x", "CAx")
    office.see(stranger, StreamOpened(Leg.CLIENT))
    office.end(stranger)
    assert office.facts.told == []


async def test_the_bill_of_a_call_that_goes_on_is_written_meanwhile(office: Office) -> None:
    call = office.open()
    running = asyncio.create_task(office.accounting.run())
    async with asyncio.timeout(30):
        for characters in (100, 200):
            call.usage[DEEPL] = characters
            office.facts.was_told.clear()
            await office.facts.was_told.wait()
            bill = office.facts.last("CA1").charges
            assert [charge.amount for charge in bill if charge.key == DEEPL] == [characters]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
