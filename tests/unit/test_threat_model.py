"""The threat model names tests, and they exist."""

from __future__ import annotations

import re

from app.config import PROJECT_ROOT

_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows() -> list[str]:
    text = (PROJECT_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    return [
        line
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|---") and "shown by |" not in line
    ]


def test_every_line_names_a_test() -> None:
    assert len(rows()) > 30
    for row in rows():
        assert _TEST.search(row.rsplit("|", 2)[1]), row


def test_every_test_that_is_named_exists() -> None:
    for row in rows():
        for path, name in _TEST.findall(row):
            assert (PROJECT_ROOT / path).is_file(), path
            if name:
                assert f"def {name}(" in (PROJECT_ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"
