"""The files that a deployment is started from say the same: who is there, by what name, and with which settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from app.config import PROJECT_ROOT, Settings
from app.fleet.placement import OnRing, Ring

COMPOSE = PROJECT_ROOT / "docker-compose.yml"
NGINX = PROJECT_ROOT / "nginx" / "puente.conf"
OUR_OWN = re.compile(r"\$\{(\w+):?[-?]?[^}]*\}")


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


def bridges(compose: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {name: each["environment"] for name, each in compose["services"].items() if name.startswith("bridge-")}


def upstreams() -> list[list[str]]:
    text = NGINX.read_text(encoding="utf-8")
    blocks = re.findall(r"^upstream \w+ \{(.*?)^\}", text, flags=re.MULTILINE | re.DOTALL)
    return [re.findall(r"^    server (\S+) .*;$", block, flags=re.MULTILINE) for block in blocks]


def test_nginx_has_the_bridges_of_the_composition_in_both_of_its_groups(compose: dict[str, Any]) -> None:
    servers = [f"{name}:8000" for name in bridges(compose)]
    assert len(servers) > 1
    assert upstreams() == [servers, servers]


def test_every_bridge_is_in_a_list_that_is_at_least_as_long_as_nginx_has_it(compose: dict[str, Any]) -> None:
    at_proxy = Ring(upstreams()[0])
    for name, environment in bridges(compose).items():
        listed = environment["FLEET_SERVERS"].split(",")
        assert environment["FLEET_SERVER"] == f"{name}:8000"
        assert set(upstreams()[0]) <= set(listed)
        placement = OnRing(listed, environment["FLEET_SERVER"])
        assert {at_proxy.find(placement.new_session_id()) for _ in range(20)} == {environment["FLEET_SERVER"]}


def test_the_composition_sets_what_there_is(compose: dict[str, Any]) -> None:
    for environment in bridges(compose).values():
        assert {name.lower() for name in environment} <= set(Settings.model_fields)


def test_what_is_mounted_is_in_the_repository(compose: dict[str, Any]) -> None:
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", ())]
    ours = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    made_by_operators = {"./ssl"}
    missing = [path for path in ours if path not in made_by_operators and not (PROJECT_ROOT / path).exists()]
    assert not missing


def test_every_password_is_asked_for_in_the_head_of_the_file(compose: dict[str, Any]) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    head = text.split("\nx-bridge")[0]
    from_environment = {secret["environment"] for secret in compose["secrets"].values()}
    asked = {name for name in OUR_OWN.findall(text) if name.endswith("PASSWORD")} | from_environment
    assert asked
    assert all(f"{name}=" in head for name in asked)
