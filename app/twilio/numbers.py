"""What an address says: a telephone number in E.164, ``sip:user@host`` or ``client:name``."""

from __future__ import annotations

import re

import phonenumbers

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIALABLE = re.compile(r"\+[1-9][0-9]{6,14}|sips?:[^\s@]+@[^\s@]+|client:\S{1,256}")

_PLACEHOLDERS = frozenset(
    {
        "+266696687",  # ANONYMOUS on a keypad
        "+7378742833",  # RESTRICTED
        "+2562533",  # BLOCKED
        "+8656696",  # UNKNOWN
        "+86282452253",  # UNAVAILABLE
    }
)
"""What Twilio sends as ``From`` where the caller withholds the number: letters on a keypad, not places."""

_NO_REGION = frozenset({"001", "ZZ"})
"""What phonenumbers answers for satellite and other numbers that belong to no country."""

_PREMIUM = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


def region_of(address: str) -> str | None:
    """Return the ISO 3166 region of a telephone number.

    None for a withheld or malformed number, one of no country, and any other kind of address.
    """
    number = _parse(address)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    # A range assigned after the library's release is not "valid" yet, but its country is known by the prefix.
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    return None if region in _NO_REGION else region


def is_dialable(address: str) -> bool:
    """Whether a call may be placed to it: E.164, ``sip:user@host`` or ``client:name``. Existence is not checked."""
    return _DIALABLE.fullmatch(address) is not None and address not in _PLACEHOLDERS


def is_premium_rate(number: str) -> bool:
    """Whether calling this telephone number is charged to the caller beyond the price of its country."""
    parsed = _parse(number)
    return parsed is not None and phonenumbers.number_type(parsed) in _PREMIUM


def _parse(address: str) -> phonenumbers.PhoneNumber | None:
    if _E164.fullmatch(address) is None or address in _PLACEHOLDERS:
        return None
    try:
        return phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return None
