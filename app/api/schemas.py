"""What the administrators' endpoints speak."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.events import PolicyChanged
from app.domain.legs import CallStatus, EndReason, Leg
from app.domain.policies import Listening, Overlap
from app.domain.records import CommitReason, EventKind, Outcome
from app.domain.usage import Charge, Stage, UsageUnit
from app.store.repository import CallDetail


class _FromAttributes(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UtteranceView(_FromAttributes):
    """One clause; the times of its stages are milliseconds, null where a stage was not reached."""

    sequence: int
    speaker: Leg
    source_language: str
    target_language: str
    source_text: str
    translated_text: str | None
    outcome: Outcome
    error_code: str | None
    flags: tuple[str, ...] = Field(
        (), description="What the translation misses: number, date, time, amount, phone, spelling, negation, term, ..."
    )
    started_at: datetime
    speech_ms: int
    recognition_ms: int | None
    translation_ms: int | None
    synthesis_ms: int | None
    queue_ms: int | None
    total_ms: int | None
    heard_ms: int | None
    commit_reason: CommitReason = CommitReason.FINAL


class UsageView(BaseModel):
    """What one provider bills for a call, of one unit."""

    stage: Stage
    provider: str
    variant: str = Field(description="What the price depends on: a model or, of minutes, a country; else empty.")
    unit: UsageUnit
    amount: int
    price: Decimal | None = Field(description="The list price of `per` units; null where none is known.")
    per: int | None
    cost: Decimal | None = Field(description="null where the price is not known, which is not nothing.")

    @classmethod
    def of(cls, charge: Charge) -> Self:
        key, price = charge.key, charge.price
        return cls(
            stage=key.stage,
            provider=key.provider,
            variant=key.variant,
            unit=key.unit,
            amount=charge.amount,
            price=price and price.amount,
            per=price and price.per,
            cost=charge.cost,
        )


class EventView(_FromAttributes):
    """One line of a call's history."""

    sequence: int
    at: datetime
    kind: EventKind
    detail: dict[str, str | int]


class CallSummaryView(_FromAttributes):
    call_sid: str
    agent_call_sid: str | None
    status: CallStatus
    client_language: str | None
    agent_language: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    cost: Decimal | None = Field(
        description="What the call costs by list prices, so far; null while that of a part is not known."
    )
    currency: str | None


class CallView(CallSummaryView):
    utterances: list[UtteranceView]
    usage: list[UsageView]
    events: list[EventView]

    @classmethod
    def of(cls, detail: CallDetail) -> Self:
        """Return a call as administrators see it."""
        summary = CallSummaryView.model_validate(detail.call)
        utterances = [UtteranceView.model_validate(utterance) for utterance in detail.utterances]
        usage = [UsageView.of(charge) for charge in detail.usage]
        events = [EventView.model_validate(event) for event in detail.events]
        return cls(**summary.model_dump(), utterances=utterances, usage=usage, events=events)


class CallsView(BaseModel):
    calls: list[CallSummaryView]


class LegPolicies(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    listening: Listening | None = Field(None, description="What this party hears.")
    overlap: Overlap | None = Field(None, description="What a translation does when this party speaks over it.")


class CallPolicies(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client: LegPolicies = LegPolicies()
    agent: LegPolicies = LegPolicies()

    def changes(self) -> list[PolicyChanged]:
        """Return what is to be changed; nothing for a leg that is not named."""
        legs = {Leg.CLIENT: self.client, Leg.AGENT: self.agent}
        return [
            PolicyChanged(leg, wanted.listening, wanted.overlap)
            for leg, wanted in legs.items()
            if wanted.listening is not None or wanted.overlap is not None
        ]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.changes():
            raise ValueError("name a leg and its listening or overlap")
        return self


class TranslateRequest(BaseModel):
    text: str = Field(min_length=1, max_length=5000)
    source_language: str = Field(examples=["en"])
    target_language: str = Field(examples=["es"])


class TranslateReply(BaseModel):
    translated_text: str
    source_language: str
    target_language: str
    provider: str
    translation_ms: int


class ServiceView(BaseModel):
    name: str
    version: str
    docs: str
    agent_language: str
    client_languages: list[str]


class HealthView(BaseModel):
    status: str = Field(description="ok, degraded (calls work, rows wait for the database) or unavailable")
    problems: list[str]
    database: str = Field(description="ok or unreachable")
    providers: dict[str, str]
    circuits: dict[str, str] = Field(
        description="Where there are fallbacks: closed (in use), open (left alone) or half-open, by stage.provider"
    )
    live_calls: int
    max_concurrent_calls: int
