"""Engines that the distribution packages: by apt where there is root, else unpacked below ``MODELS_DIR``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from app.engines.commands import run_command
from app.engines.errors import EngineError
from app.engines.manifest import DebianEngine

APT_OPTIONS = ("-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0")


def installed_root(engine: DebianEngine, models_dir: Path) -> Path | None:
    """Return the folder below which the engine's ``files`` are: ``/``, or ours, or None when it is in neither."""
    for root in (Path("/"), models_dir / engine.name):
        if all((root / path).exists() for path in engine.files):
            return root
    return None


def install_debian(engine: DebianEngine, models_dir: Path, report: Callable[[str], None]) -> None:
    """Install the packages for the machine, or for us alone where there is no root.

    Raises EngineError naming the command that an administrator can run.
    """
    by_hand = f"apt-get install --no-install-recommends {' '.join(engine.packages)}"
    if shutil.which("apt-get") is None:
        raise EngineError(f"{engine.name}: there is no apt-get here; on Debian or Ubuntu: {by_hand}")
    prefix = _root_prefix()
    try:
        if prefix is not None:
            report(f"{engine.name}: installing {len(engine.packages)} Debian packages")
            _apt_install(engine.packages, prefix)
        else:
            report(f"{engine.name}: no root; unpacking {len(engine.packages)} Debian packages and what they need")
            _unpack(engine.packages, models_dir / engine.name)
    except EngineError as error:
        raise EngineError(f"{error}. As root: {by_hand}") from error
    if installed_root(engine, models_dir) is None:
        raise EngineError(f"{engine.name}: installed, but some of its files are missing. As root: {by_hand}")


def _root_prefix() -> list[str] | None:
    """Return what makes a command run as root, or None. sudo may ask for a password only where someone can answer."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        return ["sudo"]
    try:
        run_command(["sudo", "-n", "true"])
    except EngineError:
        return None
    return ["sudo", "-n"]


def _apt_install(packages: Sequence[str], prefix: Sequence[str]) -> None:
    """Install with the lists that are there; where those are too old or absent, refresh them and try once more."""
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *APT_OPTIONS]
    install = [*command, "install", "-y", "--no-install-recommends", *packages]
    try:
        run_command(install)
    except EngineError:
        run_command([*command, "update"])
        run_command(install)


def _unpack(packages: Sequence[str], target: Path) -> None:
    """Download the packages and all that they depend on but the machine lacks, and unpack them below ``target``.

    The package lists are our own: the machine's may be absent, and only root may refresh them.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch_name:
        lists, cache, tree = (Path(scratch_name) / name for name in ("lists", "cache", "tree"))
        tree.mkdir()
        (lists / "partial").mkdir(parents=True)
        (cache / "archives/partial").mkdir(parents=True)
        private = ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "Debug::NoLocking=1")
        run_command(["apt-get", *APT_OPTIONS, *private, "update"])
        run_command(
            [
                "apt-get",
                *APT_OPTIONS,
                *private,
                "install",
                "-y",
                "--download-only",
                "--no-install-recommends",
                *packages,
            ]
        )
        for deb in sorted((cache / "archives").glob("*.deb")):
            run_command(["dpkg", "-x", str(deb), str(tree)])
        if target.exists():
            shutil.rmtree(target)
        tree.replace(target)
