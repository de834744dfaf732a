"""The same talks with one limit of our policy at several values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial

from app.core.call_config import CallConfig
from app.core.stable_clauses import ClauseLimits
from bench.evaluate.measures import measure_all
from bench.evaluate.report import JsonTable, summary
from bench.evaluate.suite import OURS, replay_all, talks


class SweepError(ValueError):
    """What is to be swept is no limit, or its values are none."""


def sweep(wanted: str, languages: Sequence[str], per_direction: int, seed: int) -> dict[str, JsonTable]:
    """Return a line for each value of ``field=value,value``, a field of ``ClauseLimits``. Raises SweepError."""
    name, values = parse_sweep(wanted)
    jobs = talks(languages, per_direction, seed)
    return {
        f"{name}={value:g}": summary(measure_all(replay_all(jobs, partial(with_limit, name, value))))
        for value in values
    }


def parse_sweep(wanted: str) -> tuple[str, list[float]]:
    """Return the field and its values, whole ones where the field is. Raises SweepError."""
    name, _, texts = wanted.partition("=")
    defaults = {field.name: getattr(ClauseLimits(), field.name) for field in fields(ClauseLimits)}
    try:
        return name, [type(defaults[name])(text) for text in texts.split(",")]
    except (KeyError, ValueError):
        raise SweepError(f"--sweep takes field=value,value; the fields are {', '.join(defaults)}") from None


def with_limit(name: str, value: float, config: CallConfig) -> CallConfig:
    """Return our policy's configuration with one limit changed."""
    config = OURS.configure(config)
    return replace(config, clause_limits=replace(config.clause_limits, **{name: value}))  # type: ignore[arg-type]
