"""What a pretraining run leaves, how it goes on, and wrong uses."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import XLMRobertaForMaskedLM

from edgener import artefact
from edgener.errors import UserError
from edgener.text import raw
from edgener.train import running
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.network import load_network
from edgener.train.pretrain import loop, tokens
from edgener.train.pretrain.language_model import (
    Maskable,
    generator_for,
    mask_pieces,
    mean_loss,
)
from edgener.train.pretrain.packing import held_out_ids
from edgener.train.pretrain.presets import PretrainConfig
from edgener.train.pretrain.stage import pretrain
from edgener.train.record import training_record
from tests.helpers.pretraining import CONFIG
from tests.helpers.process import environment, kill_when


def _changed(**changes: Any) -> PretrainConfig:
    return PretrainConfig(**{**vars(CONFIG), **changes})


def _record(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(training_record(out).read_text())
    return document


# What comes out


def test_the_held_out_loss_of_every_language_falls(encoder: Path) -> None:
    steps = _record(encoder)["steps"]
    assert [entry["step"] for entry in steps] == [0, *range(6, 61, 6)]
    first, last = steps[0], steps[-1]
    assert first["mean_loss"] == pytest.approx(math.log(400), abs=0.5)  # knows nothing
    for name in ("hau", "swa"):
        assert last["loss"][name] < first["loss"][name] - 1


def test_the_output_loads_with_its_head_and_says_what_it_was_made_from(encoder: Path, text: Path) -> None:
    network = load_network(str(encoder))
    assert type(network.model) is XLMRobertaForMaskedLM
    assert network.labels == ()
    assert network.tokenizer.model_max_length == network.spec.max_length == 32
    found = artefact.find(encoder)
    assert found is not None
    assert found.kind == "encoder"
    assert artefact.check_files(encoder, found.manifest["files"]) == []
    assert found.manifest["languages"] == ["hau", "swa"]
    assert found.manifest["licences"] == ["CC0-1.0"]
    assert found.manifest["data"]["digest"] == raw.digest(text, ["hau", "swa"])
    assert found.manifest["data"]["lines"] == {"hau": 300, "swa": 100}
    assert [step["stage"] for step in found.manifest["steps"]] == ["pretrain"]
    assert not (encoder.parent / f".{encoder.name}.work").exists()
    # The head came back too: it guesses as well as the record says.
    assert _loss_on(text, encoder) < 0.8 * math.log(400)


def _loss_on(text: Path, model: Path) -> float:
    network = load_network(str(model))
    ids, mask = held_out_ids(sorted(tokens.survey(text / "hau.txt").held_out), network.backend, network.spec)
    pieces = Maskable.of(network.tokenizer, network.backend.get_vocab_size())
    inputs, labels = mask_pieces(ids.repeat(8, 1), generator_for(7), pieces)
    return mean_loss(network.model, {"input_ids": inputs, "attention_mask": mask.repeat(8, 1), "labels": labels})


def test_it_can_be_fine_tuned(encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    model = finetune(str(encoder), sample_data, TrainConfig(languages=("hau",), epochs=1), tmp_path / "model")
    found = artefact.find(model)
    assert found is not None
    assert found.manifest["licences"][0] == "CC0-1.0"
    assert [step["stage"] for step in found.manifest["steps"]] == ["pretrain", "train"]


def test_no_steps_with_the_same_tokenizer_give_the_weights_that_training_began_with(
    encoder: Path, text: Path, tmp_path: Path
) -> None:
    config = _changed(steps=0, vocabulary=None)
    random = pretrain(text, config, tmp_path / "random", tokenizer=str(encoder))
    one, other = (load_network(str(folder)) for folder in (random, encoder))
    assert one.backend.to_str() == other.backend.to_str()
    assert one.model.config.to_diff_dict() == other.model.config.to_diff_dict()
    assert not torch.equal(*(network.model.get_input_embeddings().weight for network in (one, other)))
    history = _record(random)["steps"]
    assert history == _record(encoder)["steps"][:1]


def test_the_same_request_is_not_repeated(encoder: Path, text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = (encoder / "model.safetensors").stat().st_mtime_ns
    assert pretrain(text, CONFIG, encoder, licence="CC0-1.0") == encoder
    assert "already pretrained" in capfd.readouterr().err
    assert (encoder / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="already exists"):
        pretrain(text, _changed(seed=1), encoder)


# Going on


@pytest.mark.parametrize("step", [1, 29, 60])
def test_wherever_a_run_is_stopped_it_ends_like_one_left_alone(
    step: int, encoder: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints in every step. The tokenizer is given: the trainer of tokenizers may not give the same one again."""
    config = _changed(vocabulary=None)
    whole = pretrain(text, config, tmp_path / "whole", tokenizer=str(encoder))

    def stop(self: object, args: object, state: Any, control: object, **_: object) -> None:
        if state.global_step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "CHECKPOINT_SECONDS", (-1.0, -1.0))
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(loop.Reporter, "on_save", stop)
        pretrain(text, config, tmp_path / "stopped", tokenizer=str(encoder))
    monkeypatch.undo()
    assert not (tmp_path / "stopped").exists()
    resumed = pretrain(text, config, tmp_path / "stopped", tokenizer=str(encoder))
    assert _record(whole)["steps"] == _record(resumed)["steps"]
    weights = [artefact.sha256_file(out / "model.safetensors") for out in (whole, resumed)]
    assert weights[0] == weights[1]


