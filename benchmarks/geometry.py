"""A token classifier of any XLM-R geometry with random weights, as a folder in the form AfriBERTa is published in.

    python benchmarks/geometry.py OUT [--layers 10] [--hidden 768] [--heads 6] [--ffn 3072] [--vocabulary 70006]

The defaults are AfriBERTa-large's (Ogueji et al. 2021). OUT gets config.json, pytorch_model.bin (no safetensors) and a
SentencePiece model (no tokenizer.json, no model_max_length) trained on the built-in sample, or the first pieces of the
tokenizer of another model (--tokenizer). Size and speed of such a model are real, its answers are not.
"""

import io
import json
from pathlib import Path
from typing import Annotated

import sentencepiece
import torch
import typer
from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForTokenClassification

from edgener.compress.trim import rewrite
from edgener.text import sample
from edgener.text.labels import label_list

TYPES = ("DATE", "LOC", "ORG", "PER")


def build(
    out: Annotated[Path, typer.Argument(help="A folder to make.")],
    layers: int = 10,
    hidden: int = 768,
    heads: int = 6,
    ffn: int = 3072,
    vocabulary: int = 70_006,
    pieces: int = 2000,
    tokenizer: Annotated[Path | None, typer.Option(help="Folder of a model to take pieces from.")] = None,
) -> None:
    """Write the folder."""
    labels = label_list(TYPES)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ffn,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        architectures=["XLMRobertaForTokenClassification"],
    )
    model = XLMRobertaForTokenClassification(config)
    out.mkdir(parents=True)
    config.save_pretrained(out)
    torch.save(model.state_dict(), out / "pytorch_model.bin")
    if tokenizer:
        _first_pieces(tokenizer, vocabulary, out)
        return
    (out / "sentencepiece.bpe.model").write_bytes(_sentencepiece(pieces))
    (out / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "XLMRobertaTokenizer"}))


def _first_pieces(model: Path, count: int, out: Path) -> None:
    """The tokenizer of `model` with its special tokens and, up to `count`, its first pieces, the most frequent ones."""
    found = AutoTokenizer.from_pretrained(model)
    state = json.loads(found.backend_tokenizer.to_str())
    special = rewrite.special_ids(state)
    others = [index for index in range(len(found)) if index not in special]
    found.save_pretrained(out)
    kept = rewrite.trimmed(state, sorted([*special, *others[: count - len(special)]]))
    (out / "tokenizer.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def _sentencepiece(pieces: int) -> bytes:
    """A Unigram SentencePiece model with XLM-R's special ids."""
    model = io.BytesIO()
    texts = (" ".join(tokens) for name in sample.LANGUAGES for tokens, _ in sample.generate(name, "train"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=texts,
        model_writer=model,
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
    )
    return model.getvalue()


if __name__ == "__main__":
    typer.run(build)
