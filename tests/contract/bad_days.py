"""A vendor's bad days, as tests to inherit: what is common to the kinds of provider (``bad_days_by_kind``).

A subclass says whose: its ``product``. What every kind must keep: each fault is one of our errors and of the right
sort, what follows works again, nobody who leaves is kept, no task and no socket is left, and neither speech nor the key
is in any error or log.
"""

from __future__ import annotations

import asyncio
import gc
import re
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from itertools import product
from typing import Any, Generic, Protocol, TypeVar

import pytest
import pytest_asyncio

from app.config import Settings
from app.errors import (
    BridgeError,
    ConfigError,
    ProviderBadReply,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from app.stt.nagle import open_sockets
from app.vendor_errors import RETRY_AFTER_S
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.line import Line, Trouble, line_to
from tests.vendors.products import Product
from tests.vendors.server import Vendor, serving
from tests.waiting import until

WRONG_KEY = "a-key-of-somebody-else"
LIMIT_S = 40.0
START_LIMIT_S = 12.0
"""Two handshakes and their time limits."""
CLOSE_LIMIT_S = 8.0
"""Nobody waits longer for a vendor that does not say goodbye, such as a call that goes on with the next one."""
PATIENCE_S = 1.0
"""The time limit of providers that are to meet it."""
USUAL_PATIENCE_S = 15.0
"""That of all others, where they have one: a busy machine is no bad day."""
AFTER_MESSAGES = (1, 2, 3)
"""Which message of ours a WebSocket's vendor does not survive."""
CLOSE_CODES: dict[int, type[ProviderError] | tuple[type[ProviderError], ...]] = {
    1001: ProviderUnavailable,
    1008: (ProviderUnavailable, ProviderRejected),
    1011: ProviderUnavailable,
    1013: (ProviderUnavailable, ProviderThrottled),
    4000: (ProviderUnavailable, ProviderRejected),
}


class Provider(Protocol):
    async def start(self) -> None: ...
    async def aclose(self) -> None: ...


P = TypeVar("P", bound=Provider)


class BadDays(ABC, Generic[P]):
    """One provider, and its vendor behind a line that can fail."""

    product: Product[Any]
    has_socket = False
    """Whether it travels by WebSocket: then there are close codes after the upgrade."""
    after_messages = AFTER_MESSAGES
    rejections: tuple[int, ...] = (400, 401, 403, 404)
    """HTTP statuses that will not pass by themselves."""
    hears_retry_after = True
    """Some SDKs keep it to themselves."""

    # --- What each kind is --------------------------------------------------------------------------------------------

    speech: re.Pattern[str]
    """What must never be found in an error or a log."""

    @abstractmethod
    def create(self, settings: Settings) -> P:
        """Build the provider."""

    @abstractmethod
    async def use(self, provider: P) -> bool:
        """Ask for one thing that the vendor can do; return whether it was done. Raises ProviderError."""

    # --- Fixtures -----------------------------------------------------------------------------------------------------

    @pytest_asyncio.fixture(autouse=True)
    async def _vendor(self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
        caplog.set_level("INFO")
        self.vendor: Vendor = self.product.server()
        self.opened: list[P] = []
        async with serving(self.vendor) as behind, line_to(behind) as (line, address):
            self.line: Line = line
            self.address = address
            yield
            for provider in self.opened:
                await provider.aclose()
        printed = "\n".join([*capfd.readouterr(), *(record.getMessage() for record in caplog.records)])
        assert not self.speech.search(printed)
        assert WRONG_KEY not in printed
        assert self.vendor.key not in printed

    def build(self, **values: Any) -> P:
        """Build a provider for the vendor behind the line; it is closed at the end of the test."""
        limits = {"translation_timeout_s": USUAL_PATIENCE_S}
        provider = self.create(Settings(_env_file=None, **{**limits, **self.product.settings(self.address), **values}))
        self.opened.append(provider)
        return provider

    async def started(self, **values: Any) -> P:
        provider = self.build(**values)
        await provider.start()
        return provider

    async def fails(self, provider: P) -> BridgeError:
        """Return what starting and using it raises, and see that it tells nothing that it must not."""
        with pytest.raises((ConfigError, ProviderError)) as raised:
            await self.start_and_use(provider)
        self.tells_nothing(raised.value)
        return raised.value

    async def start_and_use(self, provider: P) -> None:
        async with asyncio.timeout(LIMIT_S):
            await provider.start()
            await self.use(provider)

    async def use_thrice(self, provider: P) -> None:
        async with asyncio.timeout(LIMIT_S):
            for _ in range(3):
                await self.use(provider)

    def tells_nothing(self, error: BaseException) -> None:
        told = "".join(traceback.format_exception(error)) + repr(error)
        assert not self.speech.search(told), "speech in an error"
        assert WRONG_KEY not in told
        assert self.vendor.key not in told

    async def works_again(self, provider: P) -> None:
        """A vendor that is well again is used again; a first request may still meet what is left of the bad day."""
        self.vendor.faults.always = None
        self.line.trouble = None
        for _ in range(3):
            try:
                async with asyncio.timeout(2 * PATIENCE_S):
                    if await self.use(provider):
                        break
            except (TimeoutError, ProviderError):
                continue
        await self.works(provider)

    async def works(self, provider: P) -> None:
        """Ask for things until one is done: while a machine stands still, the time of a first one may run out."""
        async with asyncio.timeout(LIMIT_S):
            while not await self.use(provider):
                pass

    # --- Keys ---------------------------------------------------------------------------------------------------------

    async def test_no_key_is_a_sentence_that_names_the_setting(self) -> None:
        with pytest.raises(ConfigError, match=f"{self.product.key_setting.upper()} is not set"):
            self.build(**{self.product.key_setting: ""})

    async def test_a_wrong_key_is_found_at_the_start_and_its_setting_named(self) -> None:
        error = await self.fails(self.build(**{self.product.key_setting: WRONG_KEY}))
        assert isinstance(error, ConfigError)
        assert self.product.key_setting.upper() in str(error)

    # --- Answers that are none ----------------------------------------------------------------------------------------

    async def test_what_will_not_pass_by_itself_is_a_rejection(self) -> None:
        for status in self.rejections:
            self.vendor.faults.always = Fault(FaultKind.STATUS, status)
            error = await self.fails(self.build())
            if isinstance(error, ConfigError):
                assert self.product.key_setting.upper() in str(error)
            else:
                assert isinstance(error, ProviderRejected), status
                assert (error.code == "key-refused") == (status in (401, 403))

    @pytest.mark.parametrize("retry_after_s", [None, 7])
    async def test_too_many_requests_are_throttled(self, retry_after_s: int | None) -> None:
        self.vendor.faults.always = Fault(FaultKind.STATUS, 429, retry_after_s=retry_after_s)
        provider = self.build()
        error = await self.fails(provider)
        assert isinstance(error, ProviderThrottled)
        assert error.retry_after_s == (retry_after_s if retry_after_s and self.hears_retry_after else RETRY_AFTER_S)
        await self.works_again(provider)

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_a_vendor_that_is_broken_is_unavailable(self, status: int) -> None:
        self.vendor.faults.always = Fault(FaultKind.STATUS, status)
        provider = self.build()
        error = await self.fails(provider)
        assert isinstance(error, ProviderUnavailable)
        assert error.code == f"http-{status}"
        await self.works_again(provider)

    async def test_what_makes_no_sense_is_a_bad_reply(self) -> None:
        for after in self.after_messages if self.has_socket else (0,):
            self.vendor.faults.always = Fault(FaultKind.GARBAGE, after=after)
            provider = self.build()
            assert isinstance(await self.fails(provider), ProviderBadReply)
            await self.works_again(provider)

    # --- Connections --------------------------------------------------------------------------------------------------

    async def test_a_vendor_that_is_away_is_no_reason_not_to_start(self) -> None:
        self.line.trouble = Trouble.CUT
        provider = self.build()
        assert isinstance(await self.fails(provider), ProviderUnavailable)
        await self.works_again(provider)

    async def test_one_that_begins_to_answer_and_dies_is_unavailable(self) -> None:
        for after in self.after_messages if self.has_socket else (0,):
            self.vendor.faults.always = Fault(FaultKind.DROP, after=after)
            provider = self.build()
            assert isinstance(await self.fails(provider), ProviderUnavailable)
            await self.works_again(provider)

    async def test_a_socket_that_is_closed_is_unavailable_or_refused(self) -> None:
        for code, after in product(CLOSE_CODES, self.after_messages) if self.has_socket else ():
            self.vendor.faults.always = Fault(FaultKind.CLOSE, code, after)
            provider = self.build()
            error = await self.fails(provider)
            assert isinstance(error, CLOSE_CODES[code])
            await self.works_again(provider)

    @pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.GARBLE, Trouble.THROTTLE])
    async def test_a_line_that_breaks_while_it_is_in_use_is_an_error_of_ours(self, trouble: Trouble) -> None:
        provider = await self.started()
        await self.works(provider)
        self.line.trouble = trouble
        with pytest.raises(ProviderError) as raised:
            await self.use_thrice(provider)
        self.tells_nothing(raised.value)
        await self.works_again(provider)

    async def test_connections_that_died_while_nobody_spoke_are_made_again(self) -> None:
        provider = await self.started()
        await self.works(provider)
        self.line.reset()
        await self.works_again(provider)

    # --- Time ---------------------------------------------------------------------------------------------------------

    async def test_a_slow_vendor_is_waited_for(self) -> None:
        provider = await self.started()
        self.vendor.faults.latency_s = PATIENCE_S / 5
        async with asyncio.timeout(LIMIT_S):
            assert await self.use(provider)

    async def test_a_line_that_trickles_does_not_hold_up_a_start(self) -> None:
        self.line.trouble = Trouble.TRICKLE
        provider = self.build(translation_timeout_s=PATIENCE_S, tts_timeout_s=PATIENCE_S)
        async with asyncio.timeout(START_LIMIT_S):
            await provider.start()
        await self.works_again(provider)

    async def test_whoever_leaves_a_silent_vendor_leaves_nothing_behind(self) -> None:
        """The handshake or the answer never comes, or the line goes dead in the middle; the asker is cancelled."""
        tasks, sockets = asyncio.all_tasks(), open_socket_count()
        provider = await self.started(translation_timeout_s=2 * PATIENCE_S)  # A thread cannot be left before that.
        assert await self.use(provider)
        for trouble in (Trouble.STALL, None):
            self.line.trouble = trouble
            self.vendor.faults.always = None if trouble else Fault(FaultKind.SILENCE)
            asker = asyncio.create_task(self.use(provider))
            await asyncio.wait({asker}, timeout=PATIENCE_S / 3)
            asker.cancel()
            async with asyncio.timeout(CLOSE_LIMIT_S):
                (outcome,) = await asyncio.gather(asker, return_exceptions=True)
            if isinstance(outcome, Exception):
                self.tells_nothing(outcome)
        await self.works_again(provider)
        await provider.aclose()
        await until(lambda: asyncio.all_tasks() <= tasks)
        await until(lambda: self.line.open == 0)
        await until(lambda: open_socket_count() <= sockets)

    async def test_closing_while_somebody_waits_leaves_nothing_behind(self) -> None:
        tasks, sockets = asyncio.all_tasks(), open_socket_count()
        provider = await self.started()
        await self.works(provider)
        self.line.trouble = Trouble.STALL
        asker = asyncio.create_task(self.use(provider))
        await asyncio.wait({asker}, timeout=PATIENCE_S / 5)
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await provider.aclose()
            asker.cancel()
            await asyncio.gather(asker, return_exceptions=True)
        self.line.trouble = None
        await until(lambda: asyncio.all_tasks() <= tasks)
        await until(lambda: self.line.open == 0)
        await until(lambda: open_socket_count() <= sockets)


def open_socket_count() -> int:
    """Return how many sockets this process has, but for those that only forgotten objects hold."""
    gc.collect()
    return len(open_sockets())
