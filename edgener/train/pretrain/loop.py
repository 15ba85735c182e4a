"""The training loop: Hugging Face's Trainer over packed sequences, with the held-out loss of every language."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset, Sampler, SequentialSampler
from transformers import PreTrainedModel, TrainerCallback, TrainingArguments

from edgener.console import say
from edgener.errors import UserError
from edgener.train import running
from edgener.train.pretrain.language_model import Batch, mean_loss
from edgener.train.pretrain.presets import StepsConfig
from edgener.train.pretrain.sequences import Masker
from edgener.train.trainer import Objective

MEASUREMENTS = 10  # of the held-out loss, over the steps of a run
CHECKPOINT_STEPS = 500  # of several processes
Judge = Callable[[PreTrainedModel, Batch], float]
"""(model, held-out batch of one language) -> its loss."""

_PREPARING_SECONDS = 24 * 3600  # how long the other processes wait for the one that encodes the text


def arguments_of(config: StepsConfig, learning_rate: float, work: Path) -> TrainingArguments:
    """For a run of so many steps; see edgener.train.running."""
    return running.arguments_of(
        config,
        learning_rate,
        work,
        max_steps=max(1, config.steps),
        adam_beta2=0.98,  # with epsilon 1e-6 as in RoBERTa (Liu et al. 2019)
        adam_epsilon=1e-6,
        eval_strategy="no",  # Reporter asks for both
        save_strategy="no",
        ddp_timeout=_PREPARING_SECONDS,
    )


def masked_lm_judge(model: PreTrainedModel, batch: Batch) -> float:
    """Nats a masked piece; its exponential is the perplexity. Comparable between models of one tokenizer only."""
    loss: float = mean_loss(model, batch)
    return loss


def fit(
    model: PreTrainedModel,
    sequences: Dataset,
    masker: Masker,
    held_out: Mapping[str, Batch],
    arguments: TrainingArguments,
    *,
    objective: Objective | None = None,
    judge: Judge = masked_lm_judge,
    callbacks: Sequence[TrainerCallback] = (),
) -> list[dict[str, Any]]:
    """Train in place for `arguments.max_steps`, on from the newest whole checkpoint in the output directory.

    objective: the loss of a batch; None takes the model's own. judge: what is measured on the held-out lines. Returns
    the held-out losses along the way, the last entry being that of the finished model.
    """
    trainer = PretrainTrainer(model, sequences, masker, held_out, arguments)
    trainer.objective, trainer.judge = objective, judge
    trainer.run([*callbacks, Reporter()])
    return [entry["held_out"] for entry in trainer.state.log_history if "held_out" in entry]


def measure(
    model: PreTrainedModel, held_out: Mapping[str, Batch], step: int, judge: Judge = masked_lm_judge
) -> dict[str, Any]:
    """The judge's loss in every language."""
    losses = {name: judge(model, batch) for name, batch in held_out.items()}
    if not all(math.isfinite(loss) for loss in losses.values()):
        raise UserError(f"the loss is not a finite number at step {step}; try a lower --learning-rate")
    return {
        "step": step,
        "mean_loss": sum(losses.values()) / len(losses),
        "loss": losses,
    }


def loss_line(measured: Mapping[str, Any]) -> str:
    each = " ".join(f"{name} {loss:.3f}" for name, loss in measured["loss"].items())
    return f"held-out loss {each}, mean {measured['mean_loss']:.3f}"


class PretrainTrainer(running.ResumableTrainer):
    """Trainer that takes the draws in their order and measures the held-out lines."""

    def __init__(
        self,
        model: PreTrainedModel,
        sequences: Dataset,
        masker: Masker,
        held_out: Mapping[str, Batch],
        arguments: TrainingArguments,
    ) -> None:
        self.held_out = held_out
        self.objective: Objective | None = None
        self.judge: Judge = masked_lm_judge
        super().__init__(model=model, args=arguments, train_dataset=sequences, data_collator=masker)

    def _get_train_sampler(self, *_: Any) -> Sampler:
        return SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **rest: Any) -> Any:
        if self.objective is None:
            return super().compute_loss(model, inputs, return_outputs, **rest)
        return self.objective(model, inputs)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Every process computes the same."""
        measured = measure(self.model, self.held_out, self.state.global_step, self.judge)
        self.log({"eval_loss": measured["mean_loss"], "held_out": measured})  # type: ignore[dict-item]
        if self.state.is_world_process_zero:
            say(f"step {measured['step']}: {loss_line(measured)}")
        metrics = {"eval_loss": measured["mean_loss"]}
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Reporter(running.Pace):
    """Progress; when to measure, and when to save."""

    what = "pretraining"

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        step = state.global_step
        if step % max(1, state.max_steps // MEASUREMENTS) == 0 or step == state.max_steps:
            control.should_evaluate = True
        # Several processes must save in the same step, and their clocks differ.
        if self.is_due() if args.world_size == 1 else step % CHECKPOINT_STEPS == 0:
            control.should_save = True
        super().on_step_end(args, state, control, **rest)
