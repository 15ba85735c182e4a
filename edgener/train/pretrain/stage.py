"""The pretrain stage: raw text in, a tokenizer and a masked language model out.

For languages that no published encoder has seen enough of, a small encoder trained on little text of their own can do
better than a large one trained on everybody else's (Ogueji et al. 2021, "Small Data? No Problem!").

A killed run leaves its tokenizer, its encoded text and its newest checkpoint in `.NAME.work` beside the output and goes
on from there when it is started again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import XLMRobertaConfig, set_seed

from edgener import artefact
from edgener.console import say
from edgener.errors import UserError
from edgener.hub import may_be_hub_id
from edgener.text import raw
from edgener.text.pieces import for_words, load_tokenizer, rows_of, specials_of
from edgener.text.tagger import DecodeSpec
from edgener.text.words import UNICODE_1
from edgener.train import model as models
from edgener.train.dropout import check_dropout, dropout_of
from edgener.train.network import NOT_STATED, licences_of, step_of, write_network
from edgener.train.pretrain import tokens
from edgener.train.pretrain.language_model import (
    Batch,
    Maskable,
    MaskedLM,
    begin_with_sinusoids,
    generator_for,
    mask_pieces,
)
from edgener.train.pretrain.loop import arguments_of, fit, loss_line, measure
from edgener.train.pretrain.packing import Packed, held_out_ids, load_rows, pack
from edgener.train.pretrain.presets import Geometry, PretrainConfig, check_steps, geometry_of
from edgener.train.pretrain.sequences import Draws, Masker, Sequences
from edgener.train.record import training_record, write_record
from edgener.train.source import ENCODER, KIND, ModelSource, load_config
from edgener.train.work import is_finished, is_main_process, working_folder

STAGE = "pretrain"
SEQUENCES = "sequences"
_HELD_OUT_MASKS = 0  # the same in every run, so that runs can be compared
_HELD_OUT_ROWS = 16  # of a language with few held-out lines: the same lines several times, masked differently


@dataclass(frozen=True)
class Reader:
    """A tokenizer as transformers and as edgener use it, and the form of a packed sequence. manifest: its model's."""

    tokenizer: Any
    backend: Tokenizer
    spec: DecodeSpec
    manifest: Mapping[str, Any]

    @classmethod
    def of(cls, tokenizer: Any, length: int, manifest: Mapping[str, Any] | None = None) -> "Reader":
        tokenizer.model_max_length = length
        backend = for_words(tokenizer.backend_tokenizer)
        spec = DecodeSpec.of(UNICODE_1, length, specials_of(backend, int(tokenizer.pad_token_id or 0)))
        return cls(tokenizer, backend, spec, manifest or {})


def pretrain(
    raw_text: Path,
    config: PretrainConfig,
    out: Path,
    *,
    tokenizer: str | None = None,
    licence: str | None = None,
    force: bool = False,
) -> Path:
    """Pretrain an encoder on `raw_text` (see edgener.text.raw); returns `out`, a model directory without labels.

    tokenizer: a folder or hub id whose tokenizer is taken as it is. `<out>.training.json` holds the held-out loss of
    every language along the way. A finished output of the same request is left as it is. UserError for bad input.
    """
    check_steps(config)
    check_dropout(config.dropout)
    shape = geometry_of(config)
    names = tuple(raw.find(raw_text, config.languages or None))
    given = _given(tokenizer, config, shape) if tokenizer else None
    inputs = {"raw": raw.digest(raw_text, names)}
    inputs |= {"tokenizer": artefact.digest_of(given.backend.to_str())} if given else {}
    settings = {**asdict(config), **asdict(shape), "languages": list(names)}
    asked = artefact.request(STAGE, {**settings, "licence": licence}, inputs)
    if is_finished(out, asked, force, "pretrained", (raw_text, tokenizer), [training_record]):
        return out
    with working_folder(out, asked, force) as work:
        arguments = arguments_of(config, shape.learning_rate, work)
        with arguments.main_process_first(local=False):  # the others find what the first has made
            texts = {name: tokens.survey(path) for name, path in raw.find(raw_text, names).items()}
            reader = given or _trained(texts, config, shape, work)
            packed = packed_sequences(texts, reader, work) if config.steps else {}
        set_seed(config.seed)
        model = MaskedLM(_network_config(shape, reader))
        begin_with_sinusoids(model.roberta.embeddings.position_embeddings)
        pieces = Maskable.of(reader.tokenizer, rows_of(reader.backend))
        held_out = {name: held_out_batch(text, reader, pieces, config.mask_rate) for name, text in texts.items()}
        history = [measure(model, held_out, 0)]
        if is_main_process():
            say(
                f"{sum(one.numel() for one in model.parameters()) / 1e6:.1f} M weights; step 0: {loss_line(history[0])}"
            )
        if config.steps:
            draws = Draws({name: one.sequences for name, one in packed.items()}, config.temperature, config.seed)
            rows = [load_rows(name, reader.backend, reader.spec, work / SEQUENCES) for name in packed]
            number = config.steps * config.batch_size * arguments.world_size
            masker = Masker(pieces, config.mask_rate, config.seed)
            with dropout_of(model, config.dropout):
                history += fit(model, Sequences(rows, draws, number), masker, held_out, arguments)
        if is_main_process():
            record = {"steps": history, "text": {name: asdict(one) for name, one in packed.items()}}
            write_record(training_record(out), asked, record)
            facts = facts_of(raw_text, texts, inputs["raw"], licence)
            _write(model, reader, facts, step_of(STAGE, settings, inputs), asked, out)
            say(f"{out}: encoder written; {loss_line(history[-1])}")
    return out