def test_a_killed_command_goes_on_with_its_tokenizer_and_its_text(text: Path, tmp_path: Path) -> None:
    options = {"--raw": text, "--lang": "hau", "--vocabulary": 400, "--layers": 1, "--hidden": 16, "--heads": 2}
    options |= {"--ffn": 32, "--length": 32, "--steps": 20, "--batch-size": 4, "--out": tmp_path / "m"}
    command = [str(part) for pair in options.items() for part in pair]
    command = [sys.executable, "-m", "edgener", "pretrain", *command, "--json"]
    kill_when(command, tmp_path, ".m.work/*/sequences/hau.json")
    (kept,) = tmp_path.glob(".m.work/*/tokenizer.json")
    before = kept.read_bytes()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    assert "training a tokenizer" not in done.stderr
    assert json.loads(done.stdout)["training"]["steps"][-1]["step"] == 20
    assert load_network(str(tmp_path / "m")).tokenizer.backend_tokenizer.get_vocab() == _vocabulary(before)


def _vocabulary(tokenizer_json: bytes) -> dict[str, int]:
    from tokenizers import Tokenizer

    vocabulary: dict[str, int] = Tokenizer.from_str(tokenizer_json.decode()).get_vocab()
    return vocabulary


def test_two_processes_pretrain_together(text: Path, encoder: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    options = {"--raw": text, "--lang": "hau", "--tokenizer": encoder, "--layers": 1, "--hidden": 16, "--heads": 2}
    options |= {"--ffn": 32, "--length": 32, "--steps": 6, "--batch-size": 4, "--out": out}
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [*launch, "-m", "edgener", "pretrain", "--json", *(str(part) for pair in options.items() for part in pair)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["model"] == str(out)  # said once, by one of the two
    assert done.stderr.count("step 6: held-out loss") == 1


# Mistakes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "tiny"}, "--preset tiny: expected mini, small, base, large"),
        ({"length": 8}, "--length 8: expected 16 pieces or more"),
        ({"hidden": 30, "heads": 4}, "--hidden 30: 4 heads cannot share it"),
        ({"layers": 0}, "--layers 0"),
        ({"vocabulary": 50}, "--vocabulary 50"),
        ({"steps": -1}, "--steps -1: expected 0 or more"),
        ({"mask_rate": 1.0}, "--mask-rate 1.0"),
        ({"temperature": 0.5}, "--temperature 0.5"),
        ({"learning_rate": 7.0}, "--learning-rate 7"),
        ({"precision": "fp8"}, "--precision fp8"),
        ({"seed": -1}, "--seed -1"),
        ({"languages": ("xyz",)}, "no text in 'xyz' here"),
        ({"length": 20_000}, "choose a shorter --length"),
    ],
)
def test_wrong_settings_are_one_clear_line(changes: dict[str, Any], message: str, text: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        pretrain(text, _changed(**changes), tmp_path / "out")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no text in this file"),
        ("\n \u200b\n", "no text in this file"),
        ("Kano\n", "too little text to train a tokenizer"),
        ("Kano\n" * 500, "too little text to train a tokenizer"),
        ("Kano\nLagos\n", "less than one sequence"),
        ("漢字 . \n x\n", "less than one sequence"),
    ],
)
def test_too_little_text_is_one_clear_line(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "hau.txt").write_text(content)
    with pytest.raises(UserError, match=message):
        pretrain(tmp_path / "hau.txt", _changed(languages=()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tokenizer_and_a_vocabulary_are_too_much(encoder: Path, text: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave one out"):
        pretrain(text, CONFIG, tmp_path / "out", tokenizer=str(encoder))


def test_weights_that_left_the_numbers_are_refused(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "mean_loss", lambda *_: math.nan)
    with pytest.raises(UserError, match="try a lower --learning-rate"):
        pretrain(text, CONFIG, tmp_path / "out")
