"""How lists of words are written."""

from __future__ import annotations

SIGNS = "km kg cm € $ £ % usd eur iban dni nif id"
"""What stands beside numbers in any language."""


def words(*lists: str) -> frozenset[str]:
    return frozenset(word for each in lists for word in each.casefold().split())
