"""What calls cost while they last: written every minute and at the end, and counted for the metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from app.domain.commands import Command, EndCall
from app.domain.events import Event
from app.domain.records import UsageCounted
from app.domain.usage import Charge, UsageKey
from app.prices import PriceList
from app.runtime.session import Session
from app.store.recorder import Recorder
from app.telemetry.metrics import Metrics
from app.twilio.billing import BilledMinutes

_INTERVAL_S = 60.0


class Accounting:
    """An observer that keeps every live call's bill."""

    def __init__(
        self,
        prices: PriceList,
        recorder: Recorder,
        metrics: Metrics,
        agent: str,
        interval_s: float = _INTERVAL_S,
    ) -> None:
        """``agent`` is where agents are dialled."""
        self._prices = prices
        self._recorder = recorder
        self._metrics = metrics
        self._agent = agent
        self._interval_s = interval_s
        self._accounts: dict[str, _Account] = {}

    def started(self, session: Session, called: str, dialled: str = "") -> None:
        """A call to that Twilio number begins, or one that we place to the client's number."""
        self._accounts[session.id] = _Account(session, BilledMinutes(called, self._agent, dialled))

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        account = self._accounts.get(session.id)
        if account is None:
            return
        account.minutes.observe(event, now_ms)
        if any(isinstance(command, EndCall) for command in commands):
            account.minutes.end(now_ms)
            self._write(account)

    def ended(self, session: Session) -> None:
        """The call is over and so is everything that it started: this is its bill."""
        account = self._accounts.pop(session.id, None)
        if account is not None:
            self._write(account)

    def measure(self) -> None:
        """Bring the metrics up to date."""
        for account in self._accounts.values():
            self._measure(account)

    async def run(self) -> None:
        """Write the bills of live calls until cancelled: of a process that dies, most is kept."""
        while True:
            await asyncio.sleep(self._interval_s)
            for account in self._accounts.values():
                self._write(account)

    def _write(self, account: _Account) -> None:
        charges = self._measure(account)
        self._recorder.record(UsageCounted(account.session.call_sid, charges, self._prices.currency))

    def _measure(self, account: _Account) -> tuple[Charge, ...]:
        charges = self._prices.charges(account.usage())
        for charge in charges:
            amount, cost = account.measured.get(charge.key, (0, Decimal(0)))
            more = None if charge.cost is None else charge.cost - cost
            self._metrics.usage(charge.key, charge.amount - amount, more, self._prices.currency)
            account.measured[charge.key] = (charge.amount, charge.cost or Decimal(0))
        return charges


class _Account:
    """One live call's."""

    def __init__(self, session: Session, minutes: BilledMinutes) -> None:
        self.session = session
        self.minutes = minutes
        self.measured: dict[UsageKey, tuple[int, Decimal]] = {}
        """The amounts and costs that the metrics have."""

    def usage(self) -> dict[UsageKey, int]:
        return {**self.session.usage, **self.minutes.usage(self.session.now_ms())}
