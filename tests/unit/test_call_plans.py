"""What a call begins with, from settings and providers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.config import Settings
from app.domain.glossary import Glossaries
from app.runtime.call_plans import CallPlans
from app.runtime.providers import Providers
from app.stt.factory import create_stt_provider
from app.translation.factory import create_translation_provider
from app.tts.factory import create_tts_provider


def plans(*, is_heavy: bool = False, **changes: object) -> CallPlans:
    scripted = {"stt_provider": "scripted", "translation_provider": "scripted", "tts_provider": "scripted"}
    settings = Settings(_env_file=None, **{**scripted, **changes})  # type: ignore[arg-type]
    voice = create_tts_provider(settings)
    voice.capabilities = replace(voice.capabilities, is_heavy=is_heavy)
    providers = Providers(create_stt_provider(settings), create_translation_provider(settings), voice)
    return CallPlans(settings, providers, Glossaries())


@pytest.mark.parametrize(
    ("changes", "speaks_ahead"),
    [
        ({}, True),
        ({"is_heavy": True}, False),
        ({"speculative_speech": False}, False),
        ({"speculative_translation": False}, False),
    ],
)
def test_a_voice_speaks_ahead_where_that_keeps_nobody_waiting(changes: dict[str, bool], speaks_ahead: bool) -> None:
    made = plans(**changes)
    assert made.config(made.plan("+14155550100", "", "")).speaks_ahead is speaks_ahead


def test_the_clients_country_suggests_what_the_bridge_speaks() -> None:
    made = plans()
    plan = made.plan("+33612345678", "", "")
    assert (plan.region, plan.language) == ("FR", "fr")
    assert made.config(plan).bridge_language == "fr"
    assert made.plan("+33612345678", "", "it").language == "it", "what somebody says counts more"


def test_the_limits_of_a_clause_are_those_of_the_settings() -> None:
    limits = plans(clause_soft_wait_ms=2000, clause_hard_wait_ms=3000)
    config = limits.config(limits.plan("", "", ""))
    assert (config.clause_limits.soft_ms, config.clause_limits.busy_soft_ms) == (2000, 3000)
    assert (config.clause_limits.hard_ms, config.clause_limits.watchdog_ms) == (3000, 4000)
