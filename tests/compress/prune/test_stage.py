import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from edgener import artefact
from edgener.compress.distill.stage import channels_of
from edgener.compress.objective import Distillation, Weights
from edgener.compress.prune import schedule
from edgener.compress.prune.patterns import follows
from edgener.compress.prune.schedule import cubic
from edgener.compress.prune.stage import PruneConfig, prune
from edgener.compress.recover import Licences
from edgener.errors import UserError
from edgener.train.masks import masks_of, weights_of
from edgener.train.model import Network, load_classifier
from edgener.train.record import training_record
from edgener.train.trainer import Reporter

QUICK = {"epochs": 2, "learning_rate": 2e-3, "freeze_embeddings": True}


def _pruned(folder: Path) -> dict[str, "torch.Tensor"]:
    found = artefact.find(folder)
    assert found is not None
    return masks_of(load_classifier(str(folder)).model, found.manifest["pruned"]["tensors"])


def _sparsity(masks: dict[str, "torch.Tensor"]) -> float:
    return sum(int((~mask).sum()) for mask in masks.values()) / sum(mask.numel() for mask in masks.values())


def test_the_schedule_is_cubic() -> None:
    assert [cubic(done, 0.8) for done in (-1.0, 0.0, 1.0, 2.0)] == [0.0, 0.0, 0.8, 0.8]
    assert cubic(0.5, 0.8) == pytest.approx(0.8 * (1 - 0.125))


@pytest.mark.parametrize("pattern", ["unstructured", "1x4", "2:4"])
def test_one_shot(tiny_model: Path, tmp_path: Path, pattern: str) -> None:
    out = prune(str(tiny_model), PruneConfig(sparsity=0.5, pattern=pattern), tmp_path / "p")
    masks = _pruned(out)
    assert len(masks) == 12
    assert all(follows(mask, pattern) for mask in masks.values())
    assert _sparsity(masks) == pytest.approx(0.5, abs=1e-3)
    found = artefact.find(out)
    assert found is not None
    assert found.manifest["pruned"]["pattern"] == pattern
    assert found.manifest["pruned"]["sparsity"] == pytest.approx(0.5, abs=1e-3)
    assert found.manifest["languages"] == ["hau", "swa"]
    dense = load_classifier(str(tiny_model)).model
    name, mask = next(iter(masks.items()))
    weight = weights_of(load_classifier(str(out)).model, [name])[name]
    assert torch.equal(weight, weights_of(dense, [name])[name] * mask), "what is kept is as it was"


def test_gradual_pruning_ends_at_its_sparsity_and_counts_no_denser_epoch(tiny_model: Path, tmp_path: Path) -> None:
    config = PruneConfig(sparsity=0.6, when="gradual", pattern="1x4", ramp=0.5, **{**QUICK, "epochs": 4})
    out = prune(str(tiny_model), config, tmp_path / "p")
    masks = _pruned(out)
    assert all(follows(mask, "1x4") for mask in masks.values())
    assert _sparsity(masks) == pytest.approx(0.6, abs=2e-3)
    history = artefact.read_json(training_record(out))
    assert [epoch["counts"] for epoch in history["epochs"]] == [False, True, True, True]
    assert history["best"]["epoch"] >= 2


