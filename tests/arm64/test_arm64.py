"""The pieces of the comparison with ARM64, on this machine; the comparison itself is `make test-arm64`."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from tests.arm64 import __main__ as command
from tests.arm64 import compare, device, fetch, machines, operators
from tests.conformance.answers import failures, load
from tests.helpers import onnx_bundle
from tests.helpers.process import ROOT

TEXTS = ["Ada daga Kano", "", "\u200b", "👩🏾‍🎤 Ada daga Zinder"]


def test_wheels_are_those_of_constraints() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    known = {re.sub(r"[-_.]+", "_", name).lower(): version for name, version in pinned.items()}
    lines = [line for line in fetch.WHEELS.read_text().splitlines() if not line.startswith("#")]
    wheels = [re.fullmatch(r"([a-z_]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert {one[1]: one[2] for one in wheels if one} == {one[1]: known[one[1]] for one in wheels if one}
    assert all(wheels)
    assert {one[1] for one in wheels if one} >= {"numpy", "onnxruntime", "tokenizers", "typer"}


def test_why_it_cannot_be_had() -> None:
    for given, why in (
        ({"system": "darwin", "machine": "arm64"}, "runs on Linux x86_64, this is darwin arm64"),
        ({"system": "linux", "machine": "aarch64"}, "this is linux aarch64"),
        ({"system": "linux", "machine": "x86_64", "tools": ("no-such-tool",)}, "needs no-such-tool"),
    ):
        with pytest.raises(fetch.CannotFetchError, match=why) as error:
            fetch.check_host(**given)  # type: ignore[arg-type]
        assert "\n" not in str(error.value)


def test_mirror() -> None:
    own, other = "http://mirror.example/debian/", "http://packages.example/tools"
    assert fetch.mirror(f"{other} Tools\n{own} Debian\n") == own
    assert fetch.mirror(f"{other} \n{own} \n") == own
    with pytest.raises(fetch.CannotFetchError, match="EDGENER_DEBIAN"):
        fetch.mirror(f"{other} Tools\n")


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / fetch.stamp()).mkdir()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("nothing may be run"))
    assert fetch.parts(tmp_path).site == tmp_path / fetch.stamp() / "site"


def test_skipped_or_refused_in_one_line(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> None:
        raise fetch.CannotFetchError("no network")

    monkeypatch.setattr(command, "parts", none)
    assert command.main(["--if-possible", str(sound)]) == 0
    assert command.main([str(sound)]) == 2
    assert capsys.readouterr().err == "ARM64 is skipped: no network\nARM64 cannot be tried: no network\n"


def test_an_emulated_python_starts_emulated_ones_and_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a stand-in for the emulator, which says how it was called."""
    emulator = tmp_path / "emulator"
    emulator.write_text('#!/bin/sh\necho "$@" | tr " " "\\n" | tail -n +6 >&2\nexit 3\n')
    emulator.chmod(0o755)
    machine = machines.emulated("cortex-a72", fetch.Parts(emulator, tmp_path / "root", tmp_path / "site"), tmp_path)
    assert machine.run("platform", ["a b"]) == (3, "b")
    called = [str(machine.python), str(tmp_path / "root/usr/bin/python3.11"), "-m", "platform", "a", "b"]
    assert capsys.readouterr().err.splitlines() == [f"cortex-a72: {word}" for word in called]
    assert machine.variables["PYTHONHOME"] == str(tmp_path / "root/usr")


def asked(bundle: Path, folder: Path) -> dict[str, Any]:
    """What tests.arm64.device finds, on this machine."""
    folder.mkdir()
    (folder / "texts.json").write_text(json.dumps(TEXTS))
    found = device.answers(bundle, folder / "texts.json", folder / "0.onnx")
    return {**found, "operators": operators.eight_bit(folder / "0.onnx")}


def test_a_bundle_beside_itself(sound: Path, tmp_path: Path) -> None:
    one, other = (asked(sound, tmp_path / name) for name in ("one", "other"))
    found = list(command.checks(one, other))
    assert [check.name for check in found] == [
        *("edgener verify", "golden vectors", "8-bit operators", "tags", "edgener predict")
    ]
    assert all(check.good for check in found), found
    assert "logits at most 0 apart" in found[3].said
    assert len(list(command.checks(one, one))) == 2


