"""French."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

FRENCH = Language(
    code="fr",
    numerals=Numerals(
        values={
            **counted(
                "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
            ),
            **counted("dix_sept dix_huit dix_neuf", 17),
            **counted("vingt trente quarante cinquante soixante septante", 20, 10),
            **counted("quatre_vingt/quatre_vingts/huitante/octante nonante", 80, 10),
            **counted("paire/couple/double", 2),
            **counted("douzaine/midi minuit", 12, -12),
            **counted("dizaine vingtaine trentaine quarantaine cinquantaine soixantaine", 10, 10),
            **counted("quinzaine", 15),
            **counted("centaine", 100),
        },
        scales={"mille": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
        hundreds=words("cent cents"),
        bare=words("mille cent"),
        ordinals={
            **counted(
                "premier/première deuxième/second/seconde troisième/tiers quatrième cinquième sixième septième", 1
            ),
            **counted("huitième neuvième dixième onzième douzième treizième quatorzième quinzième", 8),
        },
        unsure=words(
            "un une paire couple double douzaine midi minuit second seconde neuf dizaine quinzaine vingtaine trentaine "
            "quarantaine cinquantaine soixantaine centaine"
        ),
        joiners=words("et"),
        joins_hundreds=False,
        teens_after=frozenset({60, 80}),
        repeats={"double": 2, "triple": 3},
        decimal_words=words("virgule"),
        halves=r"et demie?",
    ),
    months=counted("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", 1),
    weekdays=counted(
        "lundi/lundis mardi/mardis mercredi/mercredis jeudi/jeudis vendredi/vendredis "
        "samedi/samedis dimanche/dimanches",
        1,
    ),
    days=counted("avant_hier hier aujourd_hui demain après_demain", -2),
    unsure_days=words("aujourd_hui"),
    units=valued(
        EUR="euro euros €",
        USD="dollar dollars $ usd",
        BRL="reales reais reals réis",
        GBP="livre livres £",
        MXN="pesos",
        CHF="franc francs",
        CENT="centime centimes cents",
        PERCENT="pour_cent %",
    ),
    clocks=(
        Clock(r"H heures? et demie", 30),
        Clock(r"H heures? et quart", 15),
        Clock(r"H heures? moins le quart", -15),
        Clock(r"H heures? moins M", factor=-1),
        Clock(r"H heures? M"),
    ),
    hours=(r"de #\d+# a H", r"H heures?", r"H h\b"),
    negation=Negation(
        strong=either("ne pas jamais rien aucun aucune non") + r"|\bn'(?=\w)|\bpersonne ne\b",
        weak=(
            either(
                "mal c'est_tout ce_sera_tout ni sans sauf excepté impossible incapable incorrect "
                "incorrecte invalide manque manquent "
                "guère peine seulement "
                "uniquement refuse refusé éviter évitez encore toujours plus moins inconnu inconnue impayé "
                "incomplet faux "
                "erroné insuffisant arrêté arrêter autre interdit inutile illégal empêche peu rarement absent avant"
            )
            + stems(
                "impossib incapab invalid incorrect interdi empêch refus absen dépourv illégal inexist "
                "inconnu insuffis incompl indemne uniqu perd"
            )
        ),
        idioms=(
            r"\bn(?:e |')(?:(?!pas\b|plus\b|jamais\b|rien\b|que\b)[\w']+ ){1,5}(?:que "
            r"|qu')(?!il\b|elle\b|ils\b|je\b|vous\b|nous\b|on\b)",
            r"\bpas (?:de|du tout de|d'autre) (?:problème|souci)s?\b|\bpas de quoi\b",
            r"\b(?:il n'y a |ce n'est |y a )?(?:pas|aucun) (?:de )?(?:problème|souci|grave)\b",
            r"\bnon seulement\b",
            r"\b(?:de rien|ce n'est rien)\b",
            r"\bou (?:non|pas)\b",
            r"\bne (?:raccrochez|vous inquiétez|t'inquiète|quittez|vous en faites|bougez) pas\b|\bne quittez pas\b",
            r"\b(?:ne|n') ?hésitez pas\b|\bn'hésitez pas\b",
            r"\bavant qu'(?:il|elle|on) ne\b",
        ),
        questions=(
            r"\bpourquoi pas\b",
            r"\bne (?:pourriez|pouvez|serait)-(?:vous|il) pas\b|\bn'auriez-vous pas\b",
        ),
        tags=("n'est-ce pas", "non", "pas vrai", "hein"),
        answer="non",
    ),
    letters={letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    | valued(b="bé", c="cé", d="dé", f="effe", g="gé", h="hache", j="ji", k="ka", l="elle", m="emme", n="enne", p="pé")
    | valued(r="erre", s="esse", t="té", v="vé", w="double_vé", x="ixe", y="i_grec", z="zède"),
    unsure_letters=words("a e i o u y elle de ce se te ka"),
    spelling_links=r"(?:comme(?: dans)?|de|pour)",
    function_words=words(
        "le la les des du et est une pour que vous je mon ma votre avec sur dans ne pas nous ce "
        "cette qui il elle c'est "
        "j'ai au aux êtes puis bonjour merci quel quelle mes vos été son"
    ),
    idioms=(
        r"\bmille (?:mercis|excuses|fois)\b",
        r"\bune? (?:seconde|instant|moment|minute|peu)\b",
        r"\bl'une? (?:et|ou|de) l'autre\b",
        r"\btous les deux\b",
        r"\bcent pour cent\b",
    ),
    fortnight=r"H jours|M semaines",
)
