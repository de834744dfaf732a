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


class VendorSettings(DeepLSettings):
    """All of them."""
