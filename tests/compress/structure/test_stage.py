import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")


from edgener import artefact
from edgener.compress.structure.config import StructureConfig
from edgener.compress.structure.stage import structure
from edgener.errors import UserError
from edgener.export.graph import encoder_of, torch_logits
from edgener.export.network.build import build
from edgener.train.anatomy import layers_of, multiply_adds
from edgener.train.features import collate
from edgener.train.finetune import labelled_examples, read_data
from edgener.train.model import load_classifier
from edgener.train.record import read_record, training_record
from tests.helpers.commands import Capture, refused, run
from tests.helpers.stage import manifest_of


def test_sizes_really_shrink(smaller: Path, tiny_model: Path) -> None:
    before, after = (load_classifier(str(path)).model for path in (tiny_model, smaller))
    assert (after.config.num_hidden_layers, after.config.intermediate_size) == (1, 64)
    assert [layer.heads for layer in layers_of(after)] == [2]
    assert layers_of(after)[0].project.weight.shape == (64, 32)
    assert multiply_adds(after, 32) == multiply_adds(before, 32) / 4
    saved = sum(one.numel() for one in before.parameters()) - sum(one.numel() for one in after.parameters())
    bytes_ = [(path / "model.safetensors").stat().st_size for path in (tiny_model, smaller)]
    assert bytes_[0] - bytes_[1] == pytest.approx(4 * saved, rel=0.05)


def test_the_record_and_the_manifest_say_what_was_done(smaller: Path, tiny_model: Path) -> None:
    manifest, old = manifest_of(smaller), manifest_of(tiny_model)
    record = json.loads(training_record(smaller).read_text())
    first, second = record["rounds"]
    assert (first["before"]["layers"], first["before"]["heads"], first["before"]["ffn"]) == (2, [4, 4], 128)
    assert second["before"] == first["after"]
    assert second["after"] == manifest["geometry"]
    assert second["after"]["from_layers"] in ([0], [1])
    assert second["after"]["heads"] == [2]
    assert second["after"]["multiply_adds"]["32"] == multiply_adds(load_classifier(str(smaller)).model, 32)
    assert [len(one["epochs"]) for one in record["rounds"]] == [2, 2]
    assert record["best"] == second["best"]
    assert [step["stage"] for step in manifest["steps"]] == ["train", "structure"]
    assert manifest["steps"][1]["config"]["heads"] == 0.5
    assert manifest["decode"] == old["decode"]
    assert manifest["data"] == old["data"]
    assert artefact.check_files(smaller, manifest["files"]) == []
    assert [path.name for path in smaller.parent.iterdir() if path.name.startswith(".")] == []


def test_recovery_gives_back_what_the_cut_took(
    smaller: Path, tiny_model: Path, tmp_path: Path, config: StructureConfig
) -> None:
    """How far its logits are from the original's."""
    cut = structure(str(tiny_model), replace(config, epochs=0), tmp_path / "cut")
    assert "best" not in json.loads(training_record(cut).read_text())
    original = load_classifier(str(tiny_model))
    data = read_data(Path(manifest_of(tiny_model)["data"]["path"]), ("hau",), None)
    batch = collate(labelled_examples(original, data)[:64], original.spec.pad)
    inputs = [(batch["input_ids"].numpy(), batch["attention_mask"].numpy())]
    expected, alone, recovered = (
        torch_logits(load_classifier(str(path)), inputs)[0][batch["labels"] >= 0] for path in (tiny_model, cut, smaller)
    )
    assert np.abs(recovered - expected).mean() < 0.8 * np.abs(alone - expected).mean()


def test_the_graph_computes_what_the_model_does(tiny_model: Path, tmp_path: Path, config: StructureConfig) -> None:
    """With another number of heads in each layer."""
    import onnxruntime

    cut = structure(str(tiny_model), replace(config, epochs=0, layers=None, steps=1, heads=0.6), tmp_path / "cut")
    network = load_classifier(str(cut))
    assert sum(layer.heads for layer in layers_of(network.model)) == 5
    encoder = encoder_of(network)
    assert encoder is not None
    session = onnxruntime.InferenceSession(build(encoder).SerializeToString())
    ids = np.array([[0, 7, 8, 9, 10, 2], [0, 11, 12, 2, 1, 1]])
    mask = (ids != 1).astype(np.int64)
    found = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    np.testing.assert_allclose(found[mask == 1], torch_logits(network, [(ids, mask)])[0][mask == 1], atol=1e-4)


