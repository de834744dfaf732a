"""Spoken commands: what is one, what is not, and that nothing of one by name is let through early."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from app.core.voice_commands import may_become_addressed, spoken_command
from app.core.voice_vocabulary import VOCABULARIES
from app.domain.controls import Action

FIELDS = {
    "repeat": Action.REPEAT,
    "slower": Action.SLOWER,
    "speak_slower": Action.SLOWER,
    "faster": Action.FASTER,
    "speak_faster": Action.FASTER,
}


def phrases(language: str, field: str) -> list[str]:
    return [phrase.strip() for phrase in getattr(VOCABULARIES[language], field).split(",")]


def addressed_commands(language: str) -> Iterator[tuple[str, Action]]:
    for field, action in FIELDS.items():
        for wake, phrase in product(phrases(language, "wake"), phrases(language, field)):
            yield f"{wake}, {phrase}", action
            for polite in phrases(language, "polite"):
                yield f"{wake.capitalize()}: {phrase}, {polite}!", action
                yield f"{wake} {polite} {phrase}?", action


@pytest.mark.parametrize("language", VOCABULARIES)
def test_every_command_is_understood_with_and_without_courtesy(language: str) -> None:
    for text, action in addressed_commands(language):
        command = spoken_command(text)
        assert command is not None, text
        assert (command.action, command.is_addressed) == (action, True), text


@pytest.mark.parametrize("language", VOCABULARIES)
def test_no_beginning_of_a_command_by_name_is_let_through(language: str) -> None:
    for text, _ in addressed_commands(language):
        words = text.split()
        for count in range(1, len(words) + 1):
            assert may_become_addressed(" ".join(words[:count])), words[:count]


@pytest.mark.parametrize(
    "text",
    [
        "intérprete, repita por favor",
        "¡Intérprete! ¿Puede repetir?",
        "INTERPRETER REPEAT THAT PLEASE",
        "Interpreter, could you please repeat that?",
        "Interprète, s'il vous plaît, répétez.",
        "Dolmetscher, können Sie das bitte wiederholen?",
        "يا مترجم، أعد من فضلك.",
        "Interpreter repita por favor.",
        "Interprès, répétez s'il vous plaît.",
        "Intarprete ripeta",
    ],
)
def test_as_people_say_it_and_recognisers_write_it(text: str) -> None:
    command = spoken_command(text)
    assert command is not None
    assert (command.action, command.is_addressed) == (Action.REPEAT, True)


@pytest.mark.parametrize(
    "text",
    [
        "Can you repeat that?",
        "¿Puede repetir, por favor?",
        "Repita por favor.",
        "Slower.",
        "Más lento.",
        "Interpreter",
        "Interested? Repeat.",
        "Enter print, repeat that.",
        "Interpreter services are expensive.",
        "The interpreter should repeat that.",
        "Interpreter, repeat that number to the bank tomorrow.",
        "Please",
        "",
        "intérprete, " + "repita " * 40,
    ],
)
def test_what_is_said_to_the_other_person_is_left_alone(text: str) -> None:
    assert spoken_command(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Slower, please.",
        "Más despacio, por favor.",
        "¿Puede hablar más despacio?",
        "Parlez plus lentement s'il vous plaît",
        "Più lentamente, per favore.",
        "Mais devagar, por favor",
        "Máis a modo, por favor",
        "Könnten Sie bitte langsamer sprechen?",
        "Més a poc a poc, si us plau.",
        "تكلم ببطء من فضلك",
    ],
)
def test_a_request_to_speak_slower_needs_no_name(text: str) -> None:
    command = spoken_command(text)
    assert command is not None
    assert (command.action, command.is_addressed) == (Action.SLOWER, False)


@pytest.mark.parametrize(
    "text", ["Interpreter services", "interpreting is hard", "Inter", "Repeat", "interpreter, the order", ""]
)
def test_other_beginnings_go_on_at_once(text: str) -> None:
    assert not may_become_addressed(text)
