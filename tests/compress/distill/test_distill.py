from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from edgener import artefact
from edgener.compress.distill.stage import DistillConfig, distill, pair_layers
from edgener.compress.distill.student import Geometry, make_student, spread
from edgener.compress.prune.stage import PruneConfig, prune
from edgener.compress.trim.stage import TrimConfig, trim_vocab
from edgener.errors import UserError
from edgener.text import raw
from edgener.train.anatomy import multiply_adds
from edgener.train.dropout import dropout_of
from edgener.train.masks import masks_of
from edgener.train.model import Network, load_classifier
from edgener.train.network import load_network, step_of, write_network
from edgener.train.record import training_record
from tests.helpers.stage import manifest_of

QUICK = {"epochs": 1, "learning_rate": 2e-3}


@pytest.fixture(scope="module")
def teacher(tiny_model: Path) -> Network:
    return load_classifier(str(tiny_model))


def _logits(network: Network) -> "torch.Tensor":
    ids = torch.tensor([[0, 5, 6, 7, 8, 2]])
    with torch.inference_mode():
        return network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


@pytest.mark.parametrize(
    ("depth", "wanted", "places"),
    [(12, 4, (2, 5, 8, 11)), (12, 6, (1, 3, 5, 7, 9, 11)), (3, 3, (0, 1, 2)), (2, 1, (1,))],
)
def test_layers_are_spread(depth: int, wanted: int, places: tuple[int, ...]) -> None:
    assert spread(depth, wanted) == places


@pytest.mark.parametrize(
    "geometry", [Geometry((1,)), Geometry(None, 32), Geometry(None, None, 64), Geometry((0,), 48, 32)], ids=str
)
def test_a_student_has_its_geometry_and_is_read_back(teacher: Network, geometry: Geometry, tmp_path: Path) -> None:
    before = _logits(teacher)
    student = make_student(teacher, geometry)
    write_network(student, tmp_path / "s", "asked", step_of("test", {}, {}))
    again = load_classifier(str(tmp_path / "s"))
    config = again.model.config
    assert config.num_hidden_layers == len(geometry.layers or (0, 1))
    assert config.hidden_size == (geometry.hidden or 64)
    assert config.intermediate_size == (geometry.ffn or 128)
    assert torch.allclose(_logits(again), _logits(student), atol=1e-6)
    assert multiply_adds(again.model, 32) < multiply_adds(teacher.model, 32)
    assert torch.equal(_logits(teacher), before), "the teacher has changed"


def test_a_student_with_all_that_matters_computes_the_same(teacher: Network) -> None:
    """Neurons that write nothing are the ones left out."""
    import copy

    from edgener.train.anatomy import layers_of

    lame = replace(teacher, model=copy.deepcopy(teacher.model))
    for layer in layers_of(lame.model):
        layer.down.weight.data[:, ::2] = 0
    student = make_student(lame, Geometry(None, None, 64))
    assert torch.allclose(_logits(student), _logits(lame), atol=1e-6)


def test_a_bare_encoder_can_be_cut_too(tiny_encoder: Path) -> None:
    student = make_student(load_network(str(tiny_encoder)), Geometry((1,), 32, 64))
    ids = torch.tensor([[0, 5, 2]])
    assert student.model(input_ids=ids).last_hidden_state.shape == (1, 3, 32)


