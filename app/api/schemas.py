"""What the administrators' endpoints speak."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from app.domain.events import PolicyChanged
from app.domain.legs import CallDirection, CallStatus, EndReason, Leg, LegStatus
from app.domain.policies import Listening, Overlap
from app.domain.records import CommitReason, EventKind, Outcome
from app.domain.usage import Charge, Stage, UsageUnit
from app.store.repository import CallDetail, CallFilter, CallSummary

EXAMPLE_CALL_SID = "CA0123456789abcdef0123456789abcdef"

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _rfc_3339(value: object) -> object:
    """Numbers and half dates are no moments, whatever else pydantic makes of them."""
    if not isinstance(value, str) or _RFC_3339.fullmatch(value) is None:
        raise ValueError("must be a moment such as 2026-03-01T09:30:00Z")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment in the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_utc)]
_LANGUAGE_TAG = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}$"
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="ISO 639-1.", examples=["en"])]


def _plain(amount: Decimal) -> str:
    """Return digits and a point: the database's zero would be 0E-8."""
    return f"{amount.normalize():f}"


Money = Annotated[
    Decimal,
    PlainSerializer(_plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["0.0044"]}, mode="serialization"),
]


class _FromAttributes(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CallQuery(BaseModel):
    """Which calls are wanted; what is left out does not matter. An unknown parameter is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500, description="Calls on a page.")
    cursor: str | None = Field(None, max_length=100, description="`next_cursor` of the page before this one.")
    status: CallStatus | None = None
    live: bool | None = Field(None, description="true: calls that go on; false: past ones.")
    end_reason: EndReason | None = None
    direction: CallDirection | None = Field(None, description="inbound: the client called; outbound: we called them.")
    client_language: LanguageCode | None = None
    agent_language: LanguageCode | None = None
    started_from: Moment | None = Field(None, description="The first moment that counts.")
    started_before: Moment | None = Field(None, description="The first moment that counts no more.")

    def filter(self) -> CallFilter:
        return CallFilter(
            status=self.status,
            is_live=self.live,
            end_reason=self.end_reason,
            direction=self.direction,
            client_language=self.client_language,
            agent_language=self.agent_language,
            started_from=self.started_from,
            started_before=self.started_before,
        )


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
    price: Money | None = Field(description="The list price of `per` units; null where none is known.")
    per: int | None
    cost: Money | None = Field(description="null where the price is not known, which is not nothing.")

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
    detail: dict[str, str | int] = Field(description="docs/api.md says what is in it.")


class CallSummaryView(_FromAttributes):
    call_sid: str = Field(examples=[EXAMPLE_CALL_SID])
    agent_call_sid: str | None
    direction: CallDirection | None = Field(description="Who called: null for calls of before this was kept.")
    status: CallStatus
    client_language: str | None
    agent_language: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    cost: Money | None = Field(
        description="What the call costs by list prices, so far; null while that of a part is not known."
    )
    currency: str | None
    utterance_count: int


class LegView(_FromAttributes):
    """One party's telephone."""

    leg: Leg
    leg_call_sid: str | None
    stream_sid: str | None
    status: LegStatus | None
    started_at: datetime = Field(description="When it was first heard of.")
    answered_at: datetime | None
    ended_at: datetime | None


class CallView(CallSummaryView):
    """One call with everything that is stored of it."""

    legs: list[LegView]
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
        legs = [LegView.model_validate(leg) for leg in detail.legs]
        return cls(**summary.model_dump(), legs=legs, utterances=utterances, usage=usage, events=events)


class CallsView(BaseModel):
    """One page, newest first. A call that begins meanwhile is on no later page, and none is missed or told twice."""

    calls: list[CallSummaryView]
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last one.")

    @classmethod
    def page(cls, found: list[CallSummary], limit: int) -> Self:
        """``found`` is one call longer than the page where there is another page."""
        shown = found[:limit]
        return cls(
            calls=[CallSummaryView.model_validate(call) for call in shown],
            next_cursor=str(shown[-1].cursor) if len(found) > limit else None,
        )


class OutboundRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: str = Field(
        pattern=r"^\+[1-9][0-9]{6,14}$",
        description="The client's number, E.164; OUTBOUND_ALLOWED_PREFIXES has to have its beginning.",
        examples=["+442079460018"],
    )
    client_language: LanguageCode | None = Field(
        None,
        description="What the client speaks, where it is known; else their country suggests it and it is detected.",
    )


class PlacedCallView(BaseModel):
    """The client's telephone is about to ring; GET /calls/{call_sid} shows what becomes of it."""

    call_sid: str = Field(examples=[EXAMPLE_CALL_SID])
    status: CallStatus


class AcceptedView(BaseModel):
    """What was asked for is under way; GET /calls/{call_sid} shows when it is done."""

    status: str = Field(examples=["ending"])


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
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=5000, examples=["Good morning"])
    source_language: str = Field(pattern=_LANGUAGE_TAG, examples=["en"], description="A BCP 47 tag; en-GB is en.")
    target_language: str = Field(pattern=_LANGUAGE_TAG, examples=["es"])


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


class ReadyView(BaseModel):
    """Whether a call can be taken now."""

    ready: bool
    problems: list[str] = Field(description="Why not.", examples=[["all 50 lines are busy (MAX_CONCURRENT_CALLS)"]])
    degraded: list[str] = Field(
        description="What calls can be taken without.",
        examples=[["Redis cannot be reached: limits are those of each process"]],
    )


class HealthView(BaseModel):
    """How the process does; that it answers is that it lives."""

    status: str = Field(description="ok, degraded (calls work; see database and fleet) or unavailable (see /ready)")
    problems: list[str]
    database: str = Field(description="ok or unreachable")
    providers: dict[str, str]
    circuits: dict[str, str] = Field(
        description="Where there are fallbacks: closed (in use), open (left alone) or half-open, by stage.provider"
    )
    live_calls: int
    max_concurrent_calls: int
    fleet: str = Field(description="ok, or why this process is on its own", examples=["ok"])
    fleet_processes: int = Field(description="Processes of the deployment that were there a moment ago, this one too")
    fleet_live_calls: int = Field(description="Calls of all of them")
    local_capacity_calls: int | None = Field(
        description="Calls at once that recognition and voices on this machine carry; null where they are elsewhere."
    )
