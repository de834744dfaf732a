"""Numbers that name a person, an account or a card, known by their form and their check digits.

Every function takes a number without separators, in capitals and ASCII digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CARD = re.compile(r"[2-6]\d{12,18}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_DNI = re.compile(r"(?P<digits>\d{8}|[XYZ]\d{7})(?P<check>[A-Z])")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE_DIGITS = str.maketrans("XYZ", "012")
_NIR = re.compile(r"(?P<number>[12]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{6})(?P<key>\d{2})")
_NIR_CORSICA = {"2A": "19", "2B": "18"}
_CODICE_FISCALE = re.compile(
    r"[A-Z]{6}[\dLMNPQRSTUV]{2}[ABCDEHLMPRST][\dLMNPQRSTUV]{2}[A-Z][\dLMNPQRSTUV]{3}(?P<check>[A-Z])"
)
_CODICE_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_CODICE_ODD_LETTERS = (*_CODICE_ODD, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_NIF = re.compile(r"[1235689]\d{8}")
_STEUER_ID = re.compile(r"[1-9]\d{10}")
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
_SSN = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}")


def is_card(number: str) -> bool:
    """Whether it is a payment card's: ISO/IEC 7812, with Luhn's check digit."""
    if not _CARD.fullmatch(number):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def is_iban(number: str) -> bool:
    """Whether it is a bank account's: ISO 13616, with the check digits of ISO 7064 (mod 97)."""
    if not _IBAN.fullmatch(number):
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def is_identity_number(number: str) -> bool:
    """Whether it is a person's in Spain, France, Italy, Portugal, Germany or the United Kingdom."""
    return any(is_one(number) for is_one in _IDENTITY_NUMBERS)


def is_ssn(number: str) -> bool:
    """Whether it may be a social security number of the United States: they have no check digit."""
    return _SSN.fullmatch(number) is not None


def _is_dni(number: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23 (Orden INT/2058/2008)."""
    found = _DNI.fullmatch(number)
    return found is not None and _DNI_LETTERS[int(found["digits"].translate(_NIE_DIGITS)) % 23] == found["check"]


def _is_nir(number: str) -> bool:
    """NIR: the key is 97 less the number modulo 97; Corsica's departments count as 19 and 18 (INSEE)."""
    found = _NIR.fullmatch(number)
    if found is None:
        return False
    said = found["number"]
    digits = said[:5] + _NIR_CORSICA.get(said[5:7], said[5:7]) + said[7:]
    return 97 - int(digits) % 97 == int(found["key"])


def _is_codice_fiscale(number: str) -> bool:
    """Codice fiscale: the last letter sums up the others, weighed by their places (D.M. 23/12/1976)."""
    found = _CODICE_FISCALE.fullmatch(number)
    if found is None:
        return False
    odd = sum(_CODICE_ODD_VALUES[char] for char in number[:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - ord("A") for char in number[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == found["check"]


def _is_nif(number: str) -> bool:
    """NIF: eight digits weighed 9 to 2, modulo 11 (Decreto-Lei 14/2013)."""
    if not _NIF.fullmatch(number):
        return False
    rest = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), number, strict=False)) % 11
    return int(number[8]) == (0 if rest < 2 else 11 - rest)


def _is_steuer_id(number: str) -> bool:
    """Steuerliche Identifikationsnummer: ISO 7064 MOD 11,10; one of its first ten digits comes twice or thrice."""
    if not _STEUER_ID.fullmatch(number) or len(set(number[:10])) not in (8, 9):
        return False
    product = 10
    for digit in number[:10]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(number[10])


def _is_nino(number: str) -> bool:
    """NINO: two letters, six digits and a letter; it has no check digit (HMRC NIM39110)."""
    return _NINO.fullmatch(number) is not None


_CODICE_ODD_VALUES = {
    **dict(zip("0123456789", _CODICE_ODD, strict=True)),
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _CODICE_ODD_LETTERS, strict=True)),
}
_IDENTITY_NUMBERS: tuple[Callable[[str], bool], ...] = (
    _is_dni,
    _is_nir,
    _is_codice_fiscale,
    _is_nif,
    _is_steuer_id,
    _is_nino,
)
