"""What is made of a trimmed model, and what its manifest says of it."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener import artefact
from edgener.bundle.verify import open_bundle
from edgener.compress.prune.stage import PruneConfig, prune
from edgener.compress.structure.config import StructureConfig
from edgener.compress.structure.stage import structure
from edgener.compress.trim.stage import TrimConfig, trim_vocab
from edgener.export.config import ExportConfig
from edgener.export.run import export
from edgener.runtime import Ner
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.model import load_classifier, load_tagger
from edgener.train.record import report_of, training_record
from tests.helpers.stage import manifest_of

BOTH = TrimConfig(languages=("hau", "swa"))


def test_the_manifest_goes_on_from_the_old_one(tiny_model: Path, trimmed: Path) -> None:
    old, new = manifest_of(tiny_model), manifest_of(trimmed)
    assert new["kind"] == old["kind"] == "model"
    assert {name: new[name] for name in ("languages", "data", "encoder", "licences")} == {
        name: old[name] for name in ("languages", "data", "encoder", "licences")
    }
    assert new["decode"] == old["decode"]  # the special tokens of XLM-R come first
    assert new["steps"][:-1] == old["steps"]
    step = new["steps"][-1]
    assert step["stage"] == "trim-vocab"
    assert step["config"]["languages"] == ["hau", "swa"]
    found = artefact.find(tiny_model)
    assert found is not None
    assert step["inputs"]["model"] == found.digest
    assert artefact.check_files(trimmed, new["files"]) == []
    assert load_classifier(str(trimmed)).labels == load_classifier(str(tiny_model)).labels


def test_a_trimmed_model_is_exported(tiny_model: Path, trimmed: Path, tmp_path: Path) -> None:
    bundle = export(str(trimmed), ExportConfig(quant="none"), tmp_path / "bundle")
    assert open_bundle(bundle).gated
    whole = export(str(tiny_model), ExportConfig(quant="none"), tmp_path / "whole")
    assert (bundle / "weights.bin").stat().st_size < (whole / "weights.bin").stat().st_size
    text = "Ibrahim Musa ya ziyarci Kano ."
    assert [hit.type for hit in Ner.load(bundle)(text)] == [hit.type for hit in load_tagger(trimmed)(text)]


def test_a_trimmed_encoder_is_fine_tuned(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    config = TrimConfig(languages=("hau",), max_length=40)
    encoder = trim_vocab(str(tiny_encoder), config, tmp_path / "e", data=sample_data, licence="CC0-1.0")
    assert manifest_of(encoder)["kind"] == "encoder"
    model = finetune(str(encoder), sample_data, TrainConfig(languages=("hau",), epochs=1), tmp_path / "m")
    manifest = manifest_of(model)
    assert [step["stage"] for step in manifest["steps"]] == ["trim-vocab", "train"]
    assert "CC0-1.0" in manifest["licences"]
    assert manifest["decode"]["max_length"] == 40
    network = load_classifier(str(model))
    assert network.model.config.vocab_size == network.backend.get_vocab_size()
    assert network.backend.get_vocab_size() < 1200


def test_a_model_trimmed_to_one_language_claims_no_other(tiny_model: Path, sample_data: Path, tmp_path: Path) -> None:
    out = trim_vocab(str(tiny_model), TrimConfig(languages=("hau",)), tmp_path / "out", data=sample_data)
    assert manifest_of(out)["languages"] == ["hau"]
    pruned = prune(str(out), PruneConfig(sparsity=0.3, epochs=1), tmp_path / "p")
    assert set(json.loads(training_record(pruned).read_text())["best"]["f1"]) == {"hau"}


def test_what_the_manifest_says_of_sizes_is_true_of_the_trimmed(
    tiny_model: Path, sample_data: Path, tmp_path: Path
) -> None:
    small = structure(str(tiny_model), StructureConfig(epochs=0, ffn=0.5, languages=("hau",)), tmp_path / "small")
    out = trim_vocab(str(small), BOTH, tmp_path / "out", data=sample_data)
    geometry = manifest_of(out)["geometry"]
    assert geometry["parameters"] == sum(one.numel() for one in load_classifier(str(out)).model.parameters())
    assert geometry["from_layers"] == [0, 1]
    sizes = json.loads(report_of(out).read_text())["folder_bytes"]
    written = [sum(file.stat().st_size for file in folder.iterdir()) for folder in (small, out)]
    assert [sizes["before"], sizes["after"]] == written
