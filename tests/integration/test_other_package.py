"""A voice in a package that this repository does not know: installed, found by its entry point, and heard in a call."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from app.audio.ulaw import ulaw_to_float
from app.config import Settings
from app.demo.desk import running_desk
from app.errors import ConfigError
from app.tts.base import TtsProvider
from app.tts.factory import create_tts_provider
from tests.contract.tts_suite import TtsContract
from tests.e2e.harness import conversation, script
from tests.e2e.sounds import babble

SOURCE = Path(__file__).parents[1] / "plugins" / "puente_whistle"
WHISTLE_HZ = 1250


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder of its own: what pip would write, without pip, which not every venv has."""
    folder = tmp_path_factory.mktemp("site")
    described = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))
    project = described["project"]
    for module in described["tool"]["setuptools"]["py-modules"]:
        shutil.copy(SOURCE / f"{module}.py", folder)
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    header = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(header, encoding="utf-8")
    groups = project["entry-points"].items()
    lines = [line for group, points in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def settings() -> Settings:
    return Settings(_env_file=None, tts_provider="whistle")


class TestWhistle(TtsContract):
    """The suite is for providers elsewhere, too."""

    @pytest_asyncio.fixture
    async def voice(self, installed: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TtsProvider]:
        monkeypatch.syspath_prepend(installed)
        monkeypatch.setenv("WHISTLE_HZ", str(WHISTLE_HZ))
        voice = create_tts_provider(settings())
        await voice.start()
        yield voice
        await voice.aclose()


def test_its_missing_setting_is_named(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    with pytest.raises(ConfigError, match="WHISTLE_HZ is not set"):
        create_tts_provider(settings())


def test_without_the_package_its_name_is_unknown() -> None:
    with pytest.raises(ConfigError, match="TTS_PROVIDER=whistle: no such provider"):
        create_tts_provider(settings())


async def test_a_server_speaks_with_it(installed: Path, tmp_path: Path) -> None:
    environment = {
        "PYTHONPATH": str(installed),
        "STT_PROVIDER": "scripted",
        "TRANSLATION_PROVIDER": "scripted",
        "TTS_PROVIDER": "whistle",
        "WHISTLE_HZ": str(WHISTLE_HZ),
    }
    async with running_desk(tmp_path, environment) as at:
        report = await at.emulator.call(script(**conversation(babble(2.0))))
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    for heard in (report.client.heard_ulaw, report.agent.heard_ulaw):
        samples = ulaw_to_float(heard)
        power = np.abs(np.fft.rfft(samples)) ** 2
        frequencies_hz = np.fft.rfftfreq(len(samples), 1 / 8000)
        is_whistle = np.abs(frequencies_hz - WHISTLE_HZ) < 30
        assert power[is_whistle].sum() > 0.5 * power[frequencies_hz > 600].sum()
