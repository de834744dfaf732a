"""Who is asked when somebody fails: circuits, and chains of providers in the order of preference."""

from __future__ import annotations

from app.errors import ProviderThrottled
from app.resilience.breaker import LONGEST_REST_S, BreakerState, CircuitBreaker
from app.resilience.chain import Chain, Link
from app.translation.scripted import ScriptedTranslator
from tests.clock import Clock


class TestCircuitBreaker:
    def test_it_opens_after_failures_in_a_row_and_lets_one_try_after_the_cool_down(self) -> None:
        clock = Clock()
        breaker = CircuitBreaker("x", failures_to_open=3, cool_down_s=10, clock=clock)
        for _ in range(2):
            breaker.failed()
        breaker.succeeded()
        for _ in range(2):
            breaker.failed()
        assert breaker.permits()
        breaker.failed()
        assert (breaker.state, breaker.permits()) == (BreakerState.OPEN, False)
        clock.now_s = 9.9
        assert not breaker.permits()
        clock.now_s = 10
        assert (breaker.state, breaker.permits()) == (BreakerState.HALF_OPEN, True)
        breaker.failed()
        assert breaker.state is BreakerState.OPEN
        clock.now_s = 20
        breaker.succeeded()
        assert breaker.state is BreakerState.CLOSED
        assert (breaker.successes, breaker.failures) == (2, 6)

    def test_one_that_asks_to_be_left_alone_is_left_alone_for_as_long_as_it_asked(self) -> None:
        clock = Clock()
        links = [Link(name, ScriptedTranslator(1), CircuitBreaker(name, clock=clock)) for name in "ab"]
        chain = Chain(links)
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=30))
        assert [link.name for link in chain.usable(lambda _: True)] == ["b", "a"]
        clock.now_s = 29.9
        assert links[0].breaker.state is BreakerState.OPEN
        clock.now_s = 30
        assert links[0].breaker.state is BreakerState.CLOSED
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=86_400))
        clock.now_s = 30 + LONGEST_REST_S
        assert links[0].breaker.permits()
        links[0].failed("translation", ProviderThrottled("a", "throttled", retry_after_s=30))
        links[0].breaker.succeeded()
        assert links[0].breaker.permits()

    def test_one_that_kept_somebody_waiting_is_asked_last_for_a_while(self) -> None:
        clock = Clock()
        links = [Link(name, ScriptedTranslator(1), CircuitBreaker(name, clock=clock)) for name in "abc"]
        chain = Chain(links)

        def order() -> str:
            return "".join(link.name for link in chain.usable(lambda _: True))

        links[0].failed("translation", "http-503")
        assert order() == "abc"
        links[0].failed("translation", "late")
        assert order() == "bca"
        clock.now_s = 5
        assert order() == "abc"
        links[1].failed("translation", "timeout")
        links[1].breaker.succeeded()
        assert order() == "abc"
