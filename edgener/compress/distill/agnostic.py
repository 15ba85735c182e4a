"""The distill stage, task-agnostic: a smaller encoder learns from an encoder on raw text, to be fine-tuned later.

Hidden states and relations of queries, keys and values (Wang et al. 2021, MiniLMv2) say how the teacher reads. When it
has a masked-LM head, pieces are masked and the student also learns its guesses and the pieces themselves (Sanh et al.
2019, DistilBERT); encoders are mostly published without one.
"""

import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, set_seed

from edgener import artefact
from edgener.compress.distill.stage import (
    STAGE,
    check_smaller,
    chosen_geometry,
    fitting,
    have_one_width,
    pair_layers,
    pruned_in,
)
from edgener.compress.distill.student import Geometry, make_student
from edgener.compress.objective import Batch, Distillation, Weights, soft_loss
from edgener.compress.prune.patterns import record
from edgener.compress.recover import check_teaching
from edgener.console import say
from edgener.errors import UserError
from edgener.text import raw
from edgener.text.pieces import rows_of
from edgener.train.anatomy import geometry_of, layers_of
from edgener.train.dropout import dropout_of
from edgener.train.features import IGNORED
from edgener.train.masks import keep_zeros
from edgener.train.model import Network
from edgener.train.network import NOT_STATED, licences_of, load_network, step_of, write_network
from edgener.train.pretrain import tokens
from edgener.train.pretrain.language_model import Maskable, head_of, mean_over
from edgener.train.pretrain.loop import arguments_of, fit, loss_line, measure
from edgener.train.pretrain.packing import load_rows
from edgener.train.pretrain.presets import MIN_LENGTH, StepsConfig, check_steps
from edgener.train.pretrain.sequences import Draws, Masker, Sequences
from edgener.train.pretrain.stage import SEQUENCES, Reader, facts_of, held_out_batch, packed_sequences
from edgener.train.record import training_record, write_record
from edgener.train.work import is_finished, started_processes, working_folder

LENGTH = 128


@dataclass(frozen=True)
class AgnosticConfig(StepsConfig):
    """layers, layers_from, hidden, ffn: of the student, as in DistillConfig. length: of a sequence, in pieces;
    None: LENGTH, or what the encoder reads.

    *_weight: label is masked pieces, logit the teacher's guesses at them, hidden and relation the rest. dropout: while
    training.
    """

    learning_rate: float = 3e-4
    batch_size: int = 16
    length: int | None = None
    layers: int | None = None
    layers_from: tuple[int, ...] = ()
    hidden: int | None = None
    ffn: int | None = None
    label_weight: float = 1.0
    logit_weight: float = 1.0
    hidden_weight: float = 1.0
    relation_weight: float = 1.0
    softness: float = 2.0
    dropout: float = 0.0
    freeze_embeddings: bool = True

    @property
    def weights(self) -> Weights:
        return Weights(self.label_weight, self.logit_weight, self.hidden_weight, self.relation_weight)


def check_agnostic(config: AgnosticConfig) -> None:
    check_steps(config)
    check_teaching(config.weights, config.softness, config.dropout)
    if config.steps < 1:
        raise UserError("--steps 0: expected 1 or more")
    if not 0 < config.learning_rate < 1:
        raise UserError(f"--learning-rate {config.learning_rate:g}: expected between 0 and 1, such as 3e-4")


class EncoderDistillation:
    """The loss of a student encoder on packed sequences beside its teacher's; masked positions have labels.

    guesses: does the student learn pieces, or the teacher's guesses at them? Then both have a masked-LM head.
    """

    def __init__(self, teacher: PreTrainedModel, states: Distillation, weights: Weights, softness: float) -> None:
        self.teacher, self.states, self.weights, self.softness = teacher, states, weights, softness
        self.guesses = bool(weights.labels or weights.logits) and teacher.get_output_embeddings() is not None

    def __call__(self, model: Any, batch: Batch) -> torch.Tensor:
        given = {"input_ids": batch["input_ids"]}
        given["attention_mask"] = batch.get("attention_mask", torch.ones_like(given["input_ids"]))
        student, teacher, loss = self.states.compare(model.base_model, self.teacher.base_model, given)
        positions = batch["labels"] != IGNORED
        if not self.guesses or not bool(positions.any()):
            return loss
        with self.states.autocast(positions.device):
            guesses = head_of(model)(student.last_hidden_state[positions]).float()
        if self.weights.labels:
            loss = loss + self.weights.labels * nn.functional.cross_entropy(guesses, batch["labels"][positions])
        if self.weights.logits:
            with torch.no_grad(), self.states.autocast(positions.device):
                expected = head_of(self.teacher)(teacher.last_hidden_state[positions]).float()
            loss = loss + self.weights.logits * soft_loss(guesses, expected, self.softness)
        return loss


