"""Price lists: exact sums, an unknown price that is not nothing, and errors that name the entry."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.config import PROJECT_ROOT, Settings
from app.domain.usage import Stage, UsageKey, UsageUnit, total_cost
from app.errors import ConfigError
from app.prices import PriceList, load_prices
from app.s2s import factory as s2s_factory
from app.stt import factory as stt_factory
from app.translation import factory as translation_factory
from app.tts import factory as tts_factory

PACKAGED = load_prices(PROJECT_ROOT / "app" / "prices.yaml")
NOVA = UsageKey(Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, "nova-3")
DEEPL = UsageKey(Stage.TRANSLATION, "deepl", UsageUnit.CHARACTERS)
FLASH = UsageKey(Stage.SPEECH, "elevenlabs", UsageUnit.CHARACTERS, "eleven_flash_v2_5")
WHISPER = UsageKey(Stage.RECOGNITION, "whisper", UsageUnit.AUDIO_MS)
STRANGE = UsageKey(Stage.SPEECH, "elsewhere", UsageUnit.CHARACTERS)
LIST = """
currency: EUR
free: [ours]
prices:
  - {stage: speech, provider: vendor, unit: characters, price: 3, per: 1_000}
  - {stage: speech, provider: vendor, variant: fine, unit: characters, price: 0.1, per: 1}
"""


def load(folder: Path, text: str) -> PriceList:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load_prices(path)


@pytest.mark.parametrize(
    ("key", "amount", "cost"),
    [
        (NOVA, 60_000, "0.0077"),
        (NOVA, 20, "0.00000257"),
        (DEEPL, 1_000_000, "25"),
        (FLASH, 800, "0.04"),
        (WHISPER, 10**9, "0"),
    ],
)
def test_the_packaged_list_charges_what_the_vendors_say(key: UsageKey, amount: int, cost: str) -> None:
    (charge,) = PACKAGED.charges({key: amount})
    assert charge.cost == Decimal(cost)
    assert total_cost([charge]) == Decimal(cost)


def test_what_no_list_has_is_shown_and_is_not_for_nothing() -> None:
    charges = PACKAGED.charges({STRANGE: 5, DEEPL: 10})
    assert [(charge.key, charge.amount, charge.cost) for charge in charges] == [
        (DEEPL, 10, Decimal("0.00025")),
        (STRANGE, 5, None),
    ]
    assert total_cost(charges) is None


def test_a_price_without_a_variant_is_for_those_that_are_not_named(tmp_path: Path) -> None:
    prices = load(tmp_path, LIST)
    fine, other, none = (UsageKey(Stage.SPEECH, "vendor", UsageUnit.CHARACTERS, name) for name in ("fine", "new", ""))
    costs = {charge.key: charge.cost for charge in prices.charges({fine: 10, other: 10, none: 10})}
    assert costs == {fine: Decimal(1), other: Decimal("0.03"), none: Decimal("0.03")}
    assert prices.price(UsageKey(Stage.TRANSLATION, "vendor", UsageUnit.CHARACTERS)) is None
    assert prices.currency == "EUR"


LISTED = {
    Stage.RECOGNITION: stt_factory.BUILTIN,
    Stage.TRANSLATION: translation_factory.BUILTIN,
    Stage.SPEECH: tts_factory.BUILTIN,
    Stage.SPEECH_TO_SPEECH: s2s_factory.BUILTIN,
}


@pytest.mark.parametrize(
    ("stage", "provider"), [(stage, name) for stage, names in LISTED.items() for name in names if name != "local"]
)
def test_every_provider_that_comes_with_puente_is_listed(stage: Stage, provider: str) -> None:
    """``local`` is not a provider that counts: its engines are."""
    file = yaml.safe_load((PROJECT_ROOT / "app" / "prices.yaml").read_text(encoding="utf-8"))
    priced = {(entry["stage"], entry["provider"]) for entry in file["prices"]}
    assert provider in file["free"] or (stage, provider) in priced


DEFAULTS = Settings(_env_file=None)
DEFAULT_MODELS = [
    *(UsageKey(Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, f"{DEFAULTS.deepgram_model}{kind}")
      for kind in ("", "-multi", "+keyterms", "-multi+keyterms")),
    *(UsageKey(Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, model)
      for model in (DEFAULTS.openai_stt_model, DEFAULTS.openai_stt_detecting_model)),
    *(UsageKey(Stage.TRANSLATION, "openai", unit, DEFAULTS.openai_translation_model)
      for unit in (UsageUnit.INPUT_TOKENS, UsageUnit.OUTPUT_TOKENS)),
    UsageKey(Stage.SPEECH, "elevenlabs", UsageUnit.CHARACTERS, DEFAULTS.elevenlabs_model),
    UsageKey(Stage.SPEECH, "openai", UsageUnit.AUDIO_MS, DEFAULTS.openai_speech_model),
]  # fmt: skip


@pytest.mark.parametrize("key", DEFAULT_MODELS, ids=lambda key: f"{key.provider}-{key.variant}-{key.unit}")
def test_every_model_that_is_a_default_is_listed(key: UsageKey) -> None:
    assert PACKAGED.price(key) is not None


@given(st.dictionaries(st.sampled_from([NOVA, DEEPL, FLASH, WHISPER]), st.integers(0, 10**9), min_size=1))
def test_a_bill_is_the_sum_of_its_lines_and_grows_with_each(usage: dict[UsageKey, int]) -> None:
    charges = PACKAGED.charges(usage)
    total = total_cost(charges)
    assert {charge.key: charge.amount for charge in charges} == usage
    assert total == sum(charge.cost for charge in charges if charge.cost is not None)
    more = total_cost(PACKAGED.charges({key: amount + 1000 for key, amount in usage.items()}))
    assert total is not None
    assert more is not None
    assert more >= total


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- a list", "the file"),
        ("", "the file"),
        ("currency: [", "line 1"),
        ("currency: euro\nprices: []", "currency"),
        ("currency: EUR\nprices: []\ntaxes: 21", "taxes"),
        (LIST.replace("price: 3", "price: three"), "price 1, price"),
        (LIST.replace("price: 3", "price: -3"), "price 1, price"),
        (LIST.replace("price: 3", "price: .nan"), "price 1, price"),
        (LIST.replace("price: 0.1", "price: 0.000000001"), "price 2, price"),
        (LIST.replace("per: 1}", "per: 0}"), "price 2, per"),
        (LIST.replace("unit: characters, price: 0.1", "unit: words, price: 0.1"), "price 2, unit"),
        (LIST.replace("stage: speech", "stage: singing", 1), "price 1, stage"),
        (LIST.replace("variant: fine, ", ""), "two prices for speech vendor characters"),
        (LIST.replace("free: [ours]", "free: [vendor]"), "two prices for speech vendor"),
    ],
)
def test_a_list_that_does_not_fit_names_the_file_and_the_entry(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    for name in ("PRICES_FILE", "mine.yaml", where):
        assert name in str(caught.value)


def test_a_list_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"PRICES_FILE=.*absent\.yaml"):
        load_prices(tmp_path / "absent.yaml")
