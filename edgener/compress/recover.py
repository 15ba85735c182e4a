"""Training a compressed network back to what it was: the one loop behind prune, structure and distill.

Labelled text, and raw text tagged by the teacher as it is read; the loss of edgener.compress.objective; the epoch with
the best mean dev F1 wins.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, TrainerCallback

from edgener.compress.fake_quant import fake_quantised
from edgener.compress.objective import Distillation, Weights
from edgener.console import track
from edgener.errors import UserError
from edgener.evaluate.run import check_types, types_of
from edgener.text import corpus, raw
from edgener.train.config import FitConfig, check_config
from edgener.train.dropout import check_dropout, dropout_of
from edgener.train.features import BalancedSampler, Example, Examples, quotas, raw_examples
from edgener.train.finetune import TrainData, labelled_examples, read_data
from edgener.train.model import Network
from edgener.train.network import NOT_STATED
from edgener.train.source import ModelSource
from edgener.train.trainer import fit

_LINES_A_CALL = 500


@dataclass(frozen=True)
class RecoverConfig(FitConfig):
    """*_weight: of the parts of the loss, see edgener.compress.objective. softness: temperature of the logits.

    dropout: while training; the teacher has none, and noise would only blur what it says. raw_share: raw sentences
    that an epoch draws for each labelled one. raw_lines: how many of a language's to choose
    from. quant_aware: with the rounding of int8 (edgener.compress.fake_quant).
    """

    learning_rate: float = 1e-4
    freeze_embeddings: bool = True
    languages: tuple[str, ...] = ()
    label_weight: float = 1.0
    logit_weight: float = 1.0
    hidden_weight: float = 1.0
    relation_weight: float = 0.0
    softness: float = 2.0
    dropout: float = 0.0
    raw_share: float = 1.0
    raw_lines: int = 20_000
    quant_aware: bool = False

    @property
    def weights(self) -> Weights:
        return Weights(self.label_weight, self.logit_weight, self.hidden_weight, self.relation_weight)


@dataclass(frozen=True)
class Licences:
    """What the user says of the labelled data and of the raw text."""

    data: str | None = None
    raw: str | None = None


NONE_STATED = Licences()


@dataclass(frozen=True)
class Lessons:
    """What a student is trained on: labelled data, and raw text by language; licences of both."""

    data: TrainData
    raw: Mapping[str, Path]
    digests: Mapping[str, str]
    licences: tuple[str, ...]


def check_recovery(config: RecoverConfig, least_epochs: int = 1) -> None:
    check_config(config, least_epochs)
    check_teaching(config.weights, config.softness, config.dropout)
    if not 0 <= config.raw_share <= 1000:
        raise UserError(f"--raw-share {config.raw_share:g}: expected 0 to 1000")


def check_teaching(weights: Weights, softness: float, dropout: float) -> None:
    named = {"label": weights.labels, "logit": weights.logits, "hidden": weights.hidden, "relation": weights.relations}
    for name, weight in named.items():
        if not 0 <= weight <= 1000:
            raise UserError(f"--{name}-weight {weight:g}: expected 0 to 1000")
    if not any(named.values()):
        raise UserError("--label-weight and all other weights are 0; there is nothing to learn from")
    check_dropout(dropout)
    if not 0.1 <= softness <= 100:
        raise UserError(f"--softness {softness:g}: expected a temperature of 0.1 to 100, such as 2")


def read_lessons(
    source: ModelSource,
    config: RecoverConfig,
    data: Path | None,
    raw_text: Path | None,
    licences: Licences,
    labels: Sequence[str],
) -> Lessons:
    """The data of --data in the model's languages, else what the model was trained on.

    Raw text need not be there in every language. UserError when there is no data, when it has labels that the model
    lacks, and for raw text that nothing would be learnt from.
    """
    if raw_text is not None and not config.raw_share:
        raise UserError("--raw-share 0: no raw text would be read; leave --raw out")
    if raw_text is not None and not (config.logit_weight or config.hidden_weight or config.relation_weight):
        raise UserError("--raw: only labels have a weight, and raw text has none; give --logit-weight, or leave it out")
    root, languages, licence = data, config.languages, licences.data
    recorded = source.trained.get("data")
    known = source.trained.get("languages")
    if root is not None and not languages and known:
        # A corpus may hold more languages than the model was made for.
        languages = tuple(name for name in corpus.find(root) if name in known)
        if not languages:
            raise UserError(f"{root}: none of the model's languages ({', '.join(known)}) is here; choose with --lang")
    if root is None:
        if not recorded:
            raise UserError(f"{source.name}: not known what it was trained on; give --data")
        root, languages = Path(recorded["path"]), config.languages or tuple(known or recorded["languages"])
        if not root.exists() or corpus.digest(root, recorded["languages"]) != recorded["digest"]:
            raise UserError(f"{root}: the training data is no longer there, or has changed; give --data")
        licence = licence or recorded["licence"]
    found = read_data(root, languages, licence)
    if not types_of([sentence for part in found.train.values() for sentence in part]):
        raise UserError(f"{found.facts['path']}: no entity in the train files; there is nothing to learn")
    for split in (found.train, found.dev):
        check_types(labels, split, source.name)
    _check_tags(labels, found.train, source.name)
    texts = raw.find_any(raw_text, tuple(found.train)) if raw_text is not None else {}
    digests = {"data": found.digest} | ({"raw": raw.digest(raw_text, tuple(texts))} if raw_text is not None else {})
    stated = (found.facts["licence"], *([licences.raw or NOT_STATED] if texts else []))
    return Lessons(found, texts, digests, stated)


def _check_tags(labels: Sequence[str], train: Mapping[str, Sequence[corpus.Sentence]], name: str) -> None:
    """A model may know B-PER and no I-PER."""
    for language, sentences in train.items():
        lacking = {tag for sentence in sentences for tag in sentence.tags} - set(labels)
        if lacking:
            raise UserError(f"--data: {language} has tag {min(lacking)}; {name} knows {', '.join(labels)}")


def settings_of(config: RecoverConfig, own: Sequence[str]) -> dict[str, Any]:
    """What decides a stage's result: all settings, or without training those of its `own` alone."""
    settings = asdict(config)
    return settings if config.epochs else {name: settings[name] for name in ("epochs", *own)}


