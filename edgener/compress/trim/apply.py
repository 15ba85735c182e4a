"""Take rows out of a network's vocabulary and position tables, and pieces out of its tokenizer."""

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedModel

from edgener.compress.trim.rewrite import State, trim_sentencepiece, trimmed, vocabulary
from edgener.errors import UserError
from edgener.text.pieces import specials_of
from edgener.text.tagger import DecodeSpec
from edgener.train.model import Network, first_position, save_tokenizer, usable_length

_TOKEN_IDS = ("pad", "bos", "eos", "sep", "cls", "mask", "unk", "decoder_start")


def trim_network(network: Network, state: State, keep: Sequence[int], max_length: int | None, folder: Path) -> Network:
    """A copy of `network` with the pieces of `keep` (old ids, sorted) and, if given, windows of `max_length` pieces.

    folder: an empty one that lives until the network is written; the new tokenizer's files are in it. The old network
    is left as it is.
    """
    model = copy.deepcopy(network.model)
    cut_vocabulary(model, keep)
    if max_length is not None:
        cut_positions(model, max_length)
    tokenizer = _tokenizer(network.tokenizer, state, trimmed(state, keep), folder)
    tokenizer.model_max_length = usable_length(model.config, tokenizer)
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    specials = specials_of(backend, int(tokenizer.pad_token_id or 0))
    old = network.spec
    if max_length is not None and max_length < old.max_length:
        spec = DecodeSpec.of(old.splitter, max_length, specials)
    else:
        spec = replace(old, prefix=specials.prefix, suffix=specials.suffix, pad=specials.pad)
    return replace(network, model=model, tokenizer=tokenizer, backend=backend, spec=spec)


def needed_ids(model: PreTrainedModel, pieces: int) -> set[int]:
    """Ids of a vocabulary of so many pieces that the network itself speaks of, and those that positions count from."""
    embeddings: Any = model.get_input_embeddings()
    named = [getattr(model.config, f"{name}_token_id", None) for name in _TOKEN_IDS]
    found = {one for one in [embeddings.padding_idx, *named] if isinstance(one, int) and 0 <= one < pieces}
    return found | set(range(first_position(model.config)))


def cut_vocabulary(model: PreTrainedModel, keep: Sequence[int]) -> None:
    """Keep these rows of the word embeddings and, where there is one, of the masked-LM head; in place."""
    rows = torch.tensor(list(keep))
    embeddings: Any = model.get_input_embeddings()
    old = embeddings.num_embeddings
    head: Any = model.get_output_embeddings()
    base = {id(parameter) for parameter in model.base_model.parameters()}
    for parameter in model.parameters():
        # Tied weights are one parameter, which is cut once; biases of the head have no other name in common.
        of_head = head is not None and id(parameter) not in base and parameter.shape[:1] == (old,)
        if parameter is embeddings.weight or of_head:
            parameter.data = parameter.data[rows].clone()
    new_ids = {before: after for after, before in enumerate(keep)}
    embeddings.num_embeddings = len(keep)
    if embeddings.padding_idx is not None:
        embeddings.padding_idx = new_ids.get(embeddings.padding_idx)
    if head is not None:
        head.out_features = len(keep)
    model.config.vocab_size = len(keep)
    for name in _TOKEN_IDS:
        value = getattr(model.config, f"{name}_token_id", None)
        if value is not None:
            setattr(model.config, f"{name}_token_id", new_ids.get(value))


def cut_positions(model: PreTrainedModel, max_length: int) -> None:
    """Keep what sequences of `max_length` pieces need of the position table; in place. UserError when it is shorter."""
    check_positions(model, max_length)
    embeddings: Any = model.base_model.embeddings
    table, rows = embeddings.position_embeddings, max_length + first_position(model.config)
    table.weight.data = table.weight.data[:rows].clone()
    table.num_embeddings = rows
    for name in ("position_ids", "token_type_ids"):
        if isinstance(getattr(embeddings, name, None), torch.Tensor):
            setattr(embeddings, name, getattr(embeddings, name)[:, :rows])
    model.config.max_position_embeddings = rows


def check_positions(model: PreTrainedModel, max_length: int) -> None:
    """UserError when the position table cannot be cut to windows of `max_length` pieces."""
    config: Any = model.config
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    relative = getattr(config, "position_embedding_type", None) not in (None, "absolute")
    if table is None or relative or getattr(config, "relative_attention", False):
        raise UserError(f"--max-length: this {config.model_type} has no position table of the usual form to cut")
    longest = table.num_embeddings - first_position(config)
    if max_length > longest:
        raise UserError(f"--max-length {max_length}: this encoder reads at most {longest} pieces")


def _tokenizer(old: Any, before: State, after: State, folder: Path) -> Any:
    """The Hugging Face tokenizer around a new state; other files of its vocabulary are cut alike."""
    save_tokenizer(old, folder)
    (folder / "tokenizer.json").write_text(json.dumps(after, ensure_ascii=False), encoding="utf-8")
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings.pop("added_tokens_decoder", None)  # says the same of the old ids
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
    for path in folder.glob("*.model"):
        path.write_bytes(trim_sentencepiece(path.read_bytes(), vocabulary(before) - vocabulary(after)))
    for name in ("vocab.txt", "vocab.json", "merges.txt", "added_tokens.json"):
        (folder / name).unlink(missing_ok=True)  # written anew from tokenizer.json when the tokenizer is saved
    return AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)
