"""Who watches a call gets everything in order, or is cut off; never more than a bounded queue."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from app.domain.legs import CallStatus, EndReason, Leg
from app.runtime.captions import Captions, Subscription
from app.telemetry.call_events import (
    CallEndedEvent,
    CallStartedEvent,
    CallStatusEvent,
    KeyPressedEvent,
    PartialCaption,
)
from app.telemetry.metrics import Metrics

SID = "CA" + "1" * 32
AT = datetime(2026, 1, 1, tzinfo=UTC)


def started() -> CallStartedEvent:
    return CallStartedEvent(call_sid=SID, at=AT, sequence=1, agent_language="es")


def partial(speaker: Leg, text: str) -> PartialCaption:
    return PartialCaption(call_sid=SID, at=AT, speaker=speaker, utterance=1, text=text, language="en", is_final=False)


def key(sequence: int) -> KeyPressedEvent:
    return KeyPressedEvent(
        call_sid=SID, at=AT, sequence=sequence, leg=Leg.CLIENT, digit="5", action=None, language=None
    )


def ended(sequence: int = 99) -> CallEndedEvent:
    return CallEndedEvent(
        call_sid=SID, at=AT, sequence=sequence, status=CallStatus.COMPLETED, reason=EndReason.CLIENT_HUNG_UP
    )


async def everything(subscription: Subscription) -> list[dict[str, object]]:
    return [msgspec.json.decode(message) async for message in subscription]


@pytest.fixture
def captions() -> Captions:
    captions = Captions(Metrics())
    captions.take(started())
    return captions


def watch(captions: Captions) -> Subscription:
    subscription = captions.subscribe(SID)
    assert subscription is not None
    return subscription


async def test_a_watcher_gets_where_the_call_stands_and_then_what_happens(captions: Captions) -> None:
    captions.take(CallStatusEvent(call_sid=SID, at=AT, sequence=2, status=CallStatus.IN_PROGRESS, client_language="fr"))
    subscription = watch(captions)
    for event in (partial(Leg.CLIENT, "one"), key(3), ended(4)):
        captions.take(event)
    messages = await everything(subscription)
    assert [message["type"] for message in messages] == ["call.status", "partial", "key.pressed", "call.ended"]
    assert messages[0]["client_language"] == "fr"


async def test_only_the_newest_partial_of_a_speaker_waits(captions: Captions) -> None:
    subscription = watch(captions)
    for event in (partial(Leg.CLIENT, "a"), partial(Leg.AGENT, "x"), partial(Leg.CLIENT, "a b"), key(2), ended()):
        captions.take(event)
    texts = [message.get("text") for message in await everything(subscription)]
    assert texts == [None, "x", "a b", None, None]


async def test_any_number_of_partials_cuts_nobody_off(captions: Captions) -> None:
    subscription = watch(captions)
    for number in range(10_000):
        captions.take(partial(Leg.CLIENT, f"word {number}"))
    captions.take(ended())
    assert [message.get("text") for message in await everything(subscription)] == [None, "word 9999", None]
    assert not subscription.is_too_slow


async def test_a_watcher_who_does_not_read_is_cut_off_and_the_others_are_not(captions: Captions) -> None:
    slow, quick = watch(captions), watch(captions)
    for number in range(1000):
        captions.take(key(number))
        await anext(quick)
    assert slow.is_too_slow
    assert await everything(slow) == []
    assert not quick.is_too_slow


def test_a_call_that_is_over_or_unknown_cannot_be_watched(captions: Captions) -> None:
    assert captions.subscribe("CA" + "2" * 32) is None
    captions.take(ended())
    assert captions.subscribe(SID) is None


def test_who_leaves_is_forgotten(captions: Captions) -> None:
    with watch(captions) as subscription:
        pass
    for number in range(1000):
        captions.take(key(number))
    assert not subscription.is_too_slow
