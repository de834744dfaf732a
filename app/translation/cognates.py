"""How a word of one Iberian language is spelled where another has the same one, as data.

The rules propose; the other language's dictionary decides. For the words of FLORES that Apertium lacks, what came of it
was read word by word: it holds for 9 in 10.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

Pair = tuple[str, str]
Spelling = tuple[re.Pattern[str], tuple[str, ...]]

_MOST_SPELLINGS = 32
"""Of one word: each rule with alternatives multiplies them."""

_ACUTE = "\u0301"
_ACCENTED = dict(zip("aeiou", "áéíóú", strict=True))


def _spellings(*rules: tuple[str, str]) -> tuple[Spelling, ...]:
    """Each rule: a pattern, and its replacements in order of likelihood, with blanks between; "=" changes nothing."""
    return tuple((re.compile(pattern), tuple(replacements.split(" "))) for pattern, replacements in rules)


SPELLINGS: Mapping[Pair, tuple[Spelling, ...]] = {
    ("pt", "es"): _spellings(
        # Endings.
        (r"([çs])ões$", r"\1iones"),
        (r"(?<!i)ões$", "ones"),
        (r"ães$", "anes"),
        (r"ãos$", "anos"),
        (r"([çs])ão$", r"\1ión"),
        (r"ão$", "ón ano án"),
        (r"ã(s?)$", r"ana\1"),
        (r"ida(de|des)$", r"ida\1 ="),
        (r"dade$", "dad"),
        (r"agem$", "aje"),
        (r"agens$", "ajes"),
        (r"gem$", "gen"),
        (r"([áí])vel$", r"\1ble"),
        (r"([áí])veis$", r"\1bles"),
        (r"ais$", "ales ="),
        (r"éis$", "eles"),
        (r"óis$", "oles"),
        (r"eis$", "iles eles ="),
        (r"(?<![aeou])is$", "iles ="),
        (r"eir([oa]s?)$", r"er\1"),
        (r"([aei])ram$", r"\1ron"),
        (r"iron$", "ieron"),
        (r"eron$", "ieron"),
        (r"ou$", "ó"),
        (r"ó$", "ó ón"),
        (r"ós$", "ones"),
        (r"ite$", "itis ="),
        (r"([íeo])se$", r"\1sis ="),
        (r"m$", "n"),
        (r"ns$", "nes"),
        # Letters.
        (r"lh", "ll j"),
        (r"nh", "ñ n"),
        (r"ss", "s"),
        (r"ç(?=[ei])", "c"),
        (r"ç", "z"),
        (r"qu(?=[aáoô])", "cu"),
        (r"ou", "o ou"),
        (r"ei", "e ei"),
        (r"[âã]", "a"),
        (r"ê", "e é"),
        (r"ô", "o ó"),
        (r"õ", "o"),
        (r"(?<=[au])t(?=iv|or)", "ct t"),
        (r"o(?=r[pt])", "o ue"),
        (r"j", "j y"),
        (r"^f", "f h"),
        (r"^ch", "ch ll"),
        (r"v", "v b"),
        (r"x", "x j"),
    ),
    ("gl", "es"): _spellings(
        (r"dade$", "dad"),
        (r"ns$", "nes"),
        (r"ais$", "ales ="),
        (r"áis$", "ales"),
        (r"eis$", "eles ="),
        (r"axe(s?)$", r"aje\1"),
        (r"eir([oa]s?)$", r"er\1"),
        (r"iron$", "ieron"),
        (r"ou$", "ó"),
        (r"x", "j g x y"),
        (r"ñ", "ñ n"),
        (r"nh", "n"),
        (r"ou", "o ou"),
        (r"ei", "e ei"),
        (r"^f", "f h"),
        (r"^ch", "ch ll"),
        (r"v", "v b"),
    ),
    # A recogniser that hears Galician writes much of it as Portuguese.
    ("pt", "gl"): _spellings(
        (r"m-(me|te|se|nos)$", r"n\1"),
        (r"-(me|te|se|nos)$", r"\1"),
        (r"-lhe(s?)$", r"lle\1"),
        (r"^não$", "non"),
        (r"^também$", "tamén"),
        (r"^um$", "un"),
        (r"^uma", "unha"),
        (r"^muit", "moit"),
        (r"^pel([oa]s?)$", r"pol\1"),
        (r"^até$", "ata"),
        (r"^depois$", "despois"),
        (r"^dois$", "dous"),
        (r"^amanhã$", "mañá"),
        (r"^ontem$", "onte"),
        (r"^há$", "hai"),
        (r"^posso$", "podo"),
        (r"^obrigad[oa]$", "grazas"),
        (r"^você", "vostede"),
        (r"([çs])ões$", r"\1ións"),
        (r"([çs])ão$", r"\1ión"),
        (r"ões$", "óns"),
        (r"ão$", "ón án"),
        (r"ã$", "á"),
        (r"agem$", "axe"),
        (r"([áí])vel$", r"\1bel"),
        (r"m$", "n"),
        (r"lh", "ll"),
        (r"(?<!^u)nh", "ñ"),
        (r"ss", "s"),
        (r"[çz](?=[ei])", "c"),
        (r"ç", "z"),
        (r"j", "x"),
        (r"g(?=[ei])", "x"),
        (r"qua", "ca"),
        (r"[âã]", "a"),
        (r"ê", "é e"),
        (r"ô", "ó o"),
        (r"õ", "o"),
        (r"v", "v b"),
    ),
}
"""From the language that a word is written in to that which should know it; every rule is applied in order."""


_PORTUGUESE_MEANINGS = """
agendar:programar agendado:programado agendada:programada agendamento:cita frete:transporte login:inicio~de~sesión
laptop:portátil notebook:portátil carregador:cargador atendente:agente entregador:repartidor roteador:router
parcelamento:pago~a~plazos apólice:póliza sinistro:siniestro torneira:grifo encanador:fontanero eletricista:electricista
mídia:medios mídias:medios surto:brote surtos:brotes turnê:gira turnês:giras estágio:etapa estágios:etapas lidar:lidiar
ruim:malo ruins:malos pular:saltar pulando:saltando machucado:herido machucada:herida pouso:aterrizaje largada:salida
roxo:morado roxa:morada cobertor:manta cobertores:mantas filhote:cría filhotes:crías campainha:timbre
videogame:videojuego videogames:videojuegos design:diseño download:descarga mouse:ratón micro-ondas:microondas
liquidificador:licuadora travesseiro:almohada travesseiros:almohadas chinelo:zapatilla chinelos:zapatillas
bermuda:pantalón~corto fechadura:cerradura cartório:notaría camundongo:ratón camundongos:ratones
"""
MEANINGS: Mapping[Pair, Mapping[str, str]] = {
    ("pt", "es"): {
        word: meaning.replace("~", " ")
        for word, meaning in (entry.split(":") for entry in _PORTUGUESE_MEANINGS.split())
    }
}
"""Words of everyday business that have no cognate, or a misleading one."""


def spellings(word: str, source: str, target: str) -> list[str]:
    """Return how ``target`` may spell a lower-case word of ``source``: as it is, likely spellings, other accents.

    Empty for languages without rules.
    """
    rules = SPELLINGS.get((source, target), ())
    if not rules:
        return []
    spelled = [word]
    for pattern, replacements in rules:
        spelled = list(_apply(spelled, pattern, replacements))[:_MOST_SPELLINGS]
    bare = [_without_accent(each) for each in spelled]
    return list(dict.fromkeys([word, *spelled, *bare, *(accented for each in bare for accented in _accented(each))]))


def _apply(words: Sequence[str], pattern: re.Pattern[str], replacements: Sequence[str]) -> Iterator[str]:
    for word in words:
        if pattern.search(word) is None:
            yield word
            continue
        for replacement in replacements:
            yield word if replacement == "=" else pattern.sub(replacement, word)


def _without_accent(word: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).replace(_ACUTE, ""))


def _accented(word: str) -> Iterator[str]:
    for index, letter in enumerate(word):
        if letter in _ACCENTED:
            yield word[:index] + _ACCENTED[letter] + word[index + 1 :]
