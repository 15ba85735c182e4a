import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from safetensors.torch import load_file, save_file

from edgener import artefact
from edgener.errors import UserError
from edgener.train.anatomy import layers_of, linears_of, multiply_adds
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.masks import apply_masks, masks_of, renumbered, weights_of
from edgener.train.model import load_classifier
from edgener.train.network import load_network
from tests.helpers.commands import refused
from tests.helpers.process import environment


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


def test_a_manifest_of_another_model_is_one_line(tiny_model: Path) -> None:
    model = load_classifier(str(tiny_model)).model
    with pytest.raises(UserError, match=r"manifest\.json: pruned\.tensors is not of this model \(.*nosuch.*\)"):
        masks_of(model, ["encoder.layer.0.nosuch.weight"])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_ruined_model_is_refused_before_it_ruins_others(
    tiny_model: Path, tmp_path: Path, number: float, capfd: pytest.CaptureFixture[str]
) -> None:
    ruined = Path(shutil.copytree(tiny_model, tmp_path / "ruined", ignore=shutil.ignore_patterns("manifest.json")))
    weights = load_file(ruined / "model.safetensors")
    name = next(one for one in weights if "layer.1" in one)
    weights[name].view(-1)[3] = number
    save_file(weights, ruined / "model.safetensors", {"format": "pt"})
    for command in (["structure", ruined, "--ffn", "0.5"], ["prune", ruined], ["export", ruined, "--no-gate"]):
        line = refused(capfd, 2, *command, "--out", tmp_path / "out")
        assert f"{name} has numbers that are not finite" in line
    assert not (tmp_path / "out").exists()


def test_a_file_larger_than_is_allowed_is_one_line(tiny_model: Path, tmp_path: Path) -> None:
    command = f"ulimit -f 60; {sys.executable} -m edgener prune {tiny_model} --out {tmp_path / 'out'}"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "a file would be larger than is allowed here" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
