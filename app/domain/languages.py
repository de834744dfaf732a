"""Languages, and which ones a telephone number suggests."""

from __future__ import annotations

LANGUAGE_NAMES: dict[str, str] = {
    "ar": "Arabic",
    "ca": "Catalan",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "eu": "Basque",
    "fr": "French",
    "gl": "Galician",
    "it": "Italian",
    "nl": "Dutch",
    "oc": "Occitan",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "uk": "Ukrainian",
    "zh": "Chinese",
}

_COUNTRY_LANGUAGE: dict[str, str] = {
    **dict.fromkeys(["AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GQ", "GT", "HN", "MX"], "es"),
    **dict.fromkeys(["NI", "PA", "PE", "PR", "PY", "SV", "UY", "VE"], "es"),
    **dict.fromkeys(["FR", "MC", "BE", "LU", "SN", "CI", "ML", "CM", "CD", "CG", "GA", "HT", "RE", "GP", "MQ"], "fr"),
    **dict.fromkeys(["IT", "SM", "VA"], "it"),
    **dict.fromkeys(["PT", "BR", "AO", "MZ", "CV", "GW", "ST", "TL"], "pt"),
    **dict.fromkeys(["DE", "AT", "CH", "LI"], "de"),
    **dict.fromkeys(["SA", "AE", "EG", "MA", "DZ", "TN", "LY", "JO", "LB", "IQ", "SY", "KW", "QA", "BH", "OM"], "ar"),
    **dict.fromkeys(["YE", "PS", "SD"], "ar"),
    "AD": "ca",
    "NL": "nl",
    "PL": "pl",
    "RO": "ro",
    "MD": "ro",
    "RU": "ru",
    "UA": "uk",
    "CN": "zh",
    "TW": "zh",
}


def primary_subtag(tag: str) -> str:
    """Return the lower-case primary language of a BCP 47 tag: ``es-ES`` -> ``es``."""
    return tag.strip().replace("_", "-").split("-", 1)[0].lower()


def language_of_country(region: str | None) -> str | None:
    """Return the likeliest language of an ISO 3166 region code, English for regions that are not listed.

    None when the region itself is unknown (an anonymous or malformed number).
    """
    return _COUNTRY_LANGUAGE.get(region, "en") if region else None
