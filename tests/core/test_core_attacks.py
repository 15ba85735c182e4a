"""Bundles made to break a runtime: edgener-cli refuses each in one line, as the Python runtime does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edgener.bundle.layout import GOLDEN, LABELS, MODEL, ORT_MODEL, TOKENIZER, WEIGHTS
from tests.attacks.test_onnx import GRAPHS, TOKENIZERS, with_external_data
from tests.core.conftest import Run
from tests.helpers import onnx_bundle
from tests.helpers.onnx_bundle import replace, reseal


def refusal(program: Run, bundle: Path) -> str:
    """What the program says when it refuses to load the bundle, or to answer a text."""
    done = program("edgener-cli", bundle, stdin=b"Ada daga Kano\n")
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    said = done.stderr.decode()
    assert said.startswith("edgener: ")
    assert said.count("\n") == 1
    assert said.strip().isprintable()
    return said


def changed(bundle: Path, name: str, content: bytes) -> None:
    (bundle / name).write_bytes(content)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a byte of the weights": lambda bundle: changed(bundle, WEIGHTS, (bundle / WEIGHTS).read_bytes()[:-1] + b"\x7f"),
    "a shorter tokenizer": lambda bundle: changed(bundle, TOKENIZER, b"{}"),
    "no seal": lambda bundle: (bundle / "manifest.sha256").unlink(),
    "another seal": lambda bundle: changed(bundle, "manifest.sha256", b"0" * 64 + b"  manifest.json\n"),
    "no labels": lambda bundle: (bundle / LABELS).unlink(),
    "a surplus file": lambda bundle: changed(bundle, "evil.so", b""),
    "a link": lambda bundle: ((bundle / LABELS).rename(bundle.parent / "x"), (bundle / LABELS).symlink_to("../x")),
    "a pipe": lambda bundle: ((bundle / LABELS).unlink(), os.mkfifo(bundle / LABELS)),
    "a folder": lambda bundle: ((bundle / LABELS).unlink(), (bundle / LABELS).mkdir()),
    "a terminal's codes in a name": lambda bundle: changed(bundle, "\x1b[31mred\n", b""),
    "labels that are none": lambda bundle: replace(bundle, LABELS, '["O", "\\u001b[31m"]'),
    "golden sentences that are none": lambda bundle: replace(bundle, GOLDEN, "[]\n"),
    "JSON that is none": lambda bundle: replace(bundle, TOKENIZER, "{"),
    "a deep tokenizer": lambda bundle: replace(bundle, TOKENIZER, "[" * 10**6),
    "a newer schema": lambda bundle: reseal(bundle, lambda document: document.update(schema=2)),
    "another kind": lambda bundle: reseal(bundle, lambda document: document.update(kind="model")),
    "a path for a file": lambda bundle: reseal(bundle, lambda document: document["files"].update({"../x": {}})),
    "another splitter": lambda bundle: reseal(bundle, lambda document: document["decode"].update(splitter="words")),
    "no stride": lambda bundle: reseal(bundle, lambda document: document["decode"].update(stride=0)),
    "what no CPU has": lambda bundle: reseal(
        bundle, lambda document: document["model"].update(needs={os.uname().machine: ["flux"]})
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_bundle(name: str, program: Run, bundle: Path) -> None:
    CHANGES[name](bundle)
    assert str(bundle) in refusal(program, bundle)


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x08\x0a" + b"\xff" * 100])
def test_what_is_no_graph(content: bytes, program: Run, bundle: Path) -> None:
    assert f"{MODEL}: ONNX Runtime" in refusal(program, replace(bundle, MODEL, content))


def test_what_is_no_graph_in_the_runtime_s_format(program: Run, bundle: Path, tmp_path: Path) -> None:
    """An ONNX graph is none: it could name files that were not hashed."""
    ort = onnx_bundle.in_ort_format(bundle, tmp_path / "ort")
    sound = (ort / ORT_MODEL).read_bytes()
    assert refusal(program, replace(ort, ORT_MODEL, b"")).endswith(f"{ORT_MODEL}: empty\n")
    graph = onnx_bundle.graph().SerializeToString()
    for content in (graph, sound[:100], sound[: len(sound) // 2], b"\xff" * 1000):
        assert f"{ORT_MODEL}: ONNX Runtime" in refusal(program, replace(ort, ORT_MODEL, content))
    replace(ort, ORT_MODEL, sound)
    assert program("edgener-cli", ort, stdin=b"Kano\n").stdout == b"[LOC Kano]\n"


@pytest.mark.parametrize("location", ["../secret", "{tmp}/secret", "sub/../../secret", "/dev/zero"])
def test_a_graph_cannot_read_files_outside_of_its_bundle(
    location: str, program: Run, bundle: Path, tmp_path: Path
) -> None:
    content = onnx_bundle.embeddings().tobytes()
    (tmp_path / "secret").write_bytes(content)
    graph = with_external_data(location.format(tmp=tmp_path), content)
    assert MODEL in refusal(program, replace(bundle, MODEL, graph))


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_that_is_no_token_classifier(name: str, program: Run, bundle: Path) -> None:
    assert MODEL in refusal(program, replace(bundle, MODEL, GRAPHS[name]))


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_tokenizer_that_does_not_fit(name: str, program: Run, bundle: Path) -> None:
    refusal(program, replace(bundle, TOKENIZER, TOKENIZERS[name]))
