"""Azure's recogniser, with the vendor's SDK, against a local server of the protocol that the SDK speaks."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import pytest

from app.domain.audio import silence
from app.domain.legs import Leg
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.errors import ConfigError
from app.stt.azure import CANDIDATES, CONFIDENCE, LOCALES
from app.stt.base import SttOptions, SttProvider
from app.stt.nagle import open_sockets
from app.usage import metered
from tests.contract.bad_days_by_kind import SttBadDays
from tests.contract.cloud import CloudStt, create, local
from tests.contract.stt_suite import Talker, assert_lawful, finals
from tests.vendors.azure_recognition import END_SILENCE_MS, INITIAL_SILENCE_MS, AzureRecognition
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.products import AZURE_RECOGNITION
from tests.waiting import until

vendor = local(AZURE_RECOGNITION)
build = partial(create, AZURE_RECOGNITION)


class TestAzure(CloudStt):
    product = AZURE_RECOGNITION

    @pytest.mark.parametrize("languages", [("en",), ("en", "es")])
    async def test_no_word_is_lost_or_doubled(
        self, provider: SttProvider, speech: bytes, languages: tuple[str, ...]
    ) -> None:
        stream = await provider.open(SttOptions(Leg.CLIENT, languages))
        talker = Talker(stream)
        for _ in range(3):
            await talker.say(speech + silence(700) + speech)
        heard = await finals(stream, 3)
        assert_lawful(heard, 3)
        said = [transcript.stable.split() for transcript in heard if transcript.is_final]
        assert said == [[f"word{number}" for number in range(1, 17)]] * 3, "a connection's words are counted anew"
        assert {transcript.language for transcript in heard if transcript.is_final} == {"en"}
        await stream.aclose()

    async def test_words_are_stable_before_the_end(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        await talker.push(silence(300))
        stream.begin_utterance(1, talker.at_ms)
        await talker.push(speech + silence(700))
        reader = aiter(stream)
        while not (transcript := await anext(reader)).stable:
            assert not transcript.is_final
        assert transcript.stable.split() == [f"word{number}" for number in range(1, 9)]
        await talker.push(speech)
        stream.end_utterance(talker.at_ms)
        final = (await finals(stream, 1))[-1]
        assert final.stable.split() == [f"word{number}" for number in range(1, 17)], "a turn's words are counted anew"
        await stream.aclose()

    async def test_long_silence_ends_a_turn_and_loses_no_word(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        words = [f"word{number}" for number in range(1, 9)]
        await talker.push(silence(INITIAL_SILENCE_MS))
        await talker.say(speech)
        assert (await finals(stream, 1))[-1].stable.split() == words
        await talker.say(speech + silence(END_SILENCE_MS) + speech)
        assert (await finals(stream, 1))[-1].stable.split() == [*words, *words]
        assert sum(len(connection.contexts) == 2 for connection in self.vendor.connections) == 2
        await stream.aclose()

    async def test_a_language_that_is_heard_in_mid_call_is_reported(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        talker = Talker(stream)
        for locale, language in (("en-US", "en"), ("es-ES", "es")):
            self.vendor.heard_locale = locale
            await talker.say(speech)
            final = (await finals(stream, 1))[-1]
            assert (final.language, final.language_probability) == (language, CONFIDENCE["High"])
        await stream.aclose()

    async def test_a_lost_end_keeps_nobody_waiting_for_ever(self, provider: SttProvider, speech: bytes) -> None:
        self.vendor.ends_turns = False
        stream = await self.open(provider)
        talker = Talker(stream)
        for _ in range(2):
            await talker.say(speech)
        heard = await finals(stream, 2)
        assert_lawful(heard, 2)
        assert all(transcript.stable.startswith("word1") for transcript in heard if transcript.is_final)
        await stream.aclose()

    async def test_what_is_sent_is_counted(self, provider: SttProvider, speech: bytes) -> None:
        meter: Counter[UsageKey] = Counter()
        with metered(meter):
            stream = await self.open(provider)
            talker = Talker(stream)
            await talker.say(speech)
            await finals(stream, 1)
            await stream.aclose()
        key = UsageKey(Stage.RECOGNITION, "azure", UsageUnit.AUDIO_MS, "language-identification")
        assert meter == {key: talker.at_ms}

    async def test_the_sdks_threads_end(self, provider: SttProvider, speech: bytes) -> None:
        stream = await self.open(provider)
        await Talker(stream).say(speech)
        await finals(stream, 1)
        await stream.aclose()
        await until(lambda: not any(thread.name == "stt-azure-release" for thread in threading.enumerate()))
        await until(lambda: not any(connection.is_open for connection in self.vendor.connections))


def _connections_to(port: int | None) -> Iterator[bool]:
    """Yield, of each of this process's connections to the port, whether it sends at once (TCP_NODELAY)."""
    for descriptor, _ in open_sockets():
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            if copy.family == socket.AF_INET and copy.getpeername()[1] == port:
                yield bool(copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


async def test_it_asks_for_what_the_settings_say(vendor: tuple[AzureRecognition, str], speech: bytes) -> None:
    server, url = vendor
    provider = build(url, azure_speech_locales="es=es-MX")
    stream = await provider.open(SttOptions(Leg.CLIENT, ("es", *LOCALES), keyterms=("Puente", "Orense")))
    await Talker(stream).say(speech)
    assert (await finals(stream, 1))[-1].stable
    context = server.connections[0].contexts[0]
    assert context["languageId"]["mode"] == "DetectContinuous"
    assert context["languageId"]["languages"][0] == "es-MX"
    assert len(context["languageId"]["languages"]) == CANDIDATES
    terms = [item["Text"] for group in context["dgi"]["Groups"] for item in group["Items"]]
    assert terms == ["Puente", "Orense"]
    await stream.aclose()


async def test_its_sockets_do_not_wait_for_acknowledgements(
    vendor: tuple[AzureRecognition, str], speech: bytes
) -> None:
    _, url = vendor
    stream = await build(url).open(SttOptions(Leg.CLIENT, ("en",)))
    talker = Talker(stream)
    for _ in range(2):
        await talker.say(speech)
        await finals(stream, 1)
        # The next turn has a connection already, whose handshake may not be answered yet.
        await until(lambda: all(connections := list(_connections_to(urlsplit(url).port))) and bool(connections))
    await stream.aclose()


async def test_no_region_is_a_sentence_that_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="AZURE_SPEECH_REGION is not set"):
        build("")


class TestAzuresBadDays(SttBadDays):
    """Its SDK connects again by itself four times, in a second and a half, before it gives up."""

    product = AZURE_RECOGNITION
    hears_retry_after = False

    async def test_what_makes_no_sense_is_a_bad_reply(self) -> None:
        """To the SDK it is the end of a turn: it begins another one and says the audio again."""
        self.vendor.faults.plan(Fault(FaultKind.GARBAGE, after=3))
        provider = await self.started()
        assert await self.use(provider)
