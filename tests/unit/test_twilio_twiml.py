"""TwiML, read back by an XML parser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.languages import LANGUAGE_NAMES
from app.errors import LocalProtocolError
from app.twilio.twiml import Say, connect_stream, hang_up, join_conference, say_and_hang_up, say_locale

URL = "wss://bridge.example.com/ws/media-stream"

# XML readers turn a carriage return into a line feed; everything else that is legal must survive.
legal_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=60
)


def connect(**changes: object) -> str:
    arguments: dict[str, object] = {
        "url": URL,
        "parameters": {"token": "b7Zr"},
        "greeting": Say("Hola", "es"),
        "action_url": "https://bridge.example.com/after",
        "farewell": Say("Goodbye", "en"),
    }
    return connect_stream(**(arguments | changes))  # type: ignore[arg-type]


def test_a_call_is_greeted_connected_and_ended() -> None:
    response = ElementTree.fromstring(connect(parameters={"token": "b7Zr", "leg": "client"}))

    assert [verb.tag for verb in response] == ["Say", "Connect", "Say", "Hangup"]
    greeting, connected, farewell, _ = response
    assert (greeting.text, greeting.get("language")) == ("Hola", "es-ES")
    assert (farewell.text, farewell.get("language")) == ("Goodbye", "en-US")
    assert connected.attrib == {"action": "https://bridge.example.com/after"}
    (stream,) = connected
    assert (stream.tag, stream.attrib) == ("Stream", {"url": URL})
    assert [(p.tag, p.get("name"), p.get("value")) for p in stream] == [
        ("Parameter", "token", "b7Zr"),
        ("Parameter", "leg", "client"),
    ]


def test_what_is_optional_leaves_no_trace() -> None:
    response = ElementTree.fromstring(connect(greeting=None, action_url=None, farewell=None, parameters={}))

    assert [verb.tag for verb in response] == ["Connect", "Hangup"]
    assert response[0].attrib == {}
    assert len(response[0][0]) == 0


@given(legal_text, legal_text.filter(bool), legal_text)
def test_no_text_can_break_out_of_its_place(text: str, name: str, value: str) -> None:
    action_url = f"https://bridge.example.com/after?x={value}"
    response = ElementTree.fromstring(
        connect(greeting=Say(text, "es"), parameters={name: value}, action_url=action_url)
    )

    assert [element.tag for element in response.iter()] == [
        *("Response", "Say", "Connect", "Stream", "Parameter", "Say", "Hangup")
    ]
    assert (response[0].text or "") == text
    assert response[1].get("action") == action_url
    assert response[1][0][0].attrib == {"name": name, "value": value}
    assert ElementTree.fromstring(say_and_hang_up(Say(text, "es")))[0].text == (text or None)


def test_the_short_answers_end_the_call() -> None:
    assert [verb.tag for verb in ElementTree.fromstring(hang_up())] == ["Hangup"]
    assert [verb.tag for verb in ElementTree.fromstring(say_and_hang_up(Say("Adiós", "es")))] == ["Say", "Hangup"]


@pytest.mark.parametrize(
    "url", ["https://h/media", "wss://h/media?token=1", "wss://h/media#x", "/media", "wss:///media", ""]
)
def test_a_stream_url_that_twilio_refuses_is_our_error(url: str) -> None:
    with pytest.raises(LocalProtocolError):
        connect(url=url)


def test_a_parameter_stays_under_500_characters() -> None:
    assert "é" * 490 in connect(parameters={"n" * 9: "é" * 490})
    with pytest.raises(LocalProtocolError):
        connect(parameters={"n" * 10: "é" * 490})


def test_a_document_holds_4000_characters_and_no_more() -> None:
    room = 4000 - len(say_and_hang_up(Say("x", "es"))) + 1

    assert len(say_and_hang_up(Say("x" * room, "es"))) == 4000
    with pytest.raises(LocalProtocolError):
        say_and_hang_up(Say("x" * (room + 1), "es"))
    with pytest.raises(LocalProtocolError):
        connect(parameters={f"p{number}": "v" * 400 for number in range(10)})


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ufffe"])
def test_what_xml_cannot_hold_is_our_error(character: str) -> None:
    with pytest.raises(LocalProtocolError):
        say_and_hang_up(Say(f"Hola{character}", "es"))
    with pytest.raises(LocalProtocolError):
        connect(parameters={"token": character})


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        *(("es", "es-ES"), ("en", "en-US"), ("en-GB", "en-GB"), ("pt", "pt-PT"), ("pt-BR", "pt-BR")),
        *(("ca", "ca-ES"), ("gl", "es-ES"), ("ar", "arb"), ("es-AR", "es-ES"), ("xx", "en-US"), ("", "en-US")),
    ],
)
def test_a_language_is_spoken_by_a_voice_that_twilio_has(language: str, locale: str) -> None:
    assert say_locale(language) == locale


@pytest.mark.parametrize("language", sorted(LANGUAGE_NAMES.keys() - {"en"}))
def test_no_language_of_ours_is_read_by_an_english_voice(language: str) -> None:
    assert say_locale(language) != "en-US"


@pytest.mark.parametrize("ends", [True, False])
def test_a_conference_is_joined_without_a_beep(ends: bool) -> None:
    root = ElementTree.fromstring(join_conference("puente-CA1", ends_conference=ends, greeting=Say("Hola", "es")))
    assert [verb.tag for verb in root] == ["Say", "Dial", "Hangup"]
    (conference,) = root[1]
    assert conference.text == "puente-CA1"
    assert conference.attrib == {
        "beep": "false",
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": str(ends).lower(),
    }
