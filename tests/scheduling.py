"""Which tests run where, when several processes share them (pytest-xdist).

Each test goes to whichever process is free. Those of files with offline engines stay in one process per folder, so that
an engine is loaded once and two of them do not fight for the processors that a call needs.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

_ROOT = Path(__file__).resolve().parents[1]


class Scheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return str(Path(file).parent) if _has_engines(file) else nodeid


@cache
def _has_engines(file: str) -> bool:
    return re.search(r"mark\.engines|needs_engines", (_ROOT / file).read_text(encoding="utf-8")) is not None
