"""Spanish."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

SPANISH = Language(
    code="es",
    numerals=Numerals(
        values={
            **counted(
                "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
            ),
            **counted("dieciséis diecisiete dieciocho diecinueve veinte veintiuno/veintiún/veintiuna veintidós", 16),
            **counted("veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve", 23),
            **counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa cien/ciento", 30, 10),
            **counted("doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas", 200, 100),
            **counted("quinientos/quinientas seiscientos/seiscientas setecientos/setecientas", 500, 100),
            **counted("ochocientos/ochocientas novecientos/novecientas", 800, 100),
            **counted("ambos/ambas/par/pareja/doble", 2),
            **counted("docena mediodía", 12, 0),
            **counted("medianoche", 0),
        },
        scales={"mil": 10**3, "millon": 10**6, "millones": 10**6, "billon": 10**12, "billones": 10**12},
        bare=words("mil"),
        ordinals={
            **counted("primero/primera/primer segundo/segunda tercero/tercera/tercer/tercio cuarto/cuarta", 1),
            **counted("quinto/quinta sexto/sexta séptimo/séptima octavo/octava noveno/novena décimo/décima", 5),
            **counted(
                "undécimo/undécima/decimoprimero duodécimo/duodécima decimotercero/decimotercera/decimotercer", 11
            ),
            **counted("decimocuarto/decimocuarta decimoquinto/decimoquinta decimosexto decimoséptimo decimoctavo", 14),
        },
        unsure=words(
            "un una uno ambos ambas par pareja doble docena mediodía medianoche segundo segunda cuarto cuarta"
        ),
        joiners=words("y"),
        joins_hundreds=False,
        tens_need_joiner=True,
        repeats={"doble": 2, "triple": 3},
        decimal_words=words("coma punto"),
        clock_words=words("cuarto"),
        halves=r"y medi[ao]",
    ),
    months=counted(
        "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre", 1
    ),
    weekdays=counted("lunes martes miércoles jueves viernes sábado/sábados domingo/domingos", 1),
    days=counted("anteayer ayer/anoche hoy mañana pasado_mañana", -2),
    unsure_days=words("hoy"),
    units=valued(
        EUR="euro euros €",
        USD="dólar dólares $ usd",
        BRL="reales reais reals réis",
        GBP="libra libras £",
        MXN="pesos",
        CHF="franco francos",
        CENT="céntimo céntimos centavo centavos",
        PERCENT="por_ciento %",
    ),
    clocks=(
        Clock(r"las? H (?:horas )?y media", 30),
        Clock(r"las? H (?:horas )?y cuarto", 15),
        Clock(r"(?:las? )?H menos cuarto", -15),
        Clock(r"las? H y M", is_certain=False),
        Clock(r"las? H con M", is_certain=False),
        Clock(r"(?:las? )?H menos M", factor=-1, is_certain=False),
    ),
    hours=(
        r"\blas? H",
        r"de #\d+# a H",
        r"H (?:horas|h|de la (?:mañana|tarde|noche|madrugada)|del mediodia)\b",
        r"H [ap]\.? ?m\b",
    ),
    negation=Negation(
        strong=either("no nunca jamás nada nadie ningún ninguno ninguna ningunas ningunos tampoco"),
        weak=(
            either(
                "mal mala peor es_todo ni sin apenas solo sólo solamente únicamente imposible incapaz "
                "incorrecto incorrecta "
                "inválido inválida falta faltan "
                "faltaba salvo excepto dejado dejó dejar deja niega negó rechazó rechazado evitar evite más_que menos "
                "desconocido desconocida impagado incompleto insuficiente sigue aún todavía impide impedir "
                "contra raramente "
                "rara_vez inútil invisible ilegal difícil hasta prohibido carece carecen inexistente desconoce"
            )
            + stems(
                "imposib incapac inváli incorrect prohib impid imped deneg rechaz ausen carec incumpl "
                "inexist ilegal inút desconoc insuficien incomplet ileso ilesa únic perd"
            )
        ),
        idioms=(
            r"\bno (?:solo|sólo|solamente|únicamente)\b",
            r"\bno obstante\b",
            r"\bno (?:cuelgue|cuelgues|cuelguen)\b",
            r"\bcómo no\b",
            r"\b(?:no hay |no tengo )?(?:no hay|ningún|sin) (?:problema|inconveniente)s?\b",
            r"\b(?:no hay )?de nada\b",
            r"\bno hay de qué\b",
            r"\bno (?:se preocupe|te preocupes|dude|dudes|importa|pasa nada)\b",
            r"\bnada más\b",
            r"\bhasta que no\b",
            r"\bsi no (?:le|te|os|les) (?:importa|molesta)\b",
            r"\bo no\b",
            r"\bno \. ?(?=\d)",
        ),
        questions=(
            r"¿no (?:podría|podrías|podrían|le importaría|te importaría|sería)\b",
            r"\bpor qué no(?=\?)",
        ),
        tags=("¿?no", "¿?no es (?:así|cierto|verdad)", "¿?no (?:cree|crees)", "¿?verdad que no"),
        answer="no",
    ),
    letters={
        **{name: name for name in "aeiouy"},
        **valued(b="be b", c="ce", d="de", f="efe", g="ge", h="hache", j="jota", k="ka", l="ele", m="eme", n="ene eñe"),
        **valued(p="pe", q="cu", r="erre", s="ese", t="te", v="uve ve", w="uve_doble doble_ve doble_uve"),
        **valued(x="equis", z="zeta", y="ye i_griega"),
    },
    unsure_letters=words("a e i o u y de te se la ese ve ka"),
    spelling_links=r"(?:de|como(?: en)?|por)",
    function_words=words(
        "el los las del al y en con por para una que se su lo le me es está hay tiene puede pero muy más esto usted mi "
        "este esta ha he cuando qué cómo también aquí quiero necesito gracias"
    ),
    idioms=(
        r"\bgracias mil\b|\bmil (?:gracias|perdones|disculpas|veces)\b",
        r"\bun (?:segundo|momento|minuto|poco)\b",
        r"\b(?:esta|la|cada|una|media) manana\b(?! por)",
        r"\bentre (?:uno|una) y otr[oa]\b",
        r"\bveinticuatro siete\b",
        r"\bcien por cien\b",
    ),
    fortnight=r"H dias|M semanas",
)
