"""Who may do what: roles, permissions, and what a short-lived token is good for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

BOOTSTRAP_KEY_ID = "bootstrap"
"""Stands for ADMIN_API_KEY, which is in no table."""


class Role(StrEnum):
    """What a key is for, from the most that may be done to the least."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    READ_ONLY = "read-only"


class Permission(StrEnum):
    READ_METRICS = "read-metrics"
    LIST_CALLS = "list-calls"
    """Calls and their figures; nothing of what was said."""
    READ_CALLS = "read-calls"
    """What was said."""
    WATCH_CALL = "watch-call"
    """Live captions of one call."""
    CHANGE_CALLS = "change-calls"
    PLACE_CALLS = "place-calls"
    """Costs money."""
    TRANSLATE = "translate"
    """Costs money with vendors that bill by the character."""
    ADMINISTER = "administer"
    """Deletion and its evidence, recordings, and whatever has no permission of its own."""


_READER = frozenset({Permission.READ_METRICS, Permission.LIST_CALLS})

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Permission),
        Role.SUPERVISOR: frozenset(Permission) - {Permission.ADMINISTER},
        Role.AGENT: frozenset({Permission.WATCH_CALL}),
        Role.READ_ONLY: _READER,
    }
)


class Purpose(StrEnum):
    """What a short-lived token opens, of one call."""

    CAPTIONS = "captions"
    TRANSCRIPT = "transcript"

    @property
    def permission(self) -> Permission:
        """What whoever asks for such a token must be allowed."""
        return _NEEDED[self]


_NEEDED = {Purpose.CAPTIONS: Permission.WATCH_CALL, Purpose.TRANSCRIPT: Permission.READ_CALLS}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the holder of a key."""

    key_id: str
    role: Role

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a short-lived token says: its holder may use one thing of one call."""

    purpose: Purpose
    call_sid: str
    key_id: str
    """Whose key asked for it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key."""

    key_id: str
    name: str
    role: Role
    secret_hash: str
    created_at: datetime
    last_used_at: datetime | None = None
    """To within half a minute."""
    revoked_at: datetime | None = None


def roles_with(permission: Permission) -> list[Role]:
    """Return the roles that may do this, the mightiest first."""
    return [role for role in Role if permission in PERMISSIONS[role]]
