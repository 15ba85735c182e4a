"""Programs of others as contestants."""

import shutil
import sys
from pathlib import Path

import pytest

from edgener.benchmark.contestants import enter, peer
from edgener.benchmark.rounds import Plan
from edgener.benchmark.run import BenchmarkConfig, benchmark
from edgener.bundle.layout import MODEL, TOKENIZER, WEIGHTS
from edgener.errors import UserError
from tests.helpers import onnx_bundle

ROOT = Path(__file__).parents[2]


def test_a_peer_is_measured_beside_a_bundle(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in (MODEL, WEIGHTS, TOKENIZER):
        shutil.copy(bundle / name, folder)
    labels = {str(place): label for place, label in enumerate(onnx_bundle.LABELS)}
    (folder / "config.json").write_text(json.dumps({"id2label": labels, "pad_token_id": onnx_bundle.PAD}))
    monkeypatch.chdir(ROOT)
    plan = Plan(rounds=2, seconds=0.01, cold_starts=1, tokens=(8,), batches=(2,))
    command = f"stock={sys.executable} -m benchmarks.peers.onnx_folder '{folder}'"
    found = benchmark([bundle], [], BenchmarkConfig(1, plan), [command])
    assert list(found["contestants"]) == ["bundle", "stock"]
    assert found["contestants"]["stock"]["folder"] == "a folder"
    assert found["sizes"]["stock"]["total"]["bytes"] == sum(file.stat().st_size for file in folder.iterdir())
    assert found["figures"]["stock"]["texts_ms"]["ratio"]["median"] > 0
    assert len(found["samples"]["stock"]["latency"]["8"]) == 2
    assert str(tmp_path) not in json.dumps(found)


@pytest.mark.parametrize("text", ["fast", "fast=", "=python x", "fast='python"])
def test_what_names_no_program(text: str) -> None:
    with pytest.raises(UserError, match="expected NAME=COMMAND"):
        peer(text, 1)


def test_a_program_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    (entered,) = enter([], [], ["fast=no-such-program-anywhere x"], 1, tmp_path)
    from edgener.benchmark.contestants import Running

    with pytest.raises(UserError, match="fast: no-such-program-anywhere cannot be started"):
        Running(entered, 1)
