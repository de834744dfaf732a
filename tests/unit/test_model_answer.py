"""What of a language model's answers is a translation."""

from __future__ import annotations

import json

import pytest

from app.errors import ProviderBadReply
from app.translation.model_answer import most_characters, read_answer

SAID = "My order number is 4521."


def read(answer: str, said: str = SAID, target: str = "es", *, is_brief: bool = False) -> str:
    return read_answer("test", answer, said, target, is_brief=is_brief)


@pytest.mark.parametrize(
    ("answer", "translation"),
    [
        ("Mi número de pedido es el 4521.", "Mi número de pedido es el 4521."),
        ('{"translation": "Mi número es el 4521."}', "Mi número es el 4521."),
        ('\n{ "translation" : "Mi n\\u00famero" }\n', "Mi número"),
        ('"Mi número es el 4521."', "Mi número es el 4521."),
        ("«Mi número es el 4521.»", "Mi número es el 4521."),
        ("“4521”, dijo.", "“4521”, dijo."),
    ],
)
def test_a_translation_is_read_from_every_form(answer: str, translation: str) -> None:
    assert read(answer) == translation


@pytest.mark.parametrize(
    "answer",
    [
        "Sure! Mi número de pedido es el 4521.",
        "Sure, here is the translation: Mi número de pedido es el 4521.",
        "Of course. Mi número de pedido es el 4521.",
        "Here's the Spanish: Mi número de pedido es el 4521.",
        "Translation: Mi número de pedido es el 4521.",
        "Traducción al español: Mi número de pedido es el 4521.",
        "Aquí tiene la traducción: «Mi número de pedido es el 4521.»",
        "Hier ist die Übersetzung: Mi número de pedido es el 4521.",
        "**Mi número de pedido es el 4521.**",
        "```\nMi número de pedido es el 4521.\n```",
        "<think>The user wants Spanish.</think> Mi número de pedido es el 4521.",
        "<|assistant|> Mi número de pedido es el 4521.",
        "Mi número de pedido es el 4521.\n\nI kept the number as digits.",
        "Mi número de pedido es el 4521. (Note: digits were kept.)",
        "Como modelo de lenguaje, no tengo pedidos.",
        "As an AI, I have no order number.",
        '{"text": "My order number is 4521."}',
        '{"traducción": "Mi número de pedido es el 4521."}',
        "Claro, con mucho gusto le ayudo con su pedido. " * 5,
    ],
)
def test_what_is_said_about_a_translation_is_none(answer: str) -> None:
    for form in (answer, json.dumps({"translation": answer})):
        with pytest.raises(ProviderBadReply) as raised:
            read(form)
        assert raised.value.code == "not-a-translation"


@pytest.mark.parametrize("answer", ["", "  \n", '{"translation": ""}', '""'])
def test_nothing_is_no_translation(answer: str) -> None:
    with pytest.raises(ProviderBadReply, match="empty"):
        read(answer)


@pytest.mark.parametrize(
    ("said", "target", "answer"),
    [
        ("Claro, aquí tiene su factura.", "en", "Sure, here is your invoice."),
        ("Sure, here is your invoice.", "es", "Claro, aquí tiene su factura."),
        ("Okay, thank you.", "de", "Okay, danke."),
        ("Do you have an interpreter?", "es", "¿Tiene un traductor?"),
        ("Necesito una traducción: es urgente.", "en", "I need a translation: it is urgent."),
        ("La traducción no es buena.", "en", "The translation is not good."),
        ("Is this a language model?", "es", "¿Es esto un modelo de lenguaje?"),
        ("不客气。", "es", "De nada, ha sido un placer."),
        ("Lo siento, no puedo hacer eso.", "en", "I'm sorry, I can't do that."),
        ("Type <b> in the field.", "es", "Escriba <b> en el campo."),
        ('He said "no" and left.', "es", "Dijo «no» y se fue."),
        ('"No," he said. "Never."', "es", '"No", dijo. "Nunca."'),
    ],
)
def test_what_people_say_is_not_taken_for_chat(said: str, target: str, answer: str) -> None:
    assert read(answer, said, target) == answer
    assert read(json.dumps({"translation": answer}), said, target) == answer


def test_an_answer_to_the_question_is_too_short_to_be_its_translation_unless_asked_to_be_brief() -> None:
    said = "Well, I wanted to ask you, if you do not mind, whether the technician is going to come on Thursday or not?"
    with pytest.raises(ProviderBadReply, match="not-a-translation"):
        read("Sí, viene.", said)
    assert read("¿Jueves?", said, is_brief=True) == "¿Jueves?"


@pytest.mark.parametrize("said", ["Yes.", SAID, "a" * 3000])
def test_whatever_is_a_translation_may_be_read_to_its_end(said: str) -> None:
    longest = "ñ" * most_characters(said, is_structured=False)
    assert read(longest, said) == longest
    assert len(json.dumps({"translation": longest})) <= most_characters(said, is_structured=True)
