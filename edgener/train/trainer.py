"""The training loop: Hugging Face's Trainer with our sampler, our dev F1, our loss and time-based checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, TrainerCallback, TrainingArguments

from edgener.console import say
from edgener.evaluate.run import evaluate
from edgener.text.corpus import Sentence
from edgener.train.config import FitConfig, f1_line
from edgener.train.features import IGNORED, BalancedSampler, Examples, collate
from edgener.train.model import Network
from edgener.train.running import Pace, ResumableTrainer, arguments_of, newest_checkpoint, newest_loss, read_state

DEV_BATCH = 16

Objective = Callable[[PreTrainedModel, Mapping[str, torch.Tensor]], torch.Tensor]
"""(model, batch of input_ids, attention_mask, labels; int64 [batch, length]) -> loss, a scalar."""


def tagging_loss(model: PreTrainedModel, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy at the first piece of each word; 0 for a batch of nothing but pieces inside a long word."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    labels = batch["labels"]
    total = nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return total / (labels != IGNORED).sum().clamp_min(1)


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
    resume = newest_checkpoint(work)
    if resume is not None:
        done = _epochs(read_state(resume)["log_history"])
        if has_stopped(done, config.patience):  # killed after its last epoch, before the model was written
            arguments.num_train_epochs = len(done)
    trainer = NerTrainer(network, data, dev, arguments, objective, counts_from)
    trainer.run([*callbacks, Reporter(config.patience)])
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
    return arguments_of(
        config,
        config.learning_rate,
        work,
        num_train_epochs=config.epochs,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model="mean_f1",
        greater_is_better=True,
    )


class NerTrainer(ResumableTrainer):
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
        counts = self.state.global_step >= self.counts_from * self.state.max_steps
        dev = {
            "counts": counts,
            "epoch": round(self.state.epoch or 0, 3),
            "step": self.state.global_step,
            "loss": newest_loss(self.state),
            "mean_f1": result.macro_f1,
            "f1": result.f1(),
        }
        metrics = {"eval_mean_f1": result.macro_f1 if counts else -1.0}
        self.log({**metrics, "dev": dev})  # type: ignore[dict-item]
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Reporter(Pace):
    """Progress, dev F1 by language after each epoch, early stopping, and a checkpoint every few minutes."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        # Several processes must save in the same step, and their clocks differ: they save at the end of epochs only.
        # So does the last step of an epoch, or a resumed run would pass over the epoch's evaluation.
        if args.world_size == 1 and not state.epoch.is_integer() and self.is_due():
            control.should_save = True
        super().on_step_end(args, state, control, **rest)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        epochs = _epochs(state.log_history)
        if has_stopped(epochs, self.patience):
            control.should_training_stop = True
        if state.is_world_process_zero:
            say(f"epoch {epochs[-1]['epoch']:.1f}: dev F1 {f1_line(epochs[-1]['f1'])}")
