"""Providers of one stage in the order of preference, each with its breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

import structlog

from app.errors import ConfigError, ProviderError, ProviderThrottled
from app.resilience.breaker import CircuitBreaker

log = structlog.get_logger(__name__)

LATE, STALLED = "late", "stalled"
"""Codes of failures that are no error of the provider's: nothing came in time, first or later."""
_LATE = frozenset({LATE, STALLED, "timeout"})


class _Provider(Protocol):
    async def start(self) -> None: ...
    async def aclose(self) -> None: ...


P = TypeVar("P", bound=_Provider)


class Link(Generic[P]):
    """A provider and whether it can be trusted at the moment."""

    def __init__(self, name: str, provider: P, breaker: CircuitBreaker | None = None) -> None:
        self.name = name
        self.provider = provider
        self.breaker = breaker or CircuitBreaker(name)

    def failed(self, stage: str, why: ProviderError | str) -> None:
        """Count a failure: an error, or the code of one or of what was too late."""
        code = why.code if isinstance(why, ProviderError) else why
        retry_after_s = why.retry_after_s if isinstance(why, ProviderThrottled) else 0.0
        self.breaker.failed(was_late=code in _LATE, retry_after_s=retry_after_s)
        log.warning("provider.failed", stage=stage, provider=self.name, code=code, circuit=self.breaker.state)


class Chain(Generic[P]):
    """The links of a stage; the first that is permitted is used, and all are when none is."""

    def __init__(self, links: Iterable[Link[P]]) -> None:
        self.links = tuple(links)
        if not self.links:
            raise ValueError("a chain has at least one link")

    @property
    def first(self) -> P:
        return self.links[0].provider

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return tuple(link.breaker for link in self.links)

    def usable(self, can: Callable[[P], bool]) -> list[Link[P]]:
        """Return what can do it: first those that were prompt, and at the end of hope those that breakers forbid."""
        able = [link for link in self.links if can(link.provider)]
        return sorted(able, key=lambda link: (not link.breaker.permits(), link.breaker.is_shunned))

    async def start(self) -> None:
        """Start all. Raises ConfigError, naming the setting of the stage's first fault."""
        results = await asyncio.gather(*(link.provider.start() for link in self.links), return_exceptions=True)
        faults = [result for result in results if isinstance(result, BaseException)]
        for fault in faults:
            if not isinstance(fault, ConfigError):
                raise fault
        if faults:
            raise ConfigError("; ".join(str(fault) for fault in faults))

    async def aclose(self) -> None:
        await asyncio.gather(*(link.provider.aclose() for link in self.links))


class Chained(Generic[P]):
    """What every provider that is a chain of providers has in common; to be inherited before the kind's base."""

    _chain: Chain[P]

    @property
    def breakers(self) -> tuple[CircuitBreaker, ...]:
        return self._chain.breakers

    async def start(self) -> None:
        await self._chain.start()

    async def aclose(self) -> None:
        await self._chain.aclose()


def links_of(first: str, others: Iterable[str], create: Callable[..., P], others_variable: str) -> list[Link[P]]:
    """Build the providers that the settings name; ``create`` takes a name and the variable that named it.

    Raises ConfigError.
    """
    return [Link(first, create(first)), *(Link(name, create(name, others_variable)) for name in others)]
