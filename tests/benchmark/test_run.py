"""`edgener benchmark` on bundles: what is measured, what is kept, what is printed."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from edgener.benchmark import rounds
from edgener.benchmark.contestants import enter
from edgener.benchmark.provenance import commit, provenance, shown
from edgener.benchmark.rounds import Plan, measure
from edgener.benchmark.sizes import gzip_bytes
from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, refused, run

PLAN = Plan(rounds=4, seconds=0.01, cold_starts=2, tokens=(8, 14, 16), batches=(1, 4))
LINES = ("Ibrahim Musa ya je Kano .", "Ada ya ziyarci Lagos", "ya je daga gida .")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [onnx_bundle.build(folder / name, dynamic=name == "int8") for name in ("fp32", "int8")]


@pytest.fixture(scope="module")
def document(bundles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What --quick --json leaves, with the shortest plan."""
    folder = tmp_path_factory.mktemp("out")
    text = folder / "text.txt"
    text.write_text("\n".join(LINES))
    arguments = ["benchmark", *bundles, "--quick", "--rounds", "2", "--text", text, "--out", folder / "result.json"]
    assert run(*arguments) == 0
    return dict(json.loads((folder / "result.json").read_text()))


def test_every_sample_is_kept_and_the_warm_up_is_not(bundles: list[Path], tmp_path: Path) -> None:
    clock = iter(range(10_000))
    entered = enter([str(bundle) for bundle in bundles], [], [], 1, tmp_path)
    found = measure(entered, PLAN, 1, LINES, reading=lambda: {"throttling": None, "at": next(clock)})
    for samples in found.samples.values():
        assert len(samples["cold_starts"]) == PLAN.cold_starts
        assert set(samples["latency"]) == {"8", "14"}  # a window of 16 is longer than this network reads
        for kept in samples["latency"].values():
            assert len(kept) == PLAN.rounds
            assert all(rounds.REPEATS[0] <= len(one) <= rounds.REPEATS[1] for one in kept)
        assert [len(one) for one in samples["texts"]] == [len(LINES)] * PLAN.rounds
        assert {name: len(values) for name, values in samples["throughput"].items()} == {"1": 4, "4": 4}
        assert samples["memory"]["peak_with_batches_bytes"] >= samples["memory"]["peak_bytes"]
    assert found.order == [["fp32", "int8"], ["int8", "fp32"], ["int8", "fp32"], ["fp32", "int8"]]
    assert [one["at"] for one in found.readings] == list(range(4 * PLAN.rounds))


class _Cut(Exception):
    pass


def test_a_run_that_was_cut_off_goes_on_behind_what_was_kept(bundles: list[Path], tmp_path: Path) -> None:
    entered = enter([str(bundle) for bundle in bundles], [], [], 1, tmp_path)
    kept: list[str] = []

    def keep(measured: rounds.Measured) -> None:
        kept.append(json.dumps(asdict(measured), sort_keys=True))  # which puts the second contestant first
        if len(kept) in (1, 3, 7):  # behind the cold starts, a single round, a round of batches
            raise _Cut

    quick = replace(PLAN, rounds=3)
    found = None
    for _ in range(3):
        with pytest.raises(_Cut):
            measure(entered, quick, 1, LINES, before=found, kept=keep)
        found = rounds.Measured(**json.loads(kept[-1]))
    done = measure(entered, quick, 1, LINES, before=found, kept=keep)
    assert done.sittings == [0, 0, 1, 4]
    assert len(done.order) == 3
    assert len(done.readings) == 2 * 6
    assert list(done.samples) == ["fp32", "int8"]  # ratios are to the first
    for samples in done.samples.values():
        assert len(samples["cold_starts"]) == quick.cold_starts
        assert {len(values) for values in samples["latency"].values()} == {3}
        assert len(samples["texts"]) == 3
        assert {len(values) for values in samples["throughput"].values()} == {3}
        assert set(samples["memory"]) == {"peak_bytes", "peak_with_batches_bytes"}


