"""Which voice speaks: the table as it is written in the settings, and what is chosen from it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import Settings, load_settings
from app.domain.legs import Leg
from app.domain.voices import EVERY_LANGUAGE, Register, VoiceKey, VoiceTable
from app.errors import ConfigError

LANGUAGES = ("en", "es", "fr")
LISTENERS = (*Leg, None)
REGISTERS = (*Register, None)

keys = st.tuples(st.sampled_from((*LANGUAGES, EVERY_LANGUAGE)), st.sampled_from(LISTENERS), st.sampled_from(REGISTERS))
requests = st.tuples(st.sampled_from(LANGUAGES), st.sampled_from(LISTENERS), st.sampled_from(REGISTERS))
voice_names = st.text("abcXYZ019-:+_ ", min_size=1).map(str.strip).filter(bool)
table_entries = st.dictionaries(keys, voice_names).map(lambda entries: {(EVERY_LANGUAGE, None, None): "any", **entries})


def fits(key: VoiceKey, request: tuple[str, Leg | None, Register | None]) -> bool:
    """Whether an entry asks for nothing that the request is not."""
    return key[0] in (EVERY_LANGUAGE, request[0]) and key[1] in (None, request[1]) and key[2] in (None, request[2])


def specificity(key: VoiceKey) -> tuple[bool, bool, bool]:
    return key[0] != EVERY_LANGUAGE, key[1] is not None, key[2] is not None


@settings(deadline=None)
@given(table_entries, requests)
def test_the_most_specific_entry_that_fits_is_chosen(
    entries: Mapping[VoiceKey, str], request: tuple[str, Leg | None, Register | None]
) -> None:
    best = max((key for key in entries if fits(key, request)), key=specificity)
    assert VoiceTable(entries).choose(*request) == entries[best]


@settings(deadline=None)
@given(table_entries.flatmap(lambda entries: st.permutations(list(entries.items()))), requests)
def test_the_order_in_which_it_is_written_does_not_matter(
    shuffled: list[tuple[VoiceKey, str]], request: tuple[str, Leg | None, Register | None]
) -> None:
    assert VoiceTable(dict(shuffled)).choose(*request) == VoiceTable(dict(sorted(shuffled, key=str))).choose(*request)


@settings(deadline=None)
@given(table_entries)
def test_what_is_written_is_what_is_read(entries: Mapping[VoiceKey, str]) -> None:
    table = VoiceTable(entries)
    assert VoiceTable.parse(str(table)) == table
    assert table.voices == set(entries.values())


@settings(deadline=None)
@given(table_entries, st.dictionaries(keys, voice_names, min_size=1))
def test_what_an_operator_writes_replaces_or_joins_what_is_built_in(
    builtin: Mapping[VoiceKey, str], written: Mapping[VoiceKey, str]
) -> None:
    text = str(VoiceTable({**written, (EVERY_LANGUAGE, None, None): "own"}))
    table = VoiceTable.parse(text, VoiceTable(builtin))
    assert table.entries == {**builtin, **written, (EVERY_LANGUAGE, None, None): "own"}


def test_the_language_counts_before_the_listener_and_the_listener_before_the_register() -> None:
    table = VoiceTable.parse("default=A, default.agent.low=B, ES=C, es.Low=D, es.agent=E")
    assert table.choose("fr", Leg.AGENT, Register.LOW) == "B"
    assert table.choose("es") == "C"
    assert table.choose("es", Leg.CLIENT, Register.LOW) == "D"
    assert table.choose("es", Leg.AGENT, Register.LOW) == "E"
    assert table.choose("fr", Leg.CLIENT, Register.HIGH) == "A"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "entry 1 must be a key and a voice"),
        ("default=A,es", "entry 2 must be a key and a voice"),
        ("default=A,", "entry 2 must be a key and a voice"),
        ("default=A,spanish=B", "entry 2 must begin with an ISO 639-1 code or default"),
        ("default=A,=B", "entry 2 must begin with an ISO 639-1 code or default"),
        ("default=A,es.boss=B", r"entry 2: after the language comes who listens \(client or agent\)"),
        ("default=A,es.low.client=B", "entry 2: after the language"),
        ("default=A,es.low.high=B", "entry 2: after the language"),
        ("default=A,es=B,es=C", "entry 3 has the same key"),
        ("es=A", "needs a voice for everything else: default="),
    ],
)
def test_a_mistake_is_named(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        VoiceTable.parse(written)


def test_a_mistake_in_the_environment_names_the_setting_and_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_VOICES", "es=fine,es.boss=secret-voice")
    with pytest.raises(ConfigError, match=r"ELEVENLABS_VOICES: .*entry 2") as raised:
        load_settings()
    assert "secret-voice" not in str(raised.value)


def test_the_built_in_voice_stays_for_what_an_operator_does_not_name() -> None:
    voices = Settings(_env_file=None, elevenlabs_voices="es.agent=mine").elevenlabs_voices
    assert voices.choose("es", Leg.AGENT) == "mine"
    assert voices.choose("es", Leg.CLIENT) == Settings(_env_file=None).elevenlabs_voices.choose("es")
