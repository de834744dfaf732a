"""The glossary file: what it says, and that every mistake is told with its line and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import PROJECT_ROOT
from app.domain.glossary import Glossaries
from app.errors import ConfigError
from app.glossary_file import MOST_ENTRIES, read_glossaries


def read(folder: Path, text: str) -> Glossaries:
    path = folder / "glossary.yaml"
    path.write_text(text, encoding="utf-8")
    return read_glossaries(path)


def test_no_file_is_no_glossary(tmp_path: Path) -> None:
    assert read_glossaries(None) == Glossaries()
    assert read(tmp_path, "") == Glossaries()
    assert read(tmp_path, "names:\nterms:\nnumbers:\n") == Glossaries()


def test_the_example_is_what_the_documentation_says_of_it() -> None:
    glossaries = read_glossaries(PROJECT_ROOT / "glossary.example.yaml")
    general, own = glossaries.deployment, glossaries.of_call_to("+34910000001")
    text = "Puente: su factura y las líneas fijas del Plan Ahorro Plus, y el parte de Hogar Seguro"
    wanted = ["Puente", "invoice", "landlines", "Plan Ahorro Plus"]
    assert [each.entry.target for each in general.pair("es", "en").find(text)] == wanted
    assert [each.entry.target for each in own.pair("es", "en").find(text)] == [*wanted, "claim", "Hogar Seguro"]
    assert [each.entry.target for each in general.pair("fr", "es").find("ma facture")] == ["factura"]


def test_the_documents_own_example_is_a_glossary(tmp_path: Path) -> None:
    document = (PROJECT_ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    glossaries = read(tmp_path, document.split("```yaml\n")[1].split("```")[0])
    own = glossaries.of_call_to("+34910000001").pair("en", "es")
    assert [each.entry.target for each in own.find("claim, landlines, Puente")] == ["parte", "líneas fijas", "Puente"]


def test_words_that_yaml_reads_as_something_else_are_words(tmp_path: Path) -> None:
    glossaries = read(tmp_path, "names: [2024, no, 1.50]\nnumbers:\n  +34910000001: {names: [on]}\n")
    assert glossaries.deployment.scopes[0].names == ("2024", "no", "1.50")
    assert glossaries.of_call_to("+34910000001").scopes[0].names == ("on",)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("- Puente", 1, "the file must be lines of"),
        ("names: Puente", 1, "`names` must be a list"),
        ("names: [a]\nname: [b]", 2, "`name` does not belong here; the file has names, terms, numbers"),
        ("names:\n  - {a: b}", 2, "here belongs a word"),
        ("names:\n  - ''", 2, "1 to 100 characters"),
        (f"names:\n  - {'x' * 101}", 2, "1 to 100 characters"),
        ('names:\n  - "a\\x07b"', 2, "1 to 100 characters"),
        ("names:\n  - Puente\n  - puente", 3, "`puente` is on line 2 already"),
        ("names: [a\nterms: b", 2, "no YAML"),
        ("terms:\n  - es: factura", 2, "two languages or more"),
        ("terms:\n  - [factura, invoice]", 2, "a term must be lines of"),
        ("terms:\n  - {es: factura, sp: invoice, en: bill}", 2, "`sp` is no language"),
        ("terms:\n  - {es: [línea, líneas], en: line}", 2, "as many forms in each language"),
        ("terms:\n  - {es: factura, en: invoice}\n  - {es: Factura, en: bill}", 3, "`Factura` is on line 2 already"),
        ("terms:\n  - {es: a, es: b, en: c}", 2, "stands here twice"),
        ("numbers: [1]", 1, "numbers must be lines of"),
        ("numbers:\n  '910000001':\n    names: [a]", 2, "E.164"),
        (
            "numbers:\n  '+34910000001':\n    numbers: {}",
            3,
            "`numbers` does not belong here; a number has names, terms",
        ),
        ("names: [" + ", ".join(f"n{index}" for index in range(MOST_ENTRIES + 1)) + "]", 1, "are too many"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_fix(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    assert "GLOSSARY_FILE" in str(raised.value)
    assert f"glossary.yaml:{line}: " in str(raised.value)
    assert problem in str(raised.value)
    assert "910000001:" not in str(raised.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, "nmes: [a]\nterms:\n  - {es: b}\n  - {es: c, sp: d}\n")
    assert [f":{line}: " in str(raised.value) for line in (1, 3, 4)] == [True] * 3


def test_a_file_that_cannot_be_read_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: it cannot be read"):
        read_glossaries(tmp_path / "absent.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes("names: [línea]".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_glossaries(path)
    path.write_bytes(b"names: [\x00]")
    with pytest.raises(ConfigError, match="GLOSSARY_FILE"):
        read_glossaries(path)
