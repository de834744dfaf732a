"""A provider that is added in one place is added everywhere: settings, list prices, local servers."""

from __future__ import annotations

import re

import pytest

from app.config import Settings
from app.domain.usage import Stage
from app.s2s.factory import BUILTIN as INTERPRETERS
from app.stt.factory import BUILTIN as RECOGNISERS
from app.translation.factory import BUILTIN as TRANSLATORS
from app.tts.factory import BUILTIN as VOICES
from tests.vendors.products import CHOOSES, PRODUCTS

BUILTIN = {
    Stage.RECOGNITION: frozenset(RECOGNISERS),
    Stage.TRANSLATION: frozenset(TRANSLATORS),
    Stage.SPEECH: frozenset(VOICES),
    Stage.SPEECH_TO_SPEECH: frozenset(INTERPRETERS),
}
"""As they are written: benches of vendors' faults, which are tested as well, add some for a time."""
OURS = {"scripted", "whisper", "local", "fxtranslate", "apertium", "opus_mt", "kokoro", "espeak"}
"""Those that no vendor sells."""


@pytest.mark.parametrize("stage", BUILTIN)
def test_every_vendors_provider_has_a_local_server(stage: Stage) -> None:
    assert {product.provider for product in PRODUCTS if product.stage is stage} == BUILTIN[stage] - OURS


@pytest.mark.parametrize("stage", BUILTIN)
def test_the_setting_that_chooses_one_names_them_all(stage: Stage) -> None:
    description = Settings.model_fields[CHOOSES[stage]].description or ""
    assert BUILTIN[stage] <= set(re.findall(r"\w+", description))
