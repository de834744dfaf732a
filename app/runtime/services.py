"""What every call of a process shares: its providers, and who looks on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.config import Settings
from app.domain.commands import Command
from app.domain.events import Event
from app.resilience.chain import Link
from app.runtime.telephones import Carrier
from app.s2s.base import S2sProvider
from app.stt.base import SttProvider
from app.translation.base import TranslationProvider
from app.tts.base import TtsProvider

if TYPE_CHECKING:
    from app.runtime.session import Session


class Observer(Protocol):
    """Sees a call's traffic and turns it into rows, metrics and logs. Must return at once and never raise.

    Sound alone is not shown: frames and moments of which nothing comes but audio, and word of where it begins and ends.
    """

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    stt: SttProvider
    translator: TranslationProvider
    voice: TtsProvider
    spare_voice: TtsProvider | None
    """Says the bridge's own phrases when ``voice`` cannot."""
    carrier: Carrier
    observers: tuple[Observer, ...]
    s2s: Link[S2sProvider] | None = None
