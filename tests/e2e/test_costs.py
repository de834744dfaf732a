"""What a call's bill says is what the vendors' servers received, priced by the list; with several calls at once too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.api.schemas import CallView, UsageView
from app.config import PROJECT_ROOT
from app.domain.records import Outcome
from app.domain.usage import Stage, UsageUnit
from tests.e2e.harness import Desk, conversation, desk, script
from tests.e2e.sounds import babble
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.server import Vendor, serving

SPANISH_TELEPHONES = """
  - {stage: telephony, provider: twilio, variant: ES, unit: inbound-minutes, price: 0.0100, per: 1}
  - {stage: telephony, provider: twilio, variant: ES, unit: outbound-minutes, price: 0.0200, per: 1}
"""
ON_ITS_WAY_MS = 1000
"""Audio of one socket that a vendor may not have read yet when it was closed."""


def prices(folder: Path) -> Path:
    """Write the packaged list with prices of the telephones of these tests."""
    packaged = (PROJECT_ROOT / "app" / "prices.yaml").read_text(encoding="utf-8")
    path = folder / "prices.yaml"
    path.write_text(packaged + SPANISH_TELEPHONES, encoding="utf-8")
    return path


async def metrics(at: Desk, name: str) -> Counter[tuple[str, ...]]:
    """Return a metric by stage, provider and unit or currency; what is 0 is left out."""
    text = (await at.http.get("/metrics")).text
    found = Counter[tuple[str, ...]]()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                labels = sample.labels
                found[labels["stage"], labels["provider"], labels.get("unit") or labels["currency"]] += sample.value
    return +found


def amounts(calls: list[CallView], *wanted: str) -> int:
    """Return what the calls counted of a provider and unit."""
    return sum(line.amount for call in calls for line in call.usage if (line.provider, line.unit) == wanted)


@asynccontextmanager
async def vendors(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[Desk, Deepgram, DeepL, ElevenLabs]]:
    recogniser, translator, voice = Deepgram(), DeepL(), ElevenLabs()
    async with serving(recogniser) as stt, serving(translator) as translation, serving(voice) as tts:
        settings = {
            "client_languages": ("en", "es"),
            "stt_provider": "deepgram",
            "translation_provider": "deepl",
            "tts_provider": "elevenlabs",
            "deepgram_api_key": SecretStr(Vendor.key),
            "deepl_api_key": SecretStr(Vendor.key),
            "elevenlabs_api_key": SecretStr(Vendor.key),
            "deepgram_url": f"ws://{stt}",
            "deepl_server_url": f"http://{translation}",
            "elevenlabs_url": f"ws://{tts}",
            "prices_file": prices(tmp_path),
        }
        async with desk(tmp_path, **{**settings, **changes}) as at:
            yield at, recogniser, translator, voice


async def test_bills_of_calls_at_the_same_time_are_what_the_vendors_received(tmp_path: Path) -> None:
    said_once = {"speculative_translation": False, "meaning_guard": False}
    async with vendors(tmp_path, **said_once) as (at, recogniser, translator, voice):
        scripts = [script(**conversation(babble(seconds))) for seconds in (1.0, 2.0, 3.0)]
        await asyncio.gather(*(at.emulator.call(each) for each in scripts))
        calls = await at.settled_calls()
        used, cost = await metrics(at, "puente_usage_total"), await metrics(at, "puente_cost_total")
    assert len(calls) == 3
    for call in calls:
        assert {utterance.outcome for utterance in call.utterances} == {Outcome.SPOKEN}
        assert amounts([call], "deepl", "characters") == sum(len(each.source_text) for each in call.utterances)
        spoken = sum(len(each.translated_text or "") for each in call.utterances)
        assert amounts([call], "elevenlabs", "characters") >= spoken
        check_sums(call)
    assert amounts(calls, "deepl", "characters") == translator.characters
    assert amounts(calls, "elevenlabs", "characters") == voice.spoken_characters
    heard_ms = sum(connection.heard_ms for connection in recogniser.connections)
    sent_ms = amounts(calls, "deepgram", "audio-ms")
    assert heard_ms <= sent_ms <= heard_ms + len(recogniser.connections) * ON_ITS_WAY_MS
    billed = Counter[tuple[str, ...]]()
    for line in (line for call in calls for line in call.usage):
        billed[line.stage, line.provider, line.unit] += line.amount
    assert used == billed
    assert sum(cost.values()) == pytest.approx(float(sum(call.cost or 0 for call in calls)))
    assert {labels[-1] for labels in cost} == {"USD"}


def check_sums(call: CallView) -> None:
    """Every line is the list's price of its amount, and the call's cost is their sum."""
    listed = {
        ("twilio", "inbound-minutes"): Decimal("0.01"),
        ("twilio", "outbound-minutes"): Decimal("0.02"),
        ("twilio", "stream-minutes"): Decimal("0.0044"),
        ("deepl", "characters"): Decimal(25) / 1_000_000,
        ("elevenlabs", "characters"): Decimal("0.05") / 1000,
        ("deepgram", "audio-ms"): None,
    }
    total = Decimal(0)
    for line in call.usage:
        price = listed[line.provider, line.unit]
        if price is None:
            price = {"nova-3": Decimal("0.0077"), "nova-3-multi": Decimal("0.0092")}[line.variant] / 60_000
        assert line.cost is not None
        assert abs(line.cost - line.amount * price) <= Decimal("1e-8")
        total += line.cost
    assert (call.cost, call.currency) == (total, "USD")
    assert {(line.provider, line.unit) for line in call.usage} == set(listed)
    telephony = {line.unit: line.amount for line in call.usage if line.stage is Stage.TELEPHONY}
    assert call.ended_at is not None
    minutes = ceil((call.ended_at - call.started_at).total_seconds() / 60)
    assert telephony[UsageUnit.INBOUND_MINUTES] == minutes
    assert 1 <= telephony[UsageUnit.OUTBOUND_MINUTES] <= minutes
    assert 2 <= telephony[UsageUnit.STREAM_MINUTES] <= 2 * minutes


async def test_engines_of_ones_own_are_shown_and_a_price_that_nobody_knows_is_not_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.emulator.call(script(**conversation(babble(1.0))))
        (call,) = await at.settled_calls()
        (summary,) = (await at.http.get("/calls")).json()["calls"]
        cost = await metrics(at, "puente_cost_total")
    of = {(line.stage, line.provider, line.unit): line for line in call.usage}
    for stage, unit in (
        (Stage.RECOGNITION, UsageUnit.AUDIO_MS),
        (Stage.TRANSLATION, UsageUnit.CHARACTERS),
        (Stage.SPEECH, UsageUnit.CHARACTERS),
    ):
        assert of[stage, "scripted", unit].amount > 0
        assert of[stage, "scripted", unit].cost == 0
    to_spain = of[Stage.TELEPHONY, "twilio", UsageUnit.OUTBOUND_MINUTES]
    assert (to_spain.amount, to_spain.variant, to_spain.price, to_spain.cost) == (1, "ES", None, None)
    assert (call.cost, call.currency) == (None, "USD")
    assert (summary["cost"], summary["currency"]) == (None, "USD")
    assert cost == {("telephony", "twilio", "USD"): pytest.approx(2 * 0.0044)}


def test_money_is_text_in_json_because_numbers_there_are_not_exact() -> None:
    line = UsageView(
        stage=Stage.SPEECH,
        provider="vendor",
        variant="",
        unit=UsageUnit.CHARACTERS,
        amount=10,
        price=Decimal("0.05"),
        per=1000,
        cost=Decimal("0.0005"),
    )
    assert line.model_dump(mode="json") == {
        "stage": "speech",
        "provider": "vendor",
        "variant": "",
        "unit": "characters",
        "amount": 10,
        "price": "0.05",
        "per": 1000,
        "cost": "0.0005",
    }
