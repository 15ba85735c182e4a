from pathlib import Path

import pytest

pytest.importorskip("torch")


from edgener import artefact
from edgener.train.anatomy import layers_of, linears_of, multiply_adds
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.masks import apply_masks, masks_of, renumbered, weights_of
from edgener.train.model import load_classifier
from edgener.train.network import load_network


def test_names_are_the_same_in_an_encoder_and_in_its_classifier(tiny_encoder: Path, tiny_model: Path) -> None:
    names = [name for name, _ in linears_of(load_network(str(tiny_encoder)).model)]
    assert names == [name for name, _ in linears_of(load_classifier(str(tiny_model)).model)]
    assert len(names) == 2 * 6
    assert "encoder.layer.1.output.dense.weight" in names


def test_multiply_adds_are_those_of_the_geometry(tiny_model: Path) -> None:
    model = load_classifier(str(tiny_model)).model
    hidden, ffn, length = 64, 128, 32
    linear = length * (4 * hidden * hidden + 2 * hidden * ffn)
    attention = 2 * length * length * hidden
    assert multiply_adds(model, length) == 2 * (linear + attention)
    assert [layer.heads * layer.head_size for layer in layers_of(model)] == [hidden, hidden]


def test_masks_are_the_zeros_and_put_them_back(tiny_model: Path) -> None:
    model = load_classifier(str(tiny_model)).model
    name = "encoder.layer.0.output.dense.weight"
    weight = weights_of(model, [name])[name]
    weight.data[:, ::2] = 0
    masks = masks_of(model, [name])
    weight.data += 1
    apply_masks(model, masks)
    assert (weight[:, ::2] == 0).all()
    assert (weight[:, 1::2] != 0).any()


def test_layers_are_renumbered() -> None:
    names = ["encoder.layer.0.a", "encoder.layer.1.a", "encoder.layer.11.a", "embeddings.b"]
    assert renumbered(names, [1, 11]) == ["encoder.layer.0.a", "encoder.layer.1.a", "embeddings.b"]


def test_fine_tuning_keeps_the_zeros_of_a_pruned_encoder(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    from edgener.compress.prune.stage import PruneConfig, prune

    encoder = prune(str(tiny_encoder), PruneConfig(sparsity=0.7, when="before"), tmp_path / "pruned")
    config = TrainConfig(languages=("hau",), epochs=1, learning_rate=3e-3)
    model = finetune(str(encoder), sample_data, config, tmp_path / "model")
    found = artefact.find(model)
    assert found is not None
    names = list(found.manifest["pruned"]["tensors"])
    before = masks_of(load_network(str(encoder)).model, names)
    after = weights_of(load_classifier(str(model)).model, names)
    moved = weights_of(load_network(str(encoder)).model, names)
    assert all((after[name][~before[name]] == 0).all() for name in names)
    assert any((after[name] != moved[name]).any() for name in names), "nothing was trained"
    assert [step["stage"] for step in found.manifest["steps"]] == ["prune", "train"]
