"""Where the models of OPUS-MT are: folders here, or repositories on the hub.

What a converted model is made of: https://opennmt.net/CTranslate2/guides/transformers.html#marianmt
"""

from __future__ import annotations

from pathlib import Path

from app.config import Settings
from app.errors import ConfigError
from app.translation.offline import Pair

_MODEL_FILES = ("model.bin", "config.json", "source.spm", "target.spm")
_VOCABULARIES = ("source_vocabulary.json", "shared_vocabulary.json", "source_vocabulary.txt", "shared_vocabulary.txt")
"""A model has one of these."""

_FOLDER = "opus_mt"


def find_models(settings: Settings) -> dict[Pair, Path | str]:
    """Return where the model of each pair is: a folder, or a name on the hub as text.

    ``OPUS_MT_MODELS`` wins over the folders ``MODELS_DIR/opus_mt/<source>-<target>``.
    """
    found: dict[Pair, Path | str] = {}
    for folder in sorted((settings.models_dir / _FOLDER).glob("*-*/")):
        source, _, target = folder.name.partition("-")
        found[source, target] = folder
    for pair, model in settings.opus_mt_models.items():
        source, _, target = pair.partition("-")
        found[source, target] = _place(model, settings.models_dir)
    return found


def _place(model: str, models_dir: Path) -> Path | str:
    """Tell folders from names on the hub, which are ``owner/repository`` and no folder here."""
    inside, here = models_dir / model, Path(model).expanduser()
    if inside.is_dir():
        return inside
    may_be_hub_name = model.count("/") == 1 and not model.startswith((".", "/", "~"))
    return model if may_be_hub_name and not here.exists() else here


def download(pair: Pair, model: str) -> Path:
    """Return the folder of a model of the hub, downloaded at the first time. Blocks; raises ConfigError."""
    from huggingface_hub import snapshot_download  # Some hundred milliseconds, for those who download.

    try:
        return Path(snapshot_download(model, allow_patterns=[*_MODEL_FILES, *_VOCABULARIES]))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"OPUS_MT_MODELS: {'-'.join(pair)}={model} is no folder here and cannot be downloaded "
            f"({type(error).__name__}); where there is a network, {conversion(*pair)}, and name that folder"
        ) from error


def find_vocabulary(folder: Path) -> Path | None:
    """Return the file with the tokens of a model's source."""
    return next((folder / name for name in _VOCABULARIES if (folder / name).is_file()), None)


def check_model(pair: Pair, folder: Path) -> None:
    """Raises ConfigError when a folder holds no model in CTranslate2's format."""
    missing = [name for name in _MODEL_FILES if not (folder / name).is_file()]
    if find_vocabulary(folder) is None:
        missing.append("shared_vocabulary.json")
    if missing:
        raise ConfigError(
            f"OPUS_MT_MODELS: the model for {'-'.join(pair)} lacks {', '.join(missing)}: it is none in CTranslate2's "
            f"format; {conversion(*pair)}"
        )


def conversion(source: str, target: str) -> str:
    """Return the commands that convert a model, for an error's text."""
    name = f"opus-mt-{source}-{target}"
    return (
        f"run `pip install transformers[torch]` and `ct2-transformers-converter --model Helsinki-NLP/{name} "
        f"--output_dir {name} --quantization int8 --copy_files source.spm target.spm`"
    )