def test_recovery_wins_back_what_pruning_lost(tiny_model: Path, tmp_path: Path) -> None:
    from edgener.evaluate.run import evaluate
    from edgener.text import corpus

    found = artefact.find(tiny_model)
    assert found is not None
    dev = corpus.load(Path(found.manifest["data"]["path"]), "dev", ["hau", "swa"])
    config = {"sparsity": 0.8, "scope": "layer"}
    at_once = prune(str(tiny_model), PruneConfig(**config), tmp_path / "at-once")
    recovered = prune(str(tiny_model), PruneConfig(**config, **{**QUICK, "epochs": 4}), tmp_path / "recovered")
    lost, won = (evaluate(load_classifier(str(one)).tagger(), dev).macro_f1 for one in (at_once, recovered))
    assert won > lost + 0.05
    before, after = _pruned(at_once), _pruned(recovered)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_permuted_model_that_was_killed_goes_on_with_its_order(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another machine the search might end elsewhere."""
    from edgener.compress.prune import permute

    config = PruneConfig(sparsity=0.5, pattern="1x4", permute=True, **QUICK)
    whole = prune(str(tiny_model), config, tmp_path / "whole")

    class Stopped(Exception):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as stopped, pytest.raises(Stopped):
        stopped.setattr("edgener.compress.prune.stage.recover", stop)
        prune(str(tiny_model), config, tmp_path / "killed")
    monkeypatch.setattr(permute, "_search", stop)
    again = prune(str(tiny_model), config, tmp_path / "killed")
    assert (again / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    found = artefact.find(again)
    assert found is not None
    assert sorted(found.manifest["permuted"]["hidden"]) == list(range(64))


def _permuted_pair(tiny_model: Path, tmp_path: Path) -> tuple[Network, Network, dict[str, "torch.Tensor"]]:
    """(a teacher, next to the same network with its channels in another order, a batch of raw text)."""
    config = PruneConfig(sparsity=0.01, pattern="1x4", permute=True)
    student = load_classifier(str(prune(str(tiny_model), config, tmp_path / "p")))
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.full_like(ids, -1)}
    return load_classifier(str(tiny_model)), student, batch


def test_a_permuted_student_is_compared_channel_by_channel_with_its_teacher(tiny_model: Path, tmp_path: Path) -> None:
    teacher, student, batch = _permuted_pair(tiny_model, tmp_path)
    weights, layers = Weights(labels=0, logits=0, hidden=1), [(0, 0), (1, 1)]
    order = channels_of(teacher, student)
    assert order is not None
    assert order != list(range(64))
    aligned = Distillation(teacher.model, weights, layers=layers, channels=order)(student.model, batch)
    mixed_up = Distillation(teacher.model, weights, layers=layers)(student.model, batch)
    assert float(aligned) < 0.05
    assert float(mixed_up) > 1
    assert channels_of(student, teacher) is not None
    assert channels_of(teacher, teacher) is None


def test_relations_of_permuted_heads_are_those_of_the_teacher(tiny_model: Path, tmp_path: Path) -> None:
    """Values are reordered within an attention head: parts of a head cannot be compared, whole ones can."""
    teacher, student, batch = _permuted_pair(tiny_model, tmp_path)
    weights = Weights(labels=0, logits=0, hidden=0, relations=1)
    order = channels_of(teacher, student)
    objective = Distillation(teacher.model, weights, layers=[(1, 1)], channels=order)
    assert objective.least == 16
    assert float(objective(student.model, batch)) < 0.01


def test_pruning_learns_relations_too(tiny_model: Path, tmp_path: Path) -> None:
    config = PruneConfig(sparsity=0.5, relation_weight=1.0, **{**QUICK, "epochs": 1})
    assert _sparsity(_pruned(prune(str(tiny_model), config, tmp_path / "p"))) == pytest.approx(0.5, abs=2e-3)


def test_zeros_of_another_pattern_are_spoken_of(
    tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = prune(str(tiny_model), PruneConfig(sparsity=0.3), tmp_path / "one")
    assert "its zeros are not" not in capfd.readouterr().err
    prune(str(first), PruneConfig(sparsity=0.5, pattern="1x4"), tmp_path / "two")
    assert "its zeros are not of pattern 1x4" in capfd.readouterr().err


def test_a_dropped_training_record_is_not_taken_for_the_new_models(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    prune(str(tiny_model), PruneConfig(sparsity=0.5, **{**QUICK, "epochs": 1}), out)
    assert training_record(out).is_file()
    prune(str(tiny_model), PruneConfig(sparsity=0.5), out, force=True)
    assert not training_record(out).exists()


def test_only_the_chosen_tensors_are_pruned(tiny_model: Path, tmp_path: Path) -> None:
    config = PruneConfig(sparsity=0.5, tensors=("*.intermediate.dense.*", "*.layer.1.output.dense.*"))
    masks = _pruned(prune(str(tiny_model), config, tmp_path / "p"))
    assert list(masks) == [
        "encoder.layer.0.intermediate.dense.weight",
        "encoder.layer.1.intermediate.dense.weight",
        "encoder.layer.1.output.dense.weight",
    ]


def test_pruning_twice_keeps_the_first_zeros(tiny_model: Path, tmp_path: Path) -> None:
    first = prune(str(tiny_model), PruneConfig(sparsity=0.4), tmp_path / "one")
    second = prune(str(first), PruneConfig(sparsity=0.6, when="gradual", **QUICK), tmp_path / "two")
    before, after = _pruned(first), _pruned(second)
    assert not any((after[name] & ~before[name]).any() for name in before)
    assert _sparsity(after) == pytest.approx(0.6, abs=2e-3)


def test_a_stopped_run_goes_on_and_ends_in_the_same_weights(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = PruneConfig(sparsity=0.6, when="gradual", **{**QUICK, "epochs": 3})
    whole = prune(str(tiny_model), config, tmp_path / "whole")

    class Stopped(Exception):
        pass

    end = Reporter.on_save

    def stop(self: Reporter, args: object, state: object, control: object, **rest: object) -> None:
        end(self, args, state, control, **rest)
        raise Stopped

    monkeypatch.setattr(Reporter, "on_save", stop)
    with pytest.raises(Stopped):
        prune(str(tiny_model), config, tmp_path / "stopped")
    monkeypatch.undo()
    assert not (tmp_path / "stopped").exists()
    again = prune(str(tiny_model), config, tmp_path / "stopped")
    assert (again / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_masks_are_chosen_at_most_a_hundred_times(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    from types import SimpleNamespace

    model = load_classifier(str(tiny_model)).model
    names = ["encoder.layer.0.output.dense.weight"]
    asked: list[float] = []

    def choose(weights: dict[str, "torch.Tensor"], sparsity: float) -> dict[str, "torch.Tensor"]:
        asked.append(sparsity)
        return {name: torch.ones_like(one, dtype=torch.bool) for name, one in weights.items()}

    gradual = schedule.GradualPruning(model, names, choose, 0.5, 0.5)
    for steps in (2000, 398):
        asked.clear()
        for step in range(1, steps + 1):
            gradual.on_step_end(None, SimpleNamespace(global_step=step, max_steps=steps), None)
        assert len(asked) <= schedule.UPDATES
        assert asked == sorted(asked)
        assert asked[-1] == 0.5


def test_mistakes(tiny_model: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    for message, model, config in (
        ("--sparsity 1: expected", tiny_model, PruneConfig(sparsity=1.0)),
        ("--when now: expected before, after, gradual", tiny_model, PruneConfig(when="now")),
        ("--pattern 3:4: expected", tiny_model, PruneConfig(pattern="3:4")),
        ("--scope all: expected", tiny_model, PruneConfig(scope="all")),
        ("leave it at 0.5", tiny_model, PruneConfig(sparsity=0.6, pattern="2:4")),
        ("--epochs 0: expected 1", tiny_model, PruneConfig(when="gradual")),
        ("already fine-tuned", tiny_model, PruneConfig(when="before")),
        ("no classifier", tiny_encoder, PruneConfig()),
        ("no such linear", tiny_model, PruneConfig(tensors=("nothing*",))),
        ("at least|expected 1 or more", tiny_model, PruneConfig(when="gradual", epochs=0)),
        ("does the training", tiny_encoder, PruneConfig(when="before", epochs=1)),
    ):
        with pytest.raises(UserError, match=message):
            prune(str(model), config, out)
    assert not out.exists()
    with pytest.raises(UserError, match="nothing is trained"):
        prune(str(tiny_model), PruneConfig(), out, raw_text=tmp_path)
    with pytest.raises(UserError, match="none of the model's languages"):
        other = tmp_path / "data" / "yor"
        other.mkdir(parents=True)
        for split in ("train", "dev"):
            (other / f"{split}.txt").write_text("Ada B-PER\nje O\n", encoding="utf-8")
        prune(str(tiny_model), PruneConfig(epochs=1), out, data=tmp_path / "data")


def test_licences_of_labelled_and_raw_text_are_kept_apart(tiny_model: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for language in ("hau", "swa"):
        (texts / f"{language}.txt").write_text("Musa ya tafi Kano .\n" * 5, encoding="utf-8")
    config = PruneConfig(sparsity=0.5, **{**QUICK, "epochs": 1})
    out = prune(str(tiny_model), config, tmp_path / "p", raw_text=texts, licences=Licences(None, "CC-BY-SA-4.0"))
    found = artefact.find(out)
    assert found is not None
    assert found.manifest["licences"] == ["not stated", "CC-BY-SA-4.0"]
    assert found.manifest["data"]["licence"] == "not stated"


def test_a_model_whose_data_is_gone_wants_another(tiny_model: Path, sample_data: Path, tmp_path: Path) -> None:
    import json

    model = Path(shutil.copytree(tiny_model, tmp_path / "m"))
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["data"]["path"] = str(tmp_path / "gone")
    (model / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="give --data"):
        prune(str(model), PruneConfig(sparsity=0.5, **QUICK), tmp_path / "p")
    config = PruneConfig(sparsity=0.5, languages=("hau",), **{**QUICK, "epochs": 1})
    assert prune(str(model), config, tmp_path / "p", data=sample_data).is_dir()
