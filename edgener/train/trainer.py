"""The training loop: Hugging Face's Trainer with our sampler, our dev F1, our loss and time-based checkpoints."""

import json
import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from edgener.console import say
from edgener.errors import UserError
from edgener.evaluate.run import evaluate
from edgener.text.corpus import Sentence
from edgener.train.config import FitConfig, f1_line
from edgener.train.features import BalancedSampler, Examples, collate
from edgener.train.model import Network
from edgener.train.work import started_processes

CHECKPOINT_SECONDS = 300.0
STATE = "trainer_state.json"
DEV_BATCH = 16

Objective = Callable[[PreTrainedModel, Mapping[str, torch.Tensor]], torch.Tensor]
"""(model, batch of input_ids, attention_mask, labels; int64 [batch, length]) -> loss, a scalar."""


def tagging_loss(model: PreTrainedModel, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy at the first piece of each word."""
    loss: torch.Tensor = model(**batch).loss
    return loss


def fit(
    network: Network,
    data: tuple[Examples, BalancedSampler],
    dev: Mapping[str, Sequence[Sentence]],
    config: FitConfig,
    work: Path,
    *,
    objective: Objective = tagging_loss,
    callbacks: Sequence[TrainerCallback] = (),
    counts_from: float = 0.0,
) -> dict[str, Any]:
    """Train `network.model` in place, up to the epoch with the best mean dev F1.

    Goes on from the newest whole checkpoint in `work`. counts_from: the share of the run after which an epoch may be
    the best one; while a network is being pruned, an earlier epoch is another, denser network. Returns
    {"epochs": [...], "best": {...}}: dev F1 by language.
    """
    arguments = _arguments(config, work)
    if arguments.world_size != started_processes():
        raise UserError(
            f"{started_processes()} processes were started, {arguments.world_size} found each other; see torchrun"
        )
    resume = newest_checkpoint(work)
    if resume is not None:
        say(f"going on from step {resume.name.rpartition('-')[2]}")
        done = _epochs(json.loads((resume / STATE).read_bytes())["log_history"])
        if has_stopped(done, config.patience):  # killed after its last epoch, before the model was written
            arguments.num_train_epochs = len(done)
    trainer = NerTrainer(network, data, dev, arguments, objective, counts_from)
    trainer.remove_callback(PrinterCallback)  # it prints dictionaries on stdout
    for callback in (*callbacks, Reporter(trainer, config.patience)):
        trainer.add_callback(callback)
    with warnings.catch_warnings():
        # Checkpoints carry their step in their name; how old their files are does not matter.
        warnings.filterwarnings("ignore", message="mtime may not be reliable")
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    trainer.accelerator.wait_for_everyone()  # the first process to go on removes the checkpoints that all load
    epochs = _epochs(trainer.state.log_history)
    return {"epochs": epochs, "best": max(_counting(epochs), key=lambda epoch: epoch["mean_f1"])}


def _epochs(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Dev F1 of each epoch that has ended."""
    return [entry["dev"] for entry in log if "dev" in entry]


def _counting(epochs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The epochs that may be the best one."""
    return [dict(epoch) for epoch in epochs if epoch["counts"]]


def has_stopped(epochs: Sequence[Mapping[str, Any]], patience: int) -> bool:
    """Early stopping: has the mean dev F1 not risen for `patience` epochs?

    A function of the history alone, so that a resumed run stops where one left alone does.
    """
    means = [epoch["mean_f1"] for epoch in _counting(epochs)]
    return bool(means) and len(means) - 1 - means.index(max(means)) >= patience


def _arguments(config: FitConfig, work: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        warmup_ratio=config.warmup,
        weight_decay=config.weight_decay,
        seed=config.seed,
        data_seed=config.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,  # and the best one, when that is another
        load_best_model_at_end=True,
        metric_for_best_model="mean_f1",
        greater_is_better=True,
        logging_steps=10,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        # Told so, accelerate joins several processes on CPUs; otherwise each would train for itself.
        bf16=config.precision == "bf16",
        use_cpu=not torch.accelerator.is_available(),
        # Frozen embeddings have no gradient to wait for, and every other weight is used in every step.
        ddp_find_unused_parameters=False,
    )


def newest_checkpoint(work: Path) -> Path | None:
    """The newest checkpoint that was written to its end; half-written ones are removed."""
    found = sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    for path in reversed(found):
        # The trainer's state is the last file of a checkpoint.
        try:
            json.loads((path / STATE).read_bytes())
            return path
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
    return None


class NerTrainer(Trainer):
    """Trainer that draws batches with BalancedSampler and evaluates entity F1 by language."""

    def __init__(
        self,
        network: Network,
        data: tuple[Examples, BalancedSampler],
        dev: Mapping[str, Sequence[Sentence]],
        arguments: TrainingArguments,
        objective: Objective,
        counts_from: float,
    ) -> None:
        self.network, self.sampler, self.dev = network, data[1], dev
        self.objective, self.counts_from = objective, counts_from
        super().__init__(
            model=network.model,
            args=arguments,
            train_dataset=data[0],
            eval_dataset=data[0],  # evaluate() below never reads it; Trainer wants one before it calls evaluate()
            data_collator=partial(collate, pad=network.spec.pad),
        )

    def _get_train_sampler(self, *_: Any) -> BalancedSampler:
        return self.sampler

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """Never with outputs: dev is not evaluated by Trainer's own loop."""
        return self.objective(model, inputs)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Entity F1 on dev, with the decoding that the runtime uses; every process computes the same."""
        tagger = self.network.tagger(batch_size=DEV_BATCH, device=str(self.args.device))
        result = evaluate(tagger, self.dev, what="dev")
        self.model.train()
        loss = next((entry["loss"] for entry in reversed(self.state.log_history) if "loss" in entry), None)
        counts = self.state.global_step >= self.counts_from * self.state.max_steps
        dev = {
            "counts": counts,
            "epoch": round(self.state.epoch or 0, 3),
            "step": self.state.global_step,
            "loss": loss,
            "mean_f1": result.macro_f1,
            "f1": result.f1(),
        }
        metrics = {"eval_mean_f1": result.macro_f1 if counts else -1.0}
        self.log({**metrics, "dev": dev})  # type: ignore[dict-item]
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Progress on stderr, dev F1 by language after each epoch, early stopping, and a checkpoint every few minutes."""

    def __init__(self, trainer: NerTrainer, patience: int) -> None:
        self.trainer, self.patience = trainer, patience
        self.saved = self.shown = self.began = time.monotonic()
        self.first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved = self.shown = self.began = time.monotonic()
        self.first_step = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        now = time.monotonic()
        # Several processes must save in the same step, and their clocks differ: they save at the end of epochs only.
        # So does the last step of an epoch, or a resumed run would pass over the epoch's evaluation.
        if args.world_size == 1 and not state.epoch.is_integer() and now - self.saved > CHECKPOINT_SECONDS:
            control.should_save = True
        if state.is_world_process_zero and now - self.shown > 10:
            self.shown = now
            pace = (now - self.began) / max(1, state.global_step - self.first_step)
            left = pace * (state.max_steps - state.global_step)
            loss = next((entry["loss"] for entry in reversed(state.log_history) if "loss" in entry), None)
            shown = f", loss {loss:.3f}" if loss is not None else ""
            say(f"training: step {state.global_step}/{state.max_steps}{shown}, {pace:.2f} s a step, {left:.0f} s left")

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved = time.monotonic()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        epochs = _epochs(state.log_history)
        if has_stopped(epochs, self.patience):
            control.should_training_stop = True
        if state.is_world_process_zero:
            say(f"epoch {epochs[-1]['epoch']:.1f}: dev F1 {f1_line(epochs[-1]['f1'])}")
