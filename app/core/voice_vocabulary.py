"""The words of spoken commands, per language: data for ``voice_commands``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language's phrases as they are written, comma separated."""

    wake: str
    """How the bridge is addressed."""
    polite: str
    """What may stand anywhere and says nothing; with it a bare "slower" is a request."""
    repeat: str
    slower: str
    """These two alone may be statements ("It is slower."), ..."""
    faster: str
    speak_slower: str
    """... and these two are requests as they are."""
    speak_faster: str


VOCABULARIES: dict[str, Vocabulary] = {
    "es": Vocabulary(
        wake="intérprete",
        polite="por favor, gracias, perdón, perdone, disculpe",
        repeat=(
            "repita, repite, repítalo, repita eso, repita lo último, puede repetir, puede repetirlo, puede "
            "repetir eso, me lo puede repetir, puedes repetir, otra vez, dígalo otra vez, qué ha dicho"
        ),
        slower="más despacio, más de espacio, más lento, más lentamente, un poco más despacio, despacio",
        faster="más rápido, más deprisa, un poco más rápido",
        speak_slower=(
            "hable más despacio, habla más despacio, hable más lento, puede hablar más despacio, podría hablar "
            "más despacio, puede hablar más lento, hable más de espacio, puede hablar más de espacio"
        ),
        speak_faster="hable más rápido, habla más rápido, hable más deprisa, puede hablar más rápido",
    ),
    "en": Vocabulary(
        wake="interpreter",
        polite="please, thank you, thanks, sorry, excuse me",
        repeat=(
            "repeat, repeat that, repeat it, say that again, say it again, again, once more, can you repeat, "
            "can you repeat that, could you repeat, could you repeat that, can you say that again, could you "
            "say that again, what did they say, what was that"
        ),
        slower="slower, more slowly, a bit slower, a little slower",
        faster="faster, a bit faster, a little faster",
        speak_slower=(
            "speak slower, speak more slowly, slow down, can you slow down, could you slow down, can you speak "
            "slower, can you speak more slowly, could you speak slower, could you speak more slowly"
        ),
        speak_faster="speak faster, speed up, can you speak faster, could you speak faster",
    ),
    "fr": Vocabulary(
        wake="interprète",
        polite="s'il vous plaît, s'il te plaît, merci, pardon, excusez-moi",
        repeat=(
            "répétez, répète, répétez ça, répétez cela, pouvez-vous répéter, vous pouvez répéter, pourriez-vous"
            " répéter, pouvez-vous répéter ça, encore une fois, redites-le"
        ),
        slower="plus lentement, moins vite, plus doucement, un peu plus lentement",
        faster="plus vite, plus rapidement, un peu plus vite",
        speak_slower=(
            "parlez plus lentement, parlez moins vite, pouvez-vous parler plus lentement, vous pouvez parler "
            "plus lentement, pourriez-vous parler plus lentement, pouvez-vous parler moins vite, vous pouvez "
            "parler moins vite"
        ),
        speak_faster="parlez plus vite, pouvez-vous parler plus vite, vous pouvez parler plus vite",
    ),
    "it": Vocabulary(
        wake="interprete",
        polite="per favore, per piacere, per cortesia, grazie, scusi",
        repeat=(
            "ripeta, ripeti, ripetere, può ripetere, puoi ripetere, potrebbe ripetere, lo può ripetere, può ripeterlo, "
            "ancora una volta, un'altra volta, di nuovo"
        ),
        slower="più lentamente, più piano, un po' più lentamente",
        faster="più veloce, più velocemente, più in fretta",
        speak_slower=(
            "parli più lentamente, parli più piano, può parlare più lentamente, potrebbe parlare più "
            "lentamente, può parlare più piano, potrebbe parlare più piano"
        ),
        speak_faster="parli più veloce, parli più velocemente, può parlare più velocemente",
    ),
    "pt": Vocabulary(
        wake="intérprete",
        polite="por favor, se faz favor, obrigado, obrigada, desculpe",
        repeat=(
            "repita, repete, repita isso, pode repetir, podia repetir, pode repetir isso, outra vez, mais uma "
            "vez, de novo"
        ),
        slower="mais devagar, mais lento, mais lentamente, um pouco mais devagar",
        faster="mais rápido, mais depressa, um pouco mais rápido",
        speak_slower="fale mais devagar, pode falar mais devagar, podia falar mais devagar",
        speak_faster="fale mais rápido, fale mais depressa, pode falar mais rápido, pode falar mais depressa",
    ),
    "gl": Vocabulary(
        wake="intérprete",
        polite="por favor, grazas, desculpe, perdoe",
        repeat="repita, repite, pode repetir, pode repetilo, podería repetir, outra vez, unha vez máis, de novo",
        slower="máis a modo, máis amodo, máis devagar, máis lento, un pouco máis a modo",
        faster="máis rápido, máis á présa",
        speak_slower="fale máis a modo, fale máis devagar, pode falar máis a modo, pode falar máis devagar",
        speak_faster="fale máis rápido, pode falar máis rápido",
    ),
    "de": Vocabulary(
        wake="Dolmetscher, Dolmetscherin, Übersetzer",
        polite="bitte, danke, Entschuldigung",
        repeat=(
            "wiederholen, wiederholen Sie, wiederholen Sie das, wiederhole, wiederhole das, können Sie das "
            "wiederholen, könnten Sie das wiederholen, kannst du das wiederholen, noch einmal, nochmal, sagen "
            "Sie das noch einmal"
        ),
        slower="langsamer, etwas langsamer, ein bisschen langsamer",
        faster="schneller, etwas schneller, ein bisschen schneller",
        speak_slower=(
            "sprechen Sie langsamer, können Sie langsamer sprechen, könnten Sie langsamer sprechen, können Sie "
            "etwas langsamer sprechen, könnten Sie etwas langsamer sprechen"
        ),
        speak_faster="sprechen Sie schneller, können Sie schneller sprechen, könnten Sie schneller sprechen",
    ),
    "ca": Vocabulary(
        wake="intèrpret",
        polite="si us plau, sisplau, gràcies, perdoni",
        repeat=(
            "repeteixi, repeteixi-ho, repeteix, pot repetir, ho pot repetir, pot repetir-ho, podria repetir, "
            "una altra vegada, un altre cop, torni-ho a dir"
        ),
        slower="més a poc a poc, més lent, més lentament, una mica més a poc a poc",
        faster="més ràpid, més de pressa",
        speak_slower="parli més a poc a poc, pot parlar més a poc a poc, podria parlar més a poc a poc",
        speak_faster="parli més ràpid, parli més de pressa, pot parlar més ràpid",
    ),
    "ar": Vocabulary(
        wake="يا مترجم, مترجم, المترجم, أيها المترجم, أيتها المترجمة",
        polite="من فضلك, لو سمحت, رجاء, شكرا, عفوا",
        repeat=(
            "أعد, كرر, أعد ذلك, كرر ذلك, هل يمكنك الإعادة, هل يمكنك التكرار, هل يمكن أن تعيد, هل يمكنك أن تعيد,"
            " مرة أخرى, مرة ثانية"
        ),
        slower="أبطأ, ببطء, على مهلك",
        faster="أسرع, بسرعة أكبر",
        speak_slower="تكلم ببطء, تحدث ببطء, هل يمكنك التحدث ببطء, هل يمكنك التكلم ببطء",
        speak_faster="تكلم أسرع, تحدث أسرع, هل يمكنك التحدث أسرع",
    ),
}
