"""What the bridge itself says to a caller, in the languages it can greet in."""

from __future__ import annotations

from enum import StrEnum


class Phrase(StrEnum):
    GREETING = "greeting"
    CONSENT = "consent"
    """Follows the greeting: a machine interprets the call ..."""
    CONSENT_TRANSCRIBED = "consent-transcribed"
    """... and keeps what is said."""
    CONSENT_RECORDED = "consent-recorded"
    """... and records it."""
    CONSENT_RECORDED_TRANSCRIBED = "consent-recorded-transcribed"
    AGENT_BUSY = "agent-busy"
    AGENT_NO_ANSWER = "agent-no-answer"
    AGENT_UNAVAILABLE = "agent-unavailable"
    TOO_MANY_CALLS = "too-many-calls"
    TECHNICAL_PROBLEM = "technical-problem"
    CLOSING_DOWN = "closing-down"
    """The server has to stop, and waited for the call as long as it could."""
    CALLING_INTERPRETER = "calling-interpreter"
    HANDING_OVER = "handing-over"
    INTERPRETER_UNAVAILABLE = "interpreter-unavailable"
    LANGUAGE_CHOSEN = "language-chosen"
    """Names the language that it is said in."""
    SLOWER = "slower"
    FASTER = "faster"
    TEMPO_LIMIT = "tempo-limit"
    NOTHING_TO_REPEAT = "nothing-to-repeat"
    INTERPRETER_BRIEFING = "interpreter-briefing"
    """For a person who is called to interpret."""
    INTERPRETING_FAILED = "interpreting-failed"
    """The parties hear each other as they are from now on."""
    INTERPRETING_AGAIN = "interpreting-again"


