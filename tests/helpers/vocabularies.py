"""Tiny encoders with random weights, each with a tokenizer of another kind, trained here on a few hundred words."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    BertTokenizerFast,
    CamembertConfig,
    CamembertModel,
    LlamaTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from edgener.text import sample

AMHARIC = ["ኢትዮጵያ ውስጥ አዲስ አበባ ዋና ከተማ ናት ።", "አበበ በሶ በላ እና ውሃ ጠጣ"]
NKO = ["ߒߞߏ ߞߊ߲ ߞߏ ߛߓߍ", "ߖߊ߬ߡߊ߬ߣߊ ߟߎ߬"]
# ɛ and ɔ with a tone have no precomposed form; the second line is NFD.
YORUBA = ["ɔ̀kɛ̀ ɛ̀dè Ọlá lọ sí Ìbàdàn 🎉 👩🏾 .", "Ọlá wá sí Èkó"]
SIZES: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24}
OFFSET: dict[str, Any] = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "type_vocab_size": 1}
MARKS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}


def texts() -> dict[str, list[str]]:
    given = {name: [" ".join(words) for words, _ in sample.generate(name, "train")][:150] for name in ("hau", "swa")}
    return given | {"amh": AMHARIC * 4, "nqo": NKO * 4, "yor": YORUBA * 4}


def lines() -> list[str]:
    return [line for part in texts().values() for line in part]


def write_raw(folder: Path, languages: Sequence[str] = ("hau", "amh", "nqo", "yor")) -> Path:
    folder.mkdir(parents=True)
    for name in languages:
        (folder / f"{name}.txt").write_text("\n".join(texts()[name]), encoding="utf-8")
    return folder


def sentencepiece_model(path: Path, **settings: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines()),
            model_writer=file,
            **{"vocab_size": 320, "minloglevel": 2, "num_threads": 1, "character_coverage": 1.0, **settings},
        )
    return path


def bert(folder: Path, rows: int, kind: Any = BertModel, **settings: Any) -> Path:
    torch.manual_seed(0)
    kind(BertConfig(vocab_size=rows, max_position_embeddings=64, **SIZES, **settings)).save_pretrained(folder)
    return folder


def xlmr(folder: Path, rows: int, kind: Any = XLMRobertaModel) -> Path:
    torch.manual_seed(0)
    kind(XLMRobertaConfig(vocab_size=rows, max_position_embeddings=66, **SIZES, **OFFSET)).save_pretrained(folder)
    return folder


def wordpiece(folder: Path, kind: Any = BertModel) -> Path:
    """BERT's: cased, with vocab.txt, and more rows than pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
    trainer = trainers.WordPieceTrainer(vocab_size=600, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator(lines(), trainer)
    folder.mkdir(parents=True)
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces), encoding="utf-8")
    made = BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False, strip_accents=False)
    assert made("Kano").input_ids[0] == 2
    made.save_pretrained(folder)
    (folder / "tokenizer.json").unlink()
    return bert(folder, len(pieces) + 7, kind)


def byte_bpe(folder: Path) -> Path:
    """RoBERTa's: vocab.json and merges.txt alone, the mask behind the rest."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines(), trainer)
    folder.mkdir(parents=True)
    tokenizer.model.save(str(folder))
    made = RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))
    made.save_pretrained(folder)
    (folder / "tokenizer.json").unlink()
    torch.manual_seed(0)
    config = RobertaConfig(vocab_size=len(made), max_position_embeddings=66, **SIZES, **OFFSET)
    RobertaModel(config).save_pretrained(folder)
    return folder


def xlmr_sentencepiece(folder: Path, kind: Any = XLMRobertaModel, **settings: Any) -> Path:
    """XLM-R's: `sentencepiece.bpe.model` alone; ids are those of SentencePiece and one, the mask last."""
    path = sentencepiece_model(folder / "sentencepiece.bpe.model", **settings)
    size = sentencepiece.SentencePieceProcessor(model_file=str(path)).get_piece_size()
    return xlmr(folder, size + 2 + 5, kind)


def xlmr_bpe(folder: Path) -> Path:
    return xlmr_sentencepiece(folder, model_type="bpe", vocab_size=500)


def camembert(folder: Path) -> Path:
    path = sentencepiece_model(folder / "sentencepiece.bpe.model")
    size = sentencepiece.SentencePieceProcessor(model_file=str(path)).get_piece_size()
    torch.manual_seed(0)
    config = CamembertConfig(
        vocab_size=size + 5, max_position_embeddings=66, **SIZES, **(OFFSET | {"bos_token_id": 5, "eos_token_id": 6})
    )
    CamembertModel(config).save_pretrained(folder)
    return folder


def llama_bpe(folder: Path) -> Path:
    """SentencePiece BPE with byte fallback: a piece is merged in as many ways as it can be cut in two."""
    path = sentencepiece_model(
        folder / "tokenizer.model", model_type="bpe", byte_fallback=True, vocab_size=700, character_coverage=0.99
    )
    made = LlamaTokenizerFast(vocab_file=str(path), legacy=True, add_prefix_space=True, pad_token="<unk>")
    if len(made) < 100:
        pytest.skip("transformers 5 makes no tokenizer of a SentencePiece BPE model this way")
    made.save_pretrained(folder)
    return bert(folder, len(made))


def unigram(folder: Path) -> Path:
    """A tokenizer.json alone, with two added tokens behind the vocabulary and an NFKC normaliser."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines(), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **MARKS, extra_special_tokens={"doc_token": "<doc>"})
    made.save_pretrained(folder)
    return xlmr(folder, len(made) + 3)


KINDS: dict[str, Callable[[Path], Path]] = {
    "unigram": unigram,
    "xlmr-unigram": xlmr_sentencepiece,
    "xlmr-bpe": xlmr_bpe,
    "camembert": camembert,
    "llama-bpe": llama_bpe,
    "byte-bpe": byte_bpe,
    "wordpiece": wordpiece,
}
LANGUAGE_MODELS: dict[str, Callable[[Path], Path]] = {
    "xlm-roberta": lambda folder: xlmr_sentencepiece(folder, XLMRobertaForMaskedLM),
    "bert": lambda folder: wordpiece(folder, BertForMaskedLM),
}


def tokenizer_of(state: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))
