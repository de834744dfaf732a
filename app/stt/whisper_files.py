"""Where a Whisper model in CTranslate2's format is, and which languages Whisper knows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_LANGUAGES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id "
    "is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si "
    "sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh"
)
_SIZES = (
    "tiny base small medium large large-v1 large-v2 large-v3 large-v3-turbo turbo tiny.en base.en small.en medium.en "
    "distil-small.en distil-medium.en distil-large-v2 distil-large-v3 distil-large-v3.5"
)

WHISPER_LANGUAGES = frozenset(_LANGUAGES.split())
"""ISO 639 codes, as in openai/whisper ``tokenizer.py``; large-v3's Cantonese is left out."""

HUB_SIZES = frozenset(_SIZES.split())
"""The short names that faster-whisper downloads from the hub."""

_MODEL_FILE = "model.bin"


def find_model(name: str, models_dir: Path) -> Path | None:
    """Return the folder of the model ``name``: in ``models_dir``, as a path, or inside an installed package."""
    candidates = [models_dir / name, Path(name).expanduser(), *_package_folders(name)]
    return next((folder for folder in candidates if (folder / _MODEL_FILE).is_file()), None)


def is_hub_name(name: str) -> bool:
    """Return whether ``name`` could be downloaded: a size, or ``owner/repository`` that is no path here."""
    is_repository = name.count("/") == 1 and not name.startswith((".", "/", "~")) and not Path(name).exists()
    return name in HUB_SIZES or is_repository


def _package_folders(name: str) -> list[Path]:
    module = name.replace("-", "_")
    if not module.isidentifier():
        return []
    spec = importlib.util.find_spec(module)
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec is not None else []
    return [folder for root in roots for folder in (root, *(entry for entry in root.iterdir() if entry.is_dir()))]
