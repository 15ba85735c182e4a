"""The decode contract and a bundle's golden sentences in node; EDGENER_BUNDLE names another bundle."""

from pathlib import Path

from tests.helpers import wrong
from tests.kit.conftest import Run

TESTS = ("build/conformance.test.mjs", "build/golden.test.mjs")


def test_conformance_and_golden_sentences(node: Run, stated: Path) -> None:
    done = node("--test", *TESTS, EDGENER_BUNDLE=stated.resolve())
    assert done.returncode == 0, done.stdout[done.stdout.find("not ok") :][:4000]
    assert "# skipped 0" in done.stdout


def test_one_wrong_value_fails_it(node: Run, stated: Path, tmp_path: Path) -> None:
    done = node("--test", *TESTS, EDGENER_BUNDLE=stated.resolve(), EDGENER_CASES=wrong.cases(tmp_path))
    assert done.returncode == 1
    assert "# fail 1" in done.stdout
    assert "not ok" in done.stdout
    done = node("--test", *TESTS, EDGENER_BUNDLE=wrong.golden(stated, tmp_path))
    assert done.returncode == 1
    assert "# fail 1" in done.stdout
