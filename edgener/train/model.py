"""Read a token-classification model or a bare encoder into memory; where it comes from: edgener.train.source."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
)

from edgener import artefact
from edgener.bundle.layout import spec_from_dict
from edgener.errors import UserError
from edgener.text.decode import Array
from edgener.text.labels import check_model_labels
from edgener.text.pieces import for_words, rows_of, specials_of
from edgener.text.tagger import DecodeSpec, Tagger
from edgener.text.words import UNICODE_1
from edgener.train.heads import built_without_lost_heads
from edgener.train.source import ModelSource, first_line, load_config, locate

DEFAULT_WINDOW = 256
# These count positions from pad_token_id + 1, so that many rows of the position table are never used.
_OFFSET_POSITIONS = {
    "roberta",
    "xlm-roberta",
    "xlm-roberta-xl",
    "camembert",
    "roberta-prelayernorm",
    "data2vec-text",
    "mpnet",
}
_TOKENIZERS = (
    "tokenizer.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
)


def load_tokenizer(name: str, config: PretrainedConfig) -> tuple[Any, Tokenizer]:
    """(Hugging Face tokenizer, its fast backend). A SentencePiece model alone is converted.

    `model_max_length` is set to what the model can read: AfriBERTa publishes none.
    """
    if Path(name).is_dir() and not any((Path(name) / file).is_file() for file in _TOKENIZERS):
        raise UserError(f"{name}: no tokenizer in it; expected tokenizer.json, or one of {', '.join(_TOKENIZERS[1:])}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, trust_remote_code=False)
        if not tokenizer.is_fast:
            raise UserError(f"{name}: its tokenizer has no tokenizer.json form; a bundle needs one")
    except UserError:
        raise
    except Exception as error:  # conversion can fail in as many ways as there are tokenizer formats
        raise UserError(f"{name}: its tokenizer cannot be loaded ({first_line(error)})") from None
    tokenizer.model_max_length = usable_length(config, tokenizer)
    return tokenizer, for_words(tokenizer.backend_tokenizer)


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write a Hugging Face tokenizer so that transformers 4 and 5 read it, whichever of them wrote it.

    5 leaves out the SentencePiece model, and calls the class that both know as PreTrainedTokenizerFast by another name.
    """
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    if settings.get("tokenizer_class") == "TokenizersBackend":
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
        path.write_text(json.dumps(settings, ensure_ascii=False, indent=2), encoding="utf-8")
    source = Path(getattr(tokenizer, "vocab_file", None) or "")
    if source.suffix == ".model" and source.is_file() and not (folder / source.name).exists():
        shutil.copyfile(source, folder / source.name)


def usable_length(config: PretrainedConfig, tokenizer: Any) -> int:
    """The longest sequence, in pieces with special tokens, that the position table and the tokenizer allow."""
    positions = (getattr(config, "max_position_embeddings", None) or 512) - first_position(config)
    return int(min(positions, getattr(tokenizer, "model_max_length", positions)))


def first_position(config: PretrainedConfig) -> int:
    """The row of the position table that a sequence begins with."""
    return (config.pad_token_id or 0) + 1 if config.model_type in _OFFSET_POSITIONS else 0


def decode_spec(
    tokenizer: Any,
    backend: Tokenizer,
    config: PretrainedConfig,
    splitter: str = UNICODE_1,
    max_length: int | None = None,
) -> DecodeSpec:
    """How to decode a model that does not say it itself."""
    usable = usable_length(config, tokenizer)
    length = min(DEFAULT_WINDOW, usable) if max_length is None else max_length
    if not 8 <= length <= usable:
        raise UserError(f"--max-length {length}: this encoder reads 8 to {usable} pieces")
    return DecodeSpec.of(splitter, length, specials_of(backend, int(tokenizer.pad_token_id or 0)))


@dataclass(frozen=True)
class Network:
    """A model in memory, with all it takes to read text and to decode; `labels` is empty for a bare encoder."""

    source: ModelSource
    model: PreTrainedModel
    tokenizer: Any
    backend: Tokenizer
    labels: tuple[str, ...]
    spec: DecodeSpec

    def tagger(self, *, batch_size: int = 1, device: str = "cpu") -> Tagger:
        return Tagger(TorchForward(self.model, device), self.backend, self.labels, self.spec, batch_size=batch_size)


def is_classifier(config: PretrainedConfig) -> bool:
    return any(name.endswith("ForTokenClassification") for name in config.architectures or ())


