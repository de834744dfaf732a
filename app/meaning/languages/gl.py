"""Galician."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

GALICIAN = Language(
    code="gl",
    numerals=Numerals(
        values={
            **counted("cero un/unha dous/dúas tres catro cinco seis sete oito nove dez once doce trece catorce quince"),
            **counted("dezaseis dezasete dezaoito dezanove vinte vinte_e_un", 16),
            **counted("trinta corenta cincuenta sesenta setenta oitenta noventa cen/cento", 30, 10),
            **counted(
                "douscentos/duascentas trescentos/trescentas catrocentos/catrocentas cincocentos/quiñentos", 200, 100
            ),
            **counted(
                "seiscentos/seiscentas setecentos/setecentas oitocentos/oitocentas novecentos/novecentas", 600, 100
            ),
            **counted("ambos/ambas/par/parella/dobre", 2),
            **counted("ducia/mediodía medianoite", 12, -12),
        },
        scales={"mil": 10**3, "millon": 10**6, "millons": 10**6},
        bare=words("mil"),
        ordinals={
            **counted("primeiro/primeira segundo/segunda terceiro/terceira/terzo cuarto/cuarta quinto/quinta", 1),
            **counted("sexto/sexta sétimo/sétima oitavo/oitava noveno/novena décimo/décima", 6),
        },
        unsure=words("un unha ambos ambas par parella dobre ducia mediodía medianoite segundo segunda cuarto cuarta"),
        joiners=words("e"),
        tens_need_joiner=True,
        repeats={"dobre": 2, "triplo": 3, "triple": 3},
        decimal_words=words("coma punto"),
        clock_words=words("cuarto"),
        halves=r"e medi[ao]",
    ),
    months=counted("xaneiro febreiro marzo abril maio xuño xullo agosto setembro outubro novembro decembro", 1),
    weekdays=counted("luns martes mércores xoves venres sábado/sábados domingo/domingos", 1),
    days=counted("antonte onte hoxe mañá pasadomañá/pasado_mañá", -2),
    unsure_days=words("hoxe"),
    units=valued(
        EUR="euro euros €",
        USD="dólar dólares $ usd",
        BRL="reales reais reals réis",
        GBP="libra libras £",
        MXN="pesos",
        CHF="franco francos",
        CENT="céntimo céntimos centavo centavos",
        PERCENT="por_cento %",
    ),
    clocks=(
        Clock(r"as H (?:horas )?e media", 30),
        Clock(r"as H (?:horas )?e cuarto", 15),
        Clock(r"(?:as )?H menos cuarto", -15),
        Clock(r"as H e M", is_certain=False),
        Clock(r"(?:as )?H menos M", factor=-1, is_certain=False),
    ),
    hours=(r"\bas H", r"de #\d+# a H", r"H (?:horas|h|da (?:mana|tarde|noite))\b"),
    negation=Negation(
        strong=either("non nunca xamais nada ninguén ningún ningunha ningúns ningunhas tampouco"),
        weak=(
            either(
                "mal peor é_todo nin sen apenas só soamente unicamente imposible incapaz incorrecto "
                "incorrecta inválido "
                "falta faltan faltaba agás "
                "excepto salvo deixou deixar nega rexeitou evitar aínda descoñecido incompleto "
                "insuficiente menos impide inútil "
                "ilegal prohibido difícil ata carece raramente máis contra"
            )
            + stems(
                "imposib incapac inváli incorrect prohib impid imped deneg rexeit ausen caren ilegal "
                "inexist descoñec insuficien incomplet ileso ilesa únic perd"
            )
        ),
        idioms=(
            r"\bnon (?:só|soamente)\b",
            r"\bnon obstante\b",
            r"\bnon colguen?\b",
            r"\b(?:non hai )?(?:non hai|ningún|sen) (?:problema|inconveniente)s?\b",
            r"\bde nada\b|\bnon hai de que\b",
            r"\bou non\b",
            r"\bnon (?:se preocupe|te preocupes|dubide|importa|pasa nada)\b",
            r"\bse non lle importa\b",
            r"\bnada máis\b",
        ),
        questions=(
            r"\bpor que non(?=\?)|\bcomo non\b",
            r"\bnon (?:podería|sería)\b",
        ),
        tags=("non", "non si", "non é", "non é certo", "non é verdade"),
        answer="non",
    ),
    letters={letter: letter for letter in "aeiouy"}
    | valued(b="be b", c="ce", d="de", f="efe", g="gue ge", h="hache", j="iota_longo jota", k="ka", l="ele", m="eme")
    | valued(n="ene eñe", p="pe", q="cu", r="erre", s="ese", t="te", v="uve", w="uve_dobre", x="xe", z="zeta")
    | valued(y="i_grego"),
    unsure_letters=words("a e i o u y de te ele ese ka xe"),
    spelling_links=r"(?:de|como(?: en)?|por)",
    function_words=words(
        "o os do da dos das ao coa co unha non meu miña seu súa é está ten hai moi pero polo pola para que con nas nos "
        "eu cando tamén aquí isto este grazas vostede foi teño unhas xa"
    ),
    idioms=(
        r"\bmil (?:grazas|perdons|veces)\b",
        r"\bun (?:segundo|momento|minuto|pouco|anaco)\b",
        r"\b(?:pola|da|esta|a|cada) mana\b(?! pola)",
        r"\bcen por cento\b|\bcen por cen\b",
    ),
    fortnight=r"H dias|M semanas",
)
