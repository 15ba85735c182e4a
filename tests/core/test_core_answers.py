"""edgener-cli beside the Python runtime: the same entities of the same texts."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper

from edgener.bundle.layout import MODEL, WEIGHTS
from edgener.runtime import Ner
from edgener.text import sample
from tests.core.conftest import Run
from tests.helpers import native, onnx_bundle

TRAPS = [
    "",
    " ",
    "\u200b",
    "Ada\u0301 O\u0323la\u0301",
    "የኢትዮጵያ Kano ።",
    "ߒߞߏ ߛߓߍ",
    "👩🏾‍🎤 Ada daga Zinder",
    "it's Kano-Jigawa",
    "Kano \x02 Ibrahim\u00a0Musa",
    "Kano ya je " * 40 + "Ibrahim Musa",
]


def tagged(program: Run, bundle: Path, texts: list[str], *options: str) -> list[dict[str, object]]:
    done = program("edgener-cli", "--json", *options, bundle, stdin="\n".join([*texts, ""]).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [answer["text"] for answer in answers] == texts
    assert [answer["line"] for answer in answers] == list(range(1, len(texts) + 1))
    return [answer["entities"] for answer in answers]


def expected(ner: Ner, texts: list[str]) -> list[list[dict[str, object]]]:
    return [[{**one.as_dict(), "score": round(one.score, 4)} for one in ner(text)] for text in texts]


@pytest.mark.parametrize("dynamic", [False, True])
def test_long_texts_and_options_as_python(program: Run, tmp_path: Path, dynamic: bool) -> None:
    bundle = onnx_bundle.build(tmp_path / "bundle", dynamic=dynamic, max_length=9, stride=3)
    texts = [" ".join(onnx_bundle.WORDS[: count % len(onnx_bundle.WORDS)] * 5) for count in range(1, 40)] + TRAPS
    assert tagged(program, bundle, texts) == expected(Ner.load(bundle, threads=1), texts)
    ner = Ner.load(bundle, threads=1, min_score=0.9, recall_bias=1.5)
    given = ("--min-score", "0.9", "--recall-bias", "1.5")
    assert tagged(program, bundle, texts, *given) == expected(ner, texts)


def test_marked_text_bad_lines_and_mistakes(program: Run, sound: Path) -> None:
    done = program("edgener-cli", sound, stdin=b"\xef\xbb\xbfAda daga Kano\r\n\nKano")
    assert (done.returncode, done.stdout) == (0, b"[PER Ada] daga [LOC Kano]\n\n[LOC Kano]\n")
    done = program("edgener-cli", sound, stdin=b"a" * (5 * 2**20) + b"\nKano\n")
    assert (done.returncode, done.stdout) == (1, b"[LOC Kano]\n")
    assert done.stderr == b"edgener: line 1: longer than 4 MiB; one text a line is expected\n"
    for arguments in ((), ("--nothing",), ("--threads", "x", sound), ("/nowhere",), (sound, sound), ("--min-score",)):
        done = program("edgener-cli", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"edgener: ")
        assert done.stderr.count(b"\n") == 1


def test_golden_sentences(program: Run, bundle: Path) -> None:
    done = program("edgener-cli", "--check", bundle)
    assert (done.returncode, done.stdout) == (0, b"every hash is right; golden sentences as stated\n")
    golden = (bundle / "golden.jsonl").read_text(encoding="utf-8")
    onnx_bundle.replace(bundle, "golden.jsonl", golden.replace('"B-LOC"', '"B-PER"', 1))
    done = program("edgener-cli", "--check", bundle)
    assert (done.returncode, done.stdout) == (1, b"golden sentence 1: tags differ from what the bundle states\n")


def test_weights_in_the_runtime_s_format_are_used_where_they_lie(built: Path, bundle: Path, tmp_path: Path) -> None:
    """A process that maps them has no copy in memory of its own."""
    rows = np.zeros((2**20, onnx_bundle.embeddings().shape[1]), np.float32)
    rows[: len(onnx_bundle.embeddings())] = onnx_bundle.embeddings()
    model = onnx_bundle.graph()
    place = next(at for at, one in enumerate(model.graph.initializer) if one.name == "table")
    model.graph.initializer[place].CopyFrom(numpy_helper.from_array(rows, "table"))
    for name in (MODEL, WEIGHTS):
        (bundle / name).unlink()
    onnx_bundle.save(model, bundle / MODEL)
    ort = onnx_bundle.in_ort_format(bundle, tmp_path / "ort")
    with subprocess.Popen(
        [built / "edgener-cli", "--threads", "1", ort],
        env={**os.environ, "EDGENER_ONNXRUNTIME": str(native.library())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"Ada daga Kano\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"[PER Ada] daga [LOC Kano]\n"
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.stdin.close()
    assert int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0]) * 1000 < rows.nbytes / 2


def test_an_onnx_runtime_that_is_too_old_is_said(program: Run, bundle: Path) -> None:
    onnx_bundle.reseal(bundle, lambda document: document["model"].update(min_onnxruntime="99.1.0"))
    done = program("edgener-cli", bundle)
    assert done.returncode == 2
    assert b"needs ONNX Runtime 99.1.0" in done.stderr


def test_answers_as_python(program: Run, tiny_bundle: Path) -> None:
    texts = [line for lines in sample.sentences().values() for line in lines] + TRAPS
    assert tagged(program, tiny_bundle, texts, "--threads", "1") == expected(Ner.load(tiny_bundle, threads=1), texts)