def load_classifier(
    name: str,
    *,
    source: ModelSource | None = None,
    model_kwargs: dict[str, Any] | None = None,
    max_length: int | None = None,
) -> Network:
    """A trained classifier. UserError for a folder that is none, or whose labels cannot be decoded.

    source: what locate(name) has found, when it was asked before.
    """
    source = source or locate(name)
    config = load_config(name)
    if not is_classifier(config):
        raise UserError(f"{name}: no classifier in it; fine-tune it first (`edgener train`)")
    labels = tuple(config.id2label[index] for index in range(config.num_labels))
    check_model_labels(labels, f"{name}/config.json")
    tokenizer, backend = load_tokenizer(name, config)
    if source.trained and max_length is None:
        spec = spec_from_dict(source.trained.get("decode"), Path(name) / artefact.MANIFEST)
    else:
        splitter = source.trained["decode"]["splitter"] if source.trained else UNICODE_1
        spec = decode_spec(tokenizer, backend, config, splitter, max_length)
    model = load_weights(name, **(model_kwargs or {}))
    check_vocabulary(name, backend, model)
    return Network(source, model.eval(), tokenizer, backend, labels, spec)


def check_vocabulary(name: str, backend: Tokenizer, model: PreTrainedModel) -> None:
    """UserError when the tokenizer has pieces that the model has no embedding for."""
    pieces, rows = rows_of(backend), model.get_input_embeddings().num_embeddings
    if pieces > rows:
        raise UserError(f"{name}: {pieces:,} pieces in the tokenizer, {rows:,} embeddings in the model: no match")


def load_weights(name: str, labels: Sequence[str] | None = None, **kwargs: Any) -> PreTrainedModel:
    """safetensors, or pytorch_model.bin through torch's weights_only reader. UserError when neither can be read.

    labels: those of a new classification layer, for a checkpoint that has none or another. Whatever else the
    architecture has must be in the checkpoint: left out, it would be random numbers.
    """
    if labels is not None:
        ids = {"id2label": dict(enumerate(labels)), "label2id": {label: place for place, label in enumerate(labels)}}
        kwargs |= {**ids, "num_labels": len(labels), "ignore_mismatched_sizes": True}

    def is_new(tensor: str) -> bool:
        return labels is not None and tensor.startswith("classifier")

    return load_checkpoint(AutoModelForTokenClassification, name, is_new, **kwargs)


def load_checkpoint(auto: Any, name: str, may_be_random: Callable[[str], bool], **kwargs: Any) -> PreTrainedModel:
    """The weights at `name` through one of transformers' Auto classes, fp32 unless `dtype` says otherwise.

    may_be_random: which tensors a checkpoint may lack. UserError when it lacks others or cannot be read; TypeError when
    the architecture does not know an argument.
    """
    try:
        with built_without_lost_heads():
            model, report = auto.from_pretrained(
                name, output_loading_info=True, trust_remote_code=False, **{"dtype": torch.float32, **kwargs}
            )
    except Exception as error:  # damaged safetensors, pickles with code, wrong shapes: each has its own class
        if isinstance(error, TypeError) and "add_pooling_layer" in kwargs:
            raise
        raise UserError(f"{name}: its weights cannot be loaded ({first_line(error)})") from None
    # transformers 5 names the two shapes behind a key of the wrong one.
    mismatched = [key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]]
    random = [*report["missing_keys"], *mismatched]
    wrong = sorted(key for key in random if not may_be_random(key))
    if wrong:
        raise UserError(
            f"{name}: {len(wrong)} tensors are missing from its weights or of another shape than config.json says, "
            f"the first is {wrong[0]}"
        )
    for tensor, weight in model.named_parameters():
        if weight.is_floating_point() and not weight.isfinite().all():
            raise UserError(f"{name}: {tensor} has numbers that are not finite; this model was ruined, train it again")
    return model  # type: ignore[no-any-return]


def load_tagger(name: str | Path, *, batch_size: int = 1, device: str = "cpu") -> Tagger:
    """A tagger over the torch model at `name`: inference_mode, SDPA attention, fp32."""
    return load_classifier(str(name)).tagger(batch_size=batch_size, device=device)


class TorchForward:
    """(ids, mask) -> logits through a torch model."""

    def __init__(self, model: PreTrainedModel, device: str = "cpu") -> None:
        # Models quantised by bitsandbytes are placed when they are loaded and refuse to be moved.
        placed = next(model.parameters()).device.type == torch.device(device).type
        self.model, self.device = (model if placed else model.to(device)).eval(), device

    def __call__(self, ids: Array, mask: Array) -> Array:
        with torch.inference_mode():
            out = self.model(
                input_ids=torch.from_numpy(ids).to(self.device), attention_mask=torch.from_numpy(mask).to(self.device)
            )
        logits: Array = out.logits.float().cpu().numpy()
        if not np.isfinite(logits).all():
            raise UserError("the model's logits are not finite numbers; train it with a lower --learning-rate")
        return logits
