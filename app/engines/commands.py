"""Run another program to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from app.engines.errors import EngineError

TIMEOUT_S = 1800.0


def run_command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Return what the program printed.

    It has no standard input, so it cannot wait for an answer. Raises EngineError with its last line of complaint.
    """
    try:
        finished = subprocess.run(  # noqa: S603 - every word comes from the manifest or from this package
            command,
            check=True,
            capture_output=True,
            text=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
        )
    except FileNotFoundError as error:
        raise EngineError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{command[0]}: no end after {TIMEOUT_S:.0f} s; try again") from error
    except subprocess.CalledProcessError as error:
        said = [line for line in (error.stderr or "").splitlines() if line.strip()]
        raise EngineError(said[-1] if said else f"{command[0]}: exit status {error.returncode}") from error
    return finished.stdout
