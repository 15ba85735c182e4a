import json
import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from edgener import artefact
from edgener.errors import UserError
from edgener.evaluate.run import evaluate
from edgener.text import corpus
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.model import load_classifier, load_tagger
from edgener.train.record import training_record
from edgener.train.source import locate
from edgener.train.trainer import tagging_loss


def test_a_tiny_encoder_learns_the_sample(tiny_model: Path, sample_data: Path) -> None:
    result = evaluate(load_tagger(tiny_model), corpus.load(sample_data, "test", ["hau", "swa"]))
    assert all(score.overall.f1 > 0.3 for score in result.languages.values())


def test_the_manifest_says_what_the_model_was_made_from(tiny_model: Path, sample_data: Path) -> None:
    found = artefact.find(tiny_model)
    assert found is not None
    assert artefact.check_files(tiny_model, found.manifest["files"]) == []
    assert found.manifest["languages"] == ["hau", "swa"]
    assert found.manifest["data"]["digest"] == corpus.digest(sample_data, ["hau", "swa"])
    assert not (tiny_model / "pytorch_model.bin").exists()
    history = json.loads(training_record(tiny_model).read_text())
    assert set(history["best"]["f1"]) == {"hau", "swa"}
    assert history["best"]["mean_f1"] == max(epoch["mean_f1"] for epoch in history["epochs"])


def test_the_same_request_is_not_repeated(tiny_model: Path, tiny_encoder: Path, sample_data: Path) -> None:
    before = (tiny_model / "model.safetensors").stat().st_mtime_ns
    config = TrainConfig(languages=("hau", "swa"), epochs=12, patience=12, learning_rate=3e-3)
    assert finetune(str(tiny_encoder), sample_data, config, tiny_model) == tiny_model
    assert (tiny_model / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="already exists"):
        finetune(str(tiny_encoder), sample_data, TrainConfig(languages=("hau",), epochs=1), tiny_model)


