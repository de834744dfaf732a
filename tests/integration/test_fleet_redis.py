"""What processes share, on a real Redis: that comes, goes, and forgets everything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from app.cli.doctor import check_fleet
from app.config import Settings
from app.errors import ConfigError, FleetError
from app.fleet.base import Line, LineAnswer
from app.fleet.memory import Alone
from app.fleet.redis import RedisFleet
from bench.cluster.cluster import free_ports, redis_command
from bench.cluster.programs import Program, find
from tests.waiting import until

pytestmark = pytest.mark.skipif(find("redis-server") is None, reason="needs Redis (`make test` installs it on Debian)")

BEAT_S, LEASE_S, TIMEOUT_S = 0.1, 3.0, 10.0
GIVEN, FULL = LineAnswer(Line.GIVEN), LineAnswer(Line.FULL)


class Place:
    """A Redis, and the processes that meet there."""

    def __init__(self, program: Program, url: str) -> None:
        self.program = program
        self.url = url

    @asynccontextmanager
    async def member(
        self, name: str, max_calls: int = 0, heard: list[bytes] | None = None, timeout_s: float = TIMEOUT_S
    ) -> AsyncIterator[RedisFleet]:
        fleet = RedisFleet(
            self.url,
            name,
            max_calls,
            orders_per_minute=2,
            beat_s=BEAT_S,
            lease_s=LEASE_S,
            timeout_s=timeout_s,
        )
        heard = heard if heard is not None else []
        task = asyncio.create_task(fleet.run(heard.append))
        try:
            await until(lambda: not fleet.trouble)
            yield fleet
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    (port,) = free_ports(1)
    program = Program("redis", redis_command(port, tmp_path), tmp_path)
    await program.start()
    yield Place(program, f"redis://127.0.0.1:{port}/0")
    await program.stop()


async def test_no_line_is_given_twice(place: Place) -> None:
    async with place.member("one", max_calls=5) as one, place.member("two", max_calls=5) as two:
        wanted = [fleet.take_line(f"{fleet.instance_id}-{n}", "") for n in range(6) for fleet in (one, two)]
        answers = await asyncio.gather(*wanted)
        assert Counter(answers) == {GIVEN: 5, FULL: 7}
        await until(lambda: one.is_full and two.is_full)
        given = [
            f"{fleet}-{n}"
            for (n, fleet), answer in zip(
                [(n, fleet) for n in range(6) for fleet in ("one", "two")], answers, strict=True
            )
            if answer == GIVEN
        ]
        for session_id in given:
            (one if session_id.startswith("one") else two).release(session_id)
        await until(lambda: one.roll.calls == two.roll.calls == 0)
        assert await two.take_line("again", "") == GIVEN


async def test_a_call_is_found_where_it_is_held_and_nowhere_after_its_end(place: Place) -> None:
    async with place.member("one") as one, place.member("two") as two:
        assert await one.take_line("s1", "CA1") == GIVEN
        assert await one.take_line("s2", "") == GIVEN
        one.hold("s2", "CA2")
        assert await two.holder("CA1") == "one"
        assert await one.holder("CA1") is None, "of the others, nobody does"
        assert await two.take_line("s3", "CA1") == LineAnswer(Line.HELD_ELSEWHERE, "one")
        await until(lambda: two.roll.calls == 2)
        await asyncio.sleep(LEASE_S * 1.2)  # A lease that nobody renews would be over.
        assert await two.holder("CA2") == "one"
        one.release("s1")
        one.release("s1")
        await until(lambda: two.roll.calls == 1)
        assert await two.holder("CA1") is None


async def test_who_is_silent_disappears_with_its_calls(place: Place) -> None:
    async with place.member("one") as one:
        async with place.member("two") as two:
            await two.take_line("s1", "CA1")
            await until(lambda: (one.roll.processes, one.roll.calls) == (2, 1))
        await until(lambda: (one.roll.processes, one.roll.calls) == (1, 0))
        assert await one.holder("CA1") is None


async def test_calls_to_clients_are_limited_together(place: Place) -> None:
    async with place.member("one") as one, place.member("two") as two:
        assert [await one.take_order(), await two.take_order()] == [0, 0]
        assert 50 < await one.take_order() <= 60
        assert 50 < await two.take_order() <= 60


async def test_messages_reach_one_or_all_others_in_their_order(place: Place) -> None:
    heard: dict[str, list[bytes]] = {"one": [], "two": [], "three": []}
    async with (
        place.member("one", heard=heard["one"]) as one,
        place.member("two", heard=heard["two"]),
        place.member("three", heard=heard["three"]),
    ):
        for n in range(200):
            one.send(f"to two {n}".encode(), "two")
        one.send(b"to all")
        await until(lambda: b"to all" in heard["two"] and b"to all" in heard["three"])
        assert heard["two"] == [*(f"to two {n}".encode() for n in range(200)), b"to all"]
        assert heard["three"] == [b"to all"]
        assert heard["one"] == []
        assert one.dropped_messages == 0


async def test_without_redis_everything_goes_on_and_comes_back_by_itself(place: Place) -> None:
    heard: list[bytes] = []
    async with place.member("one", max_calls=1, heard=heard) as one, place.member("two", max_calls=1) as two:
        await one.take_line("s1", "CA1")
        await place.program.stop()
        await until(lambda: bool(one.trouble and two.trouble))
        assert await two.take_line("s2", "CA2") == GIVEN, "each process has its own limit now"
        assert await two.take_order() == 0
        with pytest.raises(FleetError):
            await two.holder("CA1")
        two.send(b"lost", "one")
        assert two.dropped_messages == 1
        assert (two.roll.processes, two.is_full) == (1, False)
        two.release("s2")
        await place.program.start()
        await until(lambda: not one.trouble and not two.trouble)
        await until(lambda: two.is_full)
        assert await two.holder("CA1") == "one", "it was written anew into an empty Redis"
        two.send(b"found", "one")
        await until(lambda: heard == [b"found"])


async def test_it_ends_whenever_it_is_told_to(place: Place) -> None:
    """Wherever it is: between a command and its answer, too."""
    for steps in range(200):
        fleet = RedisFleet(place.url, "one", 0, 1, beat_s=0.0)
        task = asyncio.create_task(fleet.run(lambda message: None))
        await until(lambda: not fleet.trouble)  # noqa: B023
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        _, pending = await asyncio.wait([task], timeout=TIMEOUT_S)
        assert not pending, f"told to end {steps} steps after its start"


async def test_a_redis_that_hangs_is_waited_for_once(place: Place) -> None:
    async with place.member("one", timeout_s=1.0) as one:
        process = place.program.process
        assert process is not None
        process.send_signal(19)  # SIGSTOP
        clock = asyncio.get_running_loop()
        assert await one.take_line("s1", "CA1") == GIVEN
        began_s = clock.time()
        for n in range(50):
            await one.take_line(f"more-{n}", "")
        assert clock.time() - began_s < 10, "nobody waits for what is known to be away"
        process.send_signal(18)  # SIGCONT
        await until(lambda: not one.trouble)
        await until(lambda: one.roll.calls == 51)


async def test_the_doctor_says_who_is_there_or_that_redis_is_not(place: Place) -> None:
    settings = Settings(_env_file=None, redis_url=place.url)
    async with place.member("one") as one:
        await one.take_line("s1", "CA1")
        assert "1 other processes, 1 calls" in await check_fleet(settings)
    await place.program.stop()
    with pytest.raises(FleetError, match="REDIS_URL"):
        await check_fleet(settings)


async def test_what_cannot_be_sent_is_dropped_and_counted() -> None:
    fleet = RedisFleet("redis://127.0.0.1:1/0", "one", 0, 1)
    fleet.send(b"hello")
    assert fleet.dropped_messages == 1
    assert fleet.trouble
    assert await fleet.take_line("s1", "CA1") == GIVEN


@pytest.mark.parametrize("url", ["nonsense", "http://secret@host"])
def test_a_url_that_cannot_work_is_named_without_its_secret(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        RedisFleet(url, "one", 0, 1)
    assert "secret" not in str(caught.value)


async def test_one_process_alone_has_the_same_limit() -> None:
    alone = Alone("one", max_calls=2)
    assert [await alone.take_line(f"s{n}", f"CA{n}") for n in range(3)] == [GIVEN, GIVEN, FULL]
    assert (alone.is_full, alone.roll.calls, alone.trouble) == (True, 2, "")
    alone.release("s0")
    assert await alone.take_line("s3", "CA3") == GIVEN
    assert await alone.holder("CA1") is None
