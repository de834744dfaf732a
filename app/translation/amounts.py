"""Numbers and amounts of money as they are said, so that they survive engines that know only writing."""

from __future__ import annotations

import re

_GROUPED_EN = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]|\.\d)")
_GROUPED_OTHER = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d.]|,\d)")
_DECIMAL_EN = re.compile(r"(?<![\d.,:])(\d+)\.(\d{1,2})(?![\d.,])(?!\s*[ap]\.?m)")
_DECIMAL_OTHER = re.compile(r"(?<![\d.,:])(\d+),(\d{1,2})(?![\d.,])")

_CURRENCIES = {
    "$": {"en": "dollars", "es": "dólares", "fr": "dollars", "it": "dollari", "pt": "dólares", "gl": "dólares"},
    "€": {"en": "euros", "es": "euros", "fr": "euros", "it": "euro", "pt": "euros", "gl": "euros"},
    "£": {"en": "pounds", "es": "libras", "fr": "livres", "it": "sterline", "pt": "libras", "gl": "libras"},
}
_SIGNS = {"EUR": "€", "USD": "$", "US$": "$", "US $": "$", "GBP": "£"}
_SIGN = r"US\s?\$|[$€£]|\b(?:EUR|USD|GBP)\b"
_NUMBER = r"\d(?:[\d.,]*\d)?"
_TOKEN = re.compile(_NUMBER)
_AMOUNT = re.compile(rf"(?P<before>{_SIGN})\s?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})\s?(?P<after>{_SIGN})")


def say_amounts(text: str, language: str) -> str:
    """Write currency signs as words behind their number: "$45" -> "45 dollars"."""

    def said(match: re.Match[str]) -> str:
        sign = match["before"] or match["after"]
        word = _CURRENCIES[_SIGNS.get(sign, sign)].get(language)
        return f"{match['first'] or match['second']} {word}" if word else match[0]

    return _AMOUNT.sub(said, text)


def localize_numbers(text: str, source: str, target: str) -> str:
    """Rewrite decimal signs for the target, without thousands separators: "1,250.50" -> "1250,50" out of English."""
    if source == "en":
        text = _GROUPED_EN.sub(lambda match: match[0].replace(",", ""), text)
        return text if target == "en" else _DECIMAL_EN.sub(r"\1,\2", text)
    text = _GROUPED_OTHER.sub(lambda match: match[0].replace(".", ""), text)
    return _DECIMAL_OTHER.sub(r"\1.\2", text) if target == "en" else text


def restore_numbers(translation: str, original: str, source: str, target: str) -> str:
    """Give each number of ``translation`` that has the digits of one of the ``original`` that one's value.

    Engines swap points and commas as it comes: "1.250,50" out of Spanish becomes "1250,50" in English.
    """
    localized = localize_numbers(original, source, target)
    values = {_digits(number): number for number in _TOKEN.findall(localized)}
    return _TOKEN.sub(lambda match: values.get(_digits(match[0]), match[0]), translation)


def _digits(number: str) -> str:
    return number.replace(".", "").replace(",", "")
