"""Evaluate how the bridge interprets; see docs/evaluation.md.

python -m bench.evaluate                                      # everything that this machine can
python -m bench.evaluate replay --languages fr,de --talks 10  # simulated and recorded talks on a virtual clock
python -m bench.evaluate replay --sweep soft_ms=2000,2500,3000,4000
python -m bench.evaluate real --languages en --limit 8        # real speech, real engines, the emulator's telephones
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from app.config import load_settings
from bench.evaluate.real import evaluate_real
from bench.evaluate.replays import Replays
from bench.evaluate.report import show_table, write_json
from bench.evaluate.sentences import LANGUAGES
from bench.evaluate.suite import OURS
from bench.evaluate.sweep import sweep
from bench.speech import speech_folder

_REAL_LANGUAGES = ["en", "fr"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["replay", "real", "all"], default="all")
    parser.add_argument("--languages", default="", help="the clients' languages, comma separated")
    parser.add_argument("--talks", type=int, default=4, help="simulated talks per direction, of eight turns each")
    parser.add_argument("--seed", type=int, default=1, help="of the first talk")
    parser.add_argument("--limit", type=int, default=4, help="real calls per language")
    parser.add_argument("--sweep", metavar="FIELD=A,B,C", help="replay with each value of a limit of our policy")
    parser.add_argument("--out", type=Path, default=Path("evaluation"), help="where pictures and JSON go")
    args = parser.parse_args()
    languages = args.languages.split(",") if args.languages else []
    if args.sweep:
        show_table(
            f"{OURS.name}, times in seconds", sweep(args.sweep, languages or list(LANGUAGES), args.talks, args.seed)
        )
        return 0
    result: dict[str, object] = {}
    if args.part != "real":
        replays = Replays(languages or list(LANGUAGES), args.talks, args.seed)
        result["replay"] = asyncio.run(replays.evaluate(args.out))
    if args.part != "replay":
        folder = speech_folder()
        if folder is None:
            print("\nNo real speech: set SPEECH_DIR to recordings with references (bench/speech.py)", file=sys.stderr)
            return 0 if args.part == "all" else 2
        table, heard = evaluate_real(languages or _REAL_LANGUAGES, args.limit, folder)
        show_table(f"Real speech ({load_settings().stt_provider}), times in seconds", table)
        result["real"] = {"directions": table, "heard": [vars(each) for each in heard]}
    write_json(args.out / "evaluation.json", result)
    print(f"\n{args.out}/evaluation.json holds all of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
