"""``python -m app engines``: bring the offline engines here, list them, verify them.

Also runnable as ``python -m app.cli.engines``. With ``--models-dir`` that needs nothing of the application but
``app.engines`` and ``app.errors``: the image brings the engines before it knows the rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from app.engines.debian import install_debian, installed_root
from app.engines.errors import EngineError
from app.engines.install import install_models, looks_installed, megabytes, problems
from app.engines.manifest import ENGINES, DebianEngine, Engine, ModelEngine
from app.errors import ConfigError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("engines", help="bring the offline engines here, list them, verify them")
    _add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Return the exit status. Raises ConfigError or EngineError."""
    models_dir: Path = args.models_dir or _models_dir()
    known = {engine.name for engine in ENGINES}
    if not known.issuperset(args.names):
        raise EngineError(
            f"no such engine: {', '.join(sorted({*args.names} - known))}; there are {', '.join(sorted(known))}"
        )
    chosen = [engine for engine in ENGINES if not args.names or engine.name in args.names]
    if args.action == "install":
        return _install(chosen, models_dir)
    if args.action == "verify":
        return _verify(chosen, models_dir)
    return _list(chosen, models_dir)


def _models_dir() -> Path:
    from app.config import load_settings

    return load_settings().models_dir


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("install", "list", "verify"))
    parser.add_argument(
        "names", nargs="*", metavar="ENGINE", help=f"only these: {', '.join(engine.name for engine in ENGINES)}"
    )
    parser.add_argument("--models-dir", type=Path, help="instead of the setting MODELS_DIR")


def _install(engines: list[Engine], models_dir: Path) -> int:
    """Install model engines or fail; a Debian engine that cannot be had is a warning, for the others work without."""
    started = time.monotonic()
    models_dir.mkdir(parents=True, exist_ok=True)
    for engine in engines:
        if isinstance(engine, DebianEngine):
            _install_debian(engine, models_dir)
    install_models([engine for engine in engines if isinstance(engine, ModelEngine)], models_dir, _say)
    _say(f"engines: ready in {models_dir} ({time.monotonic() - started:.0f} s)")
    return 0


def _install_debian(engine: DebianEngine, models_dir: Path) -> None:
    if installed_root(engine, models_dir) is not None:
        _say(f"{engine.name}: already there")
        return
    try:
        install_debian(engine, models_dir, _say)
        _say(f"{engine.name}: installed")
    except EngineError as error:
        _say(f"warning: without {engine.name} there is no {engine.purpose}. {error}")


def _verify(engines: list[Engine], models_dir: Path) -> int:
    found = [(engine, problem) for engine in engines for problem in problems(engine, models_dir)]
    for engine, problem in found:
        print(f"{engine.name}: {problem}")
    if found:
        print("run `make engines`, or `python -m app engines install`")
        return 1
    print(f"{len(engines)} engines are complete in {models_dir}")
    return 0


def _list(engines: list[Engine], models_dir: Path) -> int:
    for engine in engines:
        state = "installed" if looks_installed(engine, models_dir) else "missing"
        if isinstance(engine, ModelEngine):
            size = megabytes(sum(file.size for file in engine.files))
            sources = [f"{item.registry} {item.package} {item.version}" for item in engine.archives]
        else:
            size = "-"
            sources = [f"apt {package}" for package in engine.packages]
        print(f"{engine.name:14} {state:10} {size:>7}  {engine.purpose}; {engine.licence}")
        for source in sources:
            print(f"{'':14} {source}")
    return 0


def _say(line: str) -> None:
    print(f"==> {line}" if not line.startswith(" ") else f"    {line}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app.cli.engines")
    _add_arguments(parser)
    try:
        return run(parser.parse_args())
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
