"""What all tests share: how hypothesis looks for examples, a real PostgreSQL server, and fresh databases."""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from app.store.database import Database
from tests.postgres import PostgresServer, load_package

# The same examples on every machine, however slow it is: a change is not refused for what it did not touch.
# `--hypothesis-profile explore` looks for new ones.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("puente", settings.get_profile("explore"), derandomize=True, database=None)
settings.load_profile("puente")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import Scheduling

    return Scheduling(config, log)


def pytest_collection_finish() -> None:
    """What was imported stays, as in a server that has started: calls in tests have telephones in this same process.

    To look at all of it takes a sixth of a second, and one on a busy machine, in which nobody hears anything.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Every server that a test starts sets logging up for its own; what was there before comes back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        package = load_package()
    except ImportError:
        pytest.skip("needs the PostgreSQL wheel (requirements-dev.txt)")
    # Not below pytest's own folders: those are closed to the user that the server runs as when we are root.
    server = PostgresServer(package, Path(tempfile.mkdtemp(prefix="puente-postgres-")))
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The server's maintenance database: empty, shared by the session."""
    return postgres_server.url()


@pytest.fixture(scope="session")
def _migrated() -> dict[str, str]:
    """The migrated database that is copied for each test, by kind."""
    return {}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own, of each kind in turn."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return await request.getfixturevalue("postgres_server").create_database()


@pytest.fixture
async def database(
    database_kind: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    _migrated: dict[str, str],
    request: pytest.FixtureRequest,
) -> AsyncIterator[Database]:
    """A migrated database of this test's own, of each kind in turn."""
    if database_kind == "sqlite":
        template = _migrated.get("sqlite")
        if template is None:
            template = _migrated["sqlite"] = str(tmp_path_factory.mktemp("template") / "migrated.db")
            await _migrate(f"sqlite:///{template}")
        url = f"sqlite:///{shutil.copy(template, tmp_path / 'test.db')}"
    else:
        server = request.getfixturevalue("postgres_server")
        template = _migrated.get("postgres")
        if template is None:
            template_url = await server.create_database()
            await _migrate(template_url)
            template = _migrated["postgres"] = template_url.split("?")[0].rsplit("/", 1)[-1]
        url = await server.create_database(template)
    database = Database(url)
    yield database
    await database.aclose()


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.aclose()
