"""English."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

_TENS = "twenty thirty forty/fourty fifty sixty seventy eighty ninety"

ENGLISH = Language(
    code="en",
    numerals=Numerals(
        values={
            **counted(
                "zero/oh/nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
            ),
            **counted("fifteen sixteen seventeen eighteen nineteen", 15),
            **counted(_TENS, 20, 10),
            **counted("both/couple/pair/twice/double", 2),
            **counted("dozen/noon/midday midnight", 12, -12),
        },
        scales={"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
        hundreds=words("hundred"),
        bare=words("hundred thousand million billion"),
        ordinals={
            **counted("first second third/thirds fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1),
            **counted("thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth", 13),
            **counted("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth", 20, 10),
        },
        unsure=words("one oh both couple pair twice double dozen noon midday midnight second"),
        joiners=words("and"),
        joins_tens=False,
        repeats={"double": 2, "triple": 3},
        decimal_words=words("point"),
        decimal_mark=".",
        halves=r"and a half",
    ),
    months=counted(
        "january february march april may june july august september october november december",
        1,
    ),
    weekdays=counted(
        "monday/mondays tuesday/tuesdays wednesday/wednesdays thursday/thursdays friday/fridays saturday/saturdays "
        "sunday/sundays",
        1,
    ),
    days=counted("the_day_before_yesterday yesterday/last_night today tomorrow the_day_after_tomorrow", -2),
    unsure_days=words("may march today"),
    units=valued(
        EUR="euro euros €",
        USD="dollar dollars $ usd",
        BRL="reales reais reals réis",
        GBP="pound pounds £",
        MXN="pesos",
        CHF="franc francs",
        CENT="cent cents penny pence",
        PERCENT="percent per_cent %",
    ),
    clocks=(
        Clock(r"half past H", 30),
        Clock(r"quarter past H", 15),
        Clock(r"quarter (?:to|of|before) H", -15),
        Clock(r"M (?:minutes )?past H"),
        Clock(r"M minutes to H", factor=-1),
        Clock(r"M to H", factor=-1, is_certain=False),
        Clock(r"half H", 30, is_certain=False),
    ),
    hours=(
        r"\b(?:at|by|until|till|past|before|after|from|around|about) H",
        r"from #\d+# to H",
        r"H o clock",
        r"H o'clock",
        r"H ?[ap]\.? ?m\b",
        r"H (?:in the (?:morning|afternoon|evening)|at night)",
    ),
    negation=Negation(
        strong=either("not never nobody none nothing nowhere neither nor no cannot") + r"|n't\b|\bno-one\b",
        weak=(
            either(
                "badly bad poorly hard_to that's_all that_is_all without unable unless hardly barely "
                "rarely seldom except lack lacks lacking missing fail "
                "fails failed refuse "
                "refuses refused impossible incorrect invalid wrong incomplete unpaid unknown unavailable "
                "unlikely only until "
                "else stop stopped avoid any anyone anybody anything yet free instead just still prevent "
                "prevents deny denied ever "
                "insufficient inactive disabled other out less fewer unfortunately illegal useless "
                "invisible few little "
                "prohibited forbidden rather barring absent away"
            )
            + r"|\bun\w{5,}"
            + stems(
                "impossib incapab invalid incorrect prohib prevent den(?:y|ied|ies) reject absen illegal "
                "non- ban(?:s|ned)? lost unhurt"
            )
        ),
        idioms=(
            r"\bnot (?:only|just)\b",
            r"\bno (?:problem|worries|trouble|doubt|wonder|matter)\b",
            r"\bnot at all\b(?=[.,!]|$)",
            r"\bor not\b",
            r"\bif (?:you don't mind|not)\b",
            r"\bnever mind\b",
            r"\b(?:don't|do not) hang up\b",
            r"\b(?:don't|do not) (?:worry|hesitate|mention it)\b",
            r"\bcan't wait\b",
            r"\bno\. ?(?=\d)",
            r"\bno sooner\b",
        ),
        questions=(
            r"\bwhy (?:not|don't)\b",
            r"\b(?:couldn't|wouldn't) you\b",
        ),
        tags=(r"\w+n't (?:it|you|he|she|they|we|i|there)", "right", "no"),
        answer="(?:no|nope)",
    ),
    letters={letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    | valued(b="bee", c="cee", d="dee", f="eff", g="gee", j="jay", k="kay", l="el", m="em", n="en", w="double_u")
    | valued(z="zed zee", y="wye", v="vee", q="cue"),
    unsure_letters=words("a i o u y el em en"),
    spelling_links=r"(?:as in|for|like)",
    function_words=words(
        "the of to and is it for that you your with this have my what are was be will on at please "
        "not can do would i'm "
        "we our there from has they an or if need want thank how when where"
    ),
    idioms=(
        r"\b(?:just )?(?:one|a|this|that|any) (?:second|moment|minute)\b",
        r"\b(?:one|a) (?:of|another|by one)\b",
        r"\bfirst of all\b",
        r"\bsecond thoughts?\b",
        r"\ba couple of\b",
        r"\b(?:no|any|every|some)one\b",
        r"(?<!\bin )(?<!\bof )(?<!\bby )(?<!\bsince )(?<!\buntil )(?<!\blast )(?<!\bnext )(?<!\bthis )(?<!\d )"
        r"\bmay(?! (?:\d|first|second|third|\w+th\b))",
        r"\btwenty[- ]four seven\b",
        r"\b(?:two|three)[- ]dimensional\b",
    ),
    fortnight=r"H days|M weeks",
)
