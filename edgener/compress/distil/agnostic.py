"""The distil stage, task-agnostic: a smaller encoder learns from an encoder on raw text, to be fine-tuned later.

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
from edgener.compress.distil.stage import STAGE, chosen_geometry, pair_layers, pruned_in
from edgener.compress.distil.student import Geometry, make_student
from edgener.compress.objective import Batch, Distillation, Weights, soft_loss
from edgener.compress.prune.patterns import record
from edgener.compress.recover import NOT_STATED, check_teaching
from edgener.console import say
from edgener.errors import UserError
from edgener.text import raw
from edgener.train.anatomy import geometry_of, layers_of
from edgener.train.dropout import dropout_of
from edgener.train.features import IGNORED
from edgener.train.masks import KeepZeros, masks_of
from edgener.train.model import Network, locate
from edgener.train.network import licences_of, load_network, step_of, write_network
from edgener.train.pretrain import tokens
from edgener.train.pretrain.language_model import Maskable
from edgener.train.pretrain.loop import arguments_of, fit, loss_line, measure
from edgener.train.pretrain.packing import load_rows
from edgener.train.pretrain.presets import MIN_LENGTH, StepsConfig, check_steps
from edgener.train.pretrain.sequences import Draws, Masker, Sequences
from edgener.train.pretrain.stage import SEQUENCES, Reader, held_out_batch, packed_sequences, training_record
from edgener.train.work import clear, started_processes, working_folder

_ROWS = 16


@dataclass(frozen=True)
class AgnosticConfig(StepsConfig):
    """layers, layers_from, hidden, ffn: of the student, as in DistilConfig. length: of a sequence, in pieces.

    *_weight: label is masked pieces, logit the teacher's guesses at them, hidden and relation the rest. dropout: while
    training.
    """

    learning_rate: float = 3e-4
    batch_size: int = 16
    length: int = 128
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
    if config.length < MIN_LENGTH:
        raise UserError(f"--length {config.length}: expected {MIN_LENGTH} pieces or more")


class EncoderDistillation:
    """The loss of a student encoder on packed sequences beside its teacher's; masked positions have labels."""

    def __init__(self, teacher: PreTrainedModel, states: Distillation, weights: Weights, softness: float) -> None:
        self.teacher, self.states, self.weights, self.softness = teacher, states, weights, softness
        self.has_head = teacher.get_output_embeddings() is not None

    def __call__(self, model: Any, batch: Batch) -> torch.Tensor:
        given = {"input_ids": batch["input_ids"]}
        given["attention_mask"] = batch.get("attention_mask", torch.ones_like(given["input_ids"]))
        student, teacher, loss = self.states.compare(model.base_model, self.teacher.base_model, given)
        positions = batch["labels"] != IGNORED
        if not self.has_head or not bool(positions.any()):
            return loss
        device = positions.device
        with self.states.autocast(device):
            guesses = _head_of(model)(student.last_hidden_state[positions]).float()
        with torch.no_grad(), self.states.autocast(device):
            expected = _head_of(self.teacher)(teacher.last_hidden_state[positions]).float()
        pieces = nn.functional.cross_entropy(guesses, batch["labels"][positions])
        soft = soft_loss(guesses, expected, self.softness)
        return loss + self.weights.labels * pieces + self.weights.logits * soft


def _head_of(model: Any) -> Any:
    return model.lm_head if hasattr(model, "lm_head") else model.cls