def facts_of(source: ModelSource, lessons: Lessons) -> dict[str, Any]:
    """What the manifest says of languages and data: what it said, else what the model has now been trained on."""
    if "data" in source.trained:
        return {}
    return {"languages": lessons.data.facts["languages"], "data": lessons.data.facts}


def recover(
    student: Network,
    teacher: PreTrainedModel,
    lessons: Lessons,
    config: RecoverConfig,
    work: Path,
    *,
    layers: Sequence[tuple[int, int]] = (),
    channels: Sequence[int] | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    counts_from: float = 0.0,
) -> dict[str, Any]:
    """Train `student.model` in place; returns the history of edgener.train.trainer.fit.

    layers, channels: see Distillation. callbacks: of the trainer, such as what keeps zeros (edgener.train.masks).
    """
    if config.freeze_embeddings:
        student.model.get_input_embeddings().weight.requires_grad_(False)
    examples, sampler = _examples(student, lessons, config)
    objective = Distillation(
        teacher,
        config.weights,
        softness=config.softness,
        layers=layers,
        channels=channels,
        precision=config.precision,
    )
    with dropout_of(student.model, config.dropout), fake_quantised(student.model, config.quant_aware):
        return fit(
            student,
            (examples, sampler),
            lessons.data.dev,
            config,
            work,
            objective=objective,
            callbacks=callbacks,
            counts_from=counts_from,
        )


def _examples(student: Network, lessons: Lessons, config: RecoverConfig) -> tuple[Examples, BalancedSampler]:
    found = labelled_examples(student, lessons.data)
    shares = quotas(Counter(example.group for example in found), config.temperature)
    for language, path in lessons.raw.items():
        more = _raw_examples(student, language, raw.sample(path, config.raw_lines, config.seed))
        found += more
        shares |= {more[0].group: max(1, round(config.raw_share * shares[language]))}
    return Examples(found), BalancedSampler(found, shares, config.batch_size, config.seed)


def _raw_examples(student: Network, language: str, lines: Sequence[str]) -> list[Example]:
    slices = [lines[at : at + _LINES_A_CALL] for at in range(0, len(lines), _LINES_A_CALL)]
    found: list[Example] = []
    for slice_ in track(slices, f"reading {language}", len(slices)):
        found += raw_examples(f"{language} raw", slice_, student.backend, student.spec)
    if not found:
        raise UserError(f"--raw: nothing in {language} that the tokenizer reads")
    return found
