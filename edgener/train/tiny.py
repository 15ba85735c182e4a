"""A tiny encoder with random weights and a tokenizer trained on given text: for the demo and the tests.

It is an XLM-R of a few hundred thousand parameters that knows nothing before it is fine-tuned.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

from edgener import artefact, output
from edgener.train.source import ENCODER as KIND

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]  # XLM-R's ids 0 to 3, and a mask


@dataclass(frozen=True)
class TinyConfig:
    vocabulary: int = 600
    hidden: int = 128
    layers: int = 2
    heads: int = 4
    ffn: int = 256
    positions: int = 258
    dropout: float = 0.4  # much, so that context is learnt and not only the few names of a small corpus
    seed: int = 0


def tiny_encoder(texts: Sequence[str], config: TinyConfig, out: Path, *, force: bool = False) -> Path:
    """Write an encoder folder that loads with AutoModel and AutoTokenizer; returns `out`."""
    inputs = {"texts": artefact.digest_of(list(texts))}
    asked = artefact.request(KIND, asdict(config), inputs)
    if output.already_done(out, asked, force):
        return out
    with output.building(out) as scratch:
        tokenizer(texts, config.vocabulary).save_pretrained(scratch)
        torch.manual_seed(config.seed)
        model = XLMRobertaModel(
            XLMRobertaConfig(
                vocab_size=config.vocabulary,
                hidden_size=config.hidden,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                intermediate_size=config.ffn,
                max_position_embeddings=config.positions,
                type_vocab_size=1,
                hidden_dropout_prob=config.dropout,
                bos_token_id=0,
                pad_token_id=1,
                eos_token_id=2,
            ),
            add_pooling_layer=False,
        )
        model.save_pretrained(scratch)
        output.seal(scratch, KIND, {"request": asked, "config": asdict(config), "inputs": inputs})
    return out


def tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A Unigram tokenizer in XLM-R's form: NFC, words behind U+2581, <s> ... </s>."""
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.NFC()
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False
    )
    unigram.train_from_iterator(texts, trainer)
    unigram.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=unigram,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=256,
    )
