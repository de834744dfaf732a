"""The settings of the vendors in the cloud: one class each, in one place because ``.env`` is one place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import NoDecode


class DeepLSettings(BaseModel):
    # --- DeepL ------------------------------------------------------------------------------------------------------
    deepl_api_key: SecretStr = Field(SecretStr(""), description="DeepL's key, for TRANSLATION_PROVIDER=deepl.")
    deepl_server_url: str = Field("", description="DeepL's API elsewhere: a proxy or a mock. Empty: DeepL itself.")
    deepl_model_type: Literal["latency_optimized", "prefer_quality_optimized", "quality_optimized"] = Field(
        "latency_optimized", description="DeepL's model: the fast one or the careful one."
    )
    deepl_formality: Literal["default", "prefer_more", "prefer_less"] = Field(
        "prefer_more", description="How formally DeepL addresses people, in languages that have a choice."
    )
    deepl_variants: Annotated[dict[str, str], NoDecode] = Field(
        {"en": "EN-US", "pt": "PT-PT"},
        description="Which variety of a language DeepL writes, such as en=EN-GB,es=ES-419,pt=PT-BR.",
    )

    @field_validator("deepl_variants", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(language.strip() and variant.strip() for language, _, variant in pairs):
            raise ValueError("must be a list such as en=EN-GB,pt=PT-BR")
        return {language.strip().lower(): variant.strip().upper() for language, _, variant in pairs}


class DeepgramSettings(BaseModel):
    # --- Deepgram ---------------------------------------------------------------------------------------------------
    deepgram_api_key: SecretStr = Field(SecretStr(""), description="Deepgram's key, for STT_PROVIDER=deepgram.")
    deepgram_url: str = Field(
        "", description="Deepgram elsewhere, such as ws://127.0.0.1:8102 or wss://api.eu.deepgram.com."
    )
    deepgram_model: str = Field("nova-3", description="Deepgram's recognition model.")
    deepgram_endpointing_ms: int = Field(
        300, ge=10, le=5000, description="The silence after which Deepgram makes words final on its own, milliseconds."
    )
    deepgram_keyterms: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names and terms that Deepgram should expect, comma separated."
    )

    @field_validator("deepgram_url")
    @classmethod
    def _socket_origin(cls, value: str) -> str:
        if value and not value.startswith(("ws://", "wss://")):
            raise ValueError("must begin with ws:// or wss://")
        return value.rstrip("/")

    @field_validator("deepgram_keyterms", mode="before")
    @classmethod
    def _terms(cls, value: object) -> object:
        return tuple(term.strip() for term in value.split(",") if term.strip()) if isinstance(value, str) else value


class VendorSettings(DeepgramSettings, DeepLSettings):
    """All of them."""
