"""Stock Hugging Face token classifiers with random weights, each from its folder to a bundle."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from edgener.bundle.verify import problems
from edgener.errors import UserError
from edgener.export import graph
from edgener.export.config import ExportConfig
from edgener.export.run import export
from edgener.runtime import Ner
from edgener.train.model import load_tagger
from edgener.train.record import report_of

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
TEXTS = ["Ada daga Kano", "Ibrahim ya je Lagos , sa'an nan Zaria"]


@pytest.fixture
def stock(build_model: Callable[..., Any], tiny_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """(architecture, **config) -> a folder as `save_pretrained` writes it, with the tiny model's tokenizer."""

    def make(kind: str, **changes: Any) -> Path:
        import shutil

        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(tiny_model)
        names = {"id2label": dict(enumerate(LABELS)), "label2id": {name: n for n, name in enumerate(LABELS)}}
        shape = {"vocab_size": len(tokenizer), "max_position_embeddings": 80, "pad_token_id": tokenizer.pad_token_id}
        folder = tmp_path / kind
        build_model(kind, **shape | names | changes).save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            if (tiny_model / name).is_file():
                shutil.copy(tiny_model / name, folder)
        return folder

    return make


@pytest.mark.parametrize("kind", ["bert", "distilbert", "electra", "roberta"])
def test_a_stock_classifier_keeps_its_answers(kind: str, stock: Callable[..., Path], tmp_path: Path) -> None:
    folder = stock(kind)
    bundle = export(str(folder), ExportConfig(quant="none", gate=False), tmp_path / "fp32")
    assert json.loads(report_of(bundle).read_text())["fp32"]["max_logit_difference"] <= 1e-4
    torch_tagger, ner = load_tagger(folder), Ner.load(bundle)
    assert json.loads(report_of(bundle).read_text())["fp32"]["tag_agreement"] == 1
    for text in TEXTS:
        assert [(e.type, e.start, e.end) for e in ner(text)] == [(e.type, e.start, e.end) for e in torch_tagger(text)]
    small = export(str(folder), ExportConfig(gate=False), tmp_path / "int8")
    assert problems(small) == []
    assert json.loads(report_of(small).read_text())["parity"]["tag_agreement"] > 0.9


def test_an_architecture_of_others_goes_through_optimum(stock: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("optimum.exporters.onnx")
    folder = stock("albert", embedding_size=16)
    bundle = export(str(folder), ExportConfig(quant="none", gate=False), tmp_path / "fp32")
    assert json.loads(report_of(bundle).read_text())["fp32"]["max_logit_difference"] <= 1e-4
    torch_tagger, ner = load_tagger(folder), Ner.load(bundle)
    for text in TEXTS:
        assert [(e.type, e.start, e.end) for e in ner(text)] == [(e.type, e.start, e.end) for e in torch_tagger(text)]
    assert problems(export(str(folder), ExportConfig(gate=False), tmp_path / "int8")) == []
    for change, message in (
        ({"quant": "int4"}, "--quant int4: for a albert model, expected none or int8"),
        ({"embeddings": "int4"}, "--embeddings int4: not for a albert model"),
        ({"smooth": 0.5}, r"--smooth 0\.5: not for a albert model"),
        ({"packed": True}, "--packed: not for a albert model"),
    ):
        with pytest.raises(UserError, match=message):
            export(str(folder), ExportConfig(**change, gate=False), tmp_path / "other")  # type: ignore[arg-type]


def test_without_optimum_the_extra_is_named(
    stock: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stock("albert", embedding_size=16)
    monkeypatch.setitem(__import__("sys").modules, "optimum.exporters.onnx", None)
    with pytest.raises(UserError, match=r"for this architecture itself; pip install 'edgener\[optimum\]'"):
        export(str(folder), ExportConfig(quant="none", gate=False), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_optimum_does_not_know_is_one_line(
    stock: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optimum.exporters.onnx")
    folder = stock("bert")
    monkeypatch.setattr(graph, "encoder_of", lambda classifier: None)

    def unknown(*_: Any, **__: Any) -> None:
        raise ValueError("Trying to export a bert model, that is a custom\nor unsupported architecture")

    monkeypatch.setattr("optimum.exporters.onnx.main_export", unknown)
    with pytest.raises(UserError, match=r"optimum cannot export it .*unsupported architecture"):
        export(str(folder), ExportConfig(quant="none", gate=False), tmp_path / "out")
