"""What the bridge says, to both parties, about a client's language that it cannot interpret."""

from __future__ import annotations

from app.domain.language_names import language_name

_TO_CLIENT: dict[str, str] = {
    "en": "I'm sorry, I cannot interpret {spoken}. If you can, please speak {instead}.",
    "es": "Lo siento, no puedo interpretar esta lengua: {spoken}. Si puede, hable en {instead}.",
    "fr": "Désolé, je ne peux pas interpréter cette langue : {spoken}. Si vous le pouvez, parlez {instead}.",
    "de": "Es tut mir leid, ich kann {spoken} nicht dolmetschen. Bitte sprechen Sie {instead}, wenn Sie können.",
    "it": "Mi dispiace, non posso interpretare questa lingua: {spoken}. Se può, parli {instead}.",
    "pt": "Lamento, não consigo interpretar esta língua: {spoken}. Se puder, fale {instead}.",
    "gl": "Síntoo, non podo interpretar esta lingua: {spoken}. Se pode, fale {instead}.",
    "ca": "Ho sento, no puc interpretar aquesta llengua: {spoken}. Si pot, parli {instead}.",
    "ar": "عذراً، لا يمكنني ترجمة هذه اللغة: {spoken}. يرجى التحدث باللغة {instead} إن أمكن.",
}

_TO_AGENT: dict[str, str] = {
    "en": "The caller is speaking {spoken}, which I cannot interpret. I have asked them to speak {instead}.",
    "es": "El cliente habla {spoken}, y no puedo interpretarlo. Le he pedido que hable {instead}.",
    "fr": "Le client parle {spoken}, et je ne peux pas l'interpréter. Je lui ai demandé de parler {instead}.",
    "de": "Der Anrufer spricht {spoken}. Das kann ich nicht dolmetschen. Ich habe um {instead} gebeten.",
    "it": "Il cliente parla {spoken}, e non posso interpretarlo. Gli ho chiesto di parlare {instead}.",
    "pt": "O cliente fala {spoken}, que não consigo interpretar. Pedi-lhe que fale {instead}.",
    "gl": "O cliente fala {spoken}, e non podo interpretalo. Pedinlle que fale {instead}.",
    "ca": "El client parla {spoken}, i no ho puc interpretar. Li he demanat que parli {instead}.",
    "ar": "المتصل يتحدث {spoken}، ولا يمكنني ترجمتها. طلبت منه التحدث باللغة {instead}.",
}

NOTICE_LANGUAGES = frozenset(_TO_CLIENT)


def notice_to_client(spoken: str, instead: str, language: str) -> str:
    """Return the sentence in ``language``: ``spoken`` cannot be interpreted, ``instead`` can.

    Raises KeyError for a language outside ``NOTICE_LANGUAGES``.
    """
    return _fill(_TO_CLIENT[language], spoken, instead, language)


def notice_to_agent(spoken: str, instead: str, language: str) -> str:
    """Return what the agent is told of it. Raises KeyError for a language outside ``NOTICE_LANGUAGES``."""
    return _fill(_TO_AGENT[language], spoken, instead, language)


def _fill(text: str, spoken: str, instead: str, language: str) -> str:
    return text.format(spoken=language_name(spoken, language), instead=language_name(instead, language))
