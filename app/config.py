"""Every setting, read once from the environment (or ``.env``) and then frozen.

They are declared in ``app.settings``. The field descriptions are the documentation: ``.env.example``, the page
``docs/settings.md`` and the README's table are compared with them by a test.
"""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ConfigError
from app.settings.calls import CallSettings
from app.settings.fleet import FleetSettings
from app.settings.providers import ProviderSettings
from app.settings.security import SecuritySettings
from app.settings.server import ServerSettings
from app.settings.telephony import TelephonySettings
from app.settings.values import E164, PROJECT_ROOT
from app.settings.vendors import VendorSettings

__all__ = ["E164", "PROJECT_ROOT", "Settings", "load_settings"]


class Settings(
    TelephonySettings,
    ProviderSettings,
    CallSettings,
    FleetSettings,
    SecuritySettings,
    ServerSettings,
    VendorSettings,
    BaseSettings,
):
    """The configuration of one process."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )


def load_settings() -> Settings:
    """Read the environment.

    Raises ConfigError, naming each variable that does not fit and why, and never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()]
        raise ConfigError("these settings do not fit:\n  " + "\n  ".join(lines)) from None
