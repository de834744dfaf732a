"""TwiML as Twilio reads it."""

from __future__ import annotations

import pytest

from app.emulator.twiml import (
    ConnectStream,
    Dial,
    DialConference,
    Hangup,
    Pause,
    Redirect,
    Reject,
    Say,
    TwimlError,
    parse,
)

BASE = "https://bridge.example.com/voice/webhook"


def connect(stream: str, attributes: str = "") -> str:
    return f"<Response><Connect{attributes}>{stream}</Connect></Response>"


def test_every_verb_that_is_acted_out_is_understood() -> None:
    document = parse(
        """<?xml version="1.0" encoding="UTF-8"?>
        <Response>
          <Say language="es-ES" loop="2">Un &amp; momento</Say><Pause length="3"/><Pause/>
          <Redirect>/again</Redirect><Dial action="after">+34600000001</Dial><Reject reason="busy"/><Hangup/>
        </Response>""",
        BASE,
    )
    assert document.verbs == [
        Say("Un & momento", "es-ES", 2),
        Pause(3.0),
        Pause(1.0),
        Redirect("https://bridge.example.com/again"),
        Dial("https://bridge.example.com/voice/after"),
        Reject("busy"),
        Hangup(),
    ]
    assert document.warnings == []


def test_a_stream_has_its_parameters_and_where_to_go_on() -> None:
    document = parse(
        connect(
            '<Stream url="wss://bridge.example.com/media/x" name="client" statusCallback="https://b.example.com/s">'
            '<Parameter name="token" value="a&lt;b"/><Parameter name="leg" value="client"/></Stream>',
            ' action="/done"',
        ),
        BASE,
    )
    assert document.verbs == [
        ConnectStream(
            url="wss://bridge.example.com/media/x",
            name="client",
            parameters={"token": "a<b", "leg": "client"},
            action="https://bridge.example.com/done",
            status_callback="https://b.example.com/s",
        )
    ]
    assert document.warnings == []


def test_a_conference_has_a_name_and_says_who_starts_and_ends_it() -> None:
    document = parse(
        "<Response><Dial><Conference> room </Conference></Dial>"
        '<Dial><Conference startConferenceOnEnter="false" endConferenceOnExit="true">b</Conference></Dial></Response>',
        BASE,
    )
    assert document.verbs == [
        DialConference("room", starts=True, ends=False),
        DialConference("b", starts=False, ends=True),
    ]
    assert document.warnings == []


@pytest.mark.parametrize(
    ("written", "dialled", "codes"),
    [
        ("wss://bridge.example.com/media", "wss://bridge.example.com/media", []),
        ("/media", "wss://bridge.example.com/media", []),
        ("wss://bridge.example.com", "wss://bridge.example.com/", []),
        ("wss://bridge.example.com/media?token=x", "wss://bridge.example.com/media", [31920]),
        ("ws://bridge.example.com/media", "", [31922]),
        ("https://bridge.example.com/media", "", [31922]),
        ("wss:///media", "", [31923]),
    ],
)
def test_the_url_of_a_stream_is_wss_and_has_no_query(written: str, dialled: str, codes: list[int]) -> None:
    document = parse(connect(f'<Stream url="{written}"/>'), BASE)
    assert [verb.url for verb in document.verbs if isinstance(verb, ConnectStream)] == [dialled]
    assert [code for code, _ in document.warnings] == codes


@pytest.mark.parametrize(("length", "is_taken"), [(495, True), (496, False)])
def test_a_parameter_stays_under_500_characters(length: int, is_taken: bool) -> None:
    document = parse(connect(f'<Stream url="/m"><Parameter name="name" value="{"x" * length}"/></Stream>'), BASE)
    (verb,) = document.verbs
    assert isinstance(verb, ConnectStream)
    assert bool(verb.parameters) is is_taken
    assert bool(document.warnings) is not is_taken


@pytest.mark.parametrize(
    "text",
    [
        "<Response><Play>x.mp3</Play></Response>",
        "<Response><Say speed='2'>a</Say></Response>",
        connect(""),
        connect("<Room>x</Room>"),
        connect('<Stream url="/m"/><Stream url="/n"/>'),
        connect('<Stream url="/m" secret="1"/>'),
        connect('<Stream url="/m"><Parameter value="1"/></Stream>'),
        "<Response><Dial><Conference/></Dial></Response>",
        "<Response><Dial><Conference>a</Conference><Number>+1</Number></Dial></Response>",
        "<Response><Dial><Conference private='yes'>a</Conference></Dial></Response>",
    ],
)
def test_what_is_unknown_is_warned_of(text: str) -> None:
    assert [code for code, _ in parse(text, BASE).warnings] == [12200]


@pytest.mark.parametrize(
    "text",
    ["", "Response", "<Response>", "<html/>", '<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>'],
)
def test_what_is_not_twiml_is_refused(text: str) -> None:
    with pytest.raises(TwimlError):
        parse(text, BASE)
