"""Languages, and which ones a telephone number suggests."""

from __future__ import annotations

from enum import StrEnum


class LanguageReason(StrEnum):
    """Why a client's language became what it is."""

    DETECTED = "detected"
    """It was a guess, and was heard."""
    SWITCHED = "switched"
    """The client went over to it in the middle of the call."""
    CHOSEN = "chosen"
    """The client asked for it."""
    UNCOVERED = "uncovered"
    """It was heard, and no provider covers it."""


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


_NEIGHBOURS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["ca", "gl", "eu", "an"], ("es", "fr")),
    **dict.fromkeys(["oc", "br", "ln", "mg", "ht"], ("fr", "es")),
    **dict.fromkeys(["lb", "yi"], ("de", "fr")),
    **dict.fromkeys(["be", "kk", "tg", "tk", "tt", "ba", "uz", "az", "hy", "ka", "mn"], ("ru",)),
    **dict.fromkeys(["et", "lt", "lv", "bg"], ("en", "ru")),
    **dict.fromkeys(["nl", "hr", "bs", "sl", "cs", "hu", "tr"], ("en", "de")),
    **dict.fromkeys(["sq", "mt"], ("it", "en")),
    "es": ("pt", "it"),
    "fr": ("en", "es"),
    "it": ("es", "fr"),
    "pt": ("es", "en"),
    "ro": ("it", "fr", "es"),
    "ru": ("uk", "en"),
    "uk": ("ru", "pl", "en"),
    "ar": ("en", "fr"),
    "so": ("ar", "en"),
    "ur": ("hi", "en"),
}
"""What speakers of a language are likely to know besides it, the likeliest first; English where nothing is listed."""

_NEIGHBOURS_IN: dict[tuple[str, str], tuple[str, ...]] = {
    **dict.fromkeys([("ar", region) for region in ("DZ", "MA", "TN", "LB", "MR", "TD")], ("fr", "en")),
    **dict.fromkeys([("ar", region) for region in ("LY", "SO")], ("it", "en")),
    **dict.fromkeys([("de", region) for region in ("CH", "LU")], ("fr", "en")),
    **dict.fromkeys([("pt", region) for region in ("PT", "AO", "MZ")], ("es", "fr", "en")),
}
"""The same, for callers from an ISO 3166 region."""


def likely_languages(language: str, region: str | None = None) -> tuple[str, ...]:
    """Return the language and what its speakers are likely to know besides, the nearest first."""
    neighbours = _NEIGHBOURS_IN.get((language, region or ""), _NEIGHBOURS.get(language, ()))
    return tuple(dict.fromkeys((language, *neighbours, "en")))
