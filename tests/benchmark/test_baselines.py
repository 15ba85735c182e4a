"""Torch and ONNX baselines: processes that answer like the model they are made from."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener.benchmark.contestants import FIRST_TEXT, Running, baseline, enter
from edgener.benchmark.rounds import Plan
from edgener.benchmark.run import BenchmarkConfig, benchmark
from edgener.compress.baselines import ENGINES, memory_bytes
from edgener.text import sample
from edgener.train.model import load_tagger

TEXTS = [text for name in ("hau", "swa") for text in sample.sentences()[name]]


@pytest.mark.parametrize("name", ENGINES)
def test_a_baseline_finds_what_the_model_finds(name: str, tiny_model: Path) -> None:
    model = load_tagger(tiny_model)
    tagger = ENGINES[name](str(tiny_model), 0)
    tagger.imports()
    found = tagger.load()
    agree = [[(e.type, e.start) for e in found(text)] == [(e.type, e.start) for e in model(text)] for text in TEXTS]
    assert sum(agree) >= len(TEXTS) * (1.0 if name == "torch-fp32" else 0.75)
    fp32 = memory_bytes(load_tagger(tiny_model).forward.model)  # type: ignore[attr-defined]
    weights = tagger.facts()["memory_bytes"]
    # Embeddings stay as they are and dominate a tiny encoder; Linear weights are a quarter.
    assert weights == fp32 if name == "torch-fp32" else 0.3 * fp32 < weights < 0.9 * fp32


def test_llm_int8_says_on_what_it_ran(tiny_model: Path) -> None:
    with Running(baseline(f"llm-int8={tiny_model}", 1), 1) as running:
        hello = running.hello()
    assert hello["device"] in ("cpu", "cuda")
    assert hello["settings"] == {"llm_int8_threshold": 6.0}
    assert hello["packages"]["bitsandbytes"]
    assert hello["first_answer_s"] > 0


def test_onnx_fp32_competes_as_an_export_of_the_model(tiny_model: Path, tmp_path: Path) -> None:
    (entered,) = enter([], [f"onnx-fp32={tiny_model}"], [], 1, tmp_path)
    with Running(entered, 1) as running:
        assert running.hello()["max_length"] == 256
    manifest = json.loads((entered.path / "manifest.json").read_text())
    assert manifest["model"]["quantization"] == "none"


def test_a_torch_model_and_a_bundle_in_one_run(tiny_model: Path, tiny_bundle: Path) -> None:
    plan = Plan(rounds=2, seconds=0.01, cold_starts=1, tokens=(16,), batches=(1,))
    document = benchmark([tiny_bundle], [f"torch-fp32={tiny_model}"], BenchmarkConfig(plan=plan))
    assert list(document["figures"]) == [tiny_bundle.name, "torch-fp32"]
    weights = (tiny_model / "model.safetensors").stat().st_size
    assert document["sizes"]["torch-fp32"]["network"]["bytes"] == weights
    assert set(document["sizes"]["torch-fp32"]["files"]) >= {"model.safetensors", "config.json", "tokenizer.json"}
    assert document["sizes"]["torch-fp32"]["total"]["bytes"] > weights
    assert "torch" in document["contestants"]["torch-fp32"]["packages"]
    assert "torch" not in document["contestants"][tiny_bundle.name]["packages"]
    assert document["figures"]["torch-fp32"]["rss_after_load"] > document["figures"][tiny_bundle.name]["rss_after_load"]


def test_a_damaged_model_is_one_line(tiny_model: Path, tmp_path: Path) -> None:
    import shutil

    from edgener.errors import UserError

    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (broken / "model.safetensors").write_bytes(b"\xff" * 100)
    with Running(baseline(f"torch-fp32={broken}", 1), 1) as running, pytest.raises(UserError) as caught:
        running.ask("hello", text=FIRST_TEXT)
    assert str(caught.value).startswith("torch-fp32: ")
    assert "\n" not in str(caught.value)
