"""`python -m app <command>`."""

from __future__ import annotations

import argparse
import sys

from app.cli import call, demo, doctor, engines, keys, recordings, retention, serve
from app.errors import BridgeError


def main() -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Puente: an interpreter for telephone calls.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command in (serve, demo, call, doctor, engines, retention, recordings, keys):
        command.add_parser(subparsers)
    args = parser.parse_args()
    try:
        code: int = args.run(args)
    except BridgeError as error:
        print(f"puente: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
