"""Portuguese, of Portugal and Brazil."""

from __future__ import annotations

from app.meaning.language import Clock, Language, Negation, Numerals, counted, either, stems, valued, words

PORTUGUESE = Language(
    code="pt",
    numerals=Numerals(
        values={
            **counted("zero um/uma dois/duas três quatro cinco seis/meia sete oito nove dez onze doze treze"),
            **counted("catorze/quatorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove", 14),
            **counted("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem/cento", 20, 10),
            **counted(
                "duzentos/duzentas trezentos/trezentas quatrocentos/quatrocentas quinhentos/quinhentas", 200, 100
            ),
            **counted(
                "seiscentos/seiscentas setecentos/setecentas oitocentos/oitocentas novecentos/novecentas", 600, 100
            ),
            **counted("ambos/ambas/par/casal/dobro/duplo", 2),
            **counted("dúzia/meio_dia meia_noite", 12, -12),
        },
        scales={"mil": 10**3, "milhao": 10**6, "milhoes": 10**6, "bilhao": 10**9, "bilhoes": 10**9, "biliões": 10**12},
        bare=words("mil"),
        ordinals={
            **counted("primeiro/primeira segundo/segunda terceiro/terceira/terço quarto/quarta quinto/quinta", 1),
            **counted("sexto/sexta sétimo/sétima oitavo/oitava nono/nona décimo/décima", 6),
        },
        unsure=words(
            "um uma meia ambos ambas par casal dobro duplo dúzia meio_dia meia_noite segundo segunda "
            "quarto quarta terça "
            "quinta sexta"
        ),
        joiners=words("e"),
        tens_need_joiner=True,
        repeats={"duplo": 2, "dobro": 2, "triplo": 3},
        decimal_words=words("vírgula ponto"),
        clock_words=words("meia quarto"),
        halves=r"e mei[ao]",
    ),
    months=counted("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", 1),
    weekdays=counted(
        "segunda_feira/segunda/segundas terça_feira/terça/terças quarta_feira/quarta quinta_feira/quinta "
        "sexta_feira/sexta sábado/sábados domingo/domingos",
        1,
    ),
    days=counted("anteontem ontem hoje amanhã depois_de_amanhã", -2),
    unsure_days=words("hoje segunda segundas terça terças quarta quinta sexta"),
    units=valued(
        EUR="euro euros €",
        USD="dólar dólares $ usd",
        BRL="real reais",
        GBP="libra libras £",
        MXN="pesos",
        CHF="franco francos",
        CENT="cêntimo cêntimos centavo centavos",
        PERCENT="por_cento %",
    ),
    clocks=(
        Clock(r"(?:as|das|pelas) H (?:horas )?e meia", 30),
        Clock(r"(?:as|das|pelas) H (?:horas )?e (?:(?:um|#\d+#) )?quarto", 15),
        Clock(r"(?:(?:um|#\d+#) )?quarto para as H", -15),
        Clock(r"H menos (?:(?:um|#\d+#) )?quarto", -15),
        Clock(r"M (?:minutos )?para as H", factor=-1),
        Clock(r"(?:as|das|pelas) H e M", is_certain=False),
        Clock(r"(?:as|das|pelas) H horas e M", is_certain=False),
    ),
    hours=(r"\b(?:as|das|pelas) H", r"de #\d+# a H", r"H (?:horas|h|da (?:manha|tarde|noite))\b"),
    negation=Negation(
        strong=either("não nunca jamais nada ninguém nenhum nenhuma nenhuns nenhumas tampouco"),
        weak=(
            either(
                "é_tudo pior nem sem apenas só somente impossível incapaz incorreto incorreta inválido inválida errado "
                "falta faltam faltava "
                "exceto salvo deixou deixar nega recusou recusado evitar ainda mal desconhecido incompleto "
                "insuficiente menos "
                "raramente impede inútil ilegal proibido difícil até carece contra mais outra"
            )
            + stems(
                "impossib incapa inváli incorret proíb proib imped recus ausên illegal ilegal inexist "
                "desconhec insuficien incomplet iles únic perd"
            )
        ),
        idioms=(
            r"\bnão (?:só|apenas|somente)\b",
            r"\bpois não\b",
            r"\bnão (?:desligue|desliguem)\b",
            r"\b(?:não há |não tem )?(?:não há|não tem|nenhum|sem) problemas?\b",
            r"\bde nada\b",
            r"\bou não\b",
            r"\bnão (?:se preocupe|te preocupes|hesite|deixe de)\b",
            r"\bse não se importa(?:r)?\b",
            r"\baté que não\b|\ba não ser\b",
            r"\bmais nada\b",
        ),
        questions=(
            r"\bpor que não(?=\?)",
            r"\bnão (?:poderia|podia|seria)\b",
        ),
        tags=("não", "não é", "né", "não é verdade", "não é assim", "não acha"),
        answer="não",
    ),
    letters={letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    | valued(b="bê", c="cê", d="dê", f="efe", g="gê", h="agá", j="jota", k="cá", l="ele", m="eme", n="ene", p="pê")
    | valued(q="quê", r="erre", s="esse", t="tê", v="vê", w="dáblio", x="xis", y="ípsilon", z="zê"),
    unsure_letters=words("a e o i u ele esse de que te ve ca da"),
    spelling_links=r"(?:de|como(?: em)?)",
    function_words=words(
        "o os não do da dos das em um uma para com que é meu minha seu sua no na ao você está tem mas muito isso este "
        "esta foi eu quando também aqui obrigado obrigada pelo pela são vou preciso"
    ),
    idioms=(
        r"\bmil (?:desculpas|obrigados|vezes)\b",
        r"\b(?:um|uma|so um) (?:segundo|momento|instante|minuto|pouco|bocadinho)\b",
        r"\bmei[ao] hora\b",
        r"\bcem por cento\b",
        r"\b(?:pela|de|da|esta|a) segunda vez\b",
    ),
    fortnight=r"H dias|M semanas",
)
