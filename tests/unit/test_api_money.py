"""Money as clients read it: text, exact, and never in powers of ten."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from app.api.schemas import UsageView
from app.domain.usage import Stage, UsageUnit


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0E-8", "0"), ("0.00440000", "0.0044"), ("1E+2", "100"), ("120.50", "120.5"), ("0.00000001", "0.00000001")],
)
def test_money_is_digits_and_a_point(amount: str, written: str) -> None:
    view = UsageView(
        stage=Stage.SPEECH,
        provider="any",
        variant="",
        unit=UsageUnit.CHARACTERS,
        amount=1,
        price=None,
        per=None,
        cost=Decimal(amount),
    )
    sent = json.loads(view.model_dump_json())
    assert (sent["cost"], sent["price"]) == (written, None)
    assert UsageView.model_validate(sent).cost == Decimal(amount)
    (pattern,) = [
        form["pattern"]
        for form in UsageView.model_json_schema(mode="serialization")["properties"]["cost"]["anyOf"]
        if "pattern" in form
    ]
    assert re.search(pattern, written)
