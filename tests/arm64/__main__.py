"""Bundles on emulated ARM64 CPUs and on this machine: everything that they are asked is answered alike, or exit 1.

python -m tests.arm64 runs/demo-int8 runs/demo-fp32
python -m tests.arm64 --data masakhaner1 runs/NAME-int8     # on sentences of a corpus too
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from edgener.artefact import read_json
from edgener.bundle.verify import open_bundle
from edgener.console import say
from edgener.errors import CheckFailed, UserError
from edgener.text import corpus, sample
from tests.arm64 import compare, operators
from tests.arm64.compare import Check
from tests.arm64.fetch import CannotFetchError, parts
from tests.arm64.machines import MODELS, Machine, emulated, here


def asked(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.arm64", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundles", nargs="+", type=Path, metavar="BUNDLE")
    parser.add_argument("--if-possible", action="store_true", help="exit 0 where the emulated machine cannot be had")
    parser.add_argument("--data", type=Path, default=os.environ.get("EDGENER_DATA"), help="a corpus; $EDGENER_DATA")
    parser.add_argument("--sentences", type=int, default=50, help="of the corpus's test split, a language; default 50")
    return parser.parse_args(words)


def texts_of(languages: Sequence[str], data: Path | None, count: int) -> list[str]:
    """The built-in sample, and the first sentences of the bundles' languages in a corpus."""
    texts = [text for lines in sample.sentences().values() for text in lines]
    if data is not None:
        known = [name for name in corpus.find(data) if name in languages]
        found = corpus.load(data, "test", known) if known else {}
        texts += [" ".join(one.tokens) for part in found.values() for one in part[:count]]
    return texts


def answers(machine: Machine, texts: Sequence[str], bundles: Sequence[Path], scratch: Path) -> dict[str, Any]:
    """What tests.arm64.device writes there, and the 8-bit operators of each bundle. CheckFailed when it fails."""
    folder = scratch / machine.name.replace(" ", "-")
    folder.mkdir()
    (folder / "texts.json").write_text(json.dumps(texts))
    code, last = machine.run(
        "tests.arm64.device", [folder / "texts.json", folder, *(path.resolve() for path in bundles)]
    )
    if code:
        raise CheckFailed(f"{machine.name}: exit {code}, {last}")
    document: dict[str, Any] = read_json(folder / "answers.json")
    for place, one in enumerate(document["bundles"]):
        one["operators"] = operators.eight_bit(folder / f"{place}.onnx")
    return document


def checks(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Check]:
    """Of one bundle on one machine, beside x86's answers; of x86 by itself, what the bundle states."""
    yield compare.verified(ours["verify"])
    yield compare.golden(ours["golden"])
    if ours is theirs:
        return
    eight_bit = bool(theirs["operators"])
    yield compare.operators(ours["operators"], theirs["operators"])
    yield compare.tags(ours["texts"], theirs["texts"], theirs["labels"], eight_bit)
    same = compare.same_tags(ours["texts"], theirs["texts"])
    yield compare.predicted(ours["predict"], theirs["predict"], same, eight_bit)


def report(found: dict[str, Any], reference: dict[str, Any], bundles: Sequence[Path]) -> Iterator[Check | str]:
    """Headings and checks of one machine."""
    facts = found["machine"]
    versions = ", ".join(f"{name} {facts['versions'][name]}" for name in ("python", "onnxruntime", "tokenizers"))
    yield f"{facts['architecture']}, {facts['cpu']} ({' '.join(facts['flags'])}), {versions}"
    yield compare.conformance(found["conformance"])
    for path, ours, theirs in zip(bundles, found["bundles"], reference["bundles"], strict=True):
        yield f" {path.resolve().name}; 8-bit operators of its optimised graph: {operators.shown(ours['operators'])}"
        yield from checks(ours, theirs)
    yield compare.benchmarked(found["measured"], len(bundles))


def main(words: Sequence[str] | None = None) -> int:
    given = asked(words)
    languages = sorted({name for path in given.bundles for name in open_bundle(path).manifest["languages"]})
    texts = texts_of(languages, given.data, given.sentences)
    try:
        found = parts()
    except CannotFetchError as why:
        say(f"ARM64 {'is skipped' if given.if_possible else 'cannot be tried'}: {why}")
        return 0 if given.if_possible else 2
    with tempfile.TemporaryDirectory(prefix="edgener-arm64-") as made, ThreadPoolExecutor(2) as pool:
        scratch = Path(made)
        machines = [here(), *(emulated(model, found, scratch) for model in MODELS)]
        all_answers = list(pool.map(lambda machine: answers(machine, texts, given.bundles, scratch), machines))
    lines = [line for one in all_answers for line in report(one, all_answers[0], given.bundles)]  # x86 is the first
    bad = sum(isinstance(line, Check) and not line.good for line in lines)
    for line in lines:
        print(line)
    if bad:
        raise CheckFailed(f"{bad} checks fail")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        say(f"edgener: {error}")
        sys.exit(2)
    except CheckFailed as error:
        say(f"edgener: {error}")
        sys.exit(1)