def test_frozen_embeddings_stay_as_they_were(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    config = TrainConfig(languages=("hau",), epochs=1, learning_rate=1e-3, freeze_embeddings=True)
    model = finetune(str(tiny_encoder), sample_data, config, tmp_path / "frozen")
    from transformers import AutoModel

    before = AutoModel.from_pretrained(tiny_encoder).get_input_embeddings().weight
    after = load_classifier(str(model)).model.get_input_embeddings().weight
    assert (before == after).all()


def test_a_batch_without_a_first_piece_teaches_nothing(tiny_model: Path) -> None:
    """The inside of a word that is longer than the window, alone in a batch."""
    model = load_classifier(str(tiny_model)).model
    ids = torch.tensor([[0, 5, 6, 2]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.full_like(ids, -100)}
    loss = tagging_loss(model, batch)
    loss.backward()
    assert float(loss) == 0.0
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)
    batch["labels"][0, 1] = 2
    assert float(tagging_loss(model, batch)) == pytest.approx(float(model(**batch).loss))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "--epochs 0"),
        ({"learning_rate": 3.0}, "--learning-rate 3.0"),
        ({"seed": -1}, "--seed -1: expected 0 to 4294967295"),
        ({"max_length": 100_000}, "--max-length 100000: this encoder reads 8 to 256"),
        ({"languages": ("xyz",)}, "no language 'xyz'"),
    ],
)
def test_wrong_settings_are_one_clear_line(
    change: dict[str, object], message: str, tiny_encoder: Path, sample_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        finetune(str(tiny_encoder), sample_data, TrainConfig(**change), tmp_path / "out")  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_entity_type_that_only_dev_has_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "hau"
    folder.mkdir(parents=True)
    (folder / "train.txt").write_text("Kano B-LOC\n")
    (folder / "dev.txt").write_text("Kano B-PLACE\n")
    with pytest.raises(UserError, match="PLACE"):
        finetune(str(tiny_encoder), tmp_path / "data", TrainConfig(), tmp_path / "out")


def test_two_label_sets_are_refused_and_a_smaller_one_is_said(
    tiny_encoder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = {"hau": "Ada B-PER\nKano B-LOC\n", "swa": "Juma B-PERSON\nMoshi B-LOC\n", "yor": "Èkó B-LOC\n"}
    for language, text in texts.items():
        (tmp_path / "data" / language).mkdir(parents=True)
        for split in ("train", "dev"):
            (tmp_path / "data" / language / f"{split}.txt").write_text(text)
    config = TrainConfig(languages=("hau", "swa"), epochs=1)
    with pytest.raises(UserError, match="hau alone has entity type PER, swa alone PERSON: two label sets"):
        finetune(str(tiny_encoder), tmp_path / "data", config, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    finetune(str(tiny_encoder), tmp_path / "data", TrainConfig(languages=("hau", "yor"), epochs=1), tmp_path / "out")
    assert "warning: yor has no entity of type PER in its train file" in capfd.readouterr().err


def test_weights_of_another_shape_are_refused(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    """Else the layers that do not fit would silently be random numbers."""
    for change in ({"intermediate_size": 96}, {"num_hidden_layers": 3}):
        other = tmp_path / str(change)
        shutil.copytree(tiny_encoder, other, ignore=shutil.ignore_patterns("manifest.json"))
        config = json.loads((other / "config.json").read_text())
        (other / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(
            UserError, match=r"of another shape than config\.json says, the first is roberta\.encoder\.layer"
        ):
            finetune(str(other), sample_data, TrainConfig(languages=("hau",)), tmp_path / "out")


def test_code_that_a_folder_brings_is_not_run(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_encoder, other, ignore=shutil.ignore_patterns("manifest.json"))
    config = json.loads((other / "config.json").read_text())
    code = {"auto_map": {"AutoConfig": "code.Config"}, "model_type": "surprise"}
    (other / "config.json").write_text(json.dumps(config | code))
    (other / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(UserError, match="cannot be loaded"):
        finetune(str(other), sample_data, TrainConfig(languages=("hau",)), tmp_path / "out")
    assert not (tmp_path / "ran").exists()
    assert capfd.readouterr().out == ""


def test_a_model_that_gives_no_numbers_is_not_trained_on(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(tiny_encoder, other, ignore=shutil.ignore_patterns("manifest.json"))
    weights = load_file(other / "model.safetensors")
    next(value for name, value in weights.items() if "word_embeddings" in name).fill_(3e38)
    save_file(weights, other / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="not finite numbers; train it with a lower --learning-rate"):
        finetune(str(other), sample_data, TrainConfig(languages=("hau",), epochs=1), tmp_path / "out")


def test_damaged_weights_are_one_clear_line(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in tiny_encoder.iterdir():
        if file.name != "manifest.json":
            (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.safetensors").write_bytes(b"\xff" * 1000)
    with pytest.raises(UserError, match="weights cannot be loaded") as caught:
        finetune(str(broken), sample_data, TrainConfig(languages=("hau",)), tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_pickle_with_code_is_not_run(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    folder = tmp_path / "bomb"
    folder.mkdir()
    (folder / "config.json").write_bytes((tiny_encoder / "config.json").read_bytes())
    (folder / "tokenizer.json").write_bytes((tiny_encoder / "tokenizer.json").read_bytes())
    (folder / "tokenizer_config.json").write_bytes((tiny_encoder / "tokenizer_config.json").read_bytes())
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="weights cannot be loaded"):
        finetune(str(folder), sample_data, TrainConfig(languages=("hau",)), tmp_path / "out")
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no config\.json"):
        locate(str(tmp_path))
    with pytest.raises(UserError, match="no such model folder"):
        locate(str(tmp_path / "nowhere"))


def test_afriberta_loads_as_published(sample_data: Path, tmp_path: Path) -> None:
    """XLM-R architecture, pytorch_model.bin alone, SentencePiece alone, no model_max_length."""
    from benchmarks.geometry import build

    folder = tmp_path / "afriberta"
    build(folder, layers=1, hidden=32, heads=2, ffn=64, vocabulary=2600, pieces=1200)
    assert {file.name for file in folder.iterdir()} == {
        "config.json",
        "pytorch_model.bin",
        "sentencepiece.bpe.model",
        "tokenizer_config.json",
    }
    config = TrainConfig(languages=("hau",), epochs=1, max_length=512)
    model = finetune(str(folder), sample_data, config, tmp_path / "model")
    classifier = load_classifier(str(model))
    assert classifier.spec.max_length == 512
    assert classifier.tokenizer.model_max_length == 512
    assert classifier.spec.prefix == (0,)
    assert classifier.spec.suffix == (2,)
    with pytest.raises(UserError, match="8 to 512"):
        finetune(str(folder), sample_data, TrainConfig(languages=("hau",), max_length=514), tmp_path / "other")
