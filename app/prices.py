"""List prices: what a call's usage costs, by a table that operators can replace."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.domain.usage import Charge, Price, Stage, UsageKey, UsageUnit
from app.errors import ConfigError

_SMALLEST_COST = Decimal("1e-8")
"""Costs are rounded to this, line by line."""
_FIX = "correct it, or unset PRICES_FILE for the list prices that come with Puente"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stage: Stage
    provider: Annotated[str, Field(min_length=1)]
    variant: str | None = None
    """None: whatever the variant."""
    unit: UsageUnit
    price: Annotated[Decimal, Field(ge=0, decimal_places=8, max_digits=16)]
    per: Annotated[int, Field(ge=1)]

    @property
    def name(self) -> str:
        return " ".join([self.stage, self.provider, *([self.variant] if self.variant else []), self.unit])


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    free: list[str] = []
    """Providers that bill nothing: they run on this machine."""
    prices: list[_Entry]


class PriceList:
    """What each provider asks for each unit."""

    def __init__(
        self,
        currency: str,
        prices: Mapping[tuple[Stage, str, UsageUnit, str | None], Price],
        free: frozenset[str] = frozenset(),
    ) -> None:
        """``prices`` by stage, provider, unit and variant; a variant of None is any that is not named."""
        self.currency = currency
        self._prices = prices
        self._free = free

    def price(self, key: UsageKey) -> Price | None:
        """Return the price; None where the list has none."""
        if key.provider in self._free:
            return Price(Decimal(0), 1)
        of = (key.stage, key.provider, key.unit)
        return self._prices.get((*of, key.variant)) or self._prices.get((*of, None))

    def charges(self, usage: Mapping[UsageKey, int]) -> tuple[Charge, ...]:
        """Return the bill for a usage, in ``UsageKey.order``."""
        return tuple(self._charge(key, usage[key]) for key in sorted(usage, key=attrgetter("order")))

    def _charge(self, key: UsageKey, amount: int) -> Charge:
        price = self.price(key)
        if price is None:
            return Charge(key, amount)
        return Charge(key, amount, price, (amount * price.amount / price.per).quantize(_SMALLEST_COST))


def load_prices(path: Path) -> PriceList:
    """Read a price list. Raises ConfigError, which names the file and the entry that does not fit."""
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"PRICES_FILE={path}: it cannot be read ({type(error).__name__}); {_FIX}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"PRICES_FILE={path}: it is not YAML ({_place(error)}); {_FIX}") from None
    except ValidationError as error:
        problems = "; ".join(f"{_entry(item['loc'])}: {item['msg']}" for item in error.errors())
        raise ConfigError(f"PRICES_FILE={path}: {problems}; {_FIX}") from None
    prices: dict[tuple[Stage, str, UsageUnit, str | None], Price] = {}
    for entry in file.prices:
        key = (entry.stage, entry.provider, entry.unit, entry.variant)
        if key in prices or entry.provider in file.free:
            raise ConfigError(f"PRICES_FILE={path}: there are two prices for {entry.name}; {_FIX}")
        prices[key] = Price(entry.price, entry.per)
    return PriceList(file.currency, prices, frozenset(file.free))


def _place(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else type(error).__name__


def _entry(location: tuple[int | str, ...]) -> str:
    """Name a place in the file as people count: ``price 3, unit``."""
    match location:
        case ("prices", int(index), *rest):
            return ", ".join([f"price {index + 1}", *map(str, rest)])
        case _:
            return ".".join(map(str, location)) or "the file"
