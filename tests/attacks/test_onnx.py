"""Hostile graphs, tokenizers and texts inside a bundle whose hashes are all right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgener.bundle.layout import GOLDEN, LABELS, MODEL, TOKENIZER, WEIGHTS
from edgener.errors import UserError
from edgener.runtime import Ner
from edgener.runtime.golden import differences
from tests.helpers import onnx_bundle
from tests.helpers.onnx_bundle import replace

TEXT = "Ada daga Kano"
node = helper.make_node


def refusal(bundle: Path, text: str = TEXT) -> str:
    """The one line with which the runtime refuses to load the bundle, or to answer the text."""
    with pytest.raises(UserError) as error:
        Ner.load(bundle, threads=1)(text)
    message = str(error.value)
    assert str(bundle) in message
    assert message.isprintable()
    assert len(message) < 600
    return message


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x00" * 1000, b"\x08\x0a" + b"\xff" * 100, b"PK\x03\x04"])
def test_what_is_no_graph(bundle: Path, content: bytes) -> None:
    assert f"{MODEL}: ONNX Runtime" in refusal(replace(bundle, MODEL, content))


@pytest.mark.parametrize("cut", [10, 100, 500, 800])
def test_a_cut_graph(bundle: Path, cut: int) -> None:
    assert MODEL in refusal(replace(bundle, MODEL, (bundle / MODEL).read_bytes()[:cut]))


@pytest.mark.parametrize("left", [0, 100, 1000])
def test_cut_weights(bundle: Path, left: int) -> None:
    assert f"{MODEL}: ONNX Runtime" in refusal(replace(bundle, WEIGHTS, (bundle / WEIGHTS).read_bytes()[:left]))


def with_external_data(location: str, content: bytes) -> bytes:
    """The network, with its embedding table in a file of its own."""
    graph = onnx_bundle.graph()
    table = next(tensor for tensor in graph.graph.initializer if tensor.name == "table")
    assert table.raw_data == content
    table.ClearField("raw_data")
    table.data_location = TensorProto.EXTERNAL
    table.external_data.add(key="location", value=location)
    table.external_data.add(key="length", value=str(len(content)))
    return bytes(graph.SerializeToString())


@pytest.mark.parametrize("location", ["../secret", "{tmp}/secret", "sub/../../secret", "/dev/zero"])
def test_a_graph_cannot_read_files_outside_of_its_bundle(bundle: Path, tmp_path: Path, location: str) -> None:
    """The file outside holds exactly what the graph asks for: if it were read, the bundle would load and answer."""
    content = onnx_bundle.embeddings().tobytes()
    (tmp_path / "secret").write_bytes(content)
    graph = with_external_data(location.format(tmp=tmp_path), content)
    assert MODEL in refusal(replace(bundle, MODEL, graph))


def test_nor_a_file_beside_it_which_no_bundle_may_hold(bundle: Path) -> None:
    content = onnx_bundle.embeddings().tobytes()
    (bundle / MODEL).write_bytes(with_external_data("table.bin", content))
    (bundle / "table.bin").write_bytes(content)
    onnx_bundle.reseal(bundle)
    assert "'table.bin' does not belong to a bundle" in refusal(bundle)


def graph_bytes(nodes: list[onnx.NodeProto], inputs: tuple[str, ...] = ("input_ids",), **shape: Any) -> bytes:
    constants = {
        "table": onnx_bundle.embeddings()[:, : len(onnx_bundle.LABELS)],
        "huge": np.array([1, 10**13, 5], np.int64),
        "five": np.array([1, 1, 5], np.int64),
        "nan": np.array(np.nan, np.float32),
        "four": np.array([0, 1, 2, 3], np.int64),
    }
    used = {name for one in nodes for name in one.input}
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used]
    return bytes(onnx_bundle.model(nodes, tensors, inputs, **shape).SerializeToString())


rows = node("Gather", ["table", "input_ids"], ["logits"])
GRAPHS: dict[str, bytes] = {
    "input names": graph_bytes([node("Gather", ["table", "ids"], ["logits"])], ("ids",)),
    "no ids": graph_bytes([node("Gather", ["table", "attention_mask"], ["logits"])], ("attention_mask",)),
    "more inputs": graph_bytes([rows], ("input_ids", "attention_mask", "password")),
    "a number": graph_bytes(
        [
            node("Gather", ["table", "input_ids"], ["rows"]),
            node("ReduceSum", ["rows"], ["logits"], keepdims=0),
        ],
        output=(),
    ),
    "rank 2": graph_bytes([node("Cast", ["input_ids"], ["logits"], to=TensorProto.FLOAT)], output=("batch", "length")),
    "rank unsaid": graph_bytes([node("Cast", ["input_ids"], ["logits"], to=TensorProto.FLOAT)], output=None),
    "other length": graph_bytes([node("ConstantOfShape", ["five"], ["logits"])]),
    "fewer labels": graph_bytes(
        [node("Gather", ["table", "input_ids"], ["rows"]), node("Gather", ["rows", "four"], ["logits"], axis=2)],
        output=("batch", "length", 4),
    ),
    "not a number": graph_bytes(
        [node("Gather", ["table", "input_ids"], ["rows"]), node("Mul", ["rows", "nan"], ["logits"])]
    ),
    "out of memory": graph_bytes([node("ConstantOfShape", ["huge"], ["logits"])]),
    "unknown node": graph_bytes([node("Backdoor", ["input_ids"], ["logits"], domain="com.example")]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_that_is_no_token_classifier(bundle: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    refusal(replace(bundle, MODEL, GRAPHS[name]))
    assert capfd.readouterr() == ("", "")


def test_inputs_of_another_type(bundle: Path) -> None:
    graph = onnx_bundle.graph()
    for given in graph.graph.input:
        given.type.tensor_type.elem_type = TensorProto.INT32
    assert "not a token classifier" in refusal(replace(bundle, MODEL, graph.SerializeToString()))


def tokenizer(edit: dict[str, Any]) -> str:
    return json.dumps({**json.loads(onnx_bundle.tokenizer_json()), **edit})


def added_token(content: str, number: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": number, "content": content, **flags}


def word_level(ids: dict[str, int], unknown: str = "<unk>") -> str:
    return tokenizer({"model": {"type": "WordLevel", "vocab": {"<unk>": 3, **ids}, "unk_token": unknown}})


TOKENIZERS: dict[str, str] = {
    "empty": "",
    "garbage": "garbage",
    "list": "[]",
    "depth": "[" * 200_000,
    "no model": tokenizer({"model": None}),
    "unknown model": tokenizer({"model": {"type": "Pickle"}}),
    "one behind the table": word_level({"\u2581Kano": len(onnx_bundle.vocabulary())}),
    "beyond the table": word_level({"\u2581Kano": 1_000_000}),
    "beyond int32": word_level({"\u2581Kano": 2**32 - 1}),
    "beyond 32 bits": word_level({"\u2581Kano": 2**40}),
    "negative": word_level({"\u2581Kano": -1}),
    "added": tokenizer({"added_tokens": [added_token("Kano", 4_000_000)]}),
    "no unknown": word_level({}, unknown="[MISSING]"),
    "bad pattern": tokenizer({"normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""}}),
    "panics when read": tokenizer({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}),
    "panics when used": tokenizer({"pre_tokenizer": {"type": "FixedLength", "length": 0}}),
}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_tokenizer_that_does_not_fit(bundle: Path, name: str) -> None:
    refusal(replace(bundle, TOKENIZER, TOKENIZERS[name]))


def test_the_last_row_of_the_table_is_within_it(bundle: Path) -> None:
    pieces = onnx_bundle.vocabulary()
    replace(bundle, TOKENIZER, word_level({"\u2581Kano": len(pieces) - 1, "\u2581Ada": pieces.index("\u2581Ada")}))
    assert [entity.text for entity in Ner.load(bundle, threads=1)(TEXT)] == ["Ada"]


def test_a_tokenizer_that_answers_differently_is_found_by_the_golden_sentences(bundle: Path) -> None:
    replace(bundle, TOKENIZER, word_level({"\u2581Kano": 12}))
    ner = Ner.load(bundle, threads=1)
    assert differences(ner, ner.bundle.golden) == [
        f"golden sentence {number}: ids differ from what the bundle states" for number in (1, 2, 3)
    ]


WRONG_ANSWERS: dict[str, tuple[str, Any]] = {
    "tag": ("tags", ["B-PER", "I-PER", "O", "O", "B-PER", "O"]),
    "id": ("ids", [11, 14, 16, 17, 4, 89, 84]),
    "pieces": ("pieces", [1, 1, 1, 1, 2, 1]),
    "words": ("words", []),
    "no tags": ("tags", None),
    "no entities": ("entities", []),
    "entities of another shape": ("entities", {"type": "PER"}),
    "an entity of another shape": ("entities", ["PER", "LOC"]),
}


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_a_wrong_golden_answer_is_found(bundle: Path, name: str) -> None:
    part, wrong = WRONG_ANSWERS[name]
    assert _golden_differences(bundle, lambda record: record.update({part: wrong})) == [
        f"golden sentence 1: {part} differ from what the bundle states"
    ]


@pytest.mark.parametrize("score", [0.8, 1.5, -1, 10**400, "0.967", None])
def test_a_wrong_golden_score_is_found_and_rounding_is_not(bundle: Path, score: object) -> None:
    wrong = _golden_differences(bundle, lambda record: record["entities"][0].update(score=score))
    assert wrong == ["golden sentence 1: entities differ from what the bundle states"]
    right = round(Ner.load(bundle, threads=1)(onnx_bundle.SENTENCES[0])[0].score, 4)
    assert _golden_differences(bundle, lambda record: record["entities"][0].update(score=right - 0.04)) == []


@pytest.mark.parametrize(("key", "value"), [("type", "LOC"), ("text", "Ibrahim"), ("end_utf8", 13), ("start", 1)])
def test_a_wrong_golden_entity_is_found(bundle: Path, key: str, value: object) -> None:
    assert _golden_differences(bundle, lambda record: record["entities"][0].update({key: value}))


def _golden_differences(bundle: Path, edit: Any) -> list[str]:
    records = [json.loads(line) for line in (bundle / GOLDEN).read_bytes().splitlines()]
    edit(records[0])
    replace(bundle, GOLDEN, "".join(json.dumps(record) + "\n" for record in records))
    ner = Ner.load(bundle, threads=1)
    return differences(ner, ner.bundle.golden)


def test_labels_in_another_order_are_found_by_the_golden_sentences(bundle: Path) -> None:
    replace(bundle, LABELS, json.dumps(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]))
    ner = Ner.load(bundle, threads=1)
    assert len(differences(ner, ner.bundle.golden)) == 2
