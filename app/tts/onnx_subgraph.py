"""Cut a model out of a larger ONNX model, in memory.

ONNX files are protocol buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Only field numbers and lengths
are read here, and what is kept is copied byte for byte, so this needs neither the ``onnx`` package nor a second copy of
the weights on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_TENSOR_NAME = 8
_VALUE_INFO_NAME = 1

_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5

_FLOAT_TENSOR_TYPE = b"\x12\x04\x0a\x02\x08\x01"
"""``ValueInfoProto.type`` of a float tensor of any shape."""


def extract(model: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """Return the part of ``model`` that computes ``outputs`` from ``inputs``.

    Both may be any values inside the graph. Those that are not inputs or outputs of the whole model are float tensors.
    Nodes with graphs of their own (If, Loop, Scan) are not supported: what such a graph reads from outside is not seen.

    Raises ValueError when the outputs need something that is neither among the inputs nor a constant, or when the
    bytes are no model.
    """
    view = memoryview(model)
    graph = b""
    rest = []
    for number, payload, field in _fields(view):
        if number == _MODEL_GRAPH:
            graph = _extract_graph(payload, inputs, outputs)
        else:
            rest.append(field)
    if not graph:
        raise ValueError("not an ONNX model: it has no graph")
    return b"".join([*rest, _delimited(_MODEL_GRAPH, graph)])


def _extract_graph(graph: memoryview, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    nodes: list[tuple[list[str], list[str], memoryview]] = []
    constants: dict[str, memoryview] = {}
    declared: dict[tuple[int, str], memoryview] = {}
    rest: list[bytes | memoryview] = []
    for number, payload, field in _fields(graph):
        if number == _GRAPH_NODE:
            nodes.append((_texts(payload, _NODE_INPUT), _texts(payload, _NODE_OUTPUT), field))
        elif number == _GRAPH_INITIALIZER:
            constants[_texts(payload, _TENSOR_NAME)[0]] = field
        elif number in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            declared[number, _texts(payload, _VALUE_INFO_NAME)[0]] = field
        elif number != _GRAPH_VALUE_INFO:
            rest.append(field)

    kept, used = _needed(nodes, set(inputs), outputs)
    made = {name for index in kept for name in nodes[index][1]}
    missing = used - made - constants.keys() - set(inputs)
    if missing:
        raise ValueError(f"the model lacks {sorted(missing)[0]}")
    rest += [nodes[index][2] for index in sorted(kept)]
    rest += [field for name, field in constants.items() if name in used]
    for number, names in ((_GRAPH_INPUT, inputs), (_GRAPH_OUTPUT, outputs)):
        for name in names:
            rest.append(declared.get((number, name)) or _float_value(number, name))
    return b"".join(rest)


def _needed(
    nodes: list[tuple[list[str], list[str], memoryview]], inputs: set[str], outputs: Sequence[str]
) -> tuple[set[int], set[str]]:
    """Walk back from the outputs; return the nodes on the way, by index, and every value that is read."""
    producer = {name: index for index, (_, made, _) in enumerate(nodes) for name in made if name}
    kept: set[int] = set()
    used: set[str] = set()
    pending = list(outputs)
    while pending:
        name = pending.pop()
        if not name or name in used:
            continue
        used.add(name)
        index = producer.get(name)
        if name not in inputs and index is not None and index not in kept:
            kept.add(index)
            pending += nodes[index][0]
    return kept, used


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Yield (field number, payload, the whole field) of each field; the payload of a number is empty."""
    position = 0
    while position < len(message):
        start = position
        tag, position = _varint(message, position)
        wire_type = tag & 7
        length = 0
        if wire_type == _VARINT:
            _, position = _varint(message, position)
        elif wire_type == _LENGTH_DELIMITED:
            length, position = _varint(message, position)
        elif wire_type in (_FIXED32, _FIXED64):
            position += 4 if wire_type == _FIXED32 else 8
        else:
            raise ValueError("not an ONNX model: unknown wire type")
        end = position + length
        if end > len(message):
            raise ValueError("not an ONNX model: it ends too early")
        yield tag >> 3, message[position:end], message[start:end]
        position = end


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("not an ONNX model: it ends too early")


def _texts(message: memoryview, wanted: int) -> list[str]:
    return [bytes(payload).decode() for number, payload, _ in _fields(message) if number == wanted]


def _float_value(number: int, name: str) -> bytes:
    return _delimited(number, _delimited(_VALUE_INFO_NAME, name.encode()) + _FLOAT_TENSOR_TYPE)


def _delimited(number: int, payload: bytes) -> bytes:
    return _encode_varint(number << 3 | _LENGTH_DELIMITED) + _encode_varint(len(payload)) + payload


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