def _given(name: str, config: PretrainConfig, shape: Geometry) -> Reader:
    if config.vocabulary is not None:
        raise UserError("--vocabulary and --tokenizer: a given tokenizer has its own number of pieces; leave one out")
    path = Path(name)
    found = artefact.find(path) if path.is_dir() else None
    if found is not None and found.kind not in (KIND, ENCODER):
        raise UserError(f"{name}: a {found.kind}, not a model; give the model it was made from")
    if not path.is_dir() and not may_be_hub_id(name):
        raise UserError(f"{name}: no such model folder")
    tokenizer, _ = models.load_tokenizer(name, load_config(name))
    if tokenizer.mask_token_id is None:
        raise UserError(f"{name}: its tokenizer has no mask token; pretraining needs one")
    return Reader.of(tokenizer, shape.length, found.manifest if found else None)


def _trained(texts: Mapping[str, tokens.Survey], config: PretrainConfig, shape: Geometry, work: Path) -> Reader:
    """The tokenizer in the working folder, trained if it is not there: a second training might give another one."""
    path = work / "tokenizer.json"
    if not path.is_file():
        say(f"training a tokenizer of {shape.vocabulary:,} pieces")
        backend = tokens.train_tokenizer(texts, shape.vocabulary, config.temperature)
        if backend.get_vocab_size() < shape.vocabulary:
            say(f"the text has no more than {backend.get_vocab_size():,} pieces: the vocabulary is smaller than asked")
        artefact.write_file(path, backend.to_str().encode())
    return Reader.of(tokens.wrap(load_tokenizer(path), shape.length), shape.length)


def packed_sequences(texts: Mapping[str, tokens.Survey], reader: Reader, work: Path) -> dict[str, Packed]:
    unknown = reader.tokenizer.unk_token_id
    folder = work / SEQUENCES
    folder.mkdir(exist_ok=True)
    return {
        name: pack(name, text, reader.backend, reader.spec, -1 if unknown is None else unknown, folder)
        for name, text in texts.items()
    }


def _network_config(shape: Geometry, reader: Reader) -> XLMRobertaConfig:
    pad = reader.spec.pad
    return XLMRobertaConfig(
        vocab_size=rows_of(reader.backend),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.ffn,
        max_position_embeddings=shape.length + pad + 1,  # XLM-R counts positions from behind the padding id
        type_vocab_size=1,
        use_cache=False,  # an encoder has none, and trainers differ in whether they say so
        bos_token_id=reader.spec.prefix[0] if reader.spec.prefix else None,
        pad_token_id=pad,
        eos_token_id=reader.spec.suffix[0] if reader.spec.suffix else None,
    )


def held_out_batch(text: tokens.Survey, reader: Reader, pieces: Maskable | None, rate: float) -> Batch:
    """input_ids, attention_mask and labels of the lines that are never trained on; int64 [sequences, length]."""
    ids, mask = held_out_ids(sorted(text.held_out), reader.backend, reader.spec)
    copies = max(1, _HELD_OUT_ROWS // len(ids))
    ids, mask = ids.repeat(copies, 1), mask.repeat(copies, 1)
    inputs, labels = mask_pieces(ids, generator_for(_HELD_OUT_MASKS), pieces, rate)
    return {"input_ids": inputs, "attention_mask": mask, "labels": labels}


def facts_of(root: Path, texts: Mapping[str, tokens.Survey], digest: str, licence: str | None) -> dict[str, Any]:
    """What a manifest says of raw text that a network was trained on."""
    return {
        "path": str(root.resolve()),
        "languages": list(texts),
        "digest": digest,
        "licence": licence or NOT_STATED,
        "lines": {name: one.lines for name, one in texts.items()},
        "held_out": {name: len(one.held_out) for name, one in texts.items()},
    }


def _write(
    model: MaskedLM, reader: Reader, facts: Mapping[str, Any], step: Mapping[str, Any], asked: str, out: Path
) -> None:
    source = ModelSource(out.name, "", {})
    network = models.Network(source, model.plain(), reader.tokenizer, reader.backend, (), reader.spec)
    changes = {
        "languages": facts["languages"],
        "data": facts,
        "licences": licences_of(reader.manifest, facts["licence"]),
    }
    write_network(network, out, asked, step, changes)
