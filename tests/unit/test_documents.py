"""What the documents point at is there: pages, headings, files and commands."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from app.config import PROJECT_ROOT

PAGES = [
    *(PROJECT_ROOT / name for name in ("README.md", "THIRD_PARTY.md")),
    *sorted(path for folder in ("docs", "docs/decisions", "bench") for path in (PROJECT_ROOT / folder).glob("*.md")),
]
ROOMS = ("app", "tests", "bench", "migrations", "nginx", "scripts", "docs")


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(PROJECT_ROOT)))
def page(request: pytest.FixtureRequest) -> Path:
    return request.param


@cache
def anchors(page: Path) -> set[str]:
    """Return what GitHub calls a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), link
        if anchor:
            assert anchor in anchors(linked), link


def test_every_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    made_here = tuple((PROJECT_ROOT / ".gitignore").read_text(encoding="utf-8").split())
    for name in re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w./-]+)`", text):
        is_made = f"/{name}/".startswith(made_here)
        assert is_made or (PROJECT_ROOT / name).exists(), name


def test_every_module_that_is_run_is_there(page: Path) -> None:
    for name in re.findall(r"python -m ((?:app|bench|tests)[\w.]*)", page.read_text(encoding="utf-8")):
        assert importlib.util.find_spec(name) is not None, name


def test_every_target_of_make_is_there(page: Path) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name


def test_every_document_is_found_from_the_readme() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.parent.name == "docs":
            assert f"(docs/{page.name})" in readme, page.name
