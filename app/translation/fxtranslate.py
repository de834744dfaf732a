"""The Firefox translation models: small neural models, int8 on the processor.

Models: https://github.com/mozilla/translations (MPL-2.0). The engine: https://pypi.org/project/fxtranslate/
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from app.config import Settings
from app.errors import ConfigError
from app.translation.offline import Pair
from app.translation.piped import PipedTranslator
from app.translation.pipeline import Command

_WORKER = Path(__file__).with_name("fx_worker.py")


class FxTranslator(PipedTranslator):
    """Every pair that has a folder ``MODELS_DIR/fxtranslate/<source>-<target>``."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        folder = settings.models_dir / "fxtranslate"
        if find_spec("fxtranslate") is None:
            raise ConfigError("the package fxtranslate is not installed; run `pip install -r requirements.txt`")
        commands = find_models(folder)
        if not commands:
            raise ConfigError(f"no model in {folder}; run `make engines`")
        return cls("fxtranslate", commands, settings)


def find_models(folder: Path) -> dict[Pair, tuple[Command, ...]]:
    """Return the worker's command for each complete model folder."""
    commands: dict[Pair, tuple[Command, ...]] = {}
    for model in sorted(folder.glob("*-*/model.*.bin")):
        source, _, target = model.parent.name.partition("-")
        if any(model.parent.glob("*vocab.*.spm")):
            # -P: the worker's own folder, where this module has the package's name, stays off the import path.
            commands[source, target] = ((sys.executable, "-P", str(_WORKER), str(model.parent)),)
    return commands
