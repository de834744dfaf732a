"""The glossary file (``GLOSSARY_FILE``): YAML in, domain values out, and for every mistake a line and a fix.

The document is read as YAML's own tree, whose scalars are plain text: so ``no`` is Norwegian and not false, a number is
a number that somebody calls, and every piece still knows its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from app.config import E164
from app.domain.glossary import Glossaries, Glossary, Scope, Term
from app.domain.languages import LANGUAGE_NAMES
from app.errors import ConfigError

MOST_CHARACTERS = 100
"""Of one name or term: what is longer is no word that somebody says."""
MOST_ENTRIES = 500
"""Names and terms of one part of the file."""
_PARTS = ("names", "terms", "numbers")


def read_glossaries(path: Path | None) -> Glossaries:
    """Read the file; no path is no glossary. Raises ConfigError with every mistake, its line and what to do."""
    if path is None:
        return Glossaries()
    try:
        document = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"GLOSSARY_FILE={path}: it cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise ConfigError(f"GLOSSARY_FILE={path}: it is not UTF-8; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise ConfigError(f"GLOSSARY_FILE: {path}:{line}: no YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise ConfigError(f"GLOSSARY_FILE={path}: it has characters that YAML does not allow") from None
    reader = _Reader()
    glossaries = reader.read(document) if document is not None else Glossaries()
    if reader.problems:
        lines = "\n".join(f"  {path}:{line}: {problem}" for line, problem in sorted(reader.problems))
        raise ConfigError(f"GLOSSARY_FILE:\n{lines}")
    return glossaries


class _Reader:
    """Goes on after a mistake, so that all of them are told at once."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, str]] = []

    def read(self, document: yaml.Node) -> Glossaries:
        parts = self._mapping(document, "the file", _PARTS)
        deployment = self._scope(parts)
        numbers: list[tuple[str, Glossary]] = []
        for key, node in self._items(parts.get("numbers"), "numbers"):
            if not E164.fullmatch(key.value):
                self._note(key, 'a key under `numbers` must be a number in E.164, such as "+34910000001"')
            own = self._scope(self._mapping(node, "a number", _PARTS[:2]))
            numbers.append((key.value, _glossary(own, deployment)))
        return Glossaries(_glossary(deployment), tuple(numbers))

    def _scope(self, parts: dict[str, yaml.Node]) -> Scope:
        seen: dict[tuple[str, str], int] = {}
        names: list[str] = []
        for node in self._sequence(parts.get("names"), "`names` must be a list, such as [Puente, Iberdrola]"):
            name = self._text(node)
            if name and self._is_new(seen, "a name", name, node):
                names.append(name)
        terms: list[Term] = []
        for node in self._sequence(
            parts.get("terms"), "`terms` must be a list of lines such as - {es: factura, en: invoice}"
        ):
            term = self._term(node, seen)
            if term is not None:
                terms.append(term)
        if len(names) + len(terms) > MOST_ENTRIES:
            part = parts.get("terms") or parts["names"]
            self._note(
                part, f"{len(names) + len(terms)} names and terms are too many; keep the {MOST_ENTRIES} that matter"
            )
        return Scope(tuple(names), tuple(terms))

    def _term(self, node: yaml.Node, seen: dict[tuple[str, str], int]) -> Term | None:
        words: dict[str, tuple[str, ...]] = {}
        for key, value in self._items(node, "a term"):
            language = key.value.strip().lower()
            if language not in LANGUAGE_NAMES:
                self._note(
                    key, f"`{key.value}` is no language that is known; write its ISO 639-1 code, such as es or en"
                )
                continue
            nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
            forms = [text for each in nodes if (text := self._text(each))]
            words[language] = tuple(text for text in forms if self._is_new(seen, language, text, value))
        if len(words) < 2:
            self._note(node, "a term needs its word in two languages or more, such as {es: factura, en: invoice}")
            return None
        if len({len(forms) for forms in words.values()}) > 1:
            self._note(
                node, "a term needs as many forms in each language, such as {es: [línea, líneas], en: [line, lines]}"
            )
            return None
        return Term(tuple(words.items()))

    def _is_new(self, seen: dict[tuple[str, str], int], language: str, text: str, node: yaml.Node) -> bool:
        """Note a word that stands twice in one part of the file: nobody could say which counts."""
        line = node.start_mark.line + 1
        first = seen.setdefault((language, text.casefold()), line)
        if first != line:
            self._note(node, f"`{text}` is on line {first} already; keep one of them")
        return first == line

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._note(node, "here belongs a word or a few; quote what has a colon, a bracket or a brace in it")
            return ""
        text = " ".join(str(node.value).split())
        if not text or len(text) > MOST_CHARACTERS or not text.isprintable():
            self._note(node, f"a name or term must be a text of 1 to {MOST_CHARACTERS} characters")
            return ""
        return text

    def _mapping(self, node: yaml.Node, what: str, allowed: tuple[str, ...]) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, value in self._items(node, what):
            if key.value in allowed:
                found[key.value] = value
            else:
                self._note(key, f"`{key.value}` does not belong here; {what} has {', '.join(allowed)}")
        return found

    def _items(self, node: yaml.Node | None, what: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        if node is None or _is_empty(node):
            return
        if not isinstance(node, yaml.MappingNode):
            self._note(node, f"{what} must be lines of `key: value`")
            return
        keys: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._note(key, "a key must be a word")
            elif key.value in keys:
                self._note(key, "this key stands here twice; put both together")
            else:
                keys.add(key.value)
                yield key, value

    def _sequence(self, node: yaml.Node | None, problem: str) -> Iterator[yaml.Node]:
        if node is None or _is_empty(node):
            return
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        else:
            self._note(node, problem)

    def _note(self, node: yaml.Node, problem: str) -> None:
        self.problems.append((node.start_mark.line + 1, problem))


def _glossary(*scopes: Scope) -> Glossary:
    return Glossary(tuple(scope for scope in scopes if scope.names or scope.terms))


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value