def distill_encoder(
    teacher: str, config: AgnosticConfig, out: Path, *, raw_text: Path, licence: str | None = None, force: bool = False
) -> Path:
    """Train a student of the encoder `teacher` on raw text; returns `out`, an encoder to be fine-tuned.

    `<out>.training.json` holds the loss on held-out lines of every language along the way. UserError for bad input.
    """
    check_agnostic(config)
    network = load_network(teacher)
    if network.labels:
        raise UserError(f"{teacher}: fine-tuned; task-agnostic distillation wants the encoder it was made from")
    if started_processes() > 1:
        raise UserError("task-agnostic distillation runs in one process; start it without torchrun")
    source = network.source
    usable = network.tokenizer.model_max_length
    length = min(LENGTH, usable) if config.length is None else config.length
    if not MIN_LENGTH <= length <= usable:
        raise UserError(f"--length {length}: this encoder reads {MIN_LENGTH} to {usable} pieces")
    config = replace(config, length=length)
    geometry = chosen_geometry(config, len(layers_of(network.model)))
    if geometry == Geometry():
        raise UserError("no student; give its geometry (--layers, --hidden, --ffn)")
    names = tuple(raw.find(raw_text, config.languages or source.manifest.get("languages")))
    inputs = {"teacher": source.digest, "raw": raw.digest(raw_text, names)}
    settings = {**asdict(config), "mode": "task-agnostic"}
    asked = artefact.request(STAGE, {**settings, "licence": licence}, inputs)
    if is_finished(out, asked, force, "distilled", (teacher, raw_text), [training_record]):
        return out
    if (
        config.hidden not in (None, network.model.config.hidden_size)
        and network.model.get_output_embeddings() is not None
    ):
        network = replace(network, model=network.model.base_model)  # its masked-LM head has the old width
    pupil = make_student(network, geometry)
    check_smaller(network, pupil)
    config = fitting(config, network, pupil)
    objective = _objective(pupil, network, geometry, config)
    if not (objective.guesses or config.hidden_weight or config.relation_weight):
        raise UserError(f"{teacher}: without a masked-LM head; give --hidden-weight or --relation-weight")
    with working_folder(out, asked, force) as work:
        pruned = pruned_in(source.manifest, geometry)
        with dropout_of(pupil.model, config.dropout):
            history, texts = _train(pupil, network, objective, config, raw_text, names, work, pruned)
        write_record(training_record(out), asked, {"steps": history})
        changes: dict[str, Any] = {
            "languages": list(names),
            "data": facts_of(raw_text, texts, inputs["raw"], licence),
            "licences": licences_of(source.manifest, licence or NOT_STATED),
            "geometry": {**geometry_of(pupil.model), "from_layers": [pair[1] for pair in objective.states.layers]},
            "pruned": record(pupil.model, source.manifest["pruned"]["pattern"], pruned) if pruned else None,
        }
        if not have_one_width(network, pupil):
            changes["permuted"] = None
        write_network(pupil, out, asked, step_of(STAGE, settings, inputs), changes)
        say(f"{out}: encoder written; {loss_line(history[-1])}")
    return out


def _train(
    pupil: Network,
    teacher: Network,
    objective: EncoderDistillation,
    config: AgnosticConfig,
    raw_text: Path,
    names: tuple[str, ...],
    work: Path,
    pruned: list[str],
) -> tuple[list[dict[str, Any]], dict[str, tokens.Survey]]:
    """The losses along the way, and the text of each language."""
    arguments = arguments_of(config, config.learning_rate, work)
    texts = {name: tokens.survey(path) for name, path in raw.find(raw_text, names).items()}
    assert config.length is not None
    reader = Reader.of(
        copy.deepcopy(pupil.tokenizer), config.length, teacher.source.manifest
    )  # it shortens the tokenizer
    packed = packed_sequences(texts, reader, work)
    set_seed(config.seed)
    if config.freeze_embeddings:
        pupil.model.get_input_embeddings().weight.requires_grad_(False)
    # Where nobody guesses, masked pieces would only hide what the student is to read.
    rate = config.mask_rate if objective.guesses else 0.0
    pieces = Maskable.of(reader.tokenizer, rows_of(reader.backend)) if rate else None
    held_out = {name: held_out_batch(text, reader, pieces, rate) for name, text in texts.items()}

    def judge(model: PreTrainedModel, batch: Batch) -> float:
        return mean_over(model, batch, objective)

    history = [measure(pupil.model, held_out, 0, judge)]
    say(f"step 0: {loss_line(history[0])}")
    draws = Draws({name: one.sequences for name, one in packed.items()}, config.temperature, config.seed)
    rows = [load_rows(name, reader.backend, reader.spec, work / SEQUENCES) for name in packed]
    sequences = Sequences(rows, draws, config.steps * config.batch_size)
    masker = Masker(pieces, rate, config.seed)
    history += fit(
        pupil.model,
        sequences,
        masker,
        held_out,
        arguments,
        objective=objective,
        judge=judge,
        callbacks=keep_zeros(pupil.model, pruned),
    )
    return history, texts


def _objective(pupil: Network, teacher: Network, geometry: Geometry, config: AgnosticConfig) -> EncoderDistillation:
    pairs = pair_layers(geometry, teacher, pupil)
    states = Distillation(
        teacher.model, config.weights, layers=pairs, softness=config.softness, precision=config.precision
    )
    return EncoderDistillation(teacher.model, states, config.weights, config.softness)
