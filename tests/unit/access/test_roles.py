"""The handbook's table of roles is the one that is used."""

from __future__ import annotations

import pytest

from app.config import PROJECT_ROOT
from app.domain.access import PERMISSIONS, Caller, Permission, Purpose, Role, roles_with

LINES = {
    "`GET /metrics`": {Permission.READ_METRICS},
    "`GET /calls`": {Permission.LIST_CALLS},
    "`GET /calls/{call_sid}` and": {Permission.READ_CALLS},
    "live captions": {Permission.WATCH_CALL},
    "`PATCH /calls/{call_sid}`": {Permission.CHANGE_CALLS},
    "`POST /calls`,": {Permission.PLACE_CALLS, Permission.TRANSLATE},
    "recordings; deletion": {Permission.ADMINISTER},
}


def test_every_permission_is_in_the_handbook() -> None:
    assert set.union(*LINES.values()) == set(Permission)


@pytest.mark.parametrize("beginning", LINES)
def test_the_handbook_says_who_may_what(beginning: str) -> None:
    handbook = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (line,) = (line for line in handbook.splitlines() if line.startswith(f"| {beginning}") and line.count("|") == 6)
    told = {role for role, cell in zip(Role, line.split("|")[2:6], strict=True) if cell.strip() == "yes"}
    for permission in LINES[beginning]:
        assert told == set(roles_with(permission)), permission


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_for_what_some_role_may(purpose: Purpose) -> None:
    assert roles_with(purpose.permission)


def test_a_caller_may_what_their_role_may() -> None:
    for role in Role:
        assert {each for each in Permission if Caller("x", role).may(each)} == PERMISSIONS[role]
