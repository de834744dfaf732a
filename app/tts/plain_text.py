"""The text that vendors' voices are sent."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return the text in one line, without half characters; "" when there is nothing in it to pronounce."""
    line = " ".join(text.encode("utf-8", "ignore").decode().split())
    return line if any(character.isalnum() for character in line) else ""