@pytest.mark.parametrize("part", ["words", "ids", "tags", "entities"])
def test_one_wrong_golden_value_is_noticed(bundle: Path, tmp_path: Path, part: str) -> None:
    first, *others = (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(first)
    wrong = json.dumps({**record, part: record[part][:-1]})
    onnx_bundle.replace(bundle, "golden.jsonl", "\n".join([wrong, *others, ""]))
    found = asked(bundle, tmp_path / "found")
    verified, golden = list(command.checks(found, found))
    assert str(golden) == f"  BAD golden vectors: golden sentence 1: {part} differ from what the bundle states"
    assert not verified.good
    assert "golden sentence 1" in verified.said


def test_one_wrong_expected_answer_is_noticed() -> None:
    cases = load()
    assert compare.conformance({"cases": len(cases), "failed": failures(cases)}).good
    case = next(one for one in cases if one["op"] == "split" and one["expect"]["words"])
    wrong = {**case, "expect": {**case["expect"], "words": [*case["expect"]["words"], "x"]}}
    check = compare.conformance({"cases": 2, "failed": failures([wrong, case])})
    assert str(check) == f"  BAD conformance: 1 of 2 cases fail: {case['name']}"


def text(tags: str, *rows: list[float] | None) -> dict[str, Any]:
    return {"tags": list(tags), "logits": list(rows)}


def test_tags_may_differ_only_where_int8_was_unsure() -> None:
    theirs = [text("AB", [2.0, 1.75], [0.0, 3.0])]
    unsure, sure = [text("BB", [1.5, 1.75], [0.0, 3.0])], [text("AA", [2.0, 1.75], [3.0, 0.0])]
    assert compare.tags(theirs, theirs, "AB", False).said == "0 of 2 words differ from x86's; logits at most 0 apart"
    check = compare.tags(unsure, theirs, "AB", True)
    assert check.good
    assert "1 of 2 words differ from x86's, 1 of them where" in check.said
    assert "logits at most 0.5 apart" in check.said
    assert not compare.tags(unsure, theirs, "AB", False).good
    assert not compare.tags(sure, theirs, "AB", True).good
    assert not compare.tags([text("A", [2.0, 1.75])], theirs, "AB", True).good
    assert not compare.tags([text("AA", [2.0, 1.75], None)], theirs, "AB", True).good
    assert not compare.tags([], [], "AB", True).good


def test_a_tag_takes_its_neighbours_with_it() -> None:
    """OBI and BII of the same logits: I may not stand behind O, and the sums of the two are nearly equal."""
    logits = ([0.0, 1.0, 0.0], [0.0, 0.9, 1.8], [0.0, 0.0, 2.0])
    x86, other = text("BII", *logits), text("OBI", *logits)
    assert compare.differing(other["tags"], x86["tags"]) == [[0, 1]]
    assert compare.lead(x86, other["tags"], "OBI", [0, 1]) == pytest.approx(1.9)
    assert compare.differing("ABAAB", "BBAAA") == [[0], [4]]
    nearly = text("BII", [0.7, 1.0, 0.0], [0.0, 1.7, 1.8], [0.0, 0.0, 2.0])
    assert compare.tags([{**nearly, "tags": list("OBI")}], [nearly], "OBI", True).good
    assert not compare.tags([other], [x86], "OBI", True).good


def printed(*scores: float, **other: Any) -> dict[str, Any]:
    lines = [
        {"line": n, "text": "x", "entities": [{"type": "LOC", "score": one, **other}]}
        for n, one in enumerate(scores, 1)
    ]
    return {"code": 0, "out": "".join(f"{json.dumps(line)}\n" for line in lines), "errors": ""}


def test_entities_that_predict_prints() -> None:
    theirs = printed(0.9, 0.9)
    assert compare.predicted(printed(0.9, 0.9), theirs, [True, True], False).good
    assert compare.predicted(printed(0.9, 0.8), theirs, [True, True], True).good
    assert compare.predicted(printed(0.9, 0.8), theirs, [True, True], False).said == "other entities in line 2"
    assert not compare.predicted(printed(0.9, 0.9, start=1), theirs, [True, True], True).good
    assert compare.predicted(printed(0.9, 0.9, start=1), theirs, [False, False], True).good
    assert not compare.predicted(printed(0.9), theirs, [True, True], True).good
    failed = compare.predicted({"code": 2, "out": "", "errors": "edgener: why\n"}, theirs, [True, True], True)
    assert str(failed) == "  BAD edgener predict: exit 2, edgener: why"


def test_the_benchmark_has_to_have_figures_of_each() -> None:
    assert compare.benchmarked(["a", "b"], 2).good
    assert not compare.benchmarked([], 1).good
    assert not re.search(r"\d", compare.benchmarked(["a"], 1).said)


def test_operators_that_work_on_8_bit_numbers(tmp_path: Path) -> None:
    weights = [helper.make_tensor(name, TensorProto.INT8, [2, 2], [1, 2, 3, 4]) for name in ("words", "linear")]
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["rows"]),
        helper.make_node("Cast", ["rows"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Relu", ["floats"], ["positive"]),
        helper.make_node("DynamicQuantizeMatMul", ["positive", "linear", "scale"], ["sums"], domain="com.microsoft"),
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [], [], weights)), tmp_path / "g.onnx")
    found = operators.eight_bit(tmp_path / "g.onnx")
    assert operators.shown(found) == "Cast 1, DynamicQuantizeMatMul 1, Gather 1"
    assert not compare.operators({"MatMul": 1}, found).good
    assert operators.shown({}) == "none"
