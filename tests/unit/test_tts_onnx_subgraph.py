"""A graph of three nodes, written by hand: y = f(x, w); z = g(y); other = h(x)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tts.onnx_subgraph import extract


def field(number: int, payload: bytes) -> bytes:
    length = bytes([len(payload) & 0x7F | 0x80, len(payload) >> 7]) if len(payload) > 127 else bytes([len(payload)])
    return bytes([number << 3 | 2]) + length + payload


def node(inputs: list[str], outputs: list[str], operator: str) -> bytes:
    names = [field(1, name.encode()) for name in inputs] + [field(2, name.encode()) for name in outputs]
    return field(1, b"".join(names) + field(4, operator.encode()))


WEIGHT = field(5, field(8, b"w") + field(9, bytes(200)))
UNUSED = field(5, field(8, b"unused"))
GRAPH = b"".join(
    [
        node(["x", "w"], ["y"], "F"),
        node(["y", ""], ["z"], "G"),
        node(["x"], ["other"], "H"),
        *(WEIGHT, UNUSED, field(11, field(1, b"x") + field(2, b"typed")), field(12, field(1, b"z"))),
    ]
)
MODEL = b"\x08\x08" + field(7, GRAPH)


def test_only_what_leads_to_the_outputs_is_kept() -> None:
    part = extract(MODEL, ["x"], ["y"])
    assert all(name in part for name in (b"F", WEIGHT, b"typed", b"\x08\x08"))
    assert not any(name in part for name in (b"G", b"H", b"unused"))


def test_a_value_inside_becomes_an_input() -> None:
    part = extract(MODEL, ["y"], ["z"])
    assert b"G" in part
    assert not any(name in part for name in (b"F", b"H", WEIGHT, b"typed"))


def test_parts_of_a_part_are_the_same_parts() -> None:
    assert extract(extract(MODEL, ["x"], ["z"]), ["y"], ["z"]) == extract(MODEL, ["y"], ["z"])


def test_an_output_that_needs_more_than_the_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks x"):
        extract(MODEL, [], ["z"])
    with pytest.raises(ValueError, match="lacks nothing-like-it"):
        extract(MODEL, ["x"], ["nothing-like-it"])


@settings(deadline=None)
@given(st.integers(0, len(MODEL) - 1))
def test_a_model_that_ends_too_early_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"not an ONNX model|lacks"):
        extract(MODEL[:length], ["x"], ["z"])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also a name that is no UTF-8
        extract(garbage, ["x"], ["z"])
