"""Settings of chains: a provider that cannot be built is named by the setting that asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.usage import Stage
from app.errors import ConfigError
from tests.contract.cloud import provider_of
from tests.vendors.products import CHOOSES, PRODUCTS, Product

CASCADE = [product for product in PRODUCTS if product.stage is not Stage.SPEECH_TO_SPEECH]


def chain(stage: Stage) -> tuple[str, str]:
    """Return the setting that chooses a stage's provider and the one that names its fallbacks."""
    return CHOOSES[stage], CHOOSES[stage].replace("provider", "fallbacks")


@pytest.mark.parametrize("stage", [Stage.RECOGNITION, Stage.TRANSLATION, Stage.SPEECH])
def test_a_fallback_that_does_not_exist_names_its_setting(stage: Stage) -> None:
    choice, fallbacks = chain(stage)
    with pytest.raises(ConfigError, match=f"^{fallbacks.upper()}=babelfish: no such provider"):
        provider_of(stage, **{choice: "scripted", fallbacks: "babelfish"})


@pytest.mark.parametrize("product", CASCADE, ids=lambda product: product.title)
def test_a_fallback_without_its_key_names_both_settings(product: Product[Any]) -> None:
    choice, fallbacks = chain(product.stage)
    key = product.key_setting.upper()
    with pytest.raises(ConfigError, match=f"^{fallbacks.upper()}={product.provider}: {key} is not set"):
        provider_of(product.stage, **{choice: "scripted", fallbacks: product.provider})
    with pytest.raises(ConfigError, match=f"^{choice.upper()}={product.provider}: {key} is not set"):
        provider_of(product.stage, **{choice: product.provider})
