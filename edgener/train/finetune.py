"""Fine-tune an encoder for NER, over several languages at once: the train stage.

A killed run leaves its working checkpoints in `.NAME.work` beside the output and goes on from there when it is started
again; they are deleted when the model is finished.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from transformers import set_seed

from edgener import artefact
from edgener.console import say
from edgener.errors import UserError
from edgener.evaluate.run import types_of
from edgener.text import corpus
from edgener.text.labels import label_list
from edgener.train.config import TrainConfig, check_config, f1_line
from edgener.train.features import BalancedSampler, Example, Examples, examples_of, quotas
from edgener.train.masks import keep_zeros, pruned_tensors
from edgener.train.model import Network, check_vocabulary, decode_spec, is_classifier, load_tokenizer, load_weights
from edgener.train.network import NOT_STATED, licences_of, step_of, write_network
from edgener.train.record import training_record, write_record
from edgener.train.source import KIND, ModelSource, load_config, locate
from edgener.train.trainer import fit
from edgener.train.work import is_finished, is_main_process, working_folder


@dataclass(frozen=True)
class TrainData:
    """Train and dev sentences by language, and what the manifest says of them."""

    train: dict[str, list[corpus.Sentence]]
    dev: dict[str, list[corpus.Sentence]]
    digest: str
    facts: dict[str, Any]


def read_data(root: Path, languages: tuple[str, ...], licence: str | None) -> TrainData:
    found = corpus.find(root, languages or None)
    names = tuple(found)
    train, dev = corpus.load(root, "train", names), corpus.load(root, "dev", names)
    digest = corpus.digest(root, names)
    facts = {
        "path": str(root.resolve()),
        "languages": list(names),
        "digest": digest,
        "licence": licence or corpus.licence(root) or NOT_STATED,
        "sentences": {name: {"train": len(train[name]), "dev": len(dev[name])} for name in names},
    }
    return TrainData(train, dev, digest, facts)


def finetune(
    encoder: str, data: Path, config: TrainConfig, out: Path, *, licence: str | None = None, force: bool = False
) -> Path:
    """Fine-tune `encoder` (folder or hub id) on `data`; returns `out`, a model directory.

    A finished output of the same request is left as it is. UserError for bad input.
    """
    check_config(config)
    source = locate(encoder)
    corpus_ = read_data(data, config.languages, licence)
    inputs = {"encoder": source.digest, "data": corpus_.digest}
    asked = artefact.request(KIND, {**asdict(config), "licence": corpus_.facts["licence"]}, inputs)
    if is_finished(out, asked, force, "trained", (encoder, data), [training_record]):
        return out
    set_seed(config.seed)
    network = _classifier(source, encoder, corpus_, config)
    with working_folder(out, asked, force) as work:
        keep = keep_zeros(network.model, pruned_tensors(source.manifest))
        history = fit(network, _examples(network, corpus_, config), corpus_.dev, config, work, callbacks=keep)
        if is_main_process():
            write_record(training_record(out), asked, history)
            _write(network, corpus_, config, inputs, asked, out)
            say(f"{out}: model written; dev F1 " + f1_line(history["best"]["f1"]))
    return out


def _classifier(source: ModelSource, encoder: str, data: TrainData, config: TrainConfig) -> Network:
    """The encoder with a fresh classification layer over the corpus's entity types."""
    sentences = [sentence for part in data.train.values() for sentence in part]
    types = types_of(sentences)
    if not types:
        raise UserError(f"{data.facts['path']}: no entity in the train files; there is nothing to learn")
    labels = label_list(types)
    _check_label_sets(data)
    encoder_config = load_config(encoder)
    if is_classifier(encoder_config):
        say(f"{source.name}: already fine-tuned; its training goes on")
    tokenizer, backend = load_tokenizer(encoder, encoder_config)
    splitter = config.splitter or corpus.guess_splitter(sentences)
    spec = decode_spec(tokenizer, backend, encoder_config, splitter, config.max_length)
    model = load_weights(encoder, labels)
    check_vocabulary(encoder, backend, model)
    if config.freeze_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    return Network(source, model, tokenizer, backend, tuple(labels), spec)


def _check_label_sets(data: TrainData) -> None:
    """UserError when two languages, or train and dev, have each an entity type that the other lacks or does not know.

    A language that has only some of the types is allowed, and said: its model learns that they do not occur there.
    """
    where = data.facts["path"]
    train, dev = ({name: types_of(part) for name, part in split.items()} for split in (data.train, data.dev))
    every = set().union(*train.values())
    for name, types in dev.items():
        if types - every:
            raise UserError(
                f"{where}: {name} dev has entity type {min(types - every)}, which no train file has; the splits need "
                "one label set"
            )
    for (one, types), (other, others) in combinations(train.items(), 2):
        if types - others and others - types:
            raise UserError(
                f"{where}: {one} alone has entity type {min(types - others)}, {other} alone {min(others - types)}: two "
                "label sets; choose languages with --lang, or rename the tags"
            )
    for name, types in train.items():
        if every - types:
            missing = ", ".join(sorted(every - types))
            say(f"warning: {name} has no entity of type {missing} in its train file; the model learns that it has none")


def labelled_examples(network: Network, data: TrainData) -> list[Example]:
    ids = {label: index for index, label in enumerate(network.labels)}
    return [
        example
        for language, sentences in data.train.items()
        for example in examples_of(language, sentences, network.backend, ids, network.spec)
    ]


def _examples(network: Network, data: TrainData, config: TrainConfig) -> tuple[Examples, BalancedSampler]:
    found = labelled_examples(network, data)
    shares = quotas(Counter(example.group for example in found), config.temperature)
    return Examples(found), BalancedSampler(found, shares, config.batch_size, config.seed)


def _write(
    network: Network, data: TrainData, config: TrainConfig, inputs: dict[str, str], asked: str, out: Path
) -> None:
    changes = {
        "languages": data.facts["languages"],
        "data": data.facts,
        "licences": licences_of(network.source.manifest, data.facts["licence"]),
    }
    write_network(network, out, asked, step_of("train", asdict(config), inputs), changes)
