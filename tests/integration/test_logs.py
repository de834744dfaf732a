"""What becomes of a log line before it is printed."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from app.telemetry.logs import configure_logging

SPEECH = "my card number is"


def fail(said: str) -> None:
    raise ValueError("a constant")


@pytest.mark.parametrize("is_kept", [False, True])
def test_personal_data_is_printed_only_where_somebody_asked_for_it(
    capsys: pytest.CaptureFixture[str], is_kept: bool
) -> None:
    configure_logging("info", "json", is_kept)
    structlog.get_logger("test").info("utterance.interpreted", chars=17, pii_source=SPEECH)
    logging.getLogger("somebody.else").warning("an SDK says %s", "something")
    logging.getLogger("opentelemetry.exporter.otlp").error("a collector answered %s", "something")
    logging.getLogger("httpx").info("POST %s", "https://vendor.example.com/?key=secret")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["chars"], first["level"]) == ("utterance.interpreted", 17, "info")
    assert first.get("pii_source") == (SPEECH if is_kept else None)
    assert (second["event"], second["level"]) == ("an SDK says something", "warning")


def test_a_traceback_is_one_line_and_shows_no_variable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json", False)
    try:
        fail(SPEECH)
    except ValueError:
        structlog.get_logger("test").exception("session.crashed")
    (line,) = capsys.readouterr().err.splitlines()
    (told,) = json.loads(line)["exception"]
    assert (told["exc_type"], told["exc_value"]) == ("ValueError", "a constant")
    assert [frame["name"] for frame in told["frames"]][-1] == "fail"
    assert SPEECH not in line
