"""Settings of a call: how it listens, what its parties can ask for, and what each of them hears."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.domain.controls import parse_key_bindings
from app.domain.policies import Listening, Overlap


def _key_bindings(value: str) -> str:
    parse_key_bindings(value)
    return value


KeyBindings = Annotated[str, AfterValidator(_key_bindings)]


class CallSettings(BaseModel):
    # --- Listening --------------------------------------------------------------------------------------------------
    vad_aggressiveness: int = Field(
        2, ge=0, le=3, description="Voice activity: 0 lets most through, 3 rejects most that is not speech."
    )
    echo_gate: bool = Field(
        True, description="Drop what a telephone sends back of what was played on it; false for lines without echo."
    )
    utterance_pause_ms: int = Field(
        500, ge=200, le=3000, description="The pause that ends an utterance, in milliseconds."
    )
    audio_chunk_duration_ms: int = Field(
        500, ge=20, le=5000, description="New speech between two hypotheses of a streaming recogniser, in milliseconds."
    )

    # --- Controls ---------------------------------------------------------------------------------------------------
    client_keys: KeyBindings = Field(
        "*=repeat,7=slower,9=faster,0=interpreter",
        description="What the client's keys do: repeat, slower, faster, interpreter or language:fr; none binds none.",
    )
    agent_keys: KeyBindings = Field(
        "*=repeat,7=slower,9=faster,0=interpreter",
        description="What the agent's keys do; a language is the client's. Other keys are told to the other's screen.",
    )
    voice_commands: bool = Field(
        True, description="Whether `interpreter, repeat` and the like, said by either party, are acted upon."
    )
    interpreter_phone_number: str = Field(
        "", description="Whom a call is handed over to: E.164, sip:user@host or client:name. Empty: nobody."
    )

    # --- What each party hears --------------------------------------------------------------------------------------
    client_listening: Listening = Field(
        Listening.TRANSLATION,
        description="What the client hears: translation, ducked (the original quietly with it), captions (nothing is "
        "spoken), original (nothing is translated aloud) or echo (also what the other party is played).",
    )
    agent_listening: Listening = Field(
        Listening.TRANSLATION, description="What the agent hears; the same choices as CLIENT_LISTENING."
    )
    client_overlap: Overlap = Field(
        Overlap.KEEP,
        description="What a translation does when the client speaks over it: keep goes on, duck goes on quietly, stop "
        "ends (an acknowledgement such as `yes` or `mhm` ends nothing).",
    )
    agent_overlap: Overlap = Field(
        Overlap.KEEP, description="What a translation does when the agent speaks over it: keep, duck or stop."
    )
    voice_matching: bool = Field(
        False,
        description="Choose voices by how high the speaker's own voice sounds, where the provider's table of voices "
        "has low or high ones (docs/providers.md, Voices).",
    )
    comfort_tone: bool = Field(
        True, description="Cover more than two seconds of silence softly while the other party's translation is due."
    )

    # --- Interpreting -----------------------------------------------------------------------------------------------
    clause_policy: Literal["stable", "pause"] = Field(
        "stable",
        description="When to translate: stable, clause by clause while somebody speaks; pause, what is said between "
        "two pauses.",
    )
    clause_soft_wait_ms: int = Field(
        4000,
        ge=500,
        le=20000,
        description="Policy stable: age of the oldest word at which a clause is cut between phrases.",
    )
    clause_hard_wait_ms: int = Field(
        6000, ge=500, le=30000, description="Policy stable: age of the oldest word at which a clause is cut anywhere."
    )
    speculative_translation: bool = Field(
        True,
        description="Translate clauses before they are over, so that they are heard sooner. false is cheaper with "
        "vendors that bill by the character: about every second translation ahead is never used.",
    )
    speculative_speech: bool = Field(
        True,
        description="Have the voice make clauses before they are over, too; needs SPECULATIVE_TRANSLATION. false is "
        "cheaper with voices that bill by the character. A voice that this machine computes never does.",
    )
