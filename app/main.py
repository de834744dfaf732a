"""What `uvicorn app.main:app` serves. Importing this module builds nothing."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI


def __getattr__(name: str) -> FastAPI:
    """Build ``app`` when a server asks for it; settings that cannot work end the process with a sentence."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    gc.disable()  # Until it has started: imports make no garbage, and to look for it takes a seventh of their time.
    from app.composition import create_app
    from app.config import load_settings
    from app.errors import ConfigError

    try:
        return create_app(load_settings())
    except ConfigError as error:
        sys.exit(f"puente: {error}")
