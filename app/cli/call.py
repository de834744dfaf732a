"""``python -m app call script.yaml``: place one call from the telephone on the desk."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from dataclasses import fields, replace
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.legs import Leg
from app.emulator import (
    CallEvent,
    CallReport,
    CallScript,
    Emulator,
    EmulatorConfig,
    EmulatorError,
    Faults,
    ScriptError,
    load_script,
)
from app.emulator.script_file import faults_from

CLEAN, UNCLEAN, USAGE = 0, 1, 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "call",
        help="place a call from the telephone on the desk (a Twilio emulator)",
        description=(
            "Plays Twilio with two telephones: calls the server's webhook, streams recordings to it and keeps what "
            "both parties heard. The server must run with TWILIO_API_BASE_URL=http://127.0.0.1:<rest port> (so that "
            "it dials the agent here), WEBHOOK_BASE_URL=<public url>, and the same TWILIO_ACCOUNT_SID and "
            "TWILIO_AUTH_TOKEN."
        ),
    )
    parser.add_argument("script", type=Path, help="who says which recording when (YAML; see docs/examples/call.yaml)")
    parser.add_argument("--server", default="http://127.0.0.1:8000", help="where the server listens (%(default)s)")
    parser.add_argument(
        "--public-url", default="https://bridge.example.com", help="the server's WEBHOOK_BASE_URL (%(default)s)"
    )
    parser.add_argument("--voice-path", default="/voice/webhook", help="path of the voice webhook (%(default)s)")
    parser.add_argument("--rest-port", type=int, default=8900, help="where the REST API listens (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for report.json and the four recordings")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help=f"add a fault; may be repeated: {', '.join(item.name for item in fields(Faults))}",
    )
    parser.add_argument("--account-sid", default=os.environ.get("TWILIO_ACCOUNT_SID", ""), help="or TWILIO_ACCOUNT_SID")
    parser.add_argument("--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN", ""), help="or TWILIO_AUTH_TOKEN")
    parser.add_argument("--quiet", action="store_true", help="print the result only, not each event")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Return 0 when the call was clean, 1 when it was not, 2 when it could not be placed as asked."""
    try:
        config = _config(args)
        script = _script(args)
        report = asyncio.run(_call(config, script, is_quiet=args.quiet))
    except (ScriptError, EmulatorError) as error:
        print(f"call: {error}", file=sys.stderr)
        return USAGE
    if args.out is not None:
        report.write(args.out)
    _print_report(report)
    if args.out is not None:
        print(f"\nRecordings and report.json are in {args.out}")
    return CLEAN if report.is_clean else UNCLEAN


def _config(args: argparse.Namespace) -> EmulatorConfig:
    for flag, value in (("--account-sid", args.account_sid), ("--auth-token", args.auth_token)):
        if not value:
            variable = f"TWILIO_{flag[2:].replace('-', '_').upper()}"
            raise EmulatorError(f"{variable} is not set; set it (or {flag}) to what the server uses")
    for flag, url in (("--server", args.server), ("--public-url", args.public_url)):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise EmulatorError(f"{flag}: {url} is not an http(s) URL")
    if urlsplit(args.public_url).scheme != "https":
        print("call: --public-url is not https: Twilio opens streams to wss only", file=sys.stderr)
    return EmulatorConfig(
        account_sid=args.account_sid,
        auth_token=args.auth_token,
        server_url=args.server,
        public_url=args.public_url,
        voice_path=args.voice_path,
        rest_port=args.rest_port,
    )


def _script(args: argparse.Namespace) -> CallScript:
    script = load_script(args.script)
    if not args.fault:
        return script
    written = dict(item.partition("=")[::2] for item in args.fault)
    added = faults_from(written)
    return replace(script, faults=replace(script.faults, **{name: getattr(added, name) for name in written}))


async def _call(config: EmulatorConfig, script: CallScript, *, is_quiet: bool) -> CallReport:
    async with Emulator(config) as emulator:
        if not is_quiet:
            print(f"The REST API listens: the server needs TWILIO_API_BASE_URL={emulator.rest_url}")
        return await emulator.call(script, None if is_quiet else _print_event)


def _print_event(event: CallEvent) -> None:
    print(f"{event.at_s:8.2f} s  {event.leg:<6}  {event.kind:<15}  {event.detail}", flush=True)


def _print_report(report: CallReport) -> None:
    row = "{:<8}{:<14}{:<16}{:<9}{:>8}{:>9}{:>8}{:>8}"
    print("\n" + row.format("leg", "status", "ended by", "streams", "said", "heard", "marks", "clears"))
    for leg in Leg:
        told = report.leg(leg)
        said_s = sum(said.end_s - said.start_s for said in told.said)
        marks = sum(len(stream.marks_echoed) for stream in told.streams)
        clears = sum(stream.clears for stream in told.streams)
        status = told.final_status.value if told.final_status else "never rang"
        sounds = (f"{said_s:.1f} s", f"{told.heard_s:.1f} s")
        print(row.format(leg.value, status, told.ended_by or "-", len(told.streams), *sounds, marks, clears))
    for leg in Leg:
        for warned in report.leg(leg).warnings:
            word = "warning" if warned.counts else "note"
            print(f"{word}: {leg} at {warned.at_s:.2f} s: {warned.code} {warned.detail}")
    for probe in report.probes:
        print(f"probe: {probe}")
    for error in report.errors:
        print(f"error: {error}")
    print("The call was clean." if report.is_clean else "The call was not clean.")
