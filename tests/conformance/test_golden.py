"""The golden sentences of a bundle in Python: of the one that EDGENER_BUNDLE names, else of one made by hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgener.runtime import Ner
from edgener.runtime.golden import differences
from edgener.runtime.settings import Settings
from tests.helpers import wrong
from tests.helpers.process import ROOT


@pytest.fixture(scope="module")
def ner(stated: Path) -> Ner:
    return Ner.load(stated, settings=Settings(threads=1))


def test_golden_sentences(ner: Ner) -> None:
    assert ner.bundle.golden
    assert differences(ner, ner.bundle.golden) == []


@pytest.mark.parametrize("part", ["words", "ids", "pieces", "tags", "entities"])
def test_one_wrong_value_is_noticed(ner: Ner, part: str) -> None:
    for record in ner.bundle.golden:
        values = record[part]
        assert differences(ner, [{**record, part: [*values, values[-1] if values else 0]}])


def test_a_wrong_golden_sentence_fails_verify(stated: Path, tmp_path: Path) -> None:
    bundle = wrong.golden(stated, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "edgener", "verify", bundle], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "tags differ from what the bundle states" in done.stdout + done.stderr


def test_a_wrong_case_fails_this_test(tmp_path: Path) -> None:
    """In a process of its own, which reads other cases."""
    command = [sys.executable, "-m", "pytest", "tests/conformance/test_conformance.py", "-k", "test_case and nko"]
    for folder, code, said in ((ROOT / "tests/conformance", 0, " passed"), (wrong.cases(tmp_path), 1, "1 failed")):
        environment = {**os.environ, "EDGENER_CASES": str(folder)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert said in done.stdout
