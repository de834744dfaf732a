"""The settings, documented from where they are declared: ``.env.example``, ``docs/settings.md`` and the README's table.

``python -m app.cli.settings_docs`` (or ``make settings-docs``) writes them; a test holds them to what it would write.
"""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.config import PROJECT_ROOT, Settings

BEGIN = "<!-- settings: written by `make settings-docs` -->"
END = "<!-- settings end -->"
_FIRST = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_PHONE_NUMBER",
    "WEBHOOK_BASE_URL",
    "AGENT_PHONE_NUMBER",
    "ADMIN_API_KEY",
    "DEFAULT_AGENT_LANGUAGE",
    "DEFAULT_CLIENT_LANGUAGE",
    "CLIENT_LANGUAGES",
    "STT_PROVIDER",
    "TRANSLATION_PROVIDER",
    "TTS_PROVIDER",
    "DATABASE_URL",
    "TRANSCRIPTS",
    "MAX_CONCURRENT_CALLS",
)
"""What a deployment sets first, and so what the README shows."""
_TABLE_HEAD = ["| variable | default | meaning |", "|---|---|---|"]


@dataclass(frozen=True, slots=True)
class SettingDoc:
    group: str
    variable: str
    default: str
    """As it would be written in ``.env``; empty where there is none."""
    meaning: str
    allowed: str
    """Such as ``0 to 3`` or ``json or console``; empty where anything goes."""


def setting_docs() -> tuple[SettingDoc, ...]:
    """Return every setting, in the order of its declaration: the product's own, then the vendors'."""
    docs: list[SettingDoc] = []
    for name, group in _groups().items():
        field = Settings.model_fields[name]
        docs.append(SettingDoc(group, name.upper(), _default(field), field.description or "", _allowed(field)))
    return tuple(docs)


def env_example() -> str:
    """Return the text of ``.env.example``: every default is commented out, so that a copy follows new defaults."""
    lines = ["# Settings of Puente. Copy to .env and fill in; a line that stays commented out keeps its default."]
    group = ""
    for doc in setting_docs():
        if doc.group != group:
            group = doc.group
            lines += ["", f"# --- {group} {'-' * (72 - len(group))}"]
        lines += ["", f"# {doc.meaning}" + (f" ({doc.allowed})" if doc.allowed else "")]
        lines.append(f"# {doc.variable}={doc.default}" if doc.default else f"{doc.variable}=")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the text of ``docs/settings.md``: one table per group."""
    lines = [
        "# Settings",
        "",
        "Read from the environment or from `.env`, once, at the start; `.env.example` is the same list to copy.",
        "`make settings-docs` writes this page from `app/settings`.",
    ]
    group = ""
    for doc in setting_docs():
        if doc.group != group:
            group = doc.group
            lines += ["", f"## {group}", "", *_TABLE_HEAD]
        lines.append(_row(doc))
    return "\n".join(lines) + "\n"


def first_settings_table() -> str:
    """Return the README's table."""
    docs = {doc.variable: doc for doc in setting_docs()}
    return "\n".join([*_TABLE_HEAD, *(_row(docs[variable]) for variable in _FIRST)]) + "\n"


def with_settings_table(text: str) -> str:
    """Return ``text`` with the table between its two marker lines. Raises ValueError where a marker is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the lines {BEGIN!r} and {END!r} are missing")
    return f"{before}{BEGIN}\n\n{first_settings_table()}\n{END}{after}"


def _row(doc: SettingDoc) -> str:
    meaning = doc.meaning + (f" ({doc.allowed})" if doc.allowed else "")
    default = f"`{doc.default}`" if doc.default else ""
    return f"| `{doc.variable}` | {default} | {meaning.replace('|', chr(92) + '|')} |"


def _groups() -> dict[str, str]:
    """Map each field to the ``# --- Group ---`` comment that it stands under."""
    groups: dict[str, str] = {}
    for owner in [base for base in Settings.__mro__ if base.__module__.startswith("app.settings.")]:
        group = ""
        for line in inspect.getsource(owner).splitlines():
            if heading := re.match(r"    # --- (.+?) -+$", line):
                group = heading[1]
            elif (name := re.match(r"    (\w+): ", line)) and name[1] in Settings.model_fields:
                groups[name[1]] = group
    return groups


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Path):
        return str(value.relative_to(PROJECT_ROOT)) if value.is_relative_to(PROJECT_ROOT) else str(value)
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        *most, last = (str(choice) for choice in get_args(field.annotation))
        return f"{', '.join(most)} or {last}"
    limits = {
        kind: getattr(item, kind) for item in field.metadata for kind in ("ge", "gt", "le") if hasattr(item, kind)
    }
    low = str(limits["ge"]) if "ge" in limits else f"above {limits['gt']}" if "gt" in limits else ""
    high = str(limits["le"]) if "le" in limits else ""
    return " to ".join(part for part in (low, high) if part)


def main() -> int:
    (PROJECT_ROOT / ".env.example").write_text(env_example(), encoding="utf-8")
    (PROJECT_ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
    readme = PROJECT_ROOT / "README.md"
    readme.write_text(with_settings_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
