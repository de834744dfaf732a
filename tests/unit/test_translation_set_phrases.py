"""Set phrases, doubts about translations, and repairs of conversation: what needs no engine to be judged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.translation.doubts import doubt
from app.translation.repairs import AFTER, BEFORE, LAST, repair
from app.translation.routes import Step
from app.translation.set_phrases import SetPhrases, load_set_phrases

LANGUAGES = ("en", "es", "fr", "it", "pt", "gl", "ca")

PHRASES = load_set_phrases()
ROWS = [dict(row) for row in PHRASES.rows]

PT_ES, ES_PT = Step("apertium", "pt", "es"), Step("apertium", "es", "pt")
FR_ES, ES_FR, ES_IT = Step("apertium", "fr", "es"), Step("apertium", "es", "fr"), Step("apertium", "es", "it")


def translated(sentence: str, source: str, target: str) -> str:
    """What comes out where the engine leaves everything as it was."""
    frame = PHRASES.frame(sentence, source, target)
    return frame.fill(frame.rest)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["en"][0])
def test_a_row_says_one_thing_in_every_language(row: dict[str, tuple[str, ...]]) -> None:
    assert set(row) == set(LANGUAGES)
    is_question = row["en"][0].endswith("?")
    for language, wordings in row.items():
        assert all(wording == wording.strip() and wording for wording in wordings)
        assert all(wording.endswith("?") == is_question for wording in wordings)
        assert all(wording.startswith("¿") == (is_question and language == "es") for wording in wordings)
        assert not any(char.isdigit() for wording in wordings for char in wording)


@pytest.mark.parametrize("source", LANGUAGES)
@pytest.mark.parametrize("target", LANGUAGES)
def test_every_wording_is_recognised_as_a_whole_sentence(source: str, target: str) -> None:
    if source == target:
        return
    said = {row[target][0].strip("¿? ").casefold() for row in ROWS}
    for row in ROWS:
        for wording in row[source]:
            sentence = wording if wording.endswith("?") else f"{wording}."
            frame = PHRASES.frame(sentence, source, target)
            assert not frame.rest, sentence
            if len(frame.before + frame.after) == 1:
                assert frame.fill("").strip("¿?. ").casefold() in said


def test_no_row_is_shadowed() -> None:
    """The wording that is said leads back to its row from most languages, so that none of them is dead."""
    for row in ROWS:
        found = [
            PHRASES.find(row[source][0], source, target, asked=row[source][0].endswith("?"))
            for source in LANGUAGES
            for target in LANGUAGES
            if source != target
        ]
        own = {wordings[0].strip("¿? ") for wordings in row.values()}
        assert sum(wording is not None and wording.text in own for wording in found) * 2 > len(found), row["en"]


@pytest.mark.parametrize(
    ("source", "target", "sentence", "expected"),
    [
        ("es", "en", "Gracias.", "Thank you."),
        ("es", "en", "gracias", "thank you"),
        ("es", "en", "¡GRACIAS!", "Thank you!"),
        ("en", "es", "Thank you!", "¡Gracias!"),
        ("en", "es", "Yes?", "¿Sí?"),
        ("en", "es", "How can I help you", "¿En qué puedo ayudarle?"),
        ("es", "fr", "Buenos días, ¿en qué puedo ayudarle?", "Bonjour, comment puis-je vous aider ?"),
        ("en", "es", "Hello, how can I help you?", "Hola, ¿en qué puedo ayudarle?"),
        ("en", "es", "I didn't understand, can you repeat, please?", "No lo entiendo, ¿podría repetirlo, por favor?"),
        ("es", "en", "Vale, gracias, lo siento.", "Okay, thank you, I'm sorry."),
        ("fr", "es", "Merci beaucoup, au revoir", "Muchas gracias, adiós"),
        ("it", "en", "lunedì", "Monday"),
    ],
)  # fmt: skip
def test_phrases_alone(source: str, target: str, sentence: str, expected: str) -> None:
    assert translated(sentence, source, target) == expected


@pytest.mark.parametrize(
    ("sentence", "rest", "engine", "expected"),
    [
        ("Lo siento mucho, ¿cuál es el total?", "¿Cuál es el total?", "What is the total?",
         "I'm very sorry, what is the total?"),
        ("Sí, Marta no está, gracias.", "Marta no está.", "Marta is out.", "Yes, Marta is out, thank you."),
        ("Sí, el lunes voy.", "El lunes voy.", "Monday I go.", "Yes, Monday I go."),
        ("No, yo pago.", "Yo pago.", "I pay.", "No, I pay."),
        ("¿Me da su talla, por favor?", "¿Me da su talla?", "Will you give me your size?",
         "Will you give me your size, please?"),
        ("¿Perdone, dónde está la tienda?", "¿Dónde está la tienda?", "Where is the shop?",
         "Excuse me, where is the shop?"),
        ("¿Está abierto, no?", "Está abierto.", "It is open.", "It is open, right?"),
        ("Sí, OK es mi marca.", "OK es mi marca.", "OK is my brand.", "Yes, OK is my brand."),
        ("hola, llamo por", "llamo por", "I call about", "hello, I call about"),
    ],
)  # fmt: skip
def test_the_rest_goes_to_the_engine(sentence: str, rest: str, engine: str, expected: str) -> None:
    frame = PHRASES.frame(sentence, "es", "en")
    assert frame.rest == rest
    assert frame.fill(engine) == expected


def test_an_elided_word_loses_its_capital_too() -> None:
    assert PHRASES.frame("Hola, tengo una duda.", "es", "fr").fill("J'ai un doute.") == "Bonjour, j'ai un doute."


def test_an_opening_mark_belongs_to_the_question() -> None:
    frame = PHRASES.frame("Good morning, where is my parcel, please?", "en", "es")
    assert frame.rest == "Where is my parcel?"
    assert frame.fill("¿Dónde está mi paquete?") == "Buenos días, ¿dónde está mi paquete, por favor?"


@pytest.mark.parametrize(
    "sentence", ['He said, "yes, thank you."', "The total is 1,250 euros.", "Thank you 4521.", "Yes sir or no.", "..."]
)
def test_other_sentences_stay_whole(sentence: str) -> None:
    frame = PHRASES.frame(sentence, "en", "es")
    assert frame.rest == sentence
    assert frame.fill("Anything at all.") == "Anything at all."


def test_a_language_without_the_phrase_leaves_it_to_the_engine() -> None:
    phrases = SetPhrases.from_yaml('- en: "Hello"\n  es: "Hola"\n- en: "Bye"\n  fr: "Au revoir"')
    assert phrases.frame("Bye.", "en", "es").rest == "Bye."
    assert phrases.frame("Hello.", "de", "es").rest == "Hello."


content = st.lists(st.sampled_from(["zorro", "plancha", "4521", "Marta", "verde"]), min_size=1, max_size=4).map(
    " ".join
)
phrase = st.sampled_from(["Sí", "Hola", "gracias", "Lo siento mucho", "por favor", "Un momento", "señora", "Perfecto"])
"""None of them is a question too, as "no?" and "vale?" are: nothing is taken off before a question."""


@given(
    st.lists(phrase, max_size=3),
    st.lists(content, min_size=1, max_size=4),
    st.lists(phrase, max_size=3),
    st.sampled_from([".", "?", "!", "", ",", "..."]),
    st.sampled_from([("es", "en"), ("es", "fr"), ("es", "gl")]),
)
def test_the_rest_is_neither_lost_nor_moved(
    before: list[str], middle: list[str], after: list[str], closing: str, pair: tuple[str, str]
) -> None:
    frame = PHRASES.frame(", ".join([*before, *middle, *after]) + closing, *pair)
    assert words(frame.rest) == words(" ".join(middle))
    assert len(frame.before) <= len(before)
    assert bool(before) == bool(frame.before)
    assert bool(after) == bool(frame.after)
    whole = frame.fill(frame.rest)
    assert f" {' '.join(words(' '.join(middle)))} " in f" {' '.join(words(whole))} "
    translations = [wording.text for wording in (*frame.before, *frame.after)]
    assert words(whole) == words(
        " ".join([*translations[: len(frame.before)], *middle, *translations[len(frame.before) :]])
    )
    assert whole.rstrip(" .?!,").casefold() == whole.casefold()[: len(whole.rstrip(" .?!,"))]
    assert whole.endswith(closing)


@given(st.text(alphabet="abSíNo,. ?¿!123«\"'", max_size=60).map(str.strip))
def test_any_text_keeps_its_digits(text: str) -> None:
    frame = PHRASES.frame(text, "es", "en")
    assert re.findall(r"\d", frame.fill(frame.rest)) == re.findall(r"\d", text)


@pytest.mark.parametrize(
    ("pair", "source", "translation"),
    [
        ("es-en", "Gracias.", "Thanks for the hotel."),
        ("en-es", "Thank you.", "Gracias por enviar una edición."),
        ("es-en", "Lo siento mucho.", "I's very much I's sorry sorry."),
        ("es-en", "¿Cuál es el número?", "The number of the number is the number of it."),
        ("es-en", "El código es 4521.", "The code is 452."),
        ("es-en", "Mi hija tiene fiebre desde ayer.", "Fever."),
    ],
)
def test_what_is_invented_is_doubted(pair: str, source: str, translation: str) -> None:
    source_language, language = pair.split("-")
    assert doubt(source, source_language, translation, language)


@pytest.mark.parametrize(
    ("pair", "source", "translation"),
    [
        ("es-en", "Compruébelo.", "Check it."),
        ("es-en", "Llámeme.", "Please call me."),
        ("es-en", "¿Nombre y dirección?", "Your name and your address?"),
        ("en-es", "The number is the number.", "El número es el número."),
        ("en-es", "Could you give me your phone number?", "¿Me da su teléfono?"),
        ("en-es", "", ""),
        ("es-pt", "Lo compré el 15 de marzo.", "Comprei-o o 15 de março."),
        (
            "es-en",
            "La muestra es de un animal de plumaje adulto y oscuro.",
            "The sample sample is of an adult and dark animal.",
        ),
    ],
)
def test_what_is_likely_is_not_doubted(pair: str, source: str, translation: str) -> None:
    source_language, language = pair.split("-")
    assert not doubt(source, source_language, translation, language)


def test_true_translations_are_hardly_ever_doubted() -> None:
    """The set phrases are true translations, and as short as any: where length says the least."""
    pairs = [
        (row[source][0], source, row[target][0], target) for row in ROWS for source in LANGUAGES for target in LANGUAGES
        if source != target
    ][::5]  # fmt: skip
    assert sum(bool(doubt(*pair)) for pair in pairs) / len(pairs) < 0.02


def test_lost_digits_outweigh_everything_else() -> None:
    lost, strange = "Four thousand number number.", "4521 4521 and very very much more of it."
    assert doubt("4521.", "es", lost, "en") > doubt("4521.", "es", strange, "en")


def test_lost_meaning_is_doubted_in_a_sentence_of_any_length() -> None:
    source = "I do not want to renew the contract that I signed with your company in the spring of last year."
    lost = "Quiero renovar el contrato que firmé con su empresa en la primavera del año pasado."
    assert doubt(source, "en", lost, "es")
    assert not doubt(source, "en", f"No {lost.lower()}", "es")


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (PT_ES, "Mía encomienda no llegó.", "Mi encomienda no llegó."),
        (PT_ES, "Donde están mías llaves?", "Donde están mis llaves?"),
        (PT_ES, "Donde está mía encomienda?", "Donde está mi encomienda?"),
        (PT_ES, "La encomienda es mía.", "La encomienda es mía."),
        (PT_ES, "Una amiga mía viene.", "Una amiga mía viene."),
        (PT_ES, "Es mía desde ayer.", "Es mía desde ayer."),
        (PT_ES, "Son cuatro mil y setecientos y veintinueve.", "Son cuatro mil setecientos veintinueve."),
        (PT_ES, "Son treinta y cinco mil y pico.", "Son treinta y cinco mil y pico."),
        (PT_ES, "El número es de cuatro mil.", "El número es el cuatro mil."),
        (ES_PT, "Pode-me dizer o número?", "Você pode me dizer o número?"),
        (ES_PT, "Dá-me o número?", "Você pode me dar o número?"),
        (ES_PT, "Dá-me o número.", "Dá-me o número."),
        (ES_FR, "Elle arrive par le matin.", "Elle arrive le matin."),
        (ES_FR, "Je l'ai reçue hier par le matin.", "Je l'ai reçue hier matin."),
        (ES_FR, "Mon nombre de téléphone.", "Mon numéro de téléphone."),
        (ES_FR, "Quel est son problème?", "Quel est votre problème?"),
        (ES_FR, "C'est son problème.", "C'est son problème."),
        (ES_IT, "¿Ha il mio chiesto?", "Ha il mio ordine?"),
        (ES_IT, "Ha chiesto un taxi.", "Ha chiesto un taxi."),
        (FR_ES, "Mi encargo no es todavía llegada.", "Mi encargo no ha llegado todavía."),
        (FR_ES, "Estoy ido a la tienda.", "He ido a la tienda."),
        (FR_ES, "La tienda es cerrada.", "La tienda es cerrada."),
    ],
)
def test_repairs_after_an_engine(step: Step, before: str, after: str) -> None:
    assert repair(before, step, AFTER) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Puis-je parler ?", "Je peux parler ?"),
        ("Pourriez-vous venir ?", "Vous pourriez venir ?"),
        ("Y a-t-il un vol ?", "Il y a un vol ?"),
        ("Le repas est-il compris ?", "Le repas est compris ?"),
        ("Le rendez-vous est pris.", "Le rendez-vous est pris."),
    ],
)
def test_french_questions_are_put_straight(before: str, after: str) -> None:
    assert repair(before, FR_ES, BEFORE) == after


def test_a_caller_is_addressed_formally_in_spanish_only_when_that_is_what_is_said() -> None:
    assert repair("¿Podéis venir con vuestras llaves ?", FR_ES, AFTER) == "¿Podéis venir con vuestras llaves?"
    assert repair("¿Podéis venir con vuestras llaves?", FR_ES, LAST) == "¿Puede venir con sus llaves?"
