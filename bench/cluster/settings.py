"""What the processes of a cluster on the desk are told: the emulator is their Twilio, scripted providers interpret."""

from __future__ import annotations

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "cluster-auth-token"
ADMIN_API_KEY = "cluster-admin-key"
PUBLIC_URL = "https://bridge.example.com"
AGENT_NUMBER = "+34910000002"


def desk_settings(rest_url: str) -> dict[str, str]:
    """Return the environment; ``rest_url`` is the emulator's."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_PHONE_NUMBER": "+34910000001",
        "TWILIO_API_BASE_URL": rest_url,
        "WEBHOOK_BASE_URL": PUBLIC_URL,
        "AGENT_PHONE_NUMBER": AGENT_NUMBER,
        "ADMIN_API_KEY": ADMIN_API_KEY,
        "STT_PROVIDER": "scripted",
        "TRANSLATION_PROVIDER": "scripted",
        "TTS_PROVIDER": "scripted",
        "TRANSCRIPTS": "full",
        "CONSENT_ANNOUNCEMENT": "false",
        "LOG_LEVEL": "info",
    }
