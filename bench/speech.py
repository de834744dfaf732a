"""Recordings of real speech with what is said in them, from SPEECH_DIR (default ../shared/speech)."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

from app.config import PROJECT_ROOT


@dataclass(frozen=True)
class Recording:
    path: Path
    language: str
    transcript: str
    """What is said, as the manifest has it; empty where it names keywords only."""
    references: dict[str, str]
    """The same sentence by language; empty where there is none."""
    licence: str
    source: str


def speech_folder() -> Path | None:
    """Return the folder of recordings, None when this machine has none."""
    folder = Path(os.environ.get("SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "speech"))
    return folder if (folder / "references.json").is_file() else None


def recordings(folder: Path, language: str) -> list[Recording]:
    """Return the recordings of a language, those with references first."""
    references: dict[str, dict[str, str]] = json.loads((folder / "references.json").read_text(encoding="utf-8"))
    with (folder / "manifest.tsv").open(encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["language"] == language]
    rows.sort(key=lambda row: row["file"] not in references)
    return [
        Recording(
            path=folder / row["file"],
            language=language,
            transcript="" if row["transcript_status"] == "keywords" else row["transcript"],
            references=references.get(row["file"], {}),
            licence=row["licence"],
            source=row["source"],
        )
        for row in rows
    ]
