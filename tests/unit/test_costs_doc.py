"""What docs/costs.md says of a minute is what the price list makes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.config import PROJECT_ROOT
from app.domain.usage import Stage, total_cost
from app.prices import load_prices
from bench.costs import DEEPGRAM, DEEPL, FLASH, SETS, TELEPHONES, ahead, with_table

PRICES = load_prices(PROJECT_ROOT / "app" / "prices.yaml")
DOCUMENT = PROJECT_ROOT / "docs" / "costs.md"


def test_the_table_is_what_the_list_says() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_table(text, PRICES), "run `python -m bench.costs --write docs/costs.md`"


def test_a_document_without_its_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing"):
        with_table("# What a call costs\n", PRICES)


def test_the_standard_minute_is_what_was_estimated_part_by_part() -> None:
    """The estimate: 0.0225 voice, 0.0088 streams, 0.0169 recognition, 0.020 DeepL, 0.040 Flash, about 0.108 USD."""
    minute = TELEPHONES + DEEPGRAM + DEEPL + FLASH
    charges = PRICES.charges(minute)
    parts = {stage: total_cost(charge for charge in charges if charge.key.stage is stage) for stage in Stage}
    assert parts == {
        Stage.TELEPHONY: Decimal("0.0313"),
        Stage.RECOGNITION: Decimal("0.0169"),
        Stage.TRANSLATION: Decimal("0.02"),
        Stage.SPEECH: Decimal("0.04"),
        Stage.SPEECH_TO_SPEECH: 0,
    }
    assert total_cost(charges) == Decimal("0.1082")


@pytest.mark.parametrize("name", SETS)
def test_every_price_of_every_set_is_known_and_translating_ahead_is_never_cheaper(name: str) -> None:
    minute, speculative = (total_cost(PRICES.charges(usage)) for usage in (SETS[name], ahead(SETS[name])))
    assert minute is not None
    assert speculative is not None
    assert speculative >= minute
