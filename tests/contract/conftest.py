"""What the contract tests of one room share."""

from __future__ import annotations

import pytest

from tests.contract.stt_suite import noise


@pytest.fixture
def speech() -> bytes:
    """Eight words for a local recogniser."""
    return noise(2400, loudness=0.2)
