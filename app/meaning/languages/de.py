"""German."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

_ORDINAL_STEMS = (
    "erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft dreizehnt vierzehnt fünfzehnt sechzehnt "
    "siebzehnt achtzehnt neunzehnt zwanzigst einundzwanzigst zweiundzwanzigst dreiundzwanzigst vierundzwanzigst "
    "fünfundzwanzigst sechsundzwanzigst siebenundzwanzigst achtundzwanzigst neunundzwanzigst dreißigst einunddreißigst"
)

GERMAN = Language(
    code="de",
    numerals=Numerals(
        values={
            **counted(
                "null eins/ein/eine/einen/einem/einer zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf"
            ),
            **counted("dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn", 13),
            **counted("zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig neunzig", 20, 10),
            **counted("beide/beiden/beides/paar/doppelt", 2),
            **counted("dutzend/mittag mitternacht", 12, -12),
        },
        scales={"tausend": 10**3, "million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9},
        hundreds=words("hundert"),
        bare=words("hundert tausend"),
        ordinals=counted(
            " ".join("/".join(stem + end for end in ("e", "en", "er", "es", "em")) for stem in _ORDINAL_STEMS.split()),
            1,
        ),
        unsure=words(
            "eins ein eine einen einem einer beide beiden beides paar doppelt dutzend mittag mitternacht zweite zweiten"
        ),
        joiners=words("und"),
        joins_hundreds=True,
        units_before_tens=True,
        has_compounds=True,
        repeats={"doppel": 2, "doppelt": 2, "zweimal": 2, "dreimal": 3},
        decimal_words=words("komma"),
        halves=r"einhalb",
    ),
    months=counted("januar/jänner februar märz april mai juni/juno juli august september oktober november dezember", 1),
    weekdays=counted(
        "montag/montags dienstag/dienstags mittwoch/mittwochs donnerstag/donnerstags freitag/freitags "
        "samstag/samstags/sonnabend sonntag/sonntags",
        1,
    ),
    days=counted("vorgestern gestern heute morgen übermorgen", -2),
    unsure_days=words("heute morgen"),
    units=valued(
        EUR="euro euros €",
        USD="dollar $ usd",
        BRL="reales reais reals réis",
        GBP="pfund £",
        MXN="pesos",
        CHF="franken",
        CENT="cent cents",
        PERCENT="prozent %",
    ),
    clocks=(
        Clock(r"halb H", 30, hour_shift=-1),
        Clock(r"viertel nach H", 15),
        Clock(r"viertel vor H", -15),
        Clock(r"dreiviertel H", 45, hour_shift=-1),
        Clock(r"viertel H", 15, hour_shift=-1),
        Clock(r"M (?:minuten )?nach H", is_certain=False),
        Clock(r"M (?:minuten )?vor H", factor=-1, is_certain=False),
        Clock(r"H uhr M"),
    ),
    hours=(r"\b(?:um|gegen|ab|bis|von) H", r"H uhr"),
    negation=Negation(
        strong=either(
            "nicht nie niemals niemand niemanden niemandem nichts nirgends nirgendwo weder kein keine "
            "keinen keinem keiner "
            "keines keins nein"
        ),
        weak=(
            either(
                "schlecht schlechter das_ist_alles das_war_alles ohne kaum selten außer unmöglich falsch "
                "ungültig unbezahlt unbekannt fehlt fehlen fehlte "
                "nur bloß lediglich "
                "weigert verweigert abgelehnt vermeiden statt noch anders sonst weniger erst unvollständig "
                "leer stattdessen "
                "verboten nutzlos leider unterlassen verhindert"
            )
            + r"|\bun\w{5,}"
            + stems("unmögl verbiet verbot verhinder abgelehn fehl mangel nicht- verlor")
        ),
        idioms=(
            r"\bnicht nur\b",
            r"\bkein(?:e|en)? (?:problem|ursache|sorge|zweifel|thema)\b",
            r"\bnichts zu danken\b",
            r"\b(?:legen sie )?(?:bitte )?nicht auf(?:legen)?\b",
            r"\boder nicht\b",
            r"\bmachen sie sich keine (?:sorgen|gedanken)\b",
            r"\bzögern sie nicht\b",
            r"\bwenn es ihnen nichts ausmacht\b",
            r"\bgar nicht so\b",
        ),
        questions=(
            r"\bwarum nicht\b",
            r"\b(?:könnten|würden) sie (?:mir |uns )?nicht\b",
        ),
        tags=("nicht wahr", "nicht", "oder", "oder nicht", "ne", "stimmt's"),
        answer="(?:nein|nee)",
    ),
    letters={letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    | valued(b="be", c="ce", d="de", g="ge", h="ha", j="jot", k="ka", p="pe", q="ku", t="te", v="vau", w="we", x="ix")
    | valued(y="ypsilon", z="zet", f="ef", l="el", m="em", n="en", r="er", s="es"),
    unsure_letters=words("a e i o u er es da de so wo ha we em en el te ef"),
    spelling_links=r"(?:wie(?: in)?)",
    function_words=words(
        "der die das und ist ich sie nicht mit für ein eine einen den dem von zu auf es wir haben hat ihre mein meine "
        "bitte kann können wie was bei noch wird werden auch im am sind danke"
    ),
    idioms=(
        r"\btausend dank\b",
        r"\b(?:eine|einen) (?:sekunde|moment|augenblick|minute)\b",
        r"\b(?:guten|am|jeden|diesen|heute|gestern) morgen\b",
        r"\bein paar\b",
        r"\brund um die uhr\b",
    ),
    fortnight=r"H tagen?|M wochen",
)