_TEXTS: dict[str, dict[Phrase, str]] = {
    "en": {
        Phrase.GREETING: "Connecting you, with an interpreter.",
        Phrase.CONSENT: "This call is interpreted by a machine.",
        Phrase.CONSENT_TRANSCRIBED: "This call is interpreted and written down by a machine.",
        Phrase.CONSENT_RECORDED: "This call is interpreted and recorded by a machine.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "This call is interpreted, recorded and written down by a machine.",
        Phrase.AGENT_BUSY: "All our agents are busy right now. Please call again in a few minutes. Goodbye.",
        Phrase.AGENT_NO_ANSWER: "Nobody is answering at the moment. Please call again later. Goodbye.",
        Phrase.AGENT_UNAVAILABLE: "We could not reach an agent. Please call again later. Goodbye.",
        Phrase.TOO_MANY_CALLS: "All our lines are busy right now. Please call again in a few minutes. Goodbye.",
        Phrase.TECHNICAL_PROBLEM: "We are sorry, there is a technical problem. Please call again. Goodbye.",
        Phrase.CLOSING_DOWN: "We have to end this call now. Please call again in a few minutes. Goodbye.",
        Phrase.CALLING_INTERPRETER: "I am calling a human interpreter. Please stay on the line.",
        Phrase.HANDING_OVER: "A human interpreter is here. I am connecting you now.",
        Phrase.INTERPRETER_UNAVAILABLE: "No human interpreter can be reached right now. I will go on interpreting.",
        Phrase.LANGUAGE_CHOSEN: "From now on you will hear English.",
        Phrase.SLOWER: "I will speak more slowly.",
        Phrase.FASTER: "I will speak faster.",
        Phrase.TEMPO_LIMIT: "I cannot change my speed any further.",
        Phrase.NOTHING_TO_REPEAT: "There is nothing to repeat yet.",
        Phrase.INTERPRETER_BRIEFING: "You are wanted as an interpreter. I am connecting you.",
        Phrase.INTERPRETING_FAILED: "Sorry, interpreting does not work right now. You hear each other directly.",
        Phrase.INTERPRETING_AGAIN: "The interpreter is back.",
    },
    "es": {
        Phrase.GREETING: "Le conectamos, con intérprete.",
        Phrase.CONSENT: "Esta llamada la interpreta una máquina.",
        Phrase.CONSENT_TRANSCRIBED: "Esta llamada la interpreta y transcribe una máquina.",
        Phrase.CONSENT_RECORDED: "Esta llamada la interpreta y graba una máquina.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Esta llamada la interpreta, graba y transcribe una máquina.",
        Phrase.AGENT_BUSY: "Todos nuestros agentes están ocupados. Vuelva a llamar en unos minutos. Adiós.",
        Phrase.AGENT_NO_ANSWER: "En este momento nadie contesta. Vuelva a llamar más tarde. Adiós.",
        Phrase.AGENT_UNAVAILABLE: "No hemos podido localizar a un agente. Vuelva a llamar más tarde. Adiós.",
        Phrase.TOO_MANY_CALLS: "Todas nuestras líneas están ocupadas. Vuelva a llamar en unos minutos. Adiós.",
        Phrase.TECHNICAL_PROBLEM: "Lo sentimos, hay un problema técnico. Vuelva a llamar, por favor. Adiós.",
        Phrase.CLOSING_DOWN: "Tenemos que terminar esta llamada. Vuelva a llamar en unos minutos. Adiós.",
        Phrase.CALLING_INTERPRETER: "Estoy llamando a un intérprete humano. No cuelgue, por favor.",
        Phrase.HANDING_OVER: "Ya hay un intérprete humano al teléfono. Les conecto ahora.",
        Phrase.INTERPRETER_UNAVAILABLE: "Ahora no hay ningún intérprete humano disponible. Sigo interpretando yo.",
        Phrase.LANGUAGE_CHOSEN: "A partir de ahora oirá español.",
        Phrase.SLOWER: "Hablaré más despacio.",
        Phrase.FASTER: "Hablaré más deprisa.",
        Phrase.TEMPO_LIMIT: "No puedo cambiar más la velocidad.",
        Phrase.NOTHING_TO_REPEAT: "Todavía no hay nada que repetir.",
        Phrase.INTERPRETER_BRIEFING: "Le necesitan como intérprete. Le conecto.",
        Phrase.INTERPRETING_FAILED: "Perdón, ahora no funciona la interpretación. Se oirán directamente.",
        Phrase.INTERPRETING_AGAIN: "El intérprete ha vuelto.",
    },
    "fr": {
        Phrase.GREETING: "Nous vous mettons en relation, avec un interprète.",
        Phrase.CONSENT: "Cet appel est interprété par une machine.",
        Phrase.CONSENT_TRANSCRIBED: "Cet appel est interprété et transcrit par une machine.",
        Phrase.CONSENT_RECORDED: "Cet appel est interprété et enregistré par une machine.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Cet appel est interprété, enregistré et transcrit par une machine.",
        Phrase.AGENT_BUSY: "Tous nos agents sont occupés. Veuillez rappeler dans quelques minutes. Au revoir.",
        Phrase.AGENT_NO_ANSWER: "Personne ne répond pour le moment. Veuillez rappeler plus tard. Au revoir.",
        Phrase.AGENT_UNAVAILABLE: "Nous n'avons pas pu joindre un agent. Veuillez rappeler plus tard. Au revoir.",
        Phrase.TOO_MANY_CALLS: "Toutes nos lignes sont occupées. Rappelez dans quelques minutes. Au revoir.",
        Phrase.TECHNICAL_PROBLEM: "Nous sommes désolés, il y a un problème technique. Veuillez rappeler. Au revoir.",
        Phrase.CLOSING_DOWN: "Nous devons mettre fin à cet appel. Veuillez rappeler dans quelques minutes. Au revoir.",
        Phrase.CALLING_INTERPRETER: "J'appelle un interprète humain. Ne raccrochez pas, s'il vous plaît.",
        Phrase.HANDING_OVER: "Un interprète humain est en ligne. Je vous mets en relation.",
        Phrase.INTERPRETER_UNAVAILABLE: "Aucun interprète humain n'est joignable. Je continue à interpréter.",
        Phrase.LANGUAGE_CHOSEN: "À partir de maintenant, vous entendrez le français.",
        Phrase.SLOWER: "Je vais parler plus lentement.",
        Phrase.FASTER: "Je vais parler plus vite.",
        Phrase.TEMPO_LIMIT: "Je ne peux pas changer davantage de vitesse.",
        Phrase.NOTHING_TO_REPEAT: "Il n'y a encore rien à répéter.",
        Phrase.INTERPRETER_BRIEFING: "On a besoin de vous comme interprète. Je vous mets en relation.",
        Phrase.INTERPRETING_FAILED: "Désolé, l'interprétation ne marche pas. Vous vous entendez directement.",
        Phrase.INTERPRETING_AGAIN: "L'interprète est de retour.",
    },
    "de": {
        Phrase.GREETING: "Wir verbinden Sie, mit Dolmetscher.",
        Phrase.CONSENT: "Dieses Gespräch wird von einer Maschine gedolmetscht.",
        Phrase.CONSENT_TRANSCRIBED: "Dieses Gespräch wird von einer Maschine gedolmetscht und mitgeschrieben.",
        Phrase.CONSENT_RECORDED: "Eine Maschine dolmetscht dieses Gespräch und nimmt es auf.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Eine Maschine dolmetscht dieses Gespräch, nimmt es auf und schreibt mit.",
        Phrase.AGENT_BUSY: "Alle Mitarbeiter sind im Gespräch. Bitte rufen Sie in einigen Minuten wieder an.",
        Phrase.AGENT_NO_ANSWER: "Zurzeit meldet sich niemand. Bitte rufen Sie später wieder an. Auf Wiederhören.",
        Phrase.AGENT_UNAVAILABLE: "Wir konnten niemanden erreichen. Bitte rufen Sie später wieder an. Auf Wiederhören.",
        Phrase.TOO_MANY_CALLS: "Alle Leitungen sind belegt. Bitte rufen Sie in einigen Minuten wieder an.",
        Phrase.TECHNICAL_PROBLEM: "Es tut uns leid, es gibt eine technische Störung. Bitte rufen Sie wieder an.",
        Phrase.CLOSING_DOWN: "Wir müssen dieses Gespräch jetzt beenden. Bitte rufen Sie in einigen Minuten wieder an.",
        Phrase.CALLING_INTERPRETER: "Ich rufe einen Dolmetscher an. Bitte bleiben Sie am Apparat.",
        Phrase.HANDING_OVER: "Ein Dolmetscher ist am Apparat. Ich verbinde Sie jetzt.",
        Phrase.INTERPRETER_UNAVAILABLE: "Zurzeit ist kein Dolmetscher erreichbar. Ich dolmetsche weiter.",
        Phrase.LANGUAGE_CHOSEN: "Von jetzt an hören Sie Deutsch.",
        Phrase.SLOWER: "Ich spreche langsamer.",
        Phrase.FASTER: "Ich spreche schneller.",
        Phrase.TEMPO_LIMIT: "Ich kann die Geschwindigkeit nicht weiter ändern.",
        Phrase.NOTHING_TO_REPEAT: "Es gibt noch nichts zu wiederholen.",
        Phrase.INTERPRETER_BRIEFING: "Sie werden als Dolmetscher gebraucht. Ich verbinde Sie.",
        Phrase.INTERPRETING_FAILED: "Entschuldigung, das Dolmetschen geht gerade nicht. Sie hören sich direkt.",
        Phrase.INTERPRETING_AGAIN: "Der Dolmetscher ist wieder da.",
    },
    "it": {
        Phrase.GREETING: "La mettiamo in contatto, con un interprete.",
        Phrase.CONSENT: "Questa chiamata è interpretata da una macchina.",
        Phrase.CONSENT_TRANSCRIBED: "Questa chiamata è interpretata e trascritta da una macchina.",
        Phrase.CONSENT_RECORDED: "Questa chiamata è interpretata e registrata da una macchina.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Questa chiamata è interpretata, registrata e trascritta da una macchina.",
        Phrase.AGENT_BUSY: "Tutti i nostri operatori sono occupati. Richiami fra qualche minuto. Arrivederci.",
        Phrase.AGENT_NO_ANSWER: "Al momento non risponde nessuno. Richiami più tardi. Arrivederci.",
        Phrase.AGENT_UNAVAILABLE: "Non siamo riusciti a contattare un operatore. Richiami più tardi. Arrivederci.",
        Phrase.TOO_MANY_CALLS: "Tutte le nostre linee sono occupate. Richiami fra qualche minuto. Arrivederci.",
        Phrase.TECHNICAL_PROBLEM: "Ci dispiace, c'è un problema tecnico. La preghiamo di richiamare. Arrivederci.",
        Phrase.CLOSING_DOWN: "Dobbiamo chiudere questa chiamata. Richiami fra qualche minuto. Arrivederci.",
        Phrase.CALLING_INTERPRETER: "Sto chiamando un interprete umano. Resti in linea, per favore.",
        Phrase.HANDING_OVER: "C'è un interprete umano in linea. Vi metto in contatto.",
        Phrase.INTERPRETER_UNAVAILABLE: "Nessun interprete umano è disponibile. Continuo a interpretare io.",
        Phrase.LANGUAGE_CHOSEN: "Da adesso sentirà l'italiano.",
        Phrase.SLOWER: "Parlerò più lentamente.",
        Phrase.FASTER: "Parlerò più velocemente.",
        Phrase.TEMPO_LIMIT: "Non posso cambiare ancora la velocità.",
        Phrase.NOTHING_TO_REPEAT: "Non c'è ancora niente da ripetere.",
        Phrase.INTERPRETER_BRIEFING: "C'è bisogno di lei come interprete. La metto in contatto.",
        Phrase.INTERPRETING_FAILED: "Scusate, l'interpretazione ora non funziona. Vi sentite direttamente.",
        Phrase.INTERPRETING_AGAIN: "L'interprete è di nuovo in linea.",
    },
    "pt": {
        Phrase.GREETING: "Estamos a ligar, com um intérprete.",
        Phrase.CONSENT: "Esta chamada é interpretada por uma máquina.",
        Phrase.CONSENT_TRANSCRIBED: "Esta chamada é interpretada e transcrita por uma máquina.",
        Phrase.CONSENT_RECORDED: "Esta chamada é interpretada e gravada por uma máquina.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Esta chamada é interpretada, gravada e transcrita por uma máquina.",
        Phrase.AGENT_BUSY: "Todos os nossos agentes estão ocupados. Ligue novamente daqui a pouco. Até logo.",
        Phrase.AGENT_NO_ANSWER: "De momento ninguém atende. Ligue novamente mais tarde. Até logo.",
        Phrase.AGENT_UNAVAILABLE: "Não conseguimos contactar um agente. Ligue novamente mais tarde. Até logo.",
        Phrase.TOO_MANY_CALLS: "Todas as nossas linhas estão ocupadas. Ligue novamente daqui a pouco. Até logo.",
        Phrase.TECHNICAL_PROBLEM: "Lamentamos, há um problema técnico. Por favor, ligue novamente. Até logo.",
        Phrase.CLOSING_DOWN: "Temos de terminar esta chamada. Ligue novamente daqui a pouco. Até logo.",
        Phrase.CALLING_INTERPRETER: "Estou a ligar a um intérprete humano. Não desligue, por favor.",
        Phrase.HANDING_OVER: "Há um intérprete humano em linha. Vou ligá-los agora.",
        Phrase.INTERPRETER_UNAVAILABLE: "Não há nenhum intérprete humano disponível. Continuo eu a interpretar.",
        Phrase.LANGUAGE_CHOSEN: "A partir de agora vai ouvir português.",
        Phrase.SLOWER: "Vou falar mais devagar.",
        Phrase.FASTER: "Vou falar mais depressa.",
        Phrase.TEMPO_LIMIT: "Não posso mudar mais a velocidade.",
        Phrase.NOTHING_TO_REPEAT: "Ainda não há nada para repetir.",
        Phrase.INTERPRETER_BRIEFING: "Precisam de si como intérprete. Vou fazer a ligação.",
        Phrase.INTERPRETING_FAILED: "Desculpe, a interpretação não funciona agora. Vão ouvir-se diretamente.",
        Phrase.INTERPRETING_AGAIN: "O intérprete voltou.",
    },
    "gl": {
        Phrase.GREETING: "Conectámolo, cun intérprete.",
        Phrase.CONSENT: "Esta chamada interprétaa unha máquina.",
        Phrase.CONSENT_TRANSCRIBED: "Esta chamada interprétaa e transcríbea unha máquina.",
        Phrase.CONSENT_RECORDED: "Esta chamada interprétaa e grávaa unha máquina.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Esta chamada interprétaa, grávaa e transcríbea unha máquina.",
        Phrase.AGENT_BUSY: "Todos os nosos axentes están ocupados. Volva chamar dentro duns minutos. Ata logo.",
        Phrase.AGENT_NO_ANSWER: "Neste momento ninguén contesta. Volva chamar máis tarde. Ata logo.",
        Phrase.AGENT_UNAVAILABLE: "Non puidemos localizar un axente. Volva chamar máis tarde. Ata logo.",
        Phrase.TOO_MANY_CALLS: "Todas as nosas liñas están ocupadas. Volva chamar dentro duns minutos. Ata logo.",
        Phrase.TECHNICAL_PROBLEM: "Sentímolo, hai un problema técnico. Volva chamar, por favor. Ata logo.",
        Phrase.CLOSING_DOWN: "Temos que rematar esta chamada. Volva chamar nuns minutos. Ata logo.",
        Phrase.CALLING_INTERPRETER: "Estou chamando a un intérprete humano. Non colgue, por favor.",
        Phrase.HANDING_OVER: "Xa hai un intérprete humano ao teléfono. Conéctoos agora.",
        Phrase.INTERPRETER_UNAVAILABLE: "Agora non hai ningún intérprete humano dispoñible. Sigo interpretando eu.",
        Phrase.LANGUAGE_CHOSEN: "A partir de agora oirá galego.",
        Phrase.SLOWER: "Falarei máis a modo.",
        Phrase.FASTER: "Falarei máis rápido.",
        Phrase.TEMPO_LIMIT: "Non podo cambiar máis a velocidade.",
        Phrase.NOTHING_TO_REPEAT: "Aínda non hai nada que repetir.",
        Phrase.INTERPRETER_BRIEFING: "Necesítano como intérprete. Conéctoo.",
        Phrase.INTERPRETING_FAILED: "Desculpe, agora non funciona a interpretación. Oiranse directamente.",
        Phrase.INTERPRETING_AGAIN: "O intérprete volveu.",
    },
    "ca": {
        Phrase.GREETING: "El connectem, amb un intèrpret.",
        Phrase.CONSENT: "Aquesta trucada la interpreta una màquina.",
        Phrase.CONSENT_TRANSCRIBED: "Aquesta trucada la interpreta i la transcriu una màquina.",
        Phrase.CONSENT_RECORDED: "Aquesta trucada la interpreta i la grava una màquina.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "Aquesta trucada la interpreta, la grava i la transcriu una màquina.",
        Phrase.AGENT_BUSY: "Tots els nostres agents estan ocupats. Torni a trucar d'aquí a uns minuts. Adeu.",
        Phrase.AGENT_NO_ANSWER: "En aquest moment no contesta ningú. Torni a trucar més tard. Adeu.",
        Phrase.AGENT_UNAVAILABLE: "No hem pogut localitzar cap agent. Torni a trucar més tard. Adeu.",
        Phrase.TOO_MANY_CALLS: "Totes les nostres línies estan ocupades. Torni a trucar d'aquí a uns minuts. Adeu.",
        Phrase.TECHNICAL_PROBLEM: "Ho sentim, hi ha un problema tècnic. Torni a trucar, si us plau. Adeu.",
        Phrase.CLOSING_DOWN: "Hem d'acabar aquesta trucada. Torni a trucar d'aquí a uns minuts. Adeu.",
        Phrase.CALLING_INTERPRETER: "Estic trucant a un intèrpret humà. No pengi, si us plau.",
        Phrase.HANDING_OVER: "Ja hi ha un intèrpret humà al telèfon. Els connecto ara.",
        Phrase.INTERPRETER_UNAVAILABLE: "Ara mateix no hi ha cap intèrpret humà disponible. Continuo interpretant jo.",
        Phrase.LANGUAGE_CHOSEN: "A partir d'ara sentirà català.",
        Phrase.SLOWER: "Parlaré més a poc a poc.",
        Phrase.FASTER: "Parlaré més de pressa.",
        Phrase.TEMPO_LIMIT: "No puc canviar més la velocitat.",
        Phrase.NOTHING_TO_REPEAT: "Encara no hi ha res per repetir.",
        Phrase.INTERPRETER_BRIEFING: "El necessiten com a intèrpret. El connecto.",
        Phrase.INTERPRETING_FAILED: "Perdó, ara no funciona la interpretació. Se sentiran directament.",
        Phrase.INTERPRETING_AGAIN: "L'intèrpret ha tornat.",
    },
    "ar": {
        Phrase.GREETING: "نقوم بتوصيلكم مع مترجم.",
        Phrase.CONSENT: "تترجم هذه المكالمة آلة.",
        Phrase.CONSENT_TRANSCRIBED: "تترجم هذه المكالمة وتدونها آلة.",
        Phrase.CONSENT_RECORDED: "تترجم هذه المكالمة وتسجلها آلة.",
        Phrase.CONSENT_RECORDED_TRANSCRIBED: "تترجم هذه المكالمة وتسجلها وتدونها آلة.",
        Phrase.AGENT_BUSY: "جميع موظفينا مشغولون الآن. يرجى الاتصال مرة أخرى بعد بضع دقائق. مع السلامة.",
        Phrase.AGENT_NO_ANSWER: "لا يوجد من يجيب في هذه اللحظة. يرجى الاتصال لاحقاً. مع السلامة.",
        Phrase.AGENT_UNAVAILABLE: "لم نتمكن من الوصول إلى موظف. يرجى الاتصال لاحقاً. مع السلامة.",
        Phrase.TOO_MANY_CALLS: "جميع خطوطنا مشغولة الآن. يرجى الاتصال مرة أخرى بعد بضع دقائق. مع السلامة.",
        Phrase.TECHNICAL_PROBLEM: "نعتذر، هناك مشكلة تقنية. يرجى الاتصال مرة أخرى. مع السلامة.",
        Phrase.CLOSING_DOWN: "علينا إنهاء هذه المكالمة الآن. يرجى الاتصال مرة أخرى بعد بضع دقائق. مع السلامة.",
        Phrase.CALLING_INTERPRETER: "أتصل الآن بمترجم بشري. يرجى البقاء على الخط.",
        Phrase.HANDING_OVER: "المترجم البشري على الخط. أقوم بتوصيلكم الآن.",
        Phrase.INTERPRETER_UNAVAILABLE: "لا يوجد مترجم بشري متاح الآن. سأواصل الترجمة.",
        Phrase.LANGUAGE_CHOSEN: "من الآن فصاعداً ستسمعون العربية.",
        Phrase.SLOWER: "سأتكلم ببطء أكثر.",
        Phrase.FASTER: "سأتكلم أسرع.",
        Phrase.TEMPO_LIMIT: "لا يمكنني تغيير السرعة أكثر.",
        Phrase.NOTHING_TO_REPEAT: "لا يوجد شيء لتكراره بعد.",
        Phrase.INTERPRETER_BRIEFING: "نحتاج إليكم للترجمة. أقوم بتوصيلكم.",
        Phrase.INTERPRETING_FAILED: "عذراً، الترجمة لا تعمل الآن. ستسمعون بعضكم مباشرة.",
        Phrase.INTERPRETING_AGAIN: "عاد المترجم.",
    },
}

PHRASE_LANGUAGES = frozenset(_TEXTS)
_FALLBACK_LANGUAGE = "en"


def phrase_language(language: str) -> str:
    """Return the language in which phrases are said to somebody who speaks ``language``."""
    return language if language in PHRASE_LANGUAGES else _FALLBACK_LANGUAGE


def phrase_text(phrase: Phrase, language: str) -> str:
    """Return the phrase. Raises KeyError for a language outside ``PHRASE_LANGUAGES``."""
    return _TEXTS[language][phrase]
