"""What a translator is told of what was said before: the same speaker's last words, bounded, and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.call import CallCore
from app.core.said_before import FORGOTTEN_AFTER_MS, MOST_CHARACTERS, MOST_CLAUSES, bounded
from app.core.speculation import Speculation
from app.domain.commands import Translate
from app.domain.legs import Leg
from tests.unit.core_driver import CoreDriver, call_config


def connected() -> CoreDriver:
    driver = CoreDriver(CallCore(call_config()))
    driver.connect()
    return driver


def contexts(driver: CoreDriver) -> list[tuple[str, tuple[str, ...]]]:
    return [(command.text, command.context) for command in driver.translations()]


def test_a_fragment_comes_with_what_the_same_speaker_said_before() -> None:
    driver = connected()
    for utterance, text in enumerate(("My washing machine is broken.", "I bought it in May.", "Can you mend it?"), 1):
        driver.say(Leg.CLIENT)
        driver.final(Leg.CLIENT, utterance, text, "en")
    driver.say(Leg.AGENT)
    driver.final(Leg.AGENT, 1, "Claro que sí.")
    assert contexts(driver) == [
        ("My washing machine is broken.", ()),
        ("I bought it in May.", ("My washing machine is broken.",)),
        ("Can you mend it?", ("My washing machine is broken.", "I bought it in May.")),
        ("Claro que sí.", ()),
    ]


def test_what_was_said_in_another_language_or_long_ago_is_no_context() -> None:
    driver = connected()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "I bought a washing machine in May.", "en")
    driver.say(Leg.CLIENT, 3000)
    driver.final(Leg.CLIENT, 2, "Elle ne marche plus depuis hier soir.", "fr")
    driver.say(Leg.CLIENT, 3000)
    driver.final(Leg.CLIENT, 3, "Je voudrais la rendre au magasin.", "fr")
    driver.wait(FORGOTTEN_AFTER_MS)
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 4, "C'est possible, n'est-ce pas ?", "fr")
    assert [context for _, context in contexts(driver)] == [(), (), ("Elle ne marche plus depuis hier soir.",), ()]


def test_a_translation_ahead_has_the_context_that_it_will_have() -> None:
    numbers = iter(range(1, 9))
    ahead = Speculation(Leg.CLIENT, lambda: next(numbers))
    texts = ("it does not work", "so I want to return it", "and have my money back")
    ahead.consider(texts, "en", "es", ("I bought a machine.", "It came in May."))
    asked = [command.context for command in ahead.due(0) if isinstance(command, Translate)]
    assert asked == [
        ("I bought a machine.", "It came in May."),
        ("It came in May.", "it does not work"),
        ("it does not work", "so I want to return it"),
    ]


@given(st.lists(st.text(alphabet="abc ", max_size=400), max_size=5))
def test_context_is_bounded_and_ends_with_what_was_said_last(clauses: list[str]) -> None:
    kept = bounded(clauses)
    assert len(kept) <= MOST_CLAUSES
    assert sum(map(len, kept)) <= MOST_CHARACTERS
    assert all(clause.endswith(words) for words, clause in zip(reversed(kept), reversed(clauses), strict=False))


def test_a_long_clause_is_cut_between_words() -> None:
    (kept,) = bounded(["word " * 100 + "last."])
    assert kept.split()[-1] == "last."
    assert set(kept.split()[:-1]) == {"word"}
