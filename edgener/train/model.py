"""Read a token-classification model or a bare encoder: an edgener model, a stock Hugging Face folder, or a hub id."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.utils import logging as transformers_logging

from edgener import artefact
from edgener.bundle.layout import spec_from_dict
from edgener.errors import UserError
from edgener.text.decode import Array
from edgener.text.labels import check_model_labels
from edgener.text.pieces import for_words, rows_of, specials_of
from edgener.text.tagger import DecodeSpec, Tagger
from edgener.text.words import UNICODE_1

KIND = "model"
ENCODER = "encoder"  # weights without a trained classifier
DEFAULT_WINDOW = 256
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")
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

transformers_logging.set_verbosity_error()  # its warnings speak of what edgener does on purpose
logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # a line for each retry; ours comes after the last


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from: a folder, or a hub id with its commit; `digest` identifies its weights.

    manifest: what edgener wrote beside the weights; empty for a folder that it did not make. kind: `model` when it says
    that a classifier was trained, else `encoder`.
    """

    name: str
    digest: str
    manifest: dict[str, Any] = field(default_factory=dict)
    kind: str = ENCODER

    @property
    def trained(self) -> dict[str, Any]:
        """The manifest of a model that edgener fine-tuned; empty for any other."""
        return self.manifest if self.kind == KIND else {}


def locate(name: str) -> ModelSource:
    """Identify a model folder or hub id. UserError, before anything is loaded, when it is neither."""
    path = Path(name)
    if path.is_dir():
        found = artefact.find(path)
        if found is not None and found.kind not in (KIND, ENCODER):
            raise UserError(f"{path}: a {found.kind}, not a model; give the model it was made from")
        if not (path / "config.json").is_file():
            raise UserError(f"{path}: no config.json; expected a Hugging Face model folder or a hub id")
        weights = [path / file for file in WEIGHTS if (path / file).is_file()]
        if not weights:
            raise UserError(f"{path}: no weights; expected model.safetensors or pytorch_model.bin")
        if found is not None:
            return ModelSource(path.resolve().name, found.digest, found.manifest, found.kind)
        return ModelSource(path.resolve().name, _folder_digest(path))
    if path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise UserError(f"{name}: no such model folder")
    return ModelSource(name.rpartition("/")[2], f"hub:{name}@{_commit(name)}")


def _folder_digest(path: Path) -> str:
    """sha256 over the files that decide what a folder computes, so that a copy elsewhere is the same model."""
    total = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.is_file() and file.suffix in {".json", ".safetensors", ".bin", ".model", ".txt"}:
            total.update(f"{file.name} {artefact.sha256_file(file)}\n".encode())
    return total.hexdigest()


def _commit(name: str) -> str:
    return str(getattr(load_config(name), "_commit_hash", None))


def load_config(name: str) -> PretrainedConfig:
    try:
        return AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{name}: cannot be loaded as a model folder or hub id ({first_line(error)})") from None


def load_tokenizer(name: str, config: PretrainedConfig) -> tuple[Any, Tokenizer]:
    """(Hugging Face tokenizer, its fast backend). A SentencePiece model alone is converted.

    `model_max_length` is set to what the model can read: AfriBERTa publishes none.
    """
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
    length = max_length or min(DEFAULT_WINDOW, usable)
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


def load_classifier(name: str, *, model_kwargs: dict[str, Any] | None = None, max_length: int | None = None) -> Network:
    """A trained classifier. UserError for a folder that is none, or whose labels cannot be decoded."""
    source = locate(name)
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
        model, report = auto.from_pretrained(
            name, output_loading_info=True, trust_remote_code=False, **{"dtype": torch.float32, **kwargs}
        )
    except Exception as error:  # damaged safetensors, pickles with code, wrong shapes: each has its own class
        if isinstance(error, TypeError) and "add_pooling_layer" in kwargs:
            raise
        raise UserError(f"{name}: its weights cannot be loaded ({first_line(error)})") from None
    random = [*report["missing_keys"], *report["mismatched_keys"]]
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


def first_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
