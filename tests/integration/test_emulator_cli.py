"""`python -m app call`: its answers and its exit codes."""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import call
from tests.integration.emulator_bridge import ACCOUNT_SID, AUTH_TOKEN, Bridge, serving
from tests.protocol.test_rest import unused_port

SCRIPT = "linger_s: 0.5\nmax_duration_s: 60\nagent: {answer: {after_s: 0.1}}\n"


@contextmanager
def bridge_beside() -> Iterator[Bridge]:
    """Run a bridge in a thread of its own: the command has its own event loop."""
    ready, done = threading.Event(), threading.Event()
    bridge = Bridge()

    async def serve() -> None:
        async with serving(bridge):
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield bridge
    finally:
        done.set()
        thread.join(30)


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    call.add_parser(parser.add_subparsers())
    args = parser.parse_args(["call", *arguments])
    assert args.run is call.run
    return call.run(args)


def test_a_clean_call_is_told_live_and_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "call.yaml"
    script.write_text(SCRIPT)
    with bridge_beside() as bridge:
        # The port is known beforehand, so that the bridge can be told.
        port = unused_port()
        bridge.rest_url = f"http://127.0.0.1:{port}"
        code = command(
            str(script), "--server", bridge.url, "--rest-port", str(port), "--out", str(tmp_path / "out"),
            "--fault", "jitter_ms=20", "--fault", "duplicate_callbacks",
        )  # fmt: skip
    told = capsys.readouterr().out
    assert code == call.CLEAN, told
    assert f"TWILIO_API_BASE_URL={bridge.rest_url}" in told
    assert "in-progress" in told
    assert "The call was clean." in told
    assert (tmp_path / "out" / "client_heard.wav").exists()
    assert len(bridge.callbacks) == 8


def test_a_server_that_is_not_there_is_no_clean_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "call.yaml"
    script.write_text(SCRIPT)
    assert command(str(script), "--server", "http://127.0.0.1:9", "--rest-port", "0", "--quiet") == call.UNCLEAN
    assert "http://127.0.0.1:9" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["none.yaml"], "none.yaml: there is no such script"),
        (["none.yaml", "--server", "localhost"], "--server: localhost is not"),
        (["none.yaml", "--account-sid", ""], "TWILIO_ACCOUNT_SID is not set"),
        (["none.yaml", "--auth-token", ""], "TWILIO_AUTH_TOKEN is not set"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == call.USAGE
    told = capsys.readouterr().err
    assert complaint in told
    assert AUTH_TOKEN not in told
    assert told.count("\n") == 1


def test_a_fault_that_does_not_exist_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "call.yaml"
    script.write_text(SCRIPT)
    assert command(str(script), "--fault", "rain") == call.USAGE
    assert "faults.rain" in capsys.readouterr().err
