"""Italian."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

ITALIAN = Language(
    code="it",
    numerals=Numerals(
        values={
            **counted("zero uno/un/una due tre/tré quattro cinque sei sette otto nove dieci undici dodici tredici"),
            **counted("quattordici quindici sedici diciassette diciotto diciannove", 14),
            **counted("venti/vent trenta/trent quaranta/quarant cinquanta/cinquant sessanta/sessant", 20, 10),
            **counted("settanta/settant ottanta/ottant novanta/novant", 70, 10),
            **counted("entrambi/entrambe/paio/coppia/doppio/doppia", 2),
            **counted("dozzina/mezzogiorno mezzanotte", 12, -12),
        },
        scales={
            "mille": 10**3,
            "mila": 10**3,
            "milione": 10**6,
            "milioni": 10**6,
            "miliardo": 10**9,
            "miliardi": 10**9,
        },
        hundreds=words("cento cent"),
        bare=words("cento cent mille"),
        ordinals={
            **counted(
                "primo/prima secondo/seconda terzo/terza quarto/quarta quinto/quinta sesto/sesta settimo/settima", 1
            ),
            **counted("ottavo/ottava nono/nona decimo/decima undicesimo dodicesimo", 8),
        },
        unsure=words(
            "uno un una sei vent entrambi entrambe paio coppia doppio doppia dozzina mezzogiorno "
            "mezzanotte secondo seconda "
            "prima quarto quarta"
        ),
        joiners=words("e"),
        joins_tens=False,
        has_compounds=True,
        repeats={"doppio": 2, "doppia": 2, "triplo": 3},
        decimal_words=words("virgola"),
        clock_words=words("quarto"),
        halves=r"e mezz[ao]",
    ),
    months=counted("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre", 1),
    weekdays=counted("lunedì martedì mercoledì giovedì venerdì sabato/sabati domenica/domeniche", 1),
    days=counted("l'altro_ieri ieri oggi domani dopodomani", -2),
    unsure_days=words("oggi"),
    units=valued(
        EUR="euro €",
        USD="dollaro dollari $ usd",
        BRL="reales reais reals réis",
        GBP="sterlina sterline libbra libbre £",
        MXN="pesos",
        CHF="franco franchi",
        CENT="centesimo centesimi cent",
        PERCENT="per_cento %",
    ),
    clocks=(
        Clock(r"(?:le|alle|dalle|delle) H e mezz[ao]", 30),
        Clock(r"(?:le|alle|dalle|delle) H e (?:un|#\d+#) quarto", 15),
        Clock(r"(?:le|alle|dalle|delle) H e #\d+# quarti", 45),
        Clock(r"H meno (?:un|#\d+#) quarto", -15),
        Clock(r"(?:le|alle|dalle|delle) H e M", is_certain=False),
        Clock(r"H meno M", factor=-1, is_certain=False),
    ),
    hours=(r"\b(?:le|alle|dalle|delle|ore) (?:ore )?H",),
    negation=Negation(
        strong=either("non no nulla niente nessun nessuno nessuna neanche nemmeno neppure"),
        weak=(
            either(
                "male peggio è_tutto mai né senza appena solo soltanto solamente impossibile incapace errato sbagliato "
                "sbagliata manca mancano tranne "
                "eccetto rifiuta rifiutato evitare ancora altro sconosciuto incompleto insufficiente "
                "invalido meno più poco "
                "smesso vietato difficile raramente oltre inutile invece fino finché illegale impedisce"
            )
            + stems(
                "impossib incapac invalid scorrett viet proib imped rifiut assen priv illegal inesist "
                "sconosc insuffic incomplet illes unic mancat pers"
            )
        ),
        idioms=(
            r"\bnon (?:solo|soltanto|solamente)\b",
            r"\bnon appena\b",
            r"\bnon \w+ altro che\b",
            r"\bcome mai\b",
            r"\bnon (?:riattacchi|riattaccare|attacchi)\b",
            r"\b(?:non c'è |nessun|senza )problem[ai]\b|\bnon c'è problema\b",
            r"\b(?:di niente|di nulla|non c'è di che)\b",
            r"\bo (?:no|meno)\b",
            r"\bnon (?:si preoccupi|ti preoccupare|esiti|esitare)\b",
            r"\bfinché non\b|\ba meno che non\b",
            r"\bse non (?:le|ti|vi) dispiace\b",
            r"\bpiù che mai\b|\bse mai\b",
        ),
        questions=(
            r"\bperché no\b",
            r"\bnon (?:potrebbe|potresti) \b",
        ),
        tags=("no", "non è vero", "vero", "non è così", "non crede"),
        answer="no",
    ),
    letters={letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    | valued(b="bi", c="ci", d="di", f="effe", g="gi", h="acca", j="i_lunga", k="kappa", l="elle", m="emme", n="enne")
    | valued(p="pi", q="qu cu", r="erre", s="esse", t="ti", v="vu vi", w="doppia_vu", x="ics", y="ipsilon", z="zeta"),
    unsure_letters=words("a e i o u ci di ti vi"),
    spelling_links=r"(?:come(?: in)?|di)",
    function_words=words(
        "il lo gli di che è per non con una sono del della mi ho ha le si può mio mia suo sua questo questa anche come "
        "dal al alla nel nella più grazie buongiorno vorrei posso cosa quando sul ma"
    ),
    idioms=(
        r"\bmille grazie\b|\bgrazie mille\b",
        r"\bun (?:secondo|momento|attimo|minuto|po')",
        r"\bprima (?:di|che|del|della|dei|delle)\b",
        r"\bcento per cento\b",
        r"\btutti e due\b|\btutte e due\b",
    ),
    fortnight=r"H giorni|M settimane",
)
