"""What every training loop shares: the arguments of Hugging Face's Trainer, going on where a run was, and progress."""

import atexit
import json
import os
import shutil
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from edgener.console import say
from edgener.errors import UserError
from edgener.train.work import started_processes

CHECKPOINT_SECONDS = (60.0, 300.0)  # until the first one of a run, and between all others
STATE = "trainer_state.json"
SHOWN_SECONDS = 10.0
# A share of all steps: warmup_ratio of transformers 4 is warmup_steps below 1 in transformers 5.
_WARMUP = "warmup_ratio" if "warmup_ratio" in TrainingArguments.__dataclass_fields__ else "warmup_steps"


def arguments_of(config: Any, learning_rate: float, work: Path, **others: Any) -> TrainingArguments:
    """Also makes several processes know each other. UserError when they do not find each other.

    config: has batch_size, warmup, weight_decay, precision and seed.
    """
    arguments = TrainingArguments(
        output_dir=str(work),
        per_device_train_batch_size=config.batch_size,
        learning_rate=learning_rate,
        **{_WARMUP: config.warmup},
        weight_decay=config.weight_decay,
        seed=config.seed,
        data_seed=config.seed,
        save_total_limit=1,  # and the best one, when that is another
        logging_steps=10,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        bf16=config.precision == "bf16",
        # Told so, accelerate joins several processes on CPUs; otherwise each would train for itself.
        use_cpu=not torch.accelerator.is_available(),
        # Frozen embeddings have no gradient to wait for, and every other weight is used in every step.
        ddp_find_unused_parameters=False,
        **others,
    )
    if arguments.world_size != started_processes():
        raise UserError(
            f"{started_processes()} processes were started, {arguments.world_size} found each other; see torchrun"
        )
    if arguments.world_size > 1:
        # Left to the interpreter's end, the group's threads may outlive what they use, and abort the process.
        atexit.register(_leave_group)
    # One process takes one device: nn.DataParallel would multiply the batch without a word. torchrun is for several.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _leave_group() -> None:
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def newest_checkpoint(work: Path) -> Path | None:
    """The newest checkpoint that was written to its end; half-written ones are removed."""
    found = sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    for path in reversed(found):
        # The trainer's state is the last file of a checkpoint.
        try:
            read_state(path)
            return path
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
    return None


def read_state(checkpoint: Path) -> dict[str, Any]:
    """What the trainer knew when it wrote the checkpoint. OSError or ValueError for one that is not whole."""
    state: dict[str, Any] = json.loads((checkpoint / STATE).read_bytes())
    return state


class ResumableTrainer(Trainer):  # type: ignore[misc]
    """Trainer whose run may go on elsewhere than it began."""

    def run(self, callbacks: Sequence[TrainerCallback]) -> None:
        """Train, on from the newest whole checkpoint in the output directory."""
        resume = newest_checkpoint(Path(self.args.output_dir))
        if resume is not None:
            say(f"going on from step {resume.name.rpartition('-')[2]}")
        self.remove_callback(PrinterCallback)  # it prints dictionaries on stdout
        for callback in callbacks:
            self.add_callback(callback)
        with warnings.catch_warnings():
            # Checkpoints carry their step in their name; how old their files are does not matter.
            warnings.filterwarnings("ignore", message="mtime may not be reliable")
            self.train(resume_from_checkpoint=str(resume) if resume else None)
        self.accelerator.wait_for_everyone()  # the first process to go on removes the checkpoints that all load

    def _load_best_model(self) -> None:
        # The state says where the folder was when the checkpoint was written; it may have been moved since.
        best = os.path.basename(self.state.best_model_checkpoint)
        self.state.best_model_checkpoint = os.path.join(self.args.output_dir, best)
        super()._load_best_model()


class Pace(TrainerCallback):  # type: ignore[misc]
    """Progress on stderr, and the time since the last checkpoint."""

    what = "training"

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved = self.shown = self.began = time.monotonic()
        self.pause = CHECKPOINT_SECONDS[0]
        self.first_step = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        now = time.monotonic()
        if not state.is_world_process_zero or now - self.shown <= SHOWN_SECONDS:
            return
        self.shown = now
        pace = (now - self.began) / max(1, state.global_step - self.first_step)
        loss = newest_loss(state)
        shown = f", loss {loss:.3f}" if loss is not None else ""
        left = pace * (state.max_steps - state.global_step)
        say(f"{self.what}: step {state.global_step}/{state.max_steps}{shown}, {pace:.2f} s a step, {left:.0f} s left")

    def is_due(self) -> bool:
        """Is it time for a checkpoint?"""
        return time.monotonic() - self.saved > self.pause

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved, self.pause = time.monotonic(), CHECKPOINT_SECONDS[1]


def newest_loss(state: Any) -> float | None:
    """The training loss that was logged last."""
    return next((entry["loss"] for entry in reversed(state.log_history) if "loss" in entry), None)
