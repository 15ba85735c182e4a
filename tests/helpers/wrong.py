"""One wrong expected value: what every runtime must notice."""

import json
import shutil
from pathlib import Path

from tests.helpers import onnx_bundle
from tests.helpers.process import ROOT


def golden(bundle: Path, folder: Path) -> Path:
    """A copy of a bundle, sound but for the tag of one word of its last golden sentence."""
    copy = Path(shutil.copytree(bundle, folder / "wrong-golden"))
    *others, last = (copy / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(last)
    labels = json.loads((copy / "labels.json").read_bytes())
    record["tags"][-1] = next(label for label in labels if label != record["tags"][-1])
    return onnx_bundle.replace(copy, "golden.jsonl", "\n".join([*others, json.dumps(record), ""]))


def cases(folder: Path) -> Path:
    """The conformance cases, with the end of one word's range moved by one."""
    copy = folder / "wrong-cases"
    copy.mkdir()
    for file in (ROOT / "tests/conformance").glob("*.jsonl"):
        shutil.copy(file, copy)
    lines = (copy / "split.jsonl").read_text(encoding="utf-8").splitlines()
    place = next(at for at, line in enumerate(lines) if '"split-nko"' in line)
    case = json.loads(lines[place])
    case["expect"]["ranges"][0][1] += 1
    lines[place] = json.dumps(case)
    (copy / "split.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return copy
