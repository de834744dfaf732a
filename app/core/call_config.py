"""What is decided about a call before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.core.clauses import ClausePolicyName
from app.core.direct import DirectConfig
from app.core.governor import GovernorLimits
from app.core.language_hints import LanguageHint
from app.core.segmenter import SegmenterLimits
from app.core.sound import Sound
from app.core.stable_clauses import ClauseLimits
from app.domain.controls import KeyBindings
from app.domain.glossary import Glossary
from app.domain.legs import Leg
from app.domain.policies import Listening, Overlap


@dataclass(frozen=True, slots=True)
class CallConfig:
    """What a call needs to know when it begins. Time 0 of its clock is ``started_at``."""

    started_at: datetime
    agent_language: str
    client_language_hint: LanguageHint
    client_languages: tuple[str, ...]
    """What a client may speak, as far as the providers go."""
    bridge_language: str
    """What the bridge itself speaks to the client: a language that has phrases and a voice."""
    ringback: bytes
    """One cycle of the tone (mu-law) that the client hears while the agent's telephone rings."""
    sound: Sound
    segmenter: SegmenterLimits
    stream_timeout_ms: int
    """How long the client's stream may take to open."""
    ring_timeout_ms: int
    maximum_ms: int
    """How long the call may last."""
    client_region: str | None = None
    """ISO 3166, from the client's number."""
    speakable_languages: frozenset[str] = frozenset()
    """What has a voice, whether or not it can be translated."""
    bypass_same_language: bool = True
    """Whether two people who speak the same language hear each other's own voice."""
    comfort_tone: bytes = b""
    """One cycle (mu-law) of what covers a silence that a listener cannot explain; empty for nothing."""
    listening: Mapping[Leg, Listening] = field(default_factory=lambda: dict.fromkeys(Leg, Listening.TRANSLATION))
    overlap: Mapping[Leg, Overlap] = field(default_factory=lambda: dict.fromkeys(Leg, Overlap.KEEP))
    governor: GovernorLimits = field(default_factory=GovernorLimits)
    keys: Mapping[Leg, KeyBindings] = field(default_factory=lambda: {leg: {} for leg in Leg})
    """What each party's keys do; an interpreter's only where one can be called."""
    voice_commands: bool = True
    """Whether the parties may also ask the bridge by voice."""
    clause_policy: ClausePolicyName = ClausePolicyName.STABLE
    clause_limits: ClauseLimits = field(default_factory=ClauseLimits)
    """Of the policy ``stable``."""
    final_timeout_ms: int = 10_000
    """How long after the voice ended the recogniser's final transcript is waited for."""
    direct: DirectConfig | None = None
    """What is interpreted by a speech-to-speech provider; None: nothing."""
    translates_ahead: bool = False
    """Whether clauses are translated before they are committed (``app.core.speculation``)."""
    glossary: Glossary = field(default_factory=Glossary)
    """The names and terms of calls to the number that was called."""
    speaks_ahead: bool = False
    """Whether the voice makes them then, too (``app.core.speech_ahead``)."""
    matches_voices: bool = False
    """Whether pitches are measured, so that a speaker's register becomes known (``app.core.apparent_pitch``)."""
