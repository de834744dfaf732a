"""DeepL's glossaries, version 3 of the API: ``/v3/glossaries``.

Languages and formats are those of DeepL's OpenAPI description (tests/vendors/descriptions/deepl.json), limits those of
https://developers.deepl.com/api-reference/multilingual-glossaries.
"""

from __future__ import annotations

from typing import Any

LANGUAGES = set(
    "ar bg cs da de el en es et fi fr he hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv th tr uk vi zh".split()  # noqa: SIM905
)
MAXIMUM_TERM_BYTES = 1024
MAXIMUM_GLOSSARIES = 1000

Dictionaries = dict[tuple[str, str], dict[str, str]]


class Glossaries:
    """What one account has."""

    def __init__(self) -> None:
        self.dictionaries: dict[str, Dictionaries] = {}
        """By glossary id, entries by language pair: ``("en", "es")``."""
        self.names: dict[str, str] = {}

    def create(self, wanted: dict[str, Any]) -> dict[str, Any] | str:
        """Make a glossary and return what DeepL says of it, or in a few words why not."""
        name, given = wanted.get("name"), wanted.get("dictionaries")
        if set(wanted) != {"name", "dictionaries"} or not isinstance(given, list) or not given:
            return "Bad request. Reason: 'name' and 'dictionaries' are required."
        if not isinstance(name, str) or not 0 < len(name.encode()) <= MAXIMUM_TERM_BYTES:
            return "Bad request. Reason: invalid name"
        if len(self.names) >= MAXIMUM_GLOSSARIES:
            return "Too many glossaries"
        dictionaries: Dictionaries = {}
        for each in given:
            problem = _add(each, dictionaries)
            if problem:
                return problem
        glossary_id = f"00000000-0000-4000-8000-{len(self.names):012}"
        self.names[glossary_id], self.dictionaries[glossary_id] = name, dictionaries
        return self._described(glossary_id)

    def list(self) -> dict[str, Any]:
        return {"glossaries": [self._described(glossary_id) for glossary_id in self.names]}

    def forget(self) -> None:
        """Somebody deletes them all."""
        self.names.clear()
        self.dictionaries.clear()

    def apply(self, glossary_id: object, pair: tuple[str, str], text: str) -> str:
        for said, wanted in self.dictionaries[str(glossary_id)][pair].items() if glossary_id else ():
            text = text.replace(said, wanted)
        return text

    def _described(self, glossary_id: str) -> dict[str, Any]:
        counts = [
            {"source_lang": source, "target_lang": target, "entry_count": len(entries)}
            for (source, target), entries in self.dictionaries[glossary_id].items()
        ]
        return {
            "glossary_id": glossary_id,
            "name": self.names[glossary_id],
            "dictionaries": counts,
            "creation_time": "2026-11-21T12:00:00.000000Z",
        }


def _add(dictionary: dict[str, Any], dictionaries: Dictionaries) -> str:
    """Add a dictionary; return why not."""
    if set(dictionary) != {"source_lang", "target_lang", "entries", "entries_format"}:
        return "Bad request. Reason: invalid dictionary"
    pair = (dictionary["source_lang"].lower(), dictionary["target_lang"].lower())
    if not LANGUAGES.issuperset(pair) or pair[0] == pair[1] or pair in dictionaries:
        return "Unsupported or repeated glossary language pair"
    if dictionary["entries_format"] != "tsv":
        return "Bad request. Reason: this server takes tsv"
    entries: dict[str, str] = {}
    for line in dictionary["entries"].split("\n"):
        columns = line.split("\t")
        if len(columns) != 2 or any(not text or text != text.strip() for text in columns):
            return f"Invalid glossary entry on line {len(entries) + 1}"
        if any(len(text.encode()) > MAXIMUM_TERM_BYTES or not text.isprintable() for text in columns):
            return f"Invalid glossary entry on line {len(entries) + 1}"
        if columns[0] in entries:
            return "Duplicate glossary entry"
        entries[columns[0]] = columns[1]
    dictionaries[pair] = entries
    return ""