def test_the_document_says_where_it_comes_from(document: dict[str, Any], bundles: list[Path]) -> None:
    assert document["command"] == ("edgener benchmark fp32 int8 --quick --rounds 2 --text text.txt --out result.json")
    assert document["options"]["threads"] == 1
    assert document["options"]["rounds"] == 2
    assert document["machine"]["versions"]["onnxruntime"]
    assert document["date"].endswith("+00:00")
    assert set(document["contestants"]) == {"fp32", "int8"}
    assert str(bundles[0].parent) not in json.dumps(document)


def test_sizes_are_those_on_disk(document: dict[str, Any], bundles: list[Path]) -> None:
    sizes = document["sizes"]["int8"]
    assert sizes["total"]["bytes"] == sum(path.stat().st_size for path in bundles[1].iterdir())
    network = [bundles[1] / "model.onnx", bundles[1] / "weights.bin"]
    assert sizes["network"]["bytes"] == sum(path.stat().st_size for path in network)
    assert set(sizes["files"]) == {path.name for path in bundles[1].iterdir()}
    assert sizes["network"]["gzip_bytes"] == sum(map(gzip_bytes, network))


def test_the_size_that_gzip_would_send(tmp_path: Path) -> None:
    import gzip
    import random

    content = random.Random(0).randbytes(3_000_000) + b"edgener" * 500_000
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "file.gz").write_bytes(gzip.compress(content, 6))
    assert abs(gzip_bytes(tmp_path / "file") - (tmp_path / "file.gz").stat().st_size) < 100


def test_the_first_contestant_is_what_ratios_refer_to(document: dict[str, Any]) -> None:
    first = document["figures"]["fp32"]
    assert first["texts_ms"]["ratio"] == {"median": 1.0, "min": 1.0, "max": 1.0}
    assert document["figures"]["int8"]["texts_ms"]["ratio"]["min"] > 0


def test_the_table_and_the_json(bundles: list[Path], capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shortest = Plan(rounds=2, seconds=0.01, cold_starts=1)
    monkeypatch.setattr(Plan, "quick", lambda plan: shortest)
    assert run("benchmark", *bundles, "--quick") == 0
    out, _ = capfd.readouterr()
    assert "Ratios to the first contestant" in out
    assert "1.00x (1.00-1.00)" in out
    assert run("benchmark", bundles[0], "--quick", "--json") == 0
    out, _ = capfd.readouterr()
    assert json.loads(out)["command"] == f"edgener benchmark {bundles[0].name} --quick --json"
    assert run("benchmark", bundles[0], "--quick", "--no-batches", "--json") == 0
    figures = json.loads(capfd.readouterr().out)["figures"]
    assert [one["sentences_per_s"] for one in figures.values()] == [{}]
    assert run("benchmark", bundles[0], "--quick", "--no-batches") == 0
    assert "Ratios" not in capfd.readouterr().out


def test_wrong_uses(bundles: list[Path], tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "there.json").write_text("mine")
    assert "nothing to benchmark" in refused(capfd, 2, "benchmark")
    assert "no text in this file" in refused(capfd, 2, "benchmark", bundles[0], "--text", tmp_path / "empty.txt")
    assert "--force" in refused(capfd, 2, "benchmark", bundles[0], "--out", tmp_path / "there.json")
    assert "--rounds" in refused(capfd, 2, "benchmark", bundles[0], "--rounds", "1")
    assert (tmp_path / "there.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("runs/me5-int8", "runs/me5-int8"),
        ("/home/ada/me5-int8", "me5-int8"),
        ("torch-fp32=/home/ada/me5", "torch-fp32=me5"),
        ("../data/masakhaner", "masakhaner"),
        ("--recall-bias", "--recall-bias"),
        ("--json", "--json"),
    ],
)
def test_a_command_names_no_folder_of_the_machine(word: str, expected: str) -> None:
    assert shown(word) == expected


def test_nor_does_the_command_of_a_peer() -> None:
    command = [
        "edgener",
        "benchmark",
        "--peer",
        "stock=/home/ada/bin/python -m peer '/home/ada/my models/me5' --threads 1",
    ]
    assert provenance(command)["command"].endswith("--peer 'stock=python -m peer me5 --threads 1'")


def test_no_commit_where_there_is_no_checkout(tmp_path: Path) -> None:
    assert commit(tmp_path) is None
