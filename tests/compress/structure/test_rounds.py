import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from edgener.compress.structure import rounds
from edgener.compress.structure.config import StructureConfig
from edgener.compress.structure.stage import structure
from edgener.train import running
from edgener.train.anatomy import layers_of, linears_of
from edgener.train.masks import masks_of, weights_of
from edgener.train.model import load_classifier
from edgener.train.network import step_of, write_network
from edgener.train.record import training_record
from edgener.train.trainer import Reporter
from tests.helpers.commands import Capture
from tests.helpers.stage import manifest_of


def _pruned_in_blocks(model: Path, out: Path) -> Path:
    """Half of the blocks of four inputs are zero, and the manifest says so."""
    network = load_classifier(str(model))
    names = [name for name, _ in linears_of(network.model)]
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in weights_of(network.model, names).values():
            kept = torch.rand(weight.shape[0], weight.shape[1] // 4, generator=random) < 0.5
            weight.mul_(kept.repeat_interleave(4, 1))
    pruned = {"pattern": "1x4", "sparsity": 0.5, "tensors": dict.fromkeys(names, 0.5)}
    write_network(network, out, "a" * 64, step_of("prune", {}, {}), {"pruned": pruned})
    return out


def test_zeros_stay_zero_and_are_described_anew(
    tiny_model: Path, tmp_path: Path, capfd: Capture, config: StructureConfig
) -> None:
    sparse = _pruned_in_blocks(tiny_model, tmp_path / "sparse")
    cut = structure(str(sparse), config, tmp_path / "cut")
    pruned = manifest_of(cut)["pruned"]
    assert {name.split(".")[2] for name in pruned["tensors"]} == {"0"}
    assert len(pruned["tensors"]) == 6
    assert pruned["pattern"] == "unstructured"
    assert "zeros do not follow the pattern 1x4" in capfd.readouterr().err
    masks = masks_of(load_classifier(str(cut)).model, pruned["tensors"])
    for name, mask in masks.items():
        assert 1 - float(mask.float().mean()) == pytest.approx(pruned["tensors"][name], abs=1e-5)
        assert pruned["tensors"][name] == pytest.approx(0.5, abs=0.1)
    # What is cut are rows here: blocks of inputs are whole.
    origin = manifest_of(cut)["geometry"]["from_layers"][0]
    up = masks["encoder.layer.0.intermediate.dense.weight"]
    old = masks_of(load_classifier(str(sparse)).model, [f"encoder.layer.{origin}.intermediate.dense.weight"]).popitem()[
        1
    ]
    rows = {tuple(row) for row in old.tolist()}
    assert all(tuple(row) in rows for row in up.tolist())


def test_blocks_of_four_survive_where_only_layers_go(tiny_model: Path, tmp_path: Path, config: StructureConfig) -> None:
    sparse = _pruned_in_blocks(tiny_model, tmp_path / "sparse")
    config = replace(config, epochs=0, heads=None, ffn=None)
    assert manifest_of(structure(str(sparse), config, tmp_path / "cut"))["pruned"]["pattern"] == "1x4"


def test_each_layer_learns_from_the_one_it_was(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: StructureConfig
) -> None:
    seen = []

    def recover(student: Any, teacher: Any, *_: Any, layers: Any, **__: Any) -> dict[str, Any]:
        seen.append((layers, teacher.config.num_hidden_layers, student.model.config.num_hidden_layers))
        return {"epochs": [], "best": {"f1": {"hau": 0.0}, "mean_f1": 0.0}}

    monkeypatch.setattr(rounds, "recover", recover)
    _make_layer_useless(tiny_model, 0, tmp_path / "model")
    structure(str(tmp_path / "model"), config, tmp_path / "cut")
    # sqrt(2) layers are one: the first round removes the layer already.
    assert seen == [([(0, 1)], 2, 1), ([(0, 1)], 2, 1)]


@torch.no_grad()
def _make_layer_useless(model: Path, place: int, out: Path) -> None:
    network = load_classifier(str(model))
    layer = layers_of(network.model)[place]
    for linear in (layer.project, layer.down):
        linear.weight.zero_()
        linear.bias.zero_()
    for norm in (layer.attention_norm, layer.norm):
        norm.weight.fill_(1.0)
        norm.bias.zero_()
    write_network(network, out, "b" * 64, step_of("test", {}, {}))


@pytest.mark.parametrize("step", [0, 20])
def test_a_run_killed_in_its_second_round_ends_like_one_left_alone(
    step: int,
    smaller: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Capture,
    config: StructureConfig,
) -> None:
    """Step 0: while its cut is chosen. Step 20: in its second epoch, with a checkpoint of it."""
    out = tmp_path / "killed"
    if step == 0:
        choose = rounds.choose

        def stop(*arguments: Any) -> Any:
            if list(tmp_path.glob(".killed.work/*/round-1")):
                raise KeyboardInterrupt
            return choose(*arguments)

        monkeypatch.setattr(rounds, "choose", stop)
    else:

        def stop(self: Reporter, args: Any, state: Any, control: object, **_: object) -> None:
            if state.global_step == step and ".round-2.work" in args.output_dir:
                raise KeyboardInterrupt

        monkeypatch.setattr(running, "CHECKPOINT_SECONDS", (-1.0, -1.0))
        monkeypatch.setattr(Reporter, "on_save", stop)
    with pytest.raises(KeyboardInterrupt):
        structure(str(tiny_model), config, out)
    monkeypatch.undo()
    assert not out.exists()
    if step:  # the cut was written down: other threads or another machine must not choose another one
        monkeypatch.setattr(rounds, "importance", lambda *_, **__: pytest.fail("scored again"))
    capfd.readouterr()
    structure(str(tiny_model), config, out)
    err = capfd.readouterr().err
    assert "round 1 of 2: done before" in err
    assert ("going on from step 20" in err) == bool(step)
    for name in ("model.safetensors", "config.json"):
        assert (out / name).read_bytes() == (smaller / name).read_bytes()
    records = [json.loads(training_record(path).read_text()) for path in (out, smaller)]
    for epoch in (epoch for record in records for epoch in (*record["rounds"][1]["epochs"], record["best"])):
        epoch.pop("loss")  # a mean since it was last logged, or since the resumption
    assert records[0]["rounds"][0] == records[1]["rounds"][0]
    assert records[0]["rounds"][1]["epochs"] == records[1]["rounds"][1]["epochs"]
    assert not (tmp_path / ".killed.work").exists()


def test_a_damaged_round_is_done_again(smaller: Path, tiny_model: Path, tmp_path: Path) -> None:
    place = tmp_path / "round-1"
    asked = "c" * 64
    write_network(load_classifier(str(tiny_model)), place, asked, step_of("test", {}, {}))
    assert rounds._is_finished(place, asked)
    assert not rounds._is_finished(place, "d" * 64)
    (place / "model.safetensors").write_bytes(b"half")
    assert not rounds._is_finished(place, asked)
