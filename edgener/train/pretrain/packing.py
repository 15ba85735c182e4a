"""Lines to packed sequences on disk, encoded once.

The lines of one language stand one behind the other, </s> between them (they need not belong together), cut into
sequences `<s> ... </s>` of one length: no padding is computed, and nothing is lost but the pieces behind the last whole
sequence. A row of the file is a sequence, uint16 where the ids fit and uint32 elsewhere.
"""

import json
import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from edgener import artefact
from edgener.console import track
from edgener.errors import UserError
from edgener.text.pieces import encode, rows_of
from edgener.text.tagger import DecodeSpec
from edgener.train.pretrain.tokens import Survey, read_lines, words_of

Rows = NDArray[Any]
_ROWS_A_WRITE = 512


@dataclass(frozen=True)
class Packed:
    """The sequences of one language; pieces: of its lines, with the </s> behind each; unknown: those that are <unk>."""

    sequences: int
    pieces: int
    unknown: int


def encoder_for(backend: Tokenizer) -> Callable[[str], "array[int]"]:
    """Clean line -> piece ids, as inference gives them; what often stands between two spaces is encoded once."""

    @lru_cache(maxsize=200_000)
    def pieces_of(chunk: str) -> "array[int]":
        return encode(backend, words_of(chunk)).ids

    def encode_line(line: str) -> "array[int]":
        ids = array("i")
        for chunk in line.split(" "):
            ids.extend(pieces_of(chunk))
        return ids

    return encode_line


def pack(language: str, text: Survey, backend: Tokenizer, spec: DecodeSpec, unknown: int, folder: Path) -> Packed:
    """Write `folder/<language>.rows` unless it is there whole. UserError for a text that fills no sequence.

    spec: its max_length is that of a sequence. unknown: id of <unk>.
    """
    done = folder / f"{language}.json"
    if done.is_file():
        return Packed(**json.loads(done.read_bytes()))
    encode_line = encoder_for(backend)
    pieces = strange = sequences = 0
    pending = array("i")
    scratch = folder / f".{language}.rows.tmp"
    with open(scratch, "wb") as file:
        for line in track(read_lines(text.path), f"encoding {language}", text.lines, "lines"):
            if line in text.held_out:
                continue
            ids = encode_line(line)
            ids.extend(spec.suffix)
            pieces, strange = pieces + len(ids), strange + ids.count(unknown)
            pending.extend(ids)
            if len(pending) >= _ROWS_A_WRITE * spec.capacity:
                sequences += _write(file, pending, spec, backend)
        sequences += _write(file, pending, spec, backend)
        file.flush()
        os.fsync(file.fileno())
    if not sequences:
        scratch.unlink()
        raise UserError(
            f"{text.path}: {pieces:,} pieces to train on, less than one sequence of {spec.max_length}; give more text, "
            "or choose a shorter --length"
        )
    os.replace(scratch, folder / f"{language}.rows")
    found = Packed(sequences, pieces, strange)
    artefact.write_file(done, artefact.canonical_json(asdict(found)))
    return found


def _write(file: BinaryIO, pending: "array[int]", spec: DecodeSpec, backend: Tokenizer) -> int:
    """Write the whole sequences of `pending` and take them out of it; returns their number."""
    rows = len(pending) // spec.capacity
    taken = rows * spec.capacity
    ids = np.array(pending[:taken], np.int32).reshape(rows, spec.capacity)
    file.write(np.ascontiguousarray(_framed(ids, spec), _dtype(backend)).tobytes())
    del pending[:taken]
    return rows


def _framed(ids: Rows, spec: DecodeSpec) -> Rows:
    before, behind = (np.tile(np.array(one, np.int32), (len(ids), 1)) for one in (spec.prefix, spec.suffix))
    return np.concatenate([before, ids, behind], axis=1)


def load_rows(language: str, backend: Tokenizer, spec: DecodeSpec, folder: Path) -> Rows:
    """uint16 or uint32 [sequences, length], read from disk as it is used."""
    rows = np.memmap(folder / f"{language}.rows", _dtype(backend), "r")
    return rows.reshape(-1, spec.max_length)


def _dtype(backend: Tokenizer) -> Any:
    return np.uint16 if rows_of(backend) <= 2**16 else np.uint32


def held_out_ids(lines: Sequence[str], backend: Tokenizer, spec: DecodeSpec) -> tuple[torch.Tensor, torch.Tensor]:
    """(ids, attention mask), int64 [sequences, length]: the lines packed in the same way, the last sequence padded."""
    encode_line = encoder_for(backend)
    stream = [piece for line in lines for piece in (*encode_line(line), *spec.suffix)]
    rows = [
        [*spec.prefix, *stream[start : start + spec.capacity], *spec.suffix]
        for start in range(0, len(stream), spec.capacity)
    ]
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.tensor([row + [spec.pad] * (spec.max_length - len(row)) for row in rows])
    return ids, (torch.arange(spec.max_length) < lengths.unsqueeze(1)).long()
