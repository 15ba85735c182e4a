"""The web kit in node: its types, its build, the decode contract, bundles sound and broken, and answers as Python's."""

import json
import subprocess
from pathlib import Path

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


def test_types(packages: Path) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", "types"], cwd=packages, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_the_wheel_carries_is_what_the_sources_give(node: Run) -> None:
    done = node("build.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_conformance_bundles_and_golden_sentences(node: Run, sound: Path) -> None:
    tests = sorted(path.relative_to(WEB) for path in (WEB / "build").glob("*.test.mjs"))
    assert len(tests) >= 3
    done = node("--test", *tests, EDGENER_BUNDLE=sound)
    assert done.returncode == 0, done.stdout[-4000:]
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


def test_mistakes_are_one_line(node: Run, tmp_path: Path) -> None:
    for arguments in ((), (tmp_path / "nowhere",), ("http://127.0.0.1:9/",)):
        done = node("dist/check.mjs", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("edgener: ")
        assert done.stderr.count("\n") == 1
