"""What the doctor says of prices."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.doctor import check_prices
from app.config import Settings


@pytest.mark.parametrize(
    ("called", "agent", "unknown"),
    [
        ("+14155550100", "+14155550199", []),
        ("+14155550100", "+34910000002", ["outbound-minutes (ES)"]),
        ("+34910000001", "sip:desk@example.com", ["inbound-minutes (ES)", "outbound-minutes (sip)"]),
        ("", "", ["inbound-minutes (nowhere)"]),
    ],
)
def test_telephones_whose_prices_are_not_known_are_named(called: str, agent: str, unknown: list[str]) -> None:
    finding = check_prices(Settings(_env_file=None, twilio_phone_number=called, agent_phone_number=agent))
    assert not finding.problem
    assert finding.detail.startswith("USD")
    assert ("docs/costs.md" in finding.detail) == bool(unknown)
    for each in unknown:
        assert each in finding.detail


def test_a_list_that_cannot_be_read_is_to_be_mended(tmp_path: Path) -> None:
    finding = check_prices(Settings(_env_file=None, prices_file=tmp_path / "absent.yaml"))
    assert "absent.yaml" in finding.problem
