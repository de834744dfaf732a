"""Utterances found in voice activity, in audio time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.segmenter import Boundary, Segmenter, SegmenterLimits, SpeechBoundary
from app.domain.audio import FRAME_MS

LIMITS = SegmenterLimits(pause_ms=500)


def boundaries(voiced: list[bool], limits: SegmenterLimits = LIMITS) -> list[SpeechBoundary]:
    segmenter = Segmenter(limits)
    found = (segmenter.add(index * FRAME_MS, is_speech) for index, is_speech in enumerate(voiced))
    return [boundary for boundary in found if boundary is not None]


def frames(*spans: tuple[bool, int]) -> list[bool]:
    return [is_speech for is_speech, milliseconds in spans for _ in range(milliseconds // FRAME_MS)]


def test_speech_is_bounded_by_its_first_and_last_voiced_frame() -> None:
    found = boundaries(frames((False, 1000), (True, 800), (False, 1000)))
    assert [boundary.kind for boundary in found] == [Boundary.BEGAN, Boundary.PAUSED, Boundary.ENDED]
    began, paused, ended = (boundary.at_ms for boundary in found)
    assert began == 1000 - 240, "the consonants before the onset belong to the utterance"
    assert paused == ended == 1800


def test_the_end_is_decided_after_exactly_the_pause() -> None:
    segmenter = Segmenter(LIMITS)
    ended_after_ms = None
    for index, is_speech in enumerate(frames((True, 600), (False, 1000))):
        boundary = segmenter.add(index * FRAME_MS, is_speech)
        if boundary is not None and boundary.kind is Boundary.ENDED:
            ended_after_ms = (index + 1) * FRAME_MS - boundary.at_ms
    assert ended_after_ms == 500


def test_a_click_is_not_speech() -> None:
    assert boundaries(frames((False, 500), (True, 80), (False, 1000))) == []


def test_single_noisy_frames_do_not_hold_an_utterance_open() -> None:
    noise = [True, False, False, False, False] * 40
    found = boundaries(frames((True, 600)) + noise)
    assert found[-1].kind is Boundary.ENDED
    assert found[-1].at_ms <= 640


def test_speech_that_goes_on_after_a_hint_is_one_utterance_with_a_second_hint() -> None:
    found = boundaries(frames((True, 600), (False, 300), (True, 600), (False, 600)))
    assert [boundary.kind for boundary in found] == [
        Boundary.BEGAN,
        Boundary.PAUSED,
        Boundary.RESUMED,
        Boundary.PAUSED,
        Boundary.ENDED,
    ]
    assert [boundary.at_ms for boundary in found[1:]] == [600, 900, 1500, 1500]


def test_a_long_utterance_ends_at_a_shorter_pause() -> None:
    speech = frames((True, 9000), (False, 340), (True, 500), (False, 600))
    ends = [boundary.at_ms for boundary in boundaries(speech) if boundary.kind is Boundary.ENDED]
    assert ends[0] == 9000


def test_speech_without_any_pause_is_cut_and_goes_on() -> None:
    limits = SegmenterLimits(pause_ms=500, maximum_speech_ms=5000)
    found = boundaries(frames((True, 12_000), (False, 600)), limits)
    ends = [boundary.at_ms for boundary in found if boundary.kind is Boundary.ENDED]
    begins = [boundary.at_ms for boundary in found if boundary.kind is Boundary.BEGAN]
    assert len(ends) == 3
    assert begins[1] == ends[0], "nothing that was said falls between two utterances"


@given(st.lists(st.booleans(), max_size=600))
def test_boundaries_alternate_and_never_overlap(voiced: list[bool]) -> None:
    is_open = is_paused = False
    last_ms = 0
    for boundary in boundaries(voiced):
        match boundary.kind:
            case Boundary.BEGAN:
                assert not is_open
                is_open, is_paused = True, False
            case Boundary.PAUSED:
                assert is_open
                assert not is_paused
                is_paused = True
            case Boundary.RESUMED:
                assert is_paused
                is_paused = False
            case Boundary.ENDED:
                assert is_open
                is_open = False
        assert boundary.at_ms >= last_ms
        last_ms = boundary.at_ms
