"""Find a provider by its name: in our own table, or in another package by its entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import TypeVar

from app.errors import ConfigError

T = TypeVar("T")


def find_class(variable: str, name: str, builtin: Mapping[str, str], group: str, base: type[T]) -> type[T]:
    """Return the class that ``name`` stands for.

    ``builtin`` maps names to ``"module:Class"``, imported only when chosen; names that it lacks are looked up in the
    entry-point ``group``. ``variable`` is the setting that the name came from, for the error's text.

    Raises ConfigError when there is no such provider or its package cannot be imported.
    """
    target = builtin.get(name)
    try:
        if target is not None:
            module, _, attribute = target.partition(":")
            found = getattr(import_module(module), attribute)
        else:
            plugins = {point.name: point for point in entry_points(group=group)}
            if name not in plugins:
                known = ", ".join(sorted({*builtin, *plugins}))
                raise ConfigError(f"{variable}={name}: no such provider; choose one of {known}")
            found = plugins[name].load()
    except ImportError as error:
        raise ConfigError(
            f"{variable}={name}: the package {error.name or 'it needs'} is not installed; "
            "run `pip install -r requirements.txt` (or `make setup`)"
        ) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ConfigError(f"{variable}={name}: {found!r} is not a {base.__name__}")
    return found


@contextmanager
def named_by(variable: str, name: str) -> Iterator[None]:
    """Let a ConfigError of a provider begin with the setting that asked for it: there may be several that do."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{variable}={name}: {error}") from error
