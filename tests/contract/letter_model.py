"""A real Transformer in CTranslate2's format that translates letter by letter, without having been trained.

Position codes make its one head of attention look at the source's letter of the same place; what it reads there is
the letter's translation. It is built in milliseconds and exact: every answer is known beforehand.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_POSITIONS = 512
_CODE_SIZE = 128
_SAME = "0123456789.,?!'- "
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def rotation(by: int) -> dict[str, str]:
    """Return what each letter becomes: the one ``by`` places on; digits and signs stay."""
    lower = {letter: _LETTERS[(index + by) % 26] for index, letter in enumerate(_LETTERS)}
    return {sign: sign for sign in _SAME} | lower | {old.upper(): new.upper() for old, new in lower.items()}


def rotated(text: str, by: int) -> str:
    table = rotation(by)
    return "".join(table.get(letter, letter) for letter in text)


def write_model(
    folder: Path, by: int, targets: Mapping[str, str] | None = None, *, adds_source_eos: bool = False
) -> Path:
    """Write a model that rotates letters ``by`` places.

    ``targets`` makes it one of several languages: for each token such as ``>>spa<<`` the letter that it puts first.
    """
    folder.mkdir(parents=True)
    tokens = rotation(by)
    pieces = _write_pieces(folder, "".join(sorted(tokens)).replace(" ", ""))
    vocabulary = [*pieces, *(targets or {})]
    spec = TransformerSpec.from_config(1, 1)
    _fill(spec, len(vocabulary), _translations(vocabulary, {**tokens, **(targets or {})}))
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.add_source_eos = adds_source_eos
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    return folder


def _write_pieces(folder: Path, letters: str) -> list[str]:
    """Train the model of pieces, each of one letter, and return them."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(letters)]),
        model_writer=model,
        model_type="char",
        vocab_size=len(letters) + 4,
        character_coverage=1.0,
        minloglevel=2,
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [pieces.id_to_piece(index) for index in range(pieces.get_piece_size())]


def _translations(vocabulary: list[str], tokens: Mapping[str, str]) -> Matrix:
    """One column for each token of the source, one row for each of the target."""
    matrix = np.zeros((len(vocabulary), len(vocabulary)), np.float32)
    for index, token in enumerate(vocabulary):
        matrix[vocabulary.index(tokens.get(token, token)), index] = 1
    return matrix


def _fill(spec: TransformerSpec, size: int, translations: Matrix) -> None:
    """Set the weights: the first ``size`` dimensions say which token it is, the others at which place."""
    width = size + _CODE_SIZE
    places = np.zeros((_POSITIONS, width), np.float32)
    places[:, size:] = _codes()
    for half in (spec.encoder, spec.decoder):
        half.scale_embeddings = False
        half.position_encodings.encodings = places
        _pass(half.layer_norm, width)
        layer = half.layer[0]
        for part in (layer.self_attention, layer.ffn):
            _pass(part.layer_norm, width)
        _silence(layer.self_attention.linear[0], 3 * width, width)
        _silence(layer.self_attention.linear[1], width, width)
        _silence(layer.ffn.linear_0, width, width)
        _silence(layer.ffn.linear_1, width, width)
    spec.encoder.embeddings[0].weight = np.eye(size, width, dtype=np.float32)
    spec.decoder.embeddings.weight = np.zeros((size, width), np.float32)
    place = np.diag(np.concatenate([np.zeros(size), np.ones(_CODE_SIZE)])).astype(np.float32)
    meaning = np.zeros((width, width), np.float32)
    meaning[:size, :size] = translations
    attention = spec.decoder.layer[0].attention
    _pass(attention.layer_norm, width)
    _set(attention.linear[0], 16 * place)
    _set(attention.linear[1], np.concatenate([place, meaning]))
    _set(attention.linear[2], 10 * np.eye(width, dtype=np.float32))
    _set(spec.decoder.projection, 5 * np.eye(size, width, dtype=np.float32))


def _codes() -> Matrix:
    """Return a code of ones and minus ones for each place, as many of these as of those."""
    codes = np.ones((_POSITIONS, _CODE_SIZE), np.float32)
    codes[:, : _CODE_SIZE // 2] = -1
    return np.random.default_rng(1).permuted(codes, axis=1)


def _pass(norm: object, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _silence(linear: object, rows: int, columns: int) -> None:
    _set(linear, np.zeros((rows, columns), np.float32))


def _set(linear: object, weight: Matrix) -> None:
    linear.weight, linear.bias = weight, np.zeros(weight.shape[0], np.float32)
