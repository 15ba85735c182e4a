"""A bundle for one `entities` case of the decode contract: each word of its text is a piece, whose row of the embedding
table is the case's row of logits. So the whole way from text to entities can be held to the case.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper, numpy_helper, save_model

from edgener.bundle import layout
from edgener.bundle.write import write_bundle
from edgener.text.normalise import normalise
from edgener.text.pieces import Specials
from edgener.text.tagger import DecodeSpec
from edgener.text.words import split
from tests.helpers.onnx_bundle import BOS, EOS, PAD, SPECIALS, UNKNOWN, manifest, model

_SPACE = "\u2581"


def fits(case: dict[str, Any]) -> bool:
    """False when a word stands twice in the text, with other logits: a table has one row for it."""
    rows: dict[str, Any] = {}
    return all(rows.setdefault(word, row) == row for word, row in zip(_words(case), case["logits"], strict=True))


def build(folder: Path, case: dict[str, Any]) -> Path:
    """Write the bundle into `folder` (made here); returns `folder`."""
    folder.mkdir(parents=True)
    rows = dict(zip(_words(case), case["logits"], strict=True))
    words = [word for word, row in rows.items() if row is not None]
    table = [[0.0] * len(case["labels"])] * len(SPECIALS) + [rows[word] for word in words]
    node = helper.make_node("Gather", ["table", "input_ids"], ["logits"])
    constant = numpy_helper.from_array(np.array(table, np.float32), "table")
    save_model(model([node], [constant], output=("batch", "length", len(case["labels"]))), folder / layout.MODEL)
    described = manifest(64)
    described["decode"] = layout.spec_as_dict(DecodeSpec.of(case["splitter"], 64, Specials((BOS,), (EOS,), PAD)))
    without = [word for word, row in rows.items() if row is None]
    write_bundle(folder, described, tokenizer=_tokenizer(words, without), labels=case["labels"], golden=[])
    return folder


def _words(case: dict[str, Any]) -> list[str]:
    text = normalise(case["text"]).text
    return [text[start:end] for start, end in split(text, case["splitter"])]


def _tokenizer(words: list[str], without: list[str]) -> str:
    """Unigram over whole words; those that are `without` a piece are deleted before it sees them."""
    vocabulary = [[name, 0.0] for name in SPECIALS] + [[_SPACE + word, -1.0] for word in words]
    deleted = [{"type": "Replace", "pattern": {"String": word}, "content": ""} for word in without]
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": [],
            "normalizer": {"type": "Sequence", "normalizers": deleted} if deleted else None,
            "pre_tokenizer": {"type": "Metaspace", "replacement": _SPACE, "prepend_scheme": "always", "split": True},
            "post_processor": None,
            "decoder": None,
            "model": {"type": "Unigram", "unk_id": UNKNOWN, "vocab": vocabulary},
        }
    )
