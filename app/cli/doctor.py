"""`python -m app doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from app.config import Settings, load_settings
from app.domain.glossary import Glossary
from app.domain.recordings import RecordingKeys
from app.errors import BridgeError, ConfigError, FleetError
from app.fleet.factory import create_fleet
from app.glossary_file import read_glossaries
from app.prices import load_prices
from app.processors import usable_processors
from app.recordings.shelf import Shelf
from app.runtime.capacity import Capacity
from app.runtime.outbound import check_telephones
from app.runtime.providers import Providers
from app.s2s.factory import create_s2s_link
from app.store.database import Database
from app.stt.factory import create_stt_provider
from app.translation.base import TranslationRequest
from app.translation.factory import create_translation_provider
from app.tts.base import SpeechRequest
from app.tts.factory import create_tts_provider
from app.twilio.billing import call_keys
from app.twilio.numbers import is_dialable

_HOW_TO_SET = {
    "TWILIO_ACCOUNT_SID": "copy it from the first page of the Twilio console (AC...)",
    "TWILIO_AUTH_TOKEN": "copy the primary auth token from the first page of the Twilio console",
    "TWILIO_PHONE_NUMBER": "buy or pick a voice number in the console and write it as +14155550100",
    "WEBHOOK_BASE_URL": "the public https origin of this server, such as https://bridge.example.com",
    "AGENT_PHONE_NUMBER": "where the agent is reached: +34..., sip:user@host or client:name",
}
_TIMEOUT_S = 30.0
_MEETING_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; ``problem`` says what is wrong and how to mend it."""

    subject: str
    detail: str = ""
    problem: str = ""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("doctor", help="check settings, keys, models, database and public URL")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print every finding; 1 when something has to be mended."""
    settings = load_settings()
    findings = [Finding("settings", "read from the environment and .env"), *_twilio(settings), _glossary(settings)]
    findings.append(check_recordings(settings))
    findings += asyncio.run(_check_everything(settings))
    for finding in findings:
        print(f"{'MEND' if finding.problem else 'ok  '}  {finding.subject:<12} {finding.problem or finding.detail}")
    problems = sum(1 for finding in findings if finding.problem)
    print(f"\n{problems} to mend" if problems else "\nEverything is in order: a call can be taken.")
    return 1 if problems else 0


def _twilio(settings: Settings) -> list[Finding]:
    findings = [
        Finding("twilio", problem=f"{name} is not set: {_HOW_TO_SET[name]}") for name in settings.missing_for_calls()
    ]
    sid = settings.twilio_account_sid
    if sid and not (sid.startswith("AC") and len(sid) == 34):
        findings.append(Finding("twilio", problem="TWILIO_ACCOUNT_SID does not look like one (AC and 32 hex digits)"))
    if settings.agent_phone_number and not is_dialable(settings.agent_phone_number):
        findings.append(Finding("twilio", problem="AGENT_PHONE_NUMBER is neither E.164 (+34...), sip: nor client:"))
    try:
        check_telephones(settings)
    except ConfigError as error:
        findings.append(Finding("twilio", problem=str(error)))
    if settings.webhook_base_url.startswith("http://"):
        findings.append(
            Finding("twilio", problem="WEBHOOK_BASE_URL is http://: Twilio opens media streams over https/wss only")
        )
    if not settings.twilio_validate_signatures:
        findings.append(
            Finding("twilio", problem="TWILIO_VALIDATE_SIGNATURES=false lets anybody place calls; set it to true")
        )
    return findings or [Finding("twilio", f"account {sid[:6]}..., agent and webhook configured")]


def _glossary(settings: Settings) -> Finding:
    try:
        glossaries = read_glossaries(settings.glossary_file)
    except ConfigError as error:
        return Finding("glossary", problem=str(error))
    if settings.glossary_file is None:
        return Finding("glossary", "none (GLOSSARY_FILE)")
    names, terms = _counts(glossaries.deployment)
    numbers = len(glossaries.numbers)
    return Finding(
        "glossary", f"{settings.glossary_file}: {names} names, {terms} terms, {numbers} numbers with their own"
    )


def _counts(glossary: Glossary) -> tuple[int, int]:
    return sum(len(scope.names) for scope in glossary.scopes), sum(len(scope.terms) for scope in glossary.scopes)


def check_prices(settings: Settings) -> Finding:
    """Say whether calls will have a cost: the telephones' prices depend on where they are."""
    try:
        prices = load_prices(settings.prices_file)
    except ConfigError as error:
        return Finding("prices", problem=str(error))
    keys = call_keys(settings.twilio_phone_number, settings.agent_phone_number).values()
    unknown = [f"{key.unit} ({key.variant or 'nowhere'})" for key in keys if prices.price(key) is None]
    return Finding(
        "prices",
        f"{prices.currency}; none known for {' and '.join(unknown)}, so calls show usage and no total: docs/costs.md"
        if unknown
        else prices.currency,
    )


def check_recordings(settings: Settings) -> Finding:
    """Say whether calls are recorded, and could be."""
    if not settings.recording:
        return Finding("recordings", "off (RECORDING)")
    keys = RecordingKeys.parse(settings.recording_keys.get_secret_value())
    try:
        Shelf(settings.recording_dir).prepare()
    except ConfigError as error:
        return Finding("recordings", problem=str(error))
    return Finding("recordings", f"every call, to {settings.recording_dir} with the key {keys.current_id}")


