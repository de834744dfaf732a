"""The OpenAPI document against the running server: schemathesis makes up requests and compares the answers with it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from app.api.schemas import CallQuery
from app.config import PROJECT_ROOT
from tests.e2e.harness import ADMIN_API_KEY, conversation, desk, script
from tests.e2e.sounds import babble

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "unsupported_method",
)
_TIMEOUT_S = 100


async def test_the_handbook_has_every_request_and_every_filter(tmp_path: Path) -> None:
    handbook = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    async with desk(tmp_path) as at:
        paths = (await at.http.get("/openapi.json")).json()["paths"]
    requests = {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "twilio" not in operation["tags"]
    }
    assert len(requests) >= 11
    for name in (*requests, *CallQuery.model_fields):
        assert f"`{name}" in handbook, name


async def test_every_answer_is_what_the_document_says(tmp_path: Path) -> None:
    changes = {
        "max_concurrent_calls": 10_000,
        "outbound_calls_per_minute": 600,
        "failed_authentications_per_minute": 100_000,
    }
    prefixes = tuple(f"+{digit}" for digit in range(1, 10))
    async with desk(tmp_path, outbound_allowed_prefixes=prefixes, **changes) as at:
        await at.emulator.call(script(**conversation(babble(1.0))))
        await at.the_call()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{at.url}/openapi.json"),
            *("--header", f"Authorization: Bearer {ADMIN_API_KEY}"),
            *("--include-path-regex", "^/(?!voice/)"),
            *("--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "15", "--seed", "5", "--generation-deterministic", "--no-shrink"),
            *("--request-timeout", "10", "--no-color", "--warnings", "off"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, output.decode()
