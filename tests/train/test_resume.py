"""A run that was stopped, moved or shared by processes ends like one left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")


from edgener import artefact
from edgener.text import sample
from edgener.train import running, trainer
from edgener.train.config import TrainConfig
from edgener.train.finetune import finetune
from edgener.train.record import training_record
from edgener.train.trainer import Reporter
from tests.helpers.process import kill_when

COMMAND = [sys.executable, "-m", "edgener", "train"]


def _arguments(encoder: Path, data: Path, out: Path) -> list[str]:
    options = {"--encoder": encoder, "--data": data, "--lang": "hau", "--out": out, "--epochs": 4}
    return [str(part) for pair in options.items() for part in pair] + ["--learning-rate", "2e-3"]


def test_a_killed_run_goes_on_and_ends_like_one_left_alone(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    work = tmp_path / ".killed.work"
    command = [*COMMAND, *_arguments(tiny_encoder, sample_data, killed)]
    kill_when(command, tmp_path, f"{work.name}/*/checkpoint-*/trainer_state.json")
    assert not killed.exists()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "going on from step" in done.stderr
    assert not work.exists()
    subprocess.run([*COMMAND, *_arguments(tiny_encoder, sample_data, whole)], capture_output=True, check=True)
    histories = [json.loads(training_record(out).read_text()) for out in (killed, whole)]
    assert histories[0] == histories[1]
    weights = [artefact.sha256_file(out / "model.safetensors") for out in (killed, whole)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("step", [1, 25, 38, 39])
def test_wherever_a_run_is_stopped_it_ends_like_one_left_alone(
    step: int, tiny_encoder: Path, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints in every step; an epoch has 19. Steps 38 and 39: the last of an epoch, and the first."""
    config = TrainConfig(languages=("hau",), epochs=3, learning_rate=2e-3)
    whole = finetune(str(tiny_encoder), sample_data, config, tmp_path / "whole")

    def stop(self: Reporter, args: object, state: Any, control: object, **_: object) -> None:
        if state.global_step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "CHECKPOINT_SECONDS", (-1.0, -1.0))
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(Reporter, "on_save", stop)
        finetune(str(tiny_encoder), sample_data, config, tmp_path / "stopped")
    monkeypatch.undo()
    resumed = finetune(str(tiny_encoder), sample_data, config, tmp_path / "stopped")
    histories = [json.loads(training_record(out).read_text())["epochs"] for out in (whole, resumed)]
    for epoch in (*histories[0], *histories[1]):
        del epoch["loss"]  # a mean since it was last logged, or since the resumption
    assert histories[0] == histories[1]
    weights = [artefact.sha256_file(out / "model.safetensors") for out in (whole, resumed)]
    assert weights[0] == weights[1]


def _trained_and_killed(
    encoder: Path, data: Path, config: TrainConfig, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill comes between the last checkpoint and the model."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as writing, pytest.raises(KeyboardInterrupt):
        writing.setattr("edgener.train.finetune._write", killed)
        finetune(str(encoder), data, config, out)


def test_a_run_goes_on_where_its_folder_was_moved_to(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped behind its last checkpoint: nothing is saved any more that would say where the best one is now."""
    config = TrainConfig(languages=("hau",), epochs=2, learning_rate=2e-3)
    _trained_and_killed(tiny_encoder, sample_data, config, tmp_path / "here" / "m", monkeypatch)
    (tmp_path / "here").rename(tmp_path / "there")
    out = finetune(str(tiny_encoder), sample_data, config, tmp_path / "there" / "m")
    whole = finetune(str(tiny_encoder), sample_data, config, tmp_path / "whole")
    weights = [artefact.sha256_file(folder / "model.safetensors") for folder in (whole, out)]
    assert weights[0] == weights[1]


def test_a_run_stopped_early_and_then_killed_is_not_trained_on(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainConfig(languages=("hau",), epochs=4, learning_rate=2e-3)
    monkeypatch.setattr(trainer, "has_stopped", lambda epochs, patience: len(epochs) >= 2)
    whole = finetune(str(tiny_encoder), sample_data, config, tmp_path / "whole")
    _trained_and_killed(tiny_encoder, sample_data, config, tmp_path / "killed", monkeypatch)
    assert not (tmp_path / "killed").exists()
    again = finetune(str(tiny_encoder), sample_data, config, tmp_path / "killed")
    histories = [json.loads(training_record(out).read_text())["epochs"] for out in (whole, again)]
    assert [epoch["step"] for epoch in histories[1]] == [19, 38]
    assert histories[0] == histories[1]
    weights = [artefact.sha256_file(out / "model.safetensors") for out in (whole, again)]
    assert weights[0] == weights[1]


def test_two_processes_train_together(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [*launch, "-m", "edgener", "train", "--json", *_arguments(tiny_encoder, sample_data, out)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["model"] == str(out)  # said once, by one of the two
    assert done.stderr.count("epoch 4.0: dev F1") == 1
    steps = json.loads(training_record(out).read_text())["epochs"][-1]["step"]
    examples = len(sample.generate("hau", "train"))
    assert steps == 4 * -(-examples // 32)  # two processes of 16 sentences a step
