"""A small working bundle made by hand: no training, no torch, well under a second.

The network is an embedding table, the mean of the window and the word before, and one matrix. The row of a known word
decides its tag; the rest of the row is noise, so that scores depend on what else stands in the window.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from edgener import artefact
from edgener.bundle import layout
from edgener.bundle.verify import seal_of
from edgener.bundle.write import write_bundle
from edgener.export import ort_format
from edgener.runtime import golden
from edgener.runtime.session import OnnxForward
from edgener.text.labels import label_list
from edgener.text.pieces import Specials
from edgener.text.tagger import DecodeSpec, Tagger
from edgener.text.words import UNICODE_1

FILES = (layout.MODEL, layout.WEIGHTS, *layout.ALWAYS)
LABELS = label_list(["PER", "LOC"])
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
BOS, PAD, EOS, UNKNOWN = range(4)
# What the first piece of these words says; every other word is O. A word may go on behind them: "Zinder", "Zimbabwe".
TAGS = {
    **dict.fromkeys(("Kano", "Lagos", "Ouagadougou", "Zi", "K\u00f3", "B\u00e9ni", "عدن"), "B-LOC"),
    **dict.fromkeys(("Ibrahim", "Ada", "Zo\u00eb"), "B-PER"),
    **dict.fromkeys(("Musa", "Bello"), "I-PER"),
}
# LOUD adds nothing to any logit, but widens the activation range of everything it shares a forward pass with.
LOUD = "LOUD"
WORDS = (*TAGS, "ya", "je", "daga", "zuwa", "ziyarci", "na", LOUD)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-'\u2581"
SENTENCES = ("Ibrahim Musa ya je Kano .", "Ada ya ziyarci Lagos", "ya je daga gida .")
# A word by itself for the splitter, nothing for the tokenizer.
NO_PIECE = "\x02"
_NOISE = 6


def vocabulary() -> list[str]:
    return [*SPECIALS, *(f"\u2581{word}" for word in WORDS), *LETTERS]


def tokenizer_json() -> str:
    """Unigram: the known words whole, anything else a letter at a time."""
    scores = [0.0] * len(SPECIALS) + [-1.0] * len(WORDS) + [-10.0] * len(LETTERS)
    document: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "Replace", "pattern": {"String": NO_PIECE}, "content": ""},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": UNKNOWN, "vocab": list(zip(vocabulary(), scores, strict=True))},
    }
    return json.dumps(document, ensure_ascii=False)


def embeddings(seed: int = 0) -> np.ndarray[Any, Any]:
    """float32 [pieces, labels + noise + 1]: what the piece says, noise, loudness."""
    pieces = vocabulary()
    table = np.zeros((len(pieces), len(LABELS) + _NOISE + 1), np.float32)
    table[:, len(LABELS) : -1] = np.random.default_rng(seed).normal(size=(len(pieces), _NOISE))
    for row, piece in enumerate(pieces):
        table[row, LABELS.index(TAGS.get(piece.removeprefix("\u2581"), "O"))] = 5.0
    table[: len(SPECIALS) - 1] = 0.0
    table[pieces.index(f"\u2581{LOUD}"), -1] = 2000.0
    return table


def projection(seed: int = 0) -> np.ndarray[Any, Any]:
    """float32 [labels + noise + 1, labels]; the last row is zero, so loudness says nothing."""
    noise = np.random.default_rng(seed + 1).normal(scale=0.15, size=(_NOISE, len(LABELS)))
    return np.vstack([np.eye(len(LABELS)), noise, np.zeros((1, len(LABELS)))]).astype(np.float32)


def graph(*, dynamic: bool = False, seed: int = 0) -> onnx.ModelProto:
    """dynamic: the matrix in int8, the activations quantised with one range for the whole batch."""
    weights = projection(seed)
    step = float(np.abs(weights).max() / 127)
    constants: dict[str, Any] = {
        "table": embeddings(seed),
        "weights": np.round(weights / step).astype(np.int8) if dynamic else weights,
        "step": np.float32(step),
        "half": np.float32(0.5),
        "quarter": np.float32(0.25),
        "one": np.array([1], np.int64),
        "two": np.array([2], np.int64),
        "first": np.array([0], np.int64),
        "last": np.array([-1], np.int64),
        "shift": np.array([0, 1, 0, 0, 0, 0], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "input_ids"], ["rows"]),
        node("Cast", ["attention_mask"], ["flags"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["flags", "two"], ["mask"]),
        node("Mul", ["rows", "mask"], ["words"]),
        node("ReduceSum", ["words", "one"], ["total"]),
        node("ReduceSum", ["mask", "one"], ["count"]),
        node("Div", ["total", "count"], ["mean"]),
        node("Mul", ["mean", "half"], ["context"]),
        node("Pad", ["words", "shift"], ["shifted"]),
        node("Slice", ["shifted", "first", "last", "one"], ["before"]),
        node("Mul", ["before", "quarter"], ["neighbour"]),
        node("Sum", ["words", "context", "neighbour"], ["mixed"]),
    ]
    if dynamic:
        nodes += [
            node("DynamicQuantizeLinear", ["mixed"], ["levels", "scale", "zero"]),
            node("MatMulInteger", ["levels", "weights", "zero"], ["sums"]),
            node("Cast", ["sums"], ["exact"], to=TensorProto.FLOAT),
            node("Mul", ["scale", "step"], ["unit"]),
            node("Mul", ["exact", "unit"], ["logits"]),
        ]
    else:
        nodes.append(node("MatMul", ["mixed", "weights"], ["logits"]))
    used = {name for one in nodes for name in one.input}
    return model(nodes, [numpy_helper.from_array(np.array(v), name) for name, v in constants.items() if name in used])


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    output: Sequence[str | int] | None = ("batch", "length", len(LABELS)),
) -> onnx.ModelProto:
    """IR 10, opset 17; the output is called `logits`."""
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in inputs]
    answer = helper.make_tensor_value_info("logits", TensorProto.FLOAT, output)
    body = helper.make_graph(list(nodes), "hand-made", given, [answer], list(constants))
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)


def manifest(max_length: int, stride: int | None = None) -> dict[str, Any]:
    spec = DecodeSpec.of(UNICODE_1, max_length, Specials((BOS,), (EOS,), PAD))
    return {
        "name": "hand-made",
        "languages": ["hau"],
        "model": {"quantization": "none", "opset": 17, "min_onnxruntime": "1.18.0"},
        "gate": {"passed": True, "split": "dev", "max_f1_drop": 1.0, "languages": ["hau"]},
        "decode": layout.spec_as_dict(spec) | ({"stride": stride} if stride else {}),
        "licences": {"data": ["CC-BY-4.0"]},
    }


def build(folder: Path, *, dynamic: bool = False, max_length: int = 14, stride: int | None = None) -> Path:
    """Write a bundle into `folder` (made here), golden sentences included; returns `folder`."""
    folder.mkdir(parents=True)
    save(graph(dynamic=dynamic), folder / layout.MODEL)
    described = manifest(max_length, stride)
    spec = layout.spec_from_dict(described["decode"], folder)
    tagger = Tagger(OnnxForward(folder / layout.MODEL, 1), Tokenizer.from_str(tokenizer_json()), LABELS, spec)
    sentences = golden.choose(tagger, {"hau": SENTENCES}, len(SENTENCES))
    assert len(sentences) == len(SENTENCES), "the hand-made network answers its golden sentences with a clear margin"
    write_bundle(folder, described, tokenizer=tokenizer_json(), labels=LABELS, golden=sentences)
    return folder


def in_ort_format(bundle: Path, out: Path) -> Path:
    """The same bundle in ONNX Runtime's own format, as `--format ort` writes it, in `out` (made here). Returns it."""
    shutil.copytree(bundle, out, ignore=shutil.ignore_patterns("model.*", layout.WEIGHTS))
    ort_format.convert(bundle / layout.MODEL, out / layout.ORT_MODEL)
    return reseal(out)


def save(model: onnx.ModelProto, path: Path) -> None:
    """As an export writes it, though its tensors are small."""
    onnx.save_model(model, path, save_as_external_data=True, location=layout.WEIGHTS, size_threshold=256)


def reseal(folder: Path, edit: Callable[[dict[str, Any]], object] | None = None) -> Path:
    """What an attacker does: change the manifest, then make every hash right again. Returns `folder`."""
    path = folder / artefact.MANIFEST
    document = json.loads(path.read_bytes())
    document["files"] = {name: entry for name, entry in artefact.file_table(folder).items() if name != layout.SEAL}
    if edit:
        edit(document)
    path.write_bytes(artefact.canonical_json(document))
    (folder / layout.SEAL).write_bytes(seal_of(folder))
    return folder


def replace(folder: Path, name: str, content: bytes | str) -> Path:
    """Put other content into one file and make the hashes right. Returns `folder`."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return reseal(folder)