def test_distill_with_raw_text(tiny_model: Path, sample_data: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for language in ("hau", "swa"):
        (texts / f"{language}.txt").write_text("Musa ya tafi Kano ranar Litinin .\n" * 40, encoding="utf-8")
    out = distill(str(tiny_model), DistillConfig(layers=1, raw_share=0.5, **QUICK), tmp_path / "s", raw_text=texts)
    manifest = manifest_of(out)
    assert manifest["geometry"]["layers"] == 1
    assert manifest["steps"][-1]["stage"] == "distill"
    assert manifest["steps"][-1]["inputs"]["raw"] == raw.digest(texts, ["hau", "swa"])
    assert artefact.read_json(training_record(out))["best"]["mean_f1"] > 0.2


def test_raw_text_makes_an_epoch_longer(tiny_model: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for language in ("hau", "swa"):
        (texts / f"{language}.txt").write_text("Musa ya tafi Kano .\n" * 10, encoding="utf-8")
    steps = []
    for name, source in (("without", None), ("with", texts)):
        out = distill(str(tiny_model), DistillConfig(layers=1, **QUICK), tmp_path / name, raw_text=source)
        steps.append(artefact.read_json(training_record(out))["epochs"][-1]["step"])
    assert steps[1] == pytest.approx(2 * steps[0], abs=1)


def test_a_narrow_student_learns_relations(tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = distill(str(tiny_model), DistillConfig(hidden=32, ffn=64, **QUICK), tmp_path / "s")
    assert manifest_of(out)["geometry"]["hidden"] == 32
    assert "relations are compared" in capfd.readouterr().err


def test_a_pruned_student_keeps_its_zeros(tiny_model: Path, tmp_path: Path) -> None:
    pruned = prune(str(tiny_model), PruneConfig(sparsity=0.5, pattern="1x4"), tmp_path / "p")
    out = distill(str(tiny_model), DistillConfig(**QUICK), tmp_path / "s", student=str(pruned))
    names = manifest_of(pruned)["pruned"]["tensors"]
    before = masks_of(load_classifier(str(pruned)).model, names)
    after = masks_of(load_classifier(str(out)).model, names)
    assert all(torch.equal(before[name], after[name]) for name in names)
    assert manifest_of(out)["pruned"]["pattern"] == "1x4"


def test_a_student_cut_from_a_pruned_teacher_keeps_zeros_under_their_new_names(
    tiny_model: Path, tmp_path: Path
) -> None:
    pruned = prune(str(tiny_model), PruneConfig(sparsity=0.5), tmp_path / "p")
    out = distill(str(pruned), DistillConfig(layers_from=(1,), **QUICK), tmp_path / "s")
    table = manifest_of(out)["pruned"]["tensors"]
    assert set(table) == {name for name in manifest_of(pruned)["pruned"]["tensors"] if ".0." in name}
    teacher, student = load_classifier(str(pruned)).model, load_classifier(str(out)).model
    name = "encoder.layer.0.output.dense.weight"
    zeros = masks_of(teacher, [name.replace(".0.", ".1.")])[name.replace(".0.", ".1.")]
    assert torch.equal(masks_of(student, [name])[name], zeros)


def test_zeros_that_went_with_their_layers_are_not_recorded(tiny_model: Path, tmp_path: Path) -> None:
    config = PruneConfig(sparsity=0.5, tensors=("*.layer.1.*",))
    pruned = prune(str(tiny_model), config, tmp_path / "p")
    out = distill(str(pruned), DistillConfig(layers_from=(0,), **QUICK), tmp_path / "s")
    assert "pruned" not in manifest_of(out)
    again = distill(str(out), DistillConfig(ffn=64, **QUICK), tmp_path / "t")  # reads no table of what is gone
    assert manifest_of(again)["geometry"]["ffn"] == 64


def test_raw_text_is_of_no_use_to_labels_alone(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "hau.txt").write_text("Musa ya tafi Kano .\n", encoding="utf-8")
    config = DistillConfig(layers=1, languages=("hau",), logit_weight=0.0, hidden_weight=0.0, **QUICK)
    with pytest.raises(UserError, match="only labels have a weight"):
        distill(str(tiny_model), config, tmp_path / "s", raw_text=tmp_path / "hau.txt")


def test_raw_text_need_not_be_there_in_every_language(
    tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "hau.txt").write_text("Musa ya tafi Kano .\n" * 10, encoding="utf-8")
    distill(str(tiny_model), DistillConfig(layers=1, **QUICK), tmp_path / "s", raw_text=texts)
    assert f"{texts}: no raw text in swa\n" in capfd.readouterr().err
    (texts / "hau.txt").rename(texts / "zul.txt")
    with pytest.raises(UserError, match="no text in hau or swa here; it holds zul"):
        distill(str(tiny_model), DistillConfig(layers=1, **QUICK), tmp_path / "t", raw_text=texts)
    with pytest.raises(UserError, match="--raw-share 0: no raw text would be read"):
        distill(str(tiny_model), DistillConfig(layers=1, raw_share=0), tmp_path / "t", raw_text=texts)


def test_a_student_that_lost_layers_learns_from_those_it_kept(tiny_model: Path, teacher: Network) -> None:
    """Its manifest says which; when it was cut out of another teacher, an even spread is as good a guess as any."""
    cut = make_student(teacher, Geometry((0,)))
    for teachers, layer in ((teacher.source.digest, 0), ("another", 1)):
        steps = [{"stage": "structure", "config": {}, "inputs": {"model": teachers}}]
        manifest = {**teacher.source.manifest, "steps": steps, "geometry": {"from_layers": [0]}}
        student = replace(cut, source=replace(cut.source, manifest=manifest))
        assert pair_layers(Geometry(), teacher, student) == [(0, layer)]


def test_the_manifest_says_which_layers_a_student_has(tiny_model: Path, tmp_path: Path) -> None:
    out = distill(str(tiny_model), DistillConfig(layers_from=(0,), **QUICK), tmp_path / "s")
    assert manifest_of(out)["geometry"]["from_layers"] == [0]
    pruned = prune(str(out), PruneConfig(sparsity=0.5), tmp_path / "p")
    assert pair_layers(Geometry(), load_classifier(str(tiny_model)), load_classifier(str(pruned))) == [(0, 0)]


def test_the_order_of_channels_is_lost_only_with_channels(tiny_model: Path, tmp_path: Path) -> None:
    permuted = prune(str(tiny_model), PruneConfig(sparsity=0.5, pattern="1x4", permute=True), tmp_path / "p")
    same = distill(str(permuted), DistillConfig(hidden=64, layers=1, **QUICK), tmp_path / "same")
    assert manifest_of(same)["permuted"] == manifest_of(permuted)["permuted"]
    narrow = distill(str(permuted), DistillConfig(hidden=32, **QUICK), tmp_path / "narrow")
    assert "permuted" not in manifest_of(narrow)


def test_a_student_reads_no_longer_windows_than_its_teacher(tiny_model: Path, tmp_path: Path) -> None:
    short = trim_vocab(str(tiny_model), TrimConfig(max_length=20), tmp_path / "short", raw_text=_everything(tmp_path))
    with pytest.raises(UserError, match="vocabulary is not the teacher's"):
        distill(str(short), DistillConfig(**QUICK), tmp_path / "s", student=str(tiny_model))
    shorter = trim_vocab(str(short), TrimConfig(max_length=10), tmp_path / "r", raw_text=_everything(tmp_path))
    with pytest.raises(UserError, match="windows of 20 pieces, its teacher at most 10; fine-tune it with --max-length"):
        distill(str(shorter), DistillConfig(**QUICK), tmp_path / "s", student=str(short))


def _everything(folder: Path) -> Path:
    """Raw text that two trimmings make the same vocabulary of."""
    texts = folder / "all"
    texts.mkdir(exist_ok=True)
    for language in ("hau", "swa"):
        (texts / f"{language}.txt").write_text("Musa ya tafi Kano ranar Litinin .\n" * 3, encoding="utf-8")
    return texts


def test_dropout_is_another_while_training_only(tiny_model: Path) -> None:
    model = load_classifier(str(tiny_model)).model
    modules = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    before = [module.p for module in modules]
    assert any(before)
    with dropout_of(model, 0.0):
        assert not any(module.p for module in modules)
        model.train()
        ids = torch.tensor([[0, 5, 6, 7, 2]])
        assert torch.equal(model(input_ids=ids).logits, model(input_ids=ids).logits)
    assert [module.p for module in modules] == before
    assert model.config.hidden_dropout_prob == 0.2


def test_mistakes(tiny_model: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    for message, config, student in (
        ("no student", DistillConfig(), None),
        ("--layers 3: the teacher has 2", DistillConfig(layers=3), None),
        ("layers 0 to 1, not 5", DistillConfig(layers_from=(5,)), None),
        ("rising numbers", DistillConfig(layers_from=(1, 0)), None),
        ("multiple of the head size 16", DistillConfig(hidden=30), None),
        ("128 neurons", DistillConfig(ffn=500), None),
        ("leave --layers", DistillConfig(layers=1), str(tiny_model)),
        ("--epochs 0", DistillConfig(epochs=0, layers=1), None),
        ("nothing to learn from", DistillConfig(layers=1, label_weight=0, logit_weight=0, hidden_weight=0), None),
        ("--hidden-weight -1", DistillConfig(layers=1, hidden_weight=-1.0), None),
    ):
        with pytest.raises(UserError, match=message):
            distill(str(tiny_model), config, tmp_path / "s", student=student)
    with pytest.raises(UserError, match="no classifier"):
        distill(str(tiny_model), DistillConfig(), tmp_path / "s", student=str(tiny_encoder))
    assert not (tmp_path / "s").exists()
