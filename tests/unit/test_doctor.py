"""What the doctor says of prices and recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.doctor import Finding, check_fleet, check_prices, check_recordings
from app.config import Settings
from app.errors import ConfigError


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


def test_where_calls_are_recorded_is_told_and_a_folder_that_cannot_be_used_is_to_be_mended(tmp_path: Path) -> None:
    def finding(**values: object) -> Finding:
        return check_recordings(
            Settings(_env_file=None, **{"recording": True, "recording_keys": f"first={'A' * 43}=", **values})
        )

    assert check_recordings(Settings(_env_file=None)) == Finding("recordings", "off (RECORDING)")
    assert "first" in finding(recording_dir=tmp_path / "calls").detail
    (tmp_path / "file").touch()
    assert "RECORDING_DIR" in finding(recording_dir=tmp_path / "file" / "calls").problem


async def test_what_several_processes_need_is_asked_for() -> None:
    async def check(**values: object) -> str:
        return await check_fleet(Settings(_env_file=None, **values))

    several = {"fleet_servers": ("a:1", "b:2"), "fleet_server": "a:1"}
    assert "only one" in await check()
    with pytest.raises(ConfigError, match="PostgreSQL"):
        await check(**several)
    with pytest.raises(ConfigError, match="REDIS_URL"):
        await check(**several, database_url="postgresql://host/puente")