def test_the_same_request_is_not_repeated(
    smaller: Path, tiny_model: Path, capfd: Capture, config: StructureConfig
) -> None:
    before = (smaller / "model.safetensors").stat().st_mtime_ns
    assert structure(str(tiny_model), config, smaller) == smaller
    assert "already cut" in capfd.readouterr().err
    assert (smaller / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="already exists"):
        structure(str(tiny_model), replace(config, epochs=0), smaller)


def test_without_training_its_settings_decide_nothing(
    tiny_model: Path, tmp_path: Path, capfd: Capture, config: StructureConfig
) -> None:
    cut = replace(config, epochs=0, layers=None)
    out = structure(str(tiny_model), cut, tmp_path / "cut")
    assert structure(str(tiny_model), replace(cut, learning_rate=1e-5), out) == out
    assert "already cut" in capfd.readouterr().err


def test_a_record_that_is_gone_or_anothers_is_not_shown(smaller: Path, tmp_path: Path) -> None:
    record = training_record(smaller)
    assert read_record(record, smaller) == json.loads(record.read_text())
    other = tmp_path / "other.json"
    assert read_record(other, smaller) is None
    other.write_text(record.read_text().replace(json.loads(record.read_text())["request"], "0" * 64))
    assert read_record(other, smaller) is None


def test_other_architectures_are_refused(build: Any) -> None:
    """They have modules of these names that do other things."""
    odd = build("bert")
    odd.config.model_type = "longformer"
    with pytest.raises(UserError, match="type longformer: only BERT, RoBERTa and XLM-R"):
        layers_of(odd)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": 0.0}, "--heads 0: expected the share that stays, above 0 and up to 1"),
        ({"heads": float("nan")}, "--heads nan"),
        ({"ffn": 1.5}, "--ffn 1.5"),
        ({"layers": 0}, "--layers 0: expected 1 or more"),
        ({"layers": 3}, "--layers 3: the model has 2"),
        ({"steps": 0}, "--steps 0"),
        ({"examples": 0}, "--examples 0"),
        ({"epochs": -1}, "--epochs -1"),
        ({"relation_weight": 1.0}, "--relation-weight"),
        ({"heads": None, "ffn": None, "layers": None}, "nothing would be removed; of 2 layers, 8 heads and 128"),
        ({"languages": ("xyz",)}, "no language 'xyz'"),
    ],
)
def test_mistakes_are_one_clear_line(
    change: dict[str, Any], message: str, tiny_model: Path, tmp_path: Path, config: StructureConfig
) -> None:
    with pytest.raises(UserError) as caught:
        structure(str(tiny_model), replace(config, **change), tmp_path / "out")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_bare_encoder_has_to_be_fine_tuned_first(tiny_encoder: Path, tmp_path: Path, config: StructureConfig) -> None:
    with pytest.raises(UserError, match="no classifier in it; fine-tune it first"):
        structure(str(tiny_encoder), config, tmp_path / "out")


def test_the_command(tiny_model: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ("structure", tiny_model, "--ffn", "0.5", "--heads", "0.5", "--steps", "1", "--epochs", "0")
    assert run(*arguments, "--lang", "hau", "--json") == 0
    out, err = capfd.readouterr()
    document = json.loads(out)
    assert document["model"] == "runs/tiny-model-cut"
    assert document["rounds"][0]["after"]["ffn"] == 64
    assert "round 1 of 1: down to 2 layers, 50 % of the heads, 64 neurons a layer\n" in err
    assert run(*arguments, "--lang", "hau") == 0
    table = capfd.readouterr().out
    assert [line for line in table.splitlines() if "round 1" in line and "64" in line]
    assert "heads by layer: " in table
    assert "--layers 9: the model has 2" in refused(capfd, 2, "structure", tiny_model, "--layers", "9")
    assert "--heads 2: expected" in refused(capfd, 2, "structure", tiny_model, "--heads", "2")
