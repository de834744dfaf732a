"""``python -m app serve`` that writes how many tasks it has whenever it gets SIGUSR1 (``servers.Server.tasks``)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from app.__main__ import main
from bench.load.servers import CENSUS_FILE


def _take_census(_signal: int, _frame: FrameType | None) -> None:
    path = Path(os.environ[CENSUS_FILE])
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"tasks": len(asyncio.all_tasks(asyncio.get_running_loop()))}))
    draft.rename(path)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _take_census)
    sys.argv = ["puente", "serve", "--host", "127.0.0.1"]
    sys.exit(main())
