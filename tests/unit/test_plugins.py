"""A provider is found by its name: in our table, in another package, or in an error that helps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.plugins import find_class

BUILTIN = {
    "fraction": "fractions:Fraction",
    "absent": "a_vendor_sdk_that_is_not_installed:Client",
    "text": "string:Template",
}


class Number:
    """The base of what is looked for; the standard library's Fraction is none of it."""


def find(name: str, base: type[object]) -> type[object]:
    return find_class("NUMBER_PROVIDER", name, BUILTIN, "puente.numbers", base)


@pytest.fixture
def vendor_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Install a package that brings a provider of its own, as pip would lay it out."""
    (tmp_path / "vendor_numbers.py").write_text(
        "from fractions import Fraction\nclass Half(Fraction): pass\nnot_a_class = 7\n", encoding="utf-8"
    )
    metadata = tmp_path / "vendor_numbers-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-numbers\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[puente.numbers]\nhalf = vendor_numbers:Half\nseven = vendor_numbers:not_a_class\n"
        "fraction = vendor_numbers:Half\nbroken = vendor_numbers_gone:Half\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "vendor_numbers", raising=False)
    return "half"


def test_a_builtin_name_is_imported() -> None:
    from fractions import Fraction

    assert find("fraction", Fraction) is Fraction


def test_a_builtin_that_is_not_chosen_is_not_imported() -> None:
    from fractions import Fraction

    find("fraction", Fraction)
    assert "a_vendor_sdk_that_is_not_installed" not in sys.modules


def test_another_package_can_bring_a_provider(vendor_package: str) -> None:
    from fractions import Fraction

    assert find(vendor_package, Fraction).__name__ == "Half"


@pytest.mark.usefixtures("vendor_package")
def test_our_own_name_wins_over_another_packages() -> None:
    from fractions import Fraction

    assert find("fraction", Fraction) is Fraction


@pytest.mark.usefixtures("vendor_package")
def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        find("quarter", object)
    assert str(caught.value).startswith("NUMBER_PROVIDER=quarter")
    for known in (*BUILTIN, "half"):
        assert known in str(caught.value)


@pytest.mark.usefixtures("vendor_package")
@pytest.mark.parametrize(
    ("name", "missing"), [("absent", "a_vendor_sdk_that_is_not_installed"), ("broken", "vendor_numbers_gone")]
)
def test_a_missing_package_is_named_with_the_fix(name: str, missing: str) -> None:
    with pytest.raises(ConfigError, match=missing) as caught:
        find(name, object)
    assert "pip install" in str(caught.value)


@pytest.mark.usefixtures("vendor_package")
@pytest.mark.parametrize("name", ["text", "seven"])
def test_something_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not a Number"):
        find(name, Number)
