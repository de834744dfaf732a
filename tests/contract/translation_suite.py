"""What every translator keeps, whichever engine is inside."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from app.errors import ProviderRejected
from app.translation.base import TranslationProvider, TranslationRequest

LIMIT_S = 30.0


class TranslationSuite(ABC):
    """Subclass it and build the provider; ``pair`` is one that it covers."""

    pair: tuple[str, str]
    sentence: str
    """In the source language; its number must be in the translation."""

    @abstractmethod
    def build(self) -> TranslationProvider:
        """Build the provider, not yet started; skip the test where its engines are absent."""

    @pytest_asyncio.fixture
    async def provider(self) -> AsyncIterator[TranslationProvider]:
        provider = self.build()
        await provider.start()
        yield provider
        await provider.aclose()
        self.check_after_use()

    def check_after_use(self) -> None:  # noqa: B027
        """Assert what else must be true of it once it was used and closed."""

    def request(self, text: str) -> TranslationRequest:
        return TranslationRequest(text, *self.pair)

    async def test_covers_its_pairs_and_never_a_language_with_itself(self, provider: TranslationProvider) -> None:
        pairs = provider.capabilities.pairs
        assert self.pair in pairs
        assert all(source != target for source, target in pairs)

    async def test_translates_a_sentence(self, provider: TranslationProvider) -> None:
        translation = await provider.translate(self.request(self.sentence))
        assert translation
        assert translation != self.sentence
        assert re.findall(r"\d+", self.sentence)[0] in translation

    @pytest.mark.parametrize("pair", [("xx", "es"), ("en", "en"), ("", "")])
    async def test_rejects_other_pairs(self, provider: TranslationProvider, pair: tuple[str, str]) -> None:
        with pytest.raises(ProviderRejected):
            await provider.translate(TranslationRequest("4521", *pair))

    @pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0", "\u200b\x07"])
    async def test_nothing_said_is_nothing_to_translate(self, provider: TranslationProvider, text: str) -> None:
        assert await provider.translate(self.request(text)) == ""

    async def test_control_characters_change_nothing(self, provider: TranslationProvider) -> None:
        plain = await provider.translate(self.request(self.sentence))
        noisy = self.sentence.replace(" ", "\0 \x1b\r\n", 2)
        assert await provider.translate(self.request(noisy)) == plain

    @pytest.mark.parametrize(
        "text", ["^a$ [b] {c} <d> \\e/ @f *g #h ~i", "日本語 🙂 ñ", "\ud800 7", "[]", "$", "a\\", "]0[", "[].[]", "..."]
    )
    async def test_strange_text_gets_an_answer_and_leaves_no_trace(
        self, provider: TranslationProvider, text: str
    ) -> None:
        before = await provider.translate(self.request(self.sentence))
        async with asyncio.timeout(LIMIT_S):
            answer = await provider.translate(self.request(text))
        assert "\0" not in answer
        assert answer == answer.strip()
        assert await provider.translate(self.request(self.sentence)) == before

    async def test_long_text_is_translated_to_its_end(self, provider: TranslationProvider) -> None:
        long_text = " ".join(["blah " * 200, *[self.sentence] * 20, "9876"])
        async with asyncio.timeout(LIMIT_S):
            translation = await provider.translate(self.request(long_text))
        assert translation.count(re.findall(r"\d+", self.sentence)[0]) == 20
        assert "9876" in translation[-20:]

    async def test_unpunctuated_text_does_not_colour_what_follows(self, provider: TranslationProvider) -> None:
        before = await provider.translate(self.request(self.sentence))
        await provider.translate(self.request(self.sentence.lower().rstrip(".?")[:-3]))
        assert await provider.translate(self.request(self.sentence)) == before

    async def test_what_was_said_before_is_not_translated_again(self, provider: TranslationProvider) -> None:
        alone = await provider.translate(self.request(self.sentence))
        context = ("I bought 8888 of them.", "They came in 7777 boxes")
        assert await provider.translate(replace(self.request(self.sentence), context=context)) == alone

    async def test_answers_at_the_same_time_stay_with_their_questions(self, provider: TranslationProvider) -> None:
        numbers = [str(1000 + index) for index in range(20)]
        answers = await asyncio.gather(*(provider.translate(self.request(f"{number}.")) for number in numbers))
        assert [number in answer for number, answer in zip(numbers, answers, strict=True)] == [True] * 20

    async def test_a_cancelled_question_never_answers_another(self, provider: TranslationProvider) -> None:
        for yields in range(12):
            abandoned = [
                asyncio.create_task(provider.translate(self.request(f"{number}."))) for number in ("3333", "4444")
            ]
            for _ in range(yields):
                await asyncio.sleep(0)
            for task in abandoned:
                task.cancel()
            kept = await provider.translate(self.request("7777."))
            assert "7777" in kept
            assert "3333" not in kept
            results = await asyncio.gather(*abandoned, return_exceptions=True)
            for number, result in zip(("3333", "4444"), results, strict=True):
                assert isinstance(result, asyncio.CancelledError) or (isinstance(result, str) and number in result)

    async def test_any_pair_may_be_expected(self, provider: TranslationProvider) -> None:
        provider.expect(*self.pair)
        provider.expect("xx", "yy")
        provider.expect("es", "es")
        assert await provider.translate(self.request(self.sentence))

    async def test_closing_twice_is_closing_once(self) -> None:
        provider = self.build()
        await provider.start()
        await provider.translate(self.request(self.sentence))
        await provider.aclose()
        await provider.aclose()

    async def test_closing_without_use(self) -> None:
        await self.build().aclose()
