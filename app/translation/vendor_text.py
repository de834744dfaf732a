"""What is sent to a translator in the cloud: the same rules for every vendor."""

from __future__ import annotations

from app.errors import ProviderRejected
from app.translation.base import TranslationRequest, TranslatorCapabilities
from app.translation.sentences import clean

MAXIMUM_CHARACTERS = 20_000
"""Of one text: inside what every vendor takes (DeepL 128 KiB, Azure 50,000 characters). What is longer is no clause."""


def text_to_send(capabilities: TranslatorCapabilities, request: TranslationRequest) -> str:
    """Return the request's text as it is sent; empty: nothing was said, and nothing is to be sent.

    Raises ProviderRejected for a pair that the translator lacks and for a text that is too long.
    """
    if (request.source, request.target) not in capabilities.pairs:
        raise ProviderRejected(capabilities.name, "pair-not-covered")
    text = clean(request.text)
    if len(text) > MAXIMUM_CHARACTERS:
        raise ProviderRejected(capabilities.name, "text-too-long")
    return text
