"""The languages that the guard reads; a new one is a new table here."""

from __future__ import annotations

from app.meaning.language import Language
from app.meaning.languages.ar import ARABIC
from app.meaning.languages.ca import CATALAN
from app.meaning.languages.de import GERMAN
from app.meaning.languages.en import ENGLISH
from app.meaning.languages.es import SPANISH
from app.meaning.languages.fr import FRENCH
from app.meaning.languages.gl import GALICIAN
from app.meaning.languages.it import ITALIAN
from app.meaning.languages.pt import PORTUGUESE

LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (ARABIC, CATALAN, GERMAN, ENGLISH, SPANISH, FRENCH, GALICIAN, ITALIAN, PORTUGUESE)
}
