"""The core's own tests by ctest, the cases of the decode contract, and wrong expectations, which must be noticed."""

import json
import os
import subprocess
from pathlib import Path

from tests.conformance.test_conformance import CASES, broken
from tests.core.conftest import Run
from tests.helpers import native, onnx_bundle


def ctest(built: Path, bundle: Path, *options: str) -> None:
    environment = {**os.environ, "EDGENER_BUNDLE": str(bundle), "EDGENER_ONNXRUNTIME": str(native.library())}
    command = ["ctest", "--output-on-failure", *options]
    done = subprocess.run(command, cwd=built, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "100% tests passed" in done.stdout
    assert "Skipped" not in done.stdout


def test_ctest(built: Path, stated: Path) -> None:
    ctest(built, stated)


def test_ctest_with_a_bundle_in_the_runtime_s_format(built: Path, sound: Path, tmp_path: Path) -> None:
    ctest(built, onnx_bundle.in_ort_format(sound, tmp_path / "ort"), "--tests-regex", "test_api")


def test_every_case_is_answered(program: Run) -> None:
    done = program("tests/conformance", *sorted(Path("tests/conformance").resolve().glob("*.jsonl")))
    assert done.stdout.decode() == f"{len(CASES)} as expected, 0 otherwise\n"


def test_a_wrong_expectation_is_noticed(program: Run, tmp_path: Path) -> None:
    wrong = [{**case, "expect": expect} for case in CASES for expect in broken(case["expect"])]
    file = tmp_path / "wrong.jsonl"
    file.write_text("".join(f"{json.dumps(case)}\n" for case in wrong))
    done = program("tests/conformance", file)
    assert done.returncode == 1
    assert done.stdout.decode().endswith(f"\n0 as expected, {len(wrong)} otherwise\n")
