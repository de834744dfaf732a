"""Catalan."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

CATALAN = Language(
    code="ca",
    numerals=Numerals(
        values={
            **counted(
                "zero un/una/u dos/dues tres quatre cinc sis set vuit/huit nou deu onze dotze tretze catorze quinze"
            ),
            **counted("setze disset/desset/disset divuit/dihuit dinou/denou vint", 16),
            **counted("trenta quaranta cinquanta seixanta setanta vuitanta/huitanta noranta", 30, 10),
            **counted("ambdós/ambdues/parell/parella/doble", 2),
            **counted("dotzena/migdia mitjanit", 12, -12),
        },
        scales={"mil": 10**3, "milio": 10**6, "milions": 10**6},
        hundreds=words("cent cents centes"),
        bare=words("mil cent"),
        ordinals={
            **counted("primer/primera segon/segona tercer/tercera/terç quart/quarta cinquè/cinquena sisè/sisena", 1),
            **counted("setè/setena vuitè/vuitena novè/novena desè/desena onzè/onzena dotzè", 7),
        },
        unsure=words(
            "un una u nou deu ambdós ambdues parell parella doble dotzena migdia mitjanit segon segona "
            "quart quarta novena "
            "desena"
        ),
        joiners=words("i"),
        joins_hundreds=False,
        repeats={"doble": 2, "triple": 3},
        decimal_words=words("coma"),
        clock_words=words("quart"),
        halves=r"i (?:mig|mitja)",
    ),
    months=counted("gener febrer març abril maig juny juliol agost setembre octubre novembre desembre", 1),
    weekdays=counted("dilluns dimarts dimecres dijous divendres dissabte/dissabtes diumenge/diumenges", 1),
    days=counted("abans_d'ahir ahir/anit avui/hui demà demà_passat", -2),
    unsure_days=words("avui hui"),
    units=valued(
        EUR="euro euros €",
        USD="dòlar dòlars $ usd",
        BRL="reales reais reals réis",
        GBP="lliura lliures £",
        MXN="pesos",
        CHF="franc francs",
        CENT="cèntim cèntims centau centaus",
        PERCENT="per_cent %",
    ),
    clocks=(
        Clock(r"M quarts? (?:de|d')? ?H", factor=15, hour_shift=-1),
        Clock(r"(?:les|la) H i mitja", 30),
        Clock(r"(?:les|la) H i quart", 15),
        Clock(r"H menys quart", -15),
        Clock(r"(?:les|la) H i M", is_certain=False),
        Clock(r"H menys M", factor=-1, is_certain=False),
    ),
    hours=(r"\bl[ae]s? H", r"de #\d+# a H", r"H (?:hores|h|del mati|de la (?:tarda|nit))\b"),
    negation=Negation(
        strong=either("no mai ningú gens tampoc res")
        + r"|\bcap (?!a\b|al\b|als\b|de setmana\b|d'any\b|aquí\b|allà\b|endavant\b|on\b)",
        weak=(
            either(
                "malament pitjor és_tot ni sense només sols solament impossible incapaç incorrecte "
                "incorrecta invàlid falta "
                "falten faltava excepte llevat "
                "tret deixat deixar nega rebutjat evitar encara desconegut incomplet insuficient menys "
                "impedeix inútil il·legal "
                "prohibit difícil fins manca rarament més contra"
            )
            + stems(
                "impossib incapa invàl incorrect prohib imped deneg rebutj absèn mancan il·legal inexist "
                "desconeg insuficien incomplet il·les únic perd"
            )
        ),
        idioms=(
            r"\bno (?:només|sols|solament)\b",
            r"\bno obstant\b",
            r"\bno (?:pengi|pengin|pengis)\b",
            r"\b(?:no hi ha |sense |cap )(?:cap )?(?:problema|inconvenient)s?\b",
            r"\bde res\b|\bno es mereixen\b",
            r"\bo no\b",
            r"\bno (?:es preocupi|et preocupis|dubti|passa res|importa)\b",
            r"\bsi no li (?:importa|fa res)\b",
            r"\bres més\b",
        ),
        questions=(
            r"\bper què no(?=\?)|\bi tant\b|\bcom no\b",
            r"\bno (?:podria|seria)\b",
        ),
        tags=("oi", "no", "no és així", "no és cert", "oi que no", "eh"),
        answer="no",
    ),
    letters={letter: letter for letter in "aeiouy"}
    | valued(b="be b", c="ce", d="de", f="efa", g="ge", h="hac", j="jota", k="ca", l="ela", m="ema", n="ena", p="pe")
    | valued(q="cu", r="erra", s="essa", t="te", v="ve_baixa", w="ve_doble", x="ics", z="zeta", y="i_grega"),
    unsure_letters=words("a e i o u y de te ca ce"),
    spelling_links=r"(?:de|d'|com(?: a)?|per)",
    function_words=words(
        "el els les del dels al amb per que és meu meva seu seva hi ha una i no ho em li està té però molt això aquest "
        "aquesta quan també aquí gràcies vull tinc sóc són va vostè nom dia ser"
    ),
    idioms=(
        r"\bmoltes? gracies\b",
        r"\bun (?:segon|moment|minut|instant|poc)\b",
        r"\bcent per cent\b",
    ),
    fortnight=r"H dies|M setmanes",
)
