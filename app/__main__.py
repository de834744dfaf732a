"""`python -m app <command>`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from app.errors import BridgeError

_COMMANDS = ("serve", "demo", "call", "doctor", "engines", "retention", "recordings", "keys")
"""Each a module of `app.cli`."""


def main() -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Puente: an interpreter for telephone calls.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    # Who starts a server does not wait for the telephone on the desk to be imported.
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    for name in (asked,) if asked in _COMMANDS else _COMMANDS:
        import_module(f"app.cli.{name}").add_parser(subparsers)
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
