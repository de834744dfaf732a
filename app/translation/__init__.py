"""Translation of text."""
