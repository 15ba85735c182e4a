"""Rows taken out of networks: word embeddings, masked-LM heads, position tables."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from transformers import AutoModelForMaskedLM, BertConfig, BertForMaskedLM, BertModel, DistilBertConfig, DistilBertModel

from edgener.compress.trim.apply import cut_positions, cut_vocabulary, needed_ids
from edgener.compress.trim.stage import TrimConfig, trim_vocab
from edgener.errors import UserError
from edgener.train.model import load_tokenizer, usable_length
from edgener.train.network import has_language_model, load_encoder, load_language_model, load_network
from edgener.train.record import report_of
from edgener.train.source import load_config
from tests.helpers import vocabularies


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vocabularies.write_raw(tmp_path_factory.mktemp("raw") / "raw")


@pytest.mark.parametrize("kind", vocabularies.LANGUAGE_MODELS)
def test_a_language_model_says_the_same_of_the_pieces_that_stay(kind: str, tmp_path: Path, raw: Path) -> None:
    folder = vocabularies.LANGUAGE_MODELS[kind](tmp_path / kind)
    with torch.no_grad():  # biases are zeros at first
        model: Any = AutoModelForMaskedLM.from_pretrained(folder)
        model.get_output_embeddings().bias.copy_(torch.randn(model.config.vocab_size))
        model.save_pretrained(folder)
    out = trim_vocab(str(folder), TrimConfig(coverage=0.7), tmp_path / "out", raw_text=raw)
    before, after = load_network(str(folder)), load_network(str(out))
    assert has_language_model(after.model.config)
    assert json.loads((out / "manifest.json").read_text())["kind"] == "encoder"
    old_ids = before.backend.get_vocab()
    keep = sorted(old_ids[piece] for piece in after.backend.get_vocab())
    head = after.model.get_output_embeddings()
    assert head.weight is after.model.get_input_embeddings().weight
    assert head.weight.shape == (len(keep), 16)
    assert head.bias.shape == (len(keep),)
    assert head.out_features == len(keep)
    names = dict(after.model.named_parameters())
    assert not [name for name, value in names.items() if len(value) == before.model.config.vocab_size]
    row = [*after.spec.prefix, *range(5, 25), *after.spec.suffix]
    with torch.no_grad():
        old = before.model(input_ids=torch.tensor([[keep[one] for one in row]])).logits
        new = after.model(input_ids=torch.tensor([row])).logits
    assert torch.allclose(old[..., keep], new, atol=1e-6)
    assert new.abs().max() > 1
    # What transformers makes of the folder by itself, and after being saved again.
    again: Any = AutoModelForMaskedLM.from_pretrained(out)
    again.save_pretrained(tmp_path / "again")
    again = AutoModelForMaskedLM.from_pretrained(tmp_path / "again").eval()
    with torch.no_grad():
        assert torch.equal(again(input_ids=torch.tensor([row])).logits, new)
    assert again.config.pad_token_id == before.model.config.pad_token_id


def test_a_head_of_its_own_weights_is_cut_too() -> None:
    config = BertConfig(vocab_size=40, tie_word_embeddings=False, max_position_embeddings=16, **vocabularies.SIZES)
    model = BertForMaskedLM(config).eval()
    weights = [model.get_input_embeddings().weight.clone(), model.get_output_embeddings().weight.clone()]
    assert not torch.equal(*weights)
    keep = [0, 3, 4, 39]
    old = model(input_ids=torch.tensor([[3, 39]])).logits
    cut_vocabulary(model, keep)
    assert torch.equal(model.get_input_embeddings().weight, weights[0][keep])
    assert torch.equal(model.get_output_embeddings().weight, weights[1][keep])
    assert torch.allclose(model(input_ids=torch.tensor([[1, 3]])).logits, old[..., keep], atol=1e-6)


def test_ids_that_the_network_speaks_of() -> None:
    """A padding id that is no special token of the tokenizer, and ids of rows behind the vocabulary."""
    config = BertConfig(vocab_size=40, pad_token_id=7, **vocabularies.SIZES)
    config.sep_token_id, config.mask_token_id = 12, 35
    model = BertModel(config)
    assert needed_ids(model, 30) == {7, 12}
    cut_vocabulary(model, [0, 7, 12])
    assert model.get_input_embeddings().padding_idx == 1
    assert (model.config.pad_token_id, model.config.sep_token_id, model.config.mask_token_id) == (1, 2, None)


def test_a_padding_id_that_is_an_ordinary_piece(tmp_path: Path, raw: Path) -> None:
    """BERT's own is 0, whatever the tokenizer has there."""
    folder = vocabularies.llama_bpe(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    place = next(
        place
        for piece, place in load_network(str(folder)).backend.get_vocab().items()
        if len(piece) > 5 and not piece.startswith("<")
    )
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": place}))
    out = trim_vocab(str(folder), TrimConfig(min_count=10**6), tmp_path / "out", raw_text=raw)
    after = load_network(str(out))
    old = load_network(str(folder)).backend.id_to_token(place)
    assert after.backend.id_to_token(after.model.config.pad_token_id) == old


LENGTHS = {"xlmr-unigram": 2, "wordpiece": 0, "byte-bpe": 2}


@pytest.mark.parametrize("kind", LENGTHS)
def test_windows_are_cut_with_the_position_table(kind: str, tmp_path: Path, raw: Path) -> None:
    folder = vocabularies.KINDS[kind](tmp_path / kind)
    rows, whole = 20 + LENGTHS[kind], 64 + LENGTHS[kind]
    out = trim_vocab(str(folder), TrimConfig(max_length=20), tmp_path / "out", raw_text=raw)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["decode"]["max_length"] == 20
    assert manifest["decode"]["stride"] == 9
    config = load_config(str(out))
    assert config.max_position_embeddings == rows
    tokenizer, backend = load_tokenizer(str(out), config)
    assert tokenizer.model_max_length == usable_length(config, tokenizer) == 20
    assert json.loads((out / "tokenizer_config.json").read_text())["model_max_length"] == 20
    before, after = load_encoder(str(folder)), load_encoder(str(out))
    old, new = (model.embeddings.position_embeddings for model in (before, after))
    assert old.weight.shape[0] == whole
    assert torch.equal(new.weight, old.weight[:rows])
    assert json.loads(report_of(out).read_text())["max_length"] == {"before": 64, "after": 20}
    # The longest window there is.
    ids = torch.full((1, 20), backend.get_vocab_size() - 1)
    with torch.no_grad():
        assert torch.isfinite(after(input_ids=ids).last_hidden_state).all()


def test_sentences_longer_than_the_new_windows_are_compared_as_far_as_both_read(tmp_path: Path, raw: Path) -> None:
    """Cut at 20 pieces for the one and 64 for the other, they would not even be of the same length."""
    folder = vocabularies.wordpiece(tmp_path / "m")
    (raw.parent / "long").mkdir()
    (raw.parent / "long" / "hau.txt").write_text("Kano " * 40 + "\nKano\n")
    out = trim_vocab(str(folder), TrimConfig(max_length=20), tmp_path / "out", raw_text=raw.parent / "long")
    cost = json.loads(report_of(out).read_text())["languages"]["hau"]
    assert (cost["same_sentences"], cost["difference"]) == (1.0, 0.0)


def test_windows_that_the_table_does_not_hold_are_refused(tmp_path: Path, raw: Path) -> None:
    folder = vocabularies.wordpiece(tmp_path / "m")
    with pytest.raises(UserError, match=r"^--max-length 65: this encoder reads at most 64 pieces$"):
        trim_vocab(str(folder), TrimConfig(max_length=65), tmp_path / "out", raw_text=raw)
    assert trim_vocab(str(folder), TrimConfig(max_length=64), tmp_path / "out", raw_text=raw)
    other = BertModel(BertConfig(vocab_size=9, position_embedding_type="relative_key", **vocabularies.SIZES))
    with pytest.raises(UserError, match="--max-length: this bert has no position table of the usual form to cut"):
        cut_positions(other, 10)
    small = DistilBertModel(DistilBertConfig(vocab_size=9, dim=16, n_layers=1, n_heads=2, hidden_dim=8))
    cut_positions(small, 10)
    assert small.embeddings.position_embeddings.weight.shape == (10, 16)
    assert small(input_ids=torch.zeros((1, 10), dtype=torch.long)).last_hidden_state.shape == (1, 10, 16)


def test_weights_that_are_not_those_of_the_config_are_refused(tmp_path: Path) -> None:
    folder = vocabularies.LANGUAGE_MODELS["bert"](tmp_path / "m")
    assert load_language_model(str(folder)).config.vocab_size
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    with pytest.raises(UserError, match="tensors are missing from its weights"):
        load_network(str(folder))
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": "many"}))
    for load in (load_encoder, load_language_model):
        with pytest.raises(UserError) as caught:
            load(str(folder))
        assert "\n" not in str(caught.value)


def test_no_shared_memory_with_the_old_network(tmp_path: Path, raw: Path) -> None:
    folder = vocabularies.wordpiece(tmp_path / "m")
    weights = (folder / "model.safetensors").read_bytes()
    trim_vocab(str(folder), TrimConfig(), tmp_path / "out", raw_text=raw)
    assert (folder / "model.safetensors").read_bytes() == weights
