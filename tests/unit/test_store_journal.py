"""The journal: what was appended comes back, in its order, whatever happened to the file's end or its middle."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.domain.legs import CallStatus, EndReason
from app.domain.records import CallChanged, CallEnded, CallStarted, EventHappened, EventKind, Fact, UsageCounted
from app.domain.usage import Charge, Price, Stage, UsageKey, UsageUnit
from app.store.journal import Journal, decode_fact, encode_fact
from tests.integration.store_facts import SPEECH, whole_call

ROOM = 1_000_000
FACTS = whole_call("CA1")


def changed(number: int) -> Fact:
    return CallChanged("CA1", client_language=f"l{number}")


def all_of(journal: Journal, limit: int = 7) -> list[Fact]:
    facts: list[Fact] = []
    while (chunk := journal.next(limit)) is not None:
        facts += chunk.facts
        journal.done(chunk)
    return facts


def next_process(folder: Path) -> Journal:
    journal = Journal(folder, "next", max_bytes=ROOM)
    journal.take_over()
    return journal


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_every_kind_of_fact_survives_its_line(fact: Fact) -> None:
    line = encode_fact(fact)
    assert line.count(b"\n") == 1
    assert decode_fact(line) == fact


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
moments = st.datetimes(timezones=st.just(UTC))
amounts = st.decimals(0, 10**9, places=8)


@given(texts, moments, amounts)
def test_every_value_survives_its_line(text: str, at: datetime, amount: Decimal) -> None:
    key = UsageKey(Stage.SPEECH, "vendor", UsageUnit.CHARACTERS, text)
    for fact in (
        CallStarted("CA1", at, text, instance_id=text),
        CallEnded("CA1", CallStatus.FAILED, EndReason.PROCESS_LOST, at),
        EventHappened("CA1", 1, at, EventKind.KEY_PRESSED, {text: text, "n": 7}),
        UsageCounted("CA1", (Charge(key, 2**40, Price(amount, 3), amount),), "EUR"),
    ):
        assert decode_fact(encode_fact(fact)) == fact


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(1, 9).map(lambda n: ("append", n)),
            st.integers(1, 9).map(lambda n: ("read", n)),
            st.just(("crash", 0)),
            st.just(("torn", 0)),
        ),
        max_size=25,
    )
)
def test_what_was_appended_comes_back_once_in_its_order_whatever_dies(steps: list[tuple[str, int]]) -> None:
    """A crash may bring back what was read from a file since it was last emptied, but never skips or swaps."""
    with tempfile.TemporaryDirectory() as folder, capture_logs():
        generation, written, got = 0, 0, [-1]
        journal = Journal(Path(folder), "p0", max_bytes=ROOM)
        for step, n in steps:
            match step:
                case "append":
                    assert journal.append([changed(written + each) for each in range(n)]) == n
                    written += n
                case "read":
                    chunk = journal.next(n)
                    if chunk is not None:
                        numbers = [int(fact.client_language[1:]) for fact in chunk.facts]  # type: ignore[union-attr]
                        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
                        assert numbers[0] <= max(got) + 1
                        got += numbers
                        journal.done(chunk)
                case _:
                    journal.close()
                    if step == "torn":
                        for path in Path(folder).glob("*.jsonl"):
                            path.write_bytes(path.read_bytes() + encode_fact(changed(999))[:-9])
                    generation += 1
                    journal = Journal(Path(folder), f"p{generation}", max_bytes=ROOM)
                    journal.take_over()
        rest = [int(fact.client_language[1:]) for fact in all_of(journal)]  # type: ignore[union-attr]
        assert set(got) | set(rest) == {-1, *range(written)}
        assert journal.size == 0
        journal.close()
        assert list(Path(folder).iterdir()) == []


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_last_line_that_was_cut_anywhere_is_dropped_alone(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path, "dead", max_bytes=ROOM)
    journal.append(FACTS)
    journal.close()
    path = next(tmp_path.iterdir())
    assert cut < len(encode_fact(FACTS[-1]))
    path.write_bytes(path.read_bytes()[:-cut])
    with capture_logs() as logs:
        assert all_of(next_process(tmp_path)) == FACTS[:-1]
    assert [line["event"] for line in logs] == ["journal.torn"]


@given(st.integers(1, len(FACTS)), st.binary(max_size=30).filter(lambda junk: b"\n" not in junk))
def test_a_corrupted_line_is_counted_and_skipped_and_not_quoted(number: int, junk: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), "dead", max_bytes=ROOM)
        journal.append(FACTS)
        journal.close()
        path = next(Path(folder).iterdir())
        lines = path.read_bytes().splitlines(keepends=True)
        lines[number] = junk + b"]\n"
        path.write_bytes(b"".join(lines))
        with capture_logs() as logs:
            heir = next_process(Path(folder))
            chunk = heir.next(100)
            assert chunk is not None
            assert list(chunk.facts) == FACTS[: number - 1] + FACTS[number:]
            assert chunk.corrupted == 1
            heir.close()
        assert [line["event"] for line in logs] == ["journal.line_corrupted"]
        assert SPEECH not in repr(logs)


def test_a_journal_of_another_version_is_set_aside_whole(tmp_path: Path) -> None:
    other = tmp_path / "dead.facts.jsonl"
    other.write_bytes(b'["journal",99]\n' + encode_fact(FACTS[0]))
    with capture_logs() as logs:
        assert all_of(next_process(tmp_path)) == []
    assert [line["event"] for line in logs] == ["journal.of_another_version"]
    assert [path.name for path in tmp_path.iterdir()] == ["dead.facts.jsonl.unreadable"]


def test_the_file_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    alive = Journal(tmp_path, "alive", max_bytes=ROOM)
    alive.append(FACTS)
    assert next_process(tmp_path).next(10) is None
    assert all_of(alive) == FACTS


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder, "own", max_bytes=ROOM)
    journal.append(FACTS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert next(folder.iterdir()).stat().st_mode & 0o777 == 0o600


def test_a_full_journal_takes_what_fits_and_more_when_it_was_read(tmp_path: Path) -> None:
    line = len(encode_fact(FACTS[0]))
    journal = Journal(tmp_path, "own", max_bytes=3 * line + 5)
    assert journal.append([FACTS[0]] * 5) == 3
    assert journal.append([FACTS[0]]) == 0
    chunk = journal.next(1)
    assert chunk is not None
    journal.done(chunk)
    assert journal.append([FACTS[0]] * 2) == 1


def test_what_json_cannot_hold_is_left_out_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "own", max_bytes=ROOM)
    half = replace(FACTS[0], agent_language="\ud800")  # type: ignore[call-arg]
    with capture_logs() as logs:
        assert journal.append([FACTS[0], half, FACTS[1]]) == 3
    assert [line["event"] for line in logs] == ["journal.fact_refused"]
    assert all_of(journal) == FACTS[:2]