async def _check_everything(settings: Settings) -> list[Finding]:
    return [
        *await _engines(settings),
        await _checked("database", lambda: _database(settings)),
        await _checked("fleet", lambda: check_fleet(settings)),
        check_prices(settings),
        await _checked("public URL", lambda: _public_url(settings)),
    ]


async def _checked(subject: str, check: Callable[[], Awaitable[str]]) -> Finding:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return Finding(subject, await check())
    except TimeoutError:
        return Finding(subject, problem=f"no answer in {_TIMEOUT_S:g} s")
    except BridgeError as error:
        return Finding(subject, problem=str(error))


async def check_fleet(settings: Settings) -> str:
    """Say who else is there. Raises ConfigError or FleetError."""
    if settings.fleet_servers and settings.database_url.get_secret_value().startswith("sqlite"):
        raise ConfigError("FLEET_SERVERS: several processes need PostgreSQL in DATABASE_URL; SQLite has one at a time")
    if not settings.redis_url.get_secret_value():
        if settings.fleet_servers:
            raise ConfigError("FLEET_SERVERS without REDIS_URL: each process can end and show its own calls only")
        return "this process is the only one (FLEET_SERVERS)"
    fleet = create_fleet(settings)
    meeting = asyncio.create_task(fleet.run(lambda _: None))
    try:
        async with asyncio.timeout(_MEETING_TIMEOUT_S):
            while fleet.trouble:  # noqa: ASYNC110 - it retries by itself
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise FleetError("REDIS_URL: Redis does not answer; is it there, and are address and password right?") from None
    finally:
        meeting.cancel()
        await asyncio.gather(meeting, return_exceptions=True)
    place = f"as {settings.fleet_server}" if settings.fleet_server else "without FLEET_SERVER"
    return f"Redis answers; {place}; {fleet.roll.processes - 1} other processes, {fleet.roll.calls} calls"


async def _engines(settings: Settings) -> list[Finding]:
    """Load each provider, try it, and say which languages the three cover together."""
    findings: list[Finding] = []
    agent = settings.default_agent_language
    try:
        providers = Providers(
            create_stt_provider(settings),
            create_translation_provider(settings),
            create_tts_provider(settings),
            s2s=create_s2s_link(settings),
        )
        languages = providers.client_languages(settings)
    except ConfigError as error:
        return [Finding("providers", problem=str(error))]
    guessed = settings.default_client_language
    client = guessed if guessed in languages and guessed != agent else next(code for code in languages if code != agent)

    async def recognition() -> str:
        began_s = time.monotonic()
        await providers.stt.start()
        return f"{settings.stt_provider}: loaded in {time.monotonic() - began_s:.1f} s"

    async def translation() -> str:
        await providers.translator.start()
        await providers.translator.learn(read_glossaries(settings.glossary_file).all())
        began_s = time.monotonic()
        await providers.translator.translate(TranslationRequest("1", client, agent))
        return (
            f"{settings.translation_provider}: {client}-{agent} answers in {(time.monotonic() - began_s) * 1000:.0f} ms"
        )

    async def speech() -> str:
        await providers.voice.start()
        began_s = time.monotonic()
        async for _ in providers.voice.speak(SpeechRequest("Uno, dos, tres.", agent)):
            break
        return f"{settings.tts_provider}: first audio after {(time.monotonic() - began_s) * 1000:.0f} ms"

    async def speech_to_speech() -> str:
        if providers.s2s is None:
            return "no S2S_PROVIDER: both directions are a cascade of these"
        await providers.s2s.provider.start()
        return f"{settings.s2s_provider}: what is said by {' and '.join(settings.s2s_directions)}"

    try:
        findings.append(await _checked("recognition", recognition))
        findings.append(await _checked("translation", translation))
        findings.append(await _checked("speech", speech))
        findings.append(await _checked("directly", speech_to_speech))
    finally:
        await providers.aclose()
    capacity = Capacity(
        usable_processors(), providers.stt.processors, providers.voice.processors, settings.local_capacity_calls
    )
    findings.append(Finding("capacity", str(capacity)))
    findings.append(Finding("languages", f"agent {agent}; clients {', '.join(languages)}"))
    return findings


async def _database(settings: Settings) -> str:
    database = Database(settings.database_url.get_secret_value())
    try:
        if not await database.ping(5.0):
            raise ConfigError("DATABASE_URL cannot be reached: start the database, or unset it to use SQLite")
        await database.migrate()
        return "reached, and its tables are up to date"
    finally:
        await database.aclose()


async def _public_url(settings: Settings) -> str:
    if not settings.webhook_base_url:
        raise ConfigError("WEBHOOK_BASE_URL is not set, so Twilio cannot reach this server")
    url = f"{settings.webhook_base_url}/health"
    try:
        async with httpx.AsyncClient(timeout=10.0) as client:
            reply = await client.get(url)
    except httpx.HTTPError as error:
        raise ConfigError(
            f"{url} cannot be reached from here ({type(error).__name__}): start the server, and check the name, "
            "the proxy and the certificate"
        ) from error
    if reply.status_code != httpx.codes.OK or "live_calls" not in reply.text:
        raise ConfigError(f"{url} answers {reply.status_code}, and not as this server does: check the proxy's target")
    return f"{settings.webhook_base_url} reaches this server"