def distil_encoder(
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
    source = locate(teacher)
    geometry = chosen_geometry(config, len(layers_of(network.model)))
    if geometry == Geometry():
        raise UserError("no student; give its geometry (--layers, --hidden, --ffn)")
    names = tuple(raw.find(raw_text, config.languages or source.manifest.get("languages")))
    inputs = {"teacher": source.digest, "raw": raw.digest(raw_text, names)}
    settings = {**asdict(config), "mode": "task-agnostic"}
    asked = artefact.request(STAGE, {**settings, "licence": licence}, inputs)
    if artefact.already_done(out, asked, force):
        say(f"{out}: already distilled with these inputs and settings")
        clear(out)
        return out
    narrower = config.hidden not in (None, network.model.config.hidden_size)
    if narrower and network.model.get_output_embeddings() is not None:
        network = replace(network, model=network.model.base_model)  # its masked-LM head has the old width
    pupil = make_student(network, geometry)
    with working_folder(out, asked) as work:
        pruned = pruned_in(source.manifest, geometry)
        with dropout_of(pupil.model, config.dropout):
            history, lines = _train(pupil, network, geometry, config, raw_text, names, work, pruned)
        artefact.write_file(training_record(out), artefact.canonical_json({"request": asked, "steps": history}))
        changes: dict[str, Any] = {
            "languages": list(names),
            "data": {
                "path": str(raw_text.resolve()),
                "languages": list(names),
                "digest": inputs["raw"],
                "licence": licence or NOT_STATED,
                "lines": lines,
            },
            "licences": licences_of(source.manifest, licence or NOT_STATED),
            "geometry": geometry_of(pupil.model),
            "pruned": record(pupil.model, source.manifest["pruned"]["pattern"], pruned) if pruned else None,
        }
        if narrower:
            changes["permuted"] = None
        write_network(pupil, out, asked, step_of(STAGE, settings, inputs), changes)
        say(f"{out}: encoder written; {loss_line(history[-1])}")
    return out


def _train(
    pupil: Network,
    teacher: Network,
    geometry: Geometry,
    config: AgnosticConfig,
    raw_text: Path,
    names: tuple[str, ...],
    work: Path,
    pruned: list[str],
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The losses along the way, and the lines of each language."""
    arguments = arguments_of(config, config.learning_rate, work)
    texts = {name: tokens.survey(path) for name, path in raw.find(raw_text, names).items()}
    length = min(config.length, pupil.tokenizer.model_max_length)
    reader = Reader.of(copy.deepcopy(pupil.tokenizer), length, teacher.source.manifest)  # it shortens the tokenizer
    packed = packed_sequences(texts, reader, work)
    set_seed(config.seed)
    objective = _objective(pupil, teacher, geometry, config)
    if config.freeze_embeddings:
        pupil.model.get_input_embeddings().weight.requires_grad_(False)
    # Without a head to answer, masked pieces would only hide what the student is to read.
    rate = config.mask_rate if objective.has_head else 0.0
    pieces = Maskable.of(reader.tokenizer, reader.backend.get_vocab_size())
    held_out = {name: held_out_batch(text, reader, pieces, rate) for name, text in texts.items()}

    def judge(model: PreTrainedModel, batch: Batch) -> float:
        loss: float = mean_objective(objective, model, batch)
        return loss

    history = [measure(pupil.model, held_out, 0, judge)]
    say(f"step 0: {loss_line(history[0])}")
    draws = Draws({name: one.sequences for name, one in packed.items()}, config.temperature, config.seed)
    rows = [load_rows(name, reader.backend, reader.spec, work / SEQUENCES) for name in packed]
    sequences = Sequences(rows, draws, config.steps * config.batch_size)
    keep = [KeepZeros(pupil.model, masks_of(pupil.model, pruned))] if pruned else []
    masker = Masker(pieces, rate, config.seed)
    history += fit(
        pupil.model, sequences, masker, held_out, arguments, objective=objective, judge=judge, callbacks=keep
    )
    return history, {name: text.lines for name, text in texts.items()}


def _objective(pupil: Network, teacher: Network, geometry: Geometry, config: AgnosticConfig) -> EncoderDistillation:
    one_width = pupil.model.config.hidden_size == teacher.model.config.hidden_size
    weights = config.weights if one_width else replace(config.weights, hidden=0.0)
    pairs = pair_layers(geometry, teacher, pupil)
    states = Distillation(
        teacher.model, weights, layers=pairs, relations_at=pairs[-1], softness=config.softness,
        precision=config.precision,
    )  # fmt: skip
    return EncoderDistillation(teacher.model, states, weights, config.softness)


@torch.no_grad()
def mean_objective(objective: EncoderDistillation, model: PreTrainedModel, batch: Batch) -> float:
    """The loss on held-out lines, without dropout; the mode stays."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    total, rows = 0.0, len(batch["input_ids"])
    for start in range(0, rows, _ROWS):
        part = {name: tensor[start : start + _ROWS].to(device) for name, tensor in batch.items()}
        total += float(objective(model, part)) * len(part["input_ids"])
    model.train(was)
    return total / rows
