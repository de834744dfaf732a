"""Telephone numbers, as people say and recognisers write them: national, or with the country's code."""

from __future__ import annotations

import re

import phonenumbers

_NATIONAL = {
    "ES": r"[6-9]\d{8}",
    "PT": r"[239]\d{8}",
    "FR": r"0[1-9]\d{8}",
    "GB": r"0\d{9,10}",
    "DE": r"0[1-9]\d{7,10}",
    "IT": r"0\d{8,10}|3\d{8,9}",
    "US": r"[2-9]\d{2}[2-9]\d{6}",
    "BR": r"[1-9]{2}9?[2-9]\d{7}",
}
"""How numbers are dialled inside a country, before the full numbering plan is asked."""
_NATIONAL_FORMS = {region: re.compile(form) for region, form in _NATIONAL.items()}
_INTERNATIONAL = re.compile(r"(?:34[6-9]|351[239]|33[1-9]|44[1-9]|49[1-9]|39[03]|1[2-9]|55[1-9])\d{7,11}")
"""With the code of one of these countries, and neither plus nor zeros before it."""
SHORTEST, LONGEST = 8, 17
_SHORTEST_WITH_PLUS = 7
"""Tokelau's and Niue's: +690 7290."""


def is_telephone_number(digits: str, *, has_plus: bool = False) -> bool:
    """Whether a numbering plan has it; without a plus, that of a country whose language we know."""
    if not (_SHORTEST_WITH_PLUS if has_plus else SHORTEST) <= len(digits) <= LONGEST:
        return False
    if has_plus:
        return _is_valid(f"+{digits}", None)
    if digits.startswith("00"):
        return _is_valid(f"+{digits[2:]}", None)
    if any(form.fullmatch(digits) and _is_valid(digits, region) for region, form in _NATIONAL_FORMS.items()):
        return True
    return len(digits) > 10 and _INTERNATIONAL.fullmatch(digits) is not None and _is_valid(f"+{digits}", None)


def _is_valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
