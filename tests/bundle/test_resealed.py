"""An attacker can make every hash right. What a manifest then says is still checked before it is used."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.artefact import MANIFEST
from edgener.bundle.layout import GOLDEN, LABELS, MODEL, SEAL
from edgener.bundle.verify import problems, seal_of
from edgener.errors import UserError
from edgener.runtime import Ner
from tests.helpers.onnx_bundle import replace, reseal

Manifest = dict[str, Any]


def refusal(bundle: Path) -> str:
    """The one line with which the runtime refuses the bundle."""
    with pytest.raises(UserError) as error:
        Ner.load(bundle, threads=1)
    message = str(error.value)
    assert str(bundle) in message
    assert message.isprintable()
    return message


def put(*keys: str | int, value: object) -> Callable[[Manifest], None]:
    def edit(manifest: Manifest) -> None:
        table: Any = manifest
        for key in keys[:-1]:
            table = table[key]
        table[keys[-1]] = value

    return edit


def drop(*keys: str) -> Callable[[Manifest], None]:
    def edit(manifest: Manifest) -> None:
        table: Any = manifest
        for key in keys[:-1]:
            table = table[key]
        del table[keys[-1]]

    return edit


def test_a_resealed_bundle_still_loads(bundle: Path) -> None:
    ner = Ner.load(reseal(bundle, put("name", value="renamed")), threads=1)
    assert ner.bundle.name == "renamed"
    assert [entity.text for entity in ner("Ada daga Kano")] == ["Ada", "Kano"]


EDITS: dict[str, tuple[Callable[[Manifest], None], str]] = {
    "newer schema": (put("schema", value=2), "schema 2"),
    "schema zero": (put("schema", value=0), "schema 0"),
    "schema true": (put("schema", value=True), "schema True"),
    "schema text": (put("schema", value="1\nedgener: all is well"), "schema"),
    "no schema": (drop("schema"), "schema None"),
    "another kind": (put("kind", value="model"), "not the manifest of a bundle"),
    "no kind": (drop("kind"), "not the manifest of a bundle"),
    "unknown splitter": (put("decode", "splitter", value="unicode-2"), "unknown word splitter 'unicode-2'"),
    "splitter list": (put("decode", "splitter", value=["char"]), "unknown word splitter"),
    "no decode": (drop("decode"), "'decode' is missing"),
    "stride zero": (put("decode", "stride", value=0), "decode.stride is 0"),
    "stride beyond capacity": (put("decode", "stride", value=13), "decode.stride is 13"),
    "stride true": (put("decode", "stride", value=True), "decode.stride is True"),
    "stride float": (put("decode", "stride", value=6.0), "decode.stride is 6.0"),
    "window of specials": (put("decode", "max_length", value=2), "decode.max_length is 2"),
    "huge window": (put("decode", "max_length", value=2**40), "decode.max_length"),
    "window true": (put("decode", "max_length", value=True), "decode.max_length is True"),
    "pad negative": (put("decode", "pad", value=-1), "decode.pad is -1"),
    "prefix text": (put("decode", "prefix", value="0"), "decode.prefix"),
    "prefix true": (put("decode", "prefix", value=[True]), "decode.prefix"),
    "prefix long": (put("decode", "prefix", value=[0] * 9), "decode.prefix"),
    "suffix huge": (put("decode", "suffix", value=[2**31]), "decode.suffix"),
    "unicode": (put("decode", "unicode", value="15"), "decode.unicode is '15'"),
    "unicode lines": (put("decode", "unicode", value="15.0.0\n"), "decode.unicode"),
    "unicode float": (put("decode", "unicode", value=15.0), "decode.unicode is 15.0"),
    "file outside": (put("files", "../secret", value={"sha256": "0" * 64, "bytes": 1}), "exactly the files"),
    "file missing": (drop("files", MODEL), "exactly the files"),
    "files list": (put("files", value=[MODEL]), "exactly the files"),
    "file entry": (put("files", MODEL, value=None), MODEL),
    "no gate": (drop("gate"), "'gate' is missing"),
    "gate true": (put("gate", value=True), "'gate' is missing"),
    "gate unsaid": (drop("gate", "passed"), "gate.passed is None"),
    "gate text": (put("gate", "passed", value="no"), "gate.passed is 'no'"),
    "no name": (drop("name"), "'name'"),
    "no languages": (drop("languages"), "'languages'"),
    "no model": (drop("model"), "'model' is missing"),
    "newer runtime": (put("model", "min_onnxruntime", value="99.0"), "needs ONNX Runtime 99.0"),
    "no runtime": (drop("model", "min_onnxruntime"), "min_onnxruntime is None"),
    "runtime lines": (put("model", "min_onnxruntime", value="99.0\nx"), "min_onnxruntime is '99.0"),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_a_resealed_manifest_may_not_say(bundle: Path, name: str) -> None:
    edit, says = EDITS[name]
    assert says in refusal(reseal(bundle, edit))


RAW: dict[str, bytes] = {
    "depth": b'{"kind": ' + b"[" * 200_000,
    "nan": b'{"kind": "bundle", "schema": NaN}',
    "overflow": b'{"kind": "bundle", "schema": 1, "seed": 1e999}',
    "digits": b'{"kind": "bundle", "schema": ' + b"9" * 10_000 + b"}",
    "large": b'{"kind": "bundle", "x": "' + b"x" * (20 * 2**20) + b'"}',
    "utf-16": '{"kind": "bundle"}'.encode("utf-16"),
    "latin-1": b'{"kind": "bundle", "name": "Zo\xeb"}',
    "list": b"[]",
    "empty": b"",
}


@pytest.mark.parametrize("name", RAW)
def test_a_sealed_manifest_that_is_no_json_of_ours(bundle: Path, name: str) -> None:
    (bundle / MANIFEST).write_bytes(RAW[name])
    (bundle / SEAL).write_bytes(seal_of(bundle))
    assert MANIFEST in refusal(bundle)


LABEL_FILES: dict[str, object] = {
    "I- without B-": ["O", "B-LOC", "I-LOC", "B-ORG", "I-PER"],
    "no O": ["B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG"],
    "twice": ["O", "B-LOC", "I-LOC", "B-LOC", "I-LOC"],
    "fewer than the graph": ["O", "B-LOC", "I-LOC"],
    "more than the graph": ["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG"],
    "one": ["O"],
    "numbers": [0, 1, 2, 3, 4],
    "bioes": ["O", "B-LOC", "I-LOC", "E-LOC", "S-LOC"],
    "escape": ["O", "B-LOC", "I-LOC", "B-\x1b[2J", "I-\x1b[2J"],
    "lines": ["O", "B-LOC", "I-LOC", "B-A\nB", "I-A\nB"],
    "table": {"O": 0},
    "thousands": ["O", *(f"B-{number}" for number in range(5000))],
}


@pytest.mark.parametrize("name", LABEL_FILES)
def test_labels_that_cannot_be_decoded(bundle: Path, name: str) -> None:
    assert "labels" in refusal(replace(bundle, LABELS, json.dumps(LABEL_FILES[name])))


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"text": 1}', b'{"text": "a", "score": NaN}', b"[" * 200_000, b"9" * 10_000, b"\xff", b""]
)
def test_golden_sentences_that_are_none(bundle: Path, line: bytes) -> None:
    first = (bundle / GOLDEN).read_bytes().splitlines()[0]
    assert f"{GOLDEN}:2: " in refusal(replace(bundle, GOLDEN, first + b"\n" + line + b"\n" + first + b"\n"))


def leaves(document: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The key path of every value of a JSON document, tables and lists included."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(document, dict):
        children = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [found for key, value in children for found in ((*path, key), *leaves(value, (*path, key)))]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), value=ANYTHING)
def test_any_value_anywhere_in_a_manifest_is_read_or_refused(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: object
) -> None:
    """A bundle either loads and answers, or says in one line why not; no value of the manifest breaks the runtime."""
    bundle = Path(shutil.copytree(sound, tmp_path_factory.mktemp("any") / "bundle"))
    keys = data.draw(st.sampled_from(leaves(json.loads((bundle / MANIFEST).read_bytes()))), "keys")
    reseal(bundle, put(*keys, value=value))
    said = ""
    try:
        ner = Ner.load(bundle, threads=1)
        assert ner.bundle.why_ungated.isprintable()
        ner("Ada daga Kano " * 10)
    except UserError as error:
        said = str(error)
    assert "\n" not in said
    assert said or problems(bundle) == []
