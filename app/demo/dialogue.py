"""What the two people of the demo say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from app.domain.legs import Leg
from app.errors import ConfigError

_PATH = Path(__file__).with_name("dialogue.yaml")
AGENT_LANGUAGE = "es"


@dataclass(frozen=True, slots=True)
class Line:
    speaker: Leg
    said: str
    heard: str
    """The reference: the same in the listener's language."""
    language: str
    """What ``said`` is in."""


def load_dialogue(client_language: str) -> tuple[Line, ...]:
    """Return the dialogue between a client of that language and a Spanish-speaking agent.

    Raises ConfigError for a language that the dialogue was not written in.
    """
    rows: list[dict[str, str]] = yaml.safe_load(_PATH.read_text(encoding="utf-8"))
    known = sorted(set(rows[0]) - {"speaker", AGENT_LANGUAGE})
    if client_language not in known:
        raise ConfigError(f"CLIENT={client_language}: the demo's dialogue exists in {', '.join(known)}")
    lines: list[Line] = []
    for row in rows:
        speaker = Leg(row["speaker"])
        language = client_language if speaker is Leg.CLIENT else AGENT_LANGUAGE
        listener = AGENT_LANGUAGE if speaker is Leg.CLIENT else client_language
        lines.append(Line(speaker, row[language], row[listener], language))
    return tuple(lines)
