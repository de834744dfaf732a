"""Whether a process knows which of the fleet's servers it is."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from app.config import Settings, load_settings
from app.errors import ConfigError
from app.fleet.factory import create_fleet, create_placement
from app.fleet.memory import Alone
from app.fleet.placement import Anywhere, OnRing
from app.fleet.redis import RedisFleet


def test_without_settings_a_process_is_alone() -> None:
    settings = Settings(_env_file=None)
    assert isinstance(create_placement(settings), Anywhere)
    assert isinstance(create_fleet(settings), Alone)


def test_servers_are_kept_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_SERVERS", "Bridge-1:8000, bridge-2:8000")
    monkeypatch.setenv("FLEET_SERVER", "Bridge-1:8000")
    settings = Settings(_env_file=None)
    assert settings.fleet_servers == ("Bridge-1:8000", "bridge-2:8000")
    assert isinstance(create_placement(settings), OnRing)


@pytest.mark.parametrize(("servers", "server"), [("a:1,b:2", ""), ("a:1,b:2", "c:3"), ("", "a:1")])
def test_a_process_that_is_none_of_them_does_not_start(
    monkeypatch: pytest.MonkeyPatch, servers: str, server: str
) -> None:
    monkeypatch.setenv("FLEET_SERVERS", servers)
    monkeypatch.setenv("FLEET_SERVER", server)
    with pytest.raises(ConfigError, match="FLEET_SERVER"):
        load_settings()


async def test_each_process_has_a_name_of_its_own() -> None:
    settings = Settings(_env_file=None, redis_url=SecretStr("redis://127.0.0.1:1/0"))
    one, two = create_fleet(settings), create_fleet(settings)
    assert isinstance(one, RedisFleet)
    assert one.instance_id != two.instance_id
