"""Rewrite what espeak-ng would read wrongly: telephone numbers, amounts of money, dates.

Plain numbers, decimals, ordinals, times and common abbreviations are right as they are, in every language here.
"""

from __future__ import annotations

import re

_CURRENCY_NAMES: dict[str, dict[str, str]] = {
    "ca": {"€": "euros", "$": "dòlars", "£": "lliures"},
    "de": {"€": "Euro", "$": "Dollar", "£": "Pfund"},
    "en": {"€": "euros", "$": "dollars", "£": "pounds"},
    "es": {"€": "euros", "$": "dólares", "£": "libras"},
    "fr": {"€": "euros", "$": "dollars", "£": "livres"},
    "gl": {"€": "euros", "$": "dólares", "£": "libras"},
    "it": {"€": "euro", "$": "dollari", "£": "sterline"},
    "pt": {"€": "euros", "$": "dólares", "£": "libras"},
}
_POINT_DECIMAL = frozenset({"en", "zh"})
"""Languages that write 12.50; the others write 12,50."""

_NUMBER = r"\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
_AMOUNT = re.compile(rf"(?P<before>[€$£])\s?(?P<left>{_NUMBER})|(?<![\d.,])(?P<right>{_NUMBER})\s?(?P<after>[€$£])")
_DECIMALS = re.compile(r"[.,](?=\d{1,2}$)")
_DATE = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})(?![\d/])")
_TELEPHONE = re.compile(
    r"(?<![\w.,])(?:\+\d(?:[ -]?\d){6,14}|\d(?:[ -]?\d){8,14}|\d{3}-\d{4})(?![\w€$£%]|[.,/]\d| ?[€$£%])"
)


def spoken_text(text: str, language: str) -> str:
    """Return the text as it is to be read aloud in ``language`` (ISO 639-1)."""
    text = _AMOUNT.sub(lambda match: _amount(match, language), text)
    text = _DATE.sub(r"\1 \2 \3", text)
    return _TELEPHONE.sub(_digit_by_digit, text)


def _amount(match: re.Match[str], language: str) -> str:
    number = match["left"] or match["right"]
    symbol = match["before"] or match["after"]
    name = _CURRENCY_NAMES.get(language, {}).get(symbol, symbol)
    return f"{_DECIMALS.sub('.' if language in _POINT_DECIMAL else ',', number)} {name}"


def _digit_by_digit(match: re.Match[str]) -> str:
    """Read a telephone number as a person dictates it: single digits, a short pause after every three."""
    digits = re.sub(r"\D", "", match[0])
    groups = [" ".join(digits[start : start + 3]) for start in range(0, len(digits), 3)]
    return ("+ " if match[0].startswith("+") else "") + ", ".join(groups)
