"""The web kit in node: its types, its build, the decode contract, bundles sound and broken, and answers as Python's."""

import json
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgener.runtime import Ner
from edgener.text import sample
from tests.helpers import onnx_bundle
from tests.kit.conftest import WEB, Run

TRAPS = [
    "",
    " ",
    "\u200b",
    "Ada\u0301 O\u0323la\u0301",
    "የኢትዮጵያ Kano ።",
    "ߒߞߏ ߛߓߍ",
    "👩🏾‍🎤 Ada daga Zinder",
    "it's Kano-Jigawa",
]

APP = """
import { Ner, type Entity } from "edgener-web";
const ner: Ner = await Ner.load("folder", { threads: 1 });
const found: Entity[] = await ner.tag("text");
console.log(found.map(({ start, end }) => end - start), ner.warnings.join());
"""


def test_types(packages: Path) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", "types"], cwd=packages, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_the_wheel_carries_is_what_the_sources_give(node: Run) -> None:
    done = node("build.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_an_app_can_install_the_package(packages: Path, tmp_path: Path) -> None:
    """From its archive, with types, by the rules of node and of bundlers."""
    compiler, modules = packages / "node_modules/.bin/tsc", tmp_path / "node_modules"
    subprocess.run([compiler, "-p", "tsconfig.types.json"], cwd=packages, check=True)
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", tmp_path], cwd=packages, check=True)
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        archive.extractall(modules, filter="data")
    (modules / "package").rename(modules / "edgener-web")
    for name in ("@types", "onnxruntime-common", "onnxruntime-node"):
        (modules / name).symlink_to(packages / "node_modules" / name)
    (tmp_path / "app.mts").write_text(APP)
    for rules in (("--module", "nodenext"), ("--module", "esnext", "--moduleResolution", "bundler")):
        command = [compiler, "--noEmit", "--strict", "--target", "es2022", *rules, "app.mts"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    script = "import('edgener-web').then(({ Ner }) => Ner.load('/nowhere')).catch(({ name }) => console.log(name))"
    done = subprocess.run(["node", "-e", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "NerError\n"


def test_conformance_bundles_and_golden_sentences(node: Run, sound: Path) -> None:
    tests = sorted(path.relative_to(WEB) for path in (WEB / "build").glob("*.test.mjs"))
    assert len(tests) >= 3
    done = node("--test", *tests, EDGENER_BUNDLE=sound)
    assert done.returncode == 0, done.stdout[done.stdout.find("not ok") :][:4000]
    assert "# skipped 0" in done.stdout


def test_a_wrong_golden_sentence_fails_the_check(node: Run, bundle: Path) -> None:
    done = node("dist/check.mjs", bundle)
    assert (done.returncode, done.stderr) == (0, "")
    golden = (bundle / "golden.jsonl").read_text(encoding="utf-8")
    onnx_bundle.replace(bundle, "golden.jsonl", golden.replace('"B-LOC"', '"B-PER"', 1))
    done = node("dist/check.mjs", bundle)
    assert done.returncode == 1
    assert done.stdout == "golden sentence 1: tags differ from what the bundle states\n"


def test_answers_as_python(node: Run, tiny_bundle: Path, tmp_path: Path) -> None:
    texts = [line for lines in sample.sentences().values() for line in lines] + TRAPS + ["x"]
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(texts), encoding="utf-8")
    done = node("dist/check.mjs", tiny_bundle, file)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    ner = Ner.load(tiny_bundle, threads=1)
    for answer in answers:
        expected = [entity.as_dict() for entity in ner(answer["text"])]
        assert [_without_score(one) for one in answer["entities"]] == [_without_score(one) for one in expected]
        for ours, theirs in zip(answer["entities"], expected, strict=True):
            assert abs(ours["score"] - theirs["score"]) < 1e-3


def _without_score(entity: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in entity.items() if name != "score"}


SUMS = """
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(process.env.GRAPH));
const levels = new ort.Tensor("uint8", new Uint8Array(3 * 64).fill(255), [3, 64]);
const { sums } = await session.run({ levels });
process.stdout.write(JSON.stringify([...new Set(sums.data)]));
"""


def test_sums_do_not_saturate_in_wasm(node: Run, tmp_path: Path) -> None:
    """Why a browser asks nothing of the CPU (src/machine.ts): pairs of these products overflow 16 bits."""
    weights = numpy_helper.from_array(np.full((64, 20), 127, np.int8), "weights")
    given = helper.make_tensor_value_info("levels", TensorProto.UINT8, [3, 64])
    answer = helper.make_tensor_value_info("sums", TensorProto.INT32, [3, 20])
    multiply = helper.make_node("MatMulInteger", ["levels", "weights"], ["sums"])
    body = helper.make_graph([multiply], "sums", [given], [answer], [weights])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(body, opset_imports=[opset], ir_version=10), tmp_path / "sums.onnx")
    done = node("--input-type=module", "-e", SUMS, GRAPH=tmp_path / "sums.onnx")
    assert done.stdout == f"[{64 * 255 * 127}]", done.stderr


def test_no_relaxed_instructions_in_wasm(node: Run) -> None:
    """Their sums differ between CPUs. A node that does not know them must find the module sound."""
    file = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"
    script = f"process.stdout.write(String(WebAssembly.validate(require('fs').readFileSync('{file}'))))"
    done = node("--no-experimental-wasm-relaxed-simd", "-e", script)
    if "bad option" in done.stderr:
        pytest.skip("this node cannot do without relaxed SIMD")
    assert done.stdout == "true", done.stderr


def test_mistakes_are_one_line(node: Run, tmp_path: Path) -> None:
    for arguments in ((), (tmp_path / "nowhere",), ("http://127.0.0.1:9/",)):
        done = node("dist/check.mjs", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("edgener: ")
        assert done.stderr.count("\n") == 1
