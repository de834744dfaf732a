"""The tables. Telephone numbers are not among the columns: the carrier's identifiers are enough to find them.

The carrier's own keys are ours: a fact finds its row without a look-up, in whatever order facts arrive.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Numeric,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.domain.access import Role
from app.domain.legs import CallDirection, CallStatus, EndReason, Leg, LegStatus
from app.domain.records import CommitReason, DeletionReason, EventKind, Outcome
from app.domain.usage import Stage, UsageUnit

SID_LENGTH = 64
LANGUAGE_LENGTH = 16
CODE_LENGTH = 64
PROVIDER_LENGTH = 64
INSTANCE_LENGTH = 64
HASH_LENGTH = 64
KEY_ID_LENGTH = 32
NAME_LENGTH = 100
_SMALLEST_AMOUNT = Decimal("1e-8")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out, also on SQLite, which knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A few words of a closed set, kept as text with commas between them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(value.split(",")) if value else ()


class Money(TypeDecorator[Decimal]):
    """An amount with eight decimals, exactly: SQLite has no such number and keeps it as text."""

    impl = Numeric(18, 8).with_variant(String(20), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        exact = value.quantize(_SMALLEST_AMOUNT)
        return str(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def as_utc(value: datetime) -> datetime:
    """Return the same moment in UTC. Raises ValueError when the value does not say which moment it is."""
    if value.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return value.astimezone(UTC)


def _words(enum: type[StrEnum]) -> Enum:
    """Return a column type for a closed set of words, kept as text: a new word needs no migration."""
    return Enum(
        enum, native_enum=False, create_constraint=False, length=32, values_callable=lambda kind: [*map(str, kind)]
    )


class Row(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy declares it as an instance attribute
        datetime: UtcDateTime(),
        CallDirection: _words(CallDirection),
        CallStatus: _words(CallStatus),
        EndReason: _words(EndReason),
        Leg: _words(Leg),
        LegStatus: _words(LegStatus),
        Outcome: _words(Outcome),
        CommitReason: _words(CommitReason),
        EventKind: _words(EventKind),
        DeletionReason: _words(DeletionReason),
        Role: _words(Role),
        Stage: _words(Stage),
        UsageUnit: _words(UsageUnit),
        Decimal: Money(),
    }


class CallRow(Row):
    """One interpreted call, named by the client's CallSid."""

    __tablename__ = "calls"
    __table_args__ = (Index(None, "started_at", "call_sid"),)

    call_sid: Mapped[str] = mapped_column(String(SID_LENGTH), primary_key=True)
    agent_call_sid: Mapped[str | None] = mapped_column(String(SID_LENGTH))
    status: Mapped[CallStatus]
    end_reason: Mapped[EndReason | None]
    agent_language: Mapped[str | None] = mapped_column(String(LANGUAGE_LENGTH))
    """None while only later facts of the call have arrived."""
    client_language: Mapped[str | None] = mapped_column(String(LANGUAGE_LENGTH))
    started_at: Mapped[datetime]
    """The earliest moment that any fact of the call names."""
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    cost: Mapped[Decimal | None]
    """The sum of its usage; None where a price is not known, or nothing was counted yet."""
    currency: Mapped[str | None] = mapped_column(String(3))
    """ISO 4217."""
    instance_id: Mapped[str | None] = mapped_column(String(INSTANCE_LENGTH))
    """The process that holds the call, or held it."""
    caller_hash: Mapped[str | None] = mapped_column(String(HASH_LENGTH), index=True)
    """Finds the calls of a telephone number that is asked for, and tells nobody's."""
    direction: Mapped[CallDirection | None]
    """None while only later facts of the call have arrived, and for calls of before it was kept."""


class LegRow(Row):
    """One party's telephone in a call."""

    __tablename__ = "legs"

    call_sid: Mapped[str] = mapped_column(ForeignKey(CallRow.call_sid, ondelete="CASCADE"), primary_key=True)
    leg: Mapped[Leg] = mapped_column(primary_key=True)
    leg_call_sid: Mapped[str | None] = mapped_column(String(SID_LENGTH))
    stream_sid: Mapped[str | None] = mapped_column(String(SID_LENGTH))
    status: Mapped[LegStatus | None]
    started_at: Mapped[datetime]
    """When the leg was first heard of."""
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class UtteranceRow(Row):
    """One clause; the columns are those of ``app.domain.records.UtteranceRecord``."""

    __tablename__ = "utterances"

    call_sid: Mapped[str] = mapped_column(ForeignKey(CallRow.call_sid, ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    speaker: Mapped[Leg]
    source_language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    target_language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    source_text: Mapped[str] = mapped_column(Text)
    translated_text: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[Outcome]
    started_at: Mapped[datetime]
    speech_ms: Mapped[int]
    recognition_ms: Mapped[int | None]
    translation_ms: Mapped[int | None]
    synthesis_ms: Mapped[int | None]
    queue_ms: Mapped[int | None]
    total_ms: Mapped[int | None]
    heard_ms: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
    flags: Mapped[tuple[str, ...]] = mapped_column(Words, server_default="")
    commit_reason: Mapped[CommitReason] = mapped_column(server_default=CommitReason.FINAL)


class UsageRow(Row):
    """What one provider bills for a call, of one unit: ``app.domain.usage.Charge``."""

    __tablename__ = "usage"

    call_sid: Mapped[str] = mapped_column(ForeignKey(CallRow.call_sid, ondelete="CASCADE"), primary_key=True)
    stage: Mapped[Stage] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(PROVIDER_LENGTH), primary_key=True)
    unit: Mapped[UsageUnit] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(Text, primary_key=True)
    """A model's name may be a path."""
    amount: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[Decimal | None]
    price_per: Mapped[int | None] = mapped_column(BigInteger)
    """How many units the price is for."""
    cost: Mapped[Decimal | None]


class EventRow(Row):
    """One line of a call's history: ``app.domain.records.EventHappened``."""

    __tablename__ = "call_events"

    call_sid: Mapped[str] = mapped_column(ForeignKey(CallRow.call_sid, ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[EventKind]
    detail: Mapped[dict[str, str | int]] = mapped_column(JSON)


class InstanceRow(Row):
    """A running process, which says so every few seconds; one that does not is dead, and its calls are ended."""

    __tablename__ = "instances"

    instance_id: Mapped[str] = mapped_column(String(INSTANCE_LENGTH), primary_key=True)
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    """By the database's clock."""


class DeletionRow(Row):
    """Evidence of a deletion; the columns are those of ``app.store.erasure.Deletion``."""

    __tablename__ = "deletions"

    id: Mapped[int] = mapped_column(primary_key=True)
    deleted_at: Mapped[datetime]
    reason: Mapped[DeletionReason]
    older_than: Mapped[datetime | None]
    calls: Mapped[int]
    utterances: Mapped[int]
    recordings: Mapped[int] = mapped_column(server_default="0")


class TombstoneRow(Row):
    """A call that was deleted because somebody asked for it: facts that come later find it, and are dropped.

    The CallSid is hashed, so that nothing of the call is left; it is random, so that a hash without a key does.
    """

    __tablename__ = "tombstones"

    call_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    deletion_id: Mapped[int] = mapped_column(ForeignKey(DeletionRow.id))
    """The evidence: recordings that are found later are counted there."""


class ApiKeyRow(Row):
    """A key of the API; the columns are those of ``app.domain.access.ApiKey``. The key itself is nowhere."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    role: Mapped[Role]
    secret_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
