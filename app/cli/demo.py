"""`python -m app demo`: one interpreted call on this machine."""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from app.config import load_settings
from app.domain.languages import primary_subtag
from app.domain.legs import Leg
from app.errors import ConfigError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("demo", help="hold one interpreted call on this machine and write a report")
    parser.add_argument(
        "--client", default="en", metavar="LANGUAGE", help="what the client speaks (en, fr, it, pt, gl)"
    )
    parser.add_argument("--client-wav", type=Path, metavar="WAV", help="a recording to play as the client")
    parser.add_argument("--agent-wav", type=Path, metavar="WAV", help="a recording to play as the agent")
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder of the recordings and the report")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hold the call; 0 when each party understood the other."""
    from app.demo.run import DemoOptions, run_demo, say

    for wav in (args.client_wav, args.agent_wav):
        if wav is not None and not wav.is_file():
            raise ConfigError(f"{wav}: no such recording")
    began_s = time.monotonic()
    options = DemoOptions(
        client_language=primary_subtag(args.client),
        client_wav=args.client_wav,
        agent_wav=args.agent_wav,
        folder=args.out,
        settings=load_settings(),
    )
    result = asyncio.run(run_demo(options))
    for leg in Leg:
        verdict = result.verdicts[leg]
        print(f"  {leg} heard (chrF {verdict.chrf:.0f}): {verdict.recognised or '(nothing)'}")
    say(f"took {time.monotonic() - began_s:.0f} s; open {args.out / 'report.html'}, listen to {args.out}/*_heard.wav")
    words = {
        leg: "understood" if result.verdicts[leg].was_understood else "DID NOT understand"
        for leg in Leg
        if result.verdicts[leg].reference
    }
    print("Result: " + ", ".join(f"the {leg} {word} the {leg.other}" for leg, word in words.items()))
    return 0 if result.is_success else 1
