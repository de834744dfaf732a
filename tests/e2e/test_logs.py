"""What a server prints while it holds a call: lines for machines, and never what was said, by whom, or a key."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import ADMIN_API_KEY, AGENT_NUMBER, AUTH_TOKEN, CLIENT_NUMBER, conversation, script
from tests.e2e.house import exit_code, house, until
from tests.e2e.sounds import babble

SPEECH = babble(1.5)
CALL_EVENTS = {"call.started", "leg.status", "leg.connected", "utterance.interpreted", "media.ended", "call.ended"}
LEG_EVENTS = {"leg.status", "leg.connected", "media.ended"}

pytestmark = pytest.mark.timeout(240)


async def test_a_call_leaves_lines_for_machines_and_nothing_of_what_was_said(tmp_path: Path) -> None:
    async with house(tmp_path, LOG_LEVEL="debug", TRANSCRIPTS="full") as at:
        server = await at.start()
        await at.emulator.call(script(**conversation(SPEECH)))
        await at.http.post("/voice/webhook?stolen=query", data={"From": CLIENT_NUMBER})

        async def is_over() -> bool:
            return all(call.ended_at for call in await at.calls())

        await until(is_over)
        (call,) = await at.calls()
        server.terminate()
        await exit_code(server)
        printed = at.log
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]

    for line in lines:
        assert {"event", "level", "timestamp"} <= line.keys(), line
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
        assert line["level"] in ("debug", "info", "warning", "error", "critical")
        assert not any(key.startswith("pii_") for key in line)
    ours = [line for line in lines if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", line["event"])]
    assert {line["event"] for line in ours} >= {"server.ready", "server.draining", "server.drained", *CALL_EVENTS}
    for line in ours:
        if line["event"] in CALL_EVENTS:
            assert line["call_sid"] == call.call_sid, line
        if line["event"] in LEG_EVENTS:
            assert line["leg"] in ("client", "agent"), line
    spoken = [line for line in ours if line["event"] == "utterance.interpreted"]
    assert [line["utterance"] for line in spoken] == [utterance.sequence for utterance in call.utterances]
    assert all(line["total_ms"] > 0 and line["source_chars"] > 0 for line in spoken)

    texts = [text for each in call.utterances for text in (each.source_text, each.translated_text)]
    assert len(texts) >= 6
    secrets = [AUTH_TOKEN, ADMIN_API_KEY, CLIENT_NUMBER, AGENT_NUMBER, CLIENT_NUMBER[1:], "stolen"]
    for secret in (*texts, *secrets):
        assert secret
        assert secret not in printed, "found in the log: speech, a number, a key or a query"
