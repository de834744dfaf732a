"""What the bridge itself says to a caller, in the languages it can greet in."""

from __future__ import annotations

from enum import StrEnum


class Phrase(StrEnum):
    GREETING = "greeting"
    AGENT_BUSY = "agent-busy"
    AGENT_NO_ANSWER = "agent-no-answer"
    AGENT_UNAVAILABLE = "agent-unavailable"
    TOO_MANY_CALLS = "too-many-calls"
    TECHNICAL_PROBLEM = "technical-problem"


_TEXTS: dict[str, dict[Phrase, str]] = {
    "en": {
        Phrase.GREETING: "Connecting you, with an interpreter.",
        Phrase.AGENT_BUSY: "All our agents are busy right now. Please call again in a few minutes. Goodbye.",
        Phrase.AGENT_NO_ANSWER: "Nobody is answering at the moment. Please call again later. Goodbye.",
        Phrase.AGENT_UNAVAILABLE: "We could not reach an agent. Please call again later. Goodbye.",
        Phrase.TOO_MANY_CALLS: "All our lines are busy right now. Please call again in a few minutes. Goodbye.",
        Phrase.TECHNICAL_PROBLEM: "We are sorry, there is a technical problem. Please call again. Goodbye.",
    },
    "es": {
        Phrase.GREETING: "Le conectamos, con intérprete.",
        Phrase.AGENT_BUSY: "Todos nuestros agentes están ocupados. Vuelva a llamar en unos minutos. Adiós.",
        Phrase.AGENT_NO_ANSWER: "En este momento nadie contesta. Vuelva a llamar más tarde. Adiós.",
        Phrase.AGENT_UNAVAILABLE: "No hemos podido localizar a un agente. Vuelva a llamar más tarde. Adiós.",
        Phrase.TOO_MANY_CALLS: "Todas nuestras líneas están ocupadas. Vuelva a llamar en unos minutos. Adiós.",
        Phrase.TECHNICAL_PROBLEM: "Lo sentimos, hay un problema técnico. Vuelva a llamar, por favor. Adiós.",
    },
    "fr": {
        Phrase.GREETING: "Nous vous mettons en relation, avec un interprète.",
        Phrase.AGENT_BUSY: "Tous nos agents sont occupés. Veuillez rappeler dans quelques minutes. Au revoir.",
        Phrase.AGENT_NO_ANSWER: "Personne ne répond pour le moment. Veuillez rappeler plus tard. Au revoir.",
        Phrase.AGENT_UNAVAILABLE: "Nous n'avons pas pu joindre un agent. Veuillez rappeler plus tard. Au revoir.",
        Phrase.TOO_MANY_CALLS: "Toutes nos lignes sont occupées. Rappelez dans quelques minutes. Au revoir.",
        Phrase.TECHNICAL_PROBLEM: "Nous sommes désolés, il y a un problème technique. Veuillez rappeler. Au revoir.",
    },
    "de": {
        Phrase.GREETING: "Wir verbinden Sie, mit Dolmetscher.",
        Phrase.AGENT_BUSY: "Alle Mitarbeiter sind im Gespräch. Bitte rufen Sie in einigen Minuten wieder an.",
        Phrase.AGENT_NO_ANSWER: "Zurzeit meldet sich niemand. Bitte rufen Sie später wieder an. Auf Wiederhören.",
        Phrase.AGENT_UNAVAILABLE: "Wir konnten niemanden erreichen. Bitte rufen Sie später wieder an. Auf Wiederhören.",
        Phrase.TOO_MANY_CALLS: "Alle Leitungen sind belegt. Bitte rufen Sie in einigen Minuten wieder an.",
        Phrase.TECHNICAL_PROBLEM: "Es tut uns leid, es gibt eine technische Störung. Bitte rufen Sie wieder an.",
    },
    "it": {
        Phrase.GREETING: "La mettiamo in contatto, con un interprete.",
        Phrase.AGENT_BUSY: "Tutti i nostri operatori sono occupati. Richiami fra qualche minuto. Arrivederci.",
        Phrase.AGENT_NO_ANSWER: "Al momento non risponde nessuno. Richiami più tardi. Arrivederci.",
        Phrase.AGENT_UNAVAILABLE: "Non siamo riusciti a contattare un operatore. Richiami più tardi. Arrivederci.",
        Phrase.TOO_MANY_CALLS: "Tutte le nostre linee sono occupate. Richiami fra qualche minuto. Arrivederci.",
        Phrase.TECHNICAL_PROBLEM: "Ci dispiace, c'è un problema tecnico. La preghiamo di richiamare. Arrivederci.",
    },
    "pt": {
        Phrase.GREETING: "Estamos a ligar, com um intérprete.",
        Phrase.AGENT_BUSY: "Todos os nossos agentes estão ocupados. Ligue novamente daqui a pouco. Até logo.",
        Phrase.AGENT_NO_ANSWER: "De momento ninguém atende. Ligue novamente mais tarde. Até logo.",
        Phrase.AGENT_UNAVAILABLE: "Não conseguimos contactar um agente. Ligue novamente mais tarde. Até logo.",
        Phrase.TOO_MANY_CALLS: "Todas as nossas linhas estão ocupadas. Ligue novamente daqui a pouco. Até logo.",
        Phrase.TECHNICAL_PROBLEM: "Lamentamos, há um problema técnico. Por favor, ligue novamente. Até logo.",
    },
    "gl": {
        Phrase.GREETING: "Conectámolo, cun intérprete.",
        Phrase.AGENT_BUSY: "Todos os nosos axentes están ocupados. Volva chamar dentro duns minutos. Ata logo.",
        Phrase.AGENT_NO_ANSWER: "Neste momento ninguén contesta. Volva chamar máis tarde. Ata logo.",
        Phrase.AGENT_UNAVAILABLE: "Non puidemos localizar un axente. Volva chamar máis tarde. Ata logo.",
        Phrase.TOO_MANY_CALLS: "Todas as nosas liñas están ocupadas. Volva chamar dentro duns minutos. Ata logo.",
        Phrase.TECHNICAL_PROBLEM: "Sentímolo, hai un problema técnico. Volva chamar, por favor. Ata logo.",
    },
    "ca": {
        Phrase.GREETING: "El connectem, amb un intèrpret.",
        Phrase.AGENT_BUSY: "Tots els nostres agents estan ocupats. Torni a trucar d'aquí a uns minuts. Adeu.",
        Phrase.AGENT_NO_ANSWER: "En aquest moment no contesta ningú. Torni a trucar més tard. Adeu.",
        Phrase.AGENT_UNAVAILABLE: "No hem pogut localitzar cap agent. Torni a trucar més tard. Adeu.",
        Phrase.TOO_MANY_CALLS: "Totes les nostres línies estan ocupades. Torni a trucar d'aquí a uns minuts. Adeu.",
        Phrase.TECHNICAL_PROBLEM: "Ho sentim, hi ha un problema tècnic. Torni a trucar, si us plau. Adeu.",
    },
    "ar": {
        Phrase.GREETING: "نقوم بتوصيلكم مع مترجم.",
        Phrase.AGENT_BUSY: "جميع موظفينا مشغولون الآن. يرجى الاتصال مرة أخرى بعد بضع دقائق. مع السلامة.",
        Phrase.AGENT_NO_ANSWER: "لا يوجد من يجيب في هذه اللحظة. يرجى الاتصال لاحقاً. مع السلامة.",
        Phrase.AGENT_UNAVAILABLE: "لم نتمكن من الوصول إلى موظف. يرجى الاتصال لاحقاً. مع السلامة.",
        Phrase.TOO_MANY_CALLS: "جميع خطوطنا مشغولة الآن. يرجى الاتصال مرة أخرى بعد بضع دقائق. مع السلامة.",
        Phrase.TECHNICAL_PROBLEM: "نعتذر، هناك مشكلة تقنية. يرجى الاتصال مرة أخرى. مع السلامة.",
    },
}

PHRASE_LANGUAGES = frozenset(_TEXTS)


def phrase_text(phrase: Phrase, language: str) -> str:
    """Return the phrase. Raises KeyError for a language outside ``PHRASE_LANGUAGES``."""
    return _TEXTS[language][phrase]
