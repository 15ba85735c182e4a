"""Every kind of tokenizer through the stage: what is read with the pieces that remain, and with which rows."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, CamembertTokenizer, LlamaTokenizer, XLMRobertaTokenizer

from edgener.compress.trim.choose import unknown_of
from edgener.compress.trim.stage import TrimConfig, trim_vocab
from edgener.text.normalise import normalise_word
from edgener.text.pieces import encode
from edgener.train.model import Network
from edgener.train.network import load_network
from edgener.train.record import report_of
from tests.helpers import vocabularies

KINDS = tuple(vocabularies.KINDS)
WORDS = sorted({normalise_word(word) for line in vocabularies.lines() for word in line.split()})
RAW = [line for name in ("hau", "amh", "nqo", "yor") for line in vocabularies.texts()[name]]
# Characters of the chosen languages, as they are after normalisation.
SEEN = sorted({char for line in RAW for word in line.split() for char in normalise_word(word)})
random_words = st.one_of(
    st.text(SEEN, min_size=1, max_size=12),
    st.sampled_from(WORDS),
    st.builds(lambda a, b: a[: len(a) // 2] + b[len(b) // 2 :], st.sampled_from(WORDS), st.sampled_from(WORDS)),
)


class Trimmed:
    """A tiny encoder before and after, for the languages of the raw text but Swahili."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.out = vocabularies.KINDS[kind](folder / kind), folder / "out"
        self.raw = vocabularies.write_raw(folder / "raw")
        # Little enough that most pieces of Hausa go.
        trim_vocab(str(self.folder), TrimConfig(coverage=0.6), self.out, raw_text=self.raw)
        self.report = json.loads(report_of(self.out).read_text())
        self.before, self.after = load_network(str(self.folder)), load_network(str(self.out))
        self.old, self.new = (Trimmed.pieces(network) for network in (self.before, self.after))
        # Old id of each new one: by name, since names are unique.
        ids = {piece: place for place, piece in enumerate(self.old)}
        self.keep = [ids[piece] for piece in self.new]

    @staticmethod
    def pieces(network: Network) -> list[str]:
        table = {place: piece for piece, place in network.backend.get_vocab().items()}
        assert sorted(table) == list(range(len(table)))
        return [table[place] for place in range(len(table))]

    def read(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        return list(encode(self.before.backend, words).ids), list(encode(self.after.backend, words).ids)


@pytest.fixture(scope="module", params=KINDS)
def trimmed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trimmed:
    return Trimmed(tmp_path_factory.mktemp("trim"), request.param)


def test_pieces_are_fewer_in_the_old_order_and_keep_their_rows(trimmed: Trimmed) -> None:
    assert len(trimmed.new) < 0.8 * len(trimmed.old)
    assert trimmed.keep == sorted(trimmed.keep)
    old, new = (network.model.get_input_embeddings() for network in (trimmed.before, trimmed.after))
    assert new.weight.shape[0] == new.num_embeddings == len(trimmed.new) == trimmed.after.model.config.vocab_size
    assert torch.equal(new.weight, old.weight[trimmed.keep])
    assert trimmed.report["pieces"] == {"before": len(trimmed.old), "after": len(trimmed.new)}


def test_no_language_has_more_unknown_words(trimmed: Trimmed) -> None:
    for name, cost in trimmed.report["languages"].items():
        assert cost["known"]
        assert cost["unknown_rate"][1] == cost["unknown_rate"][0], name
        assert cost["difference"] in (None, 0.0), name
    assert trimmed.report["languages"]["hau"]["same_words"] < 1
    assert 0.0 in [cost["difference"] for cost in trimmed.report["languages"].values()]


@settings(max_examples=150, deadline=None)
@given(words=st.lists(random_words, min_size=1, max_size=3))
def test_a_word_whose_pieces_stay_is_read_as_before_and_none_becomes_unknown(
    trimmed: Trimmed, words: list[str]
) -> None:
    for word in map(normalise_word, words):
        old, new = trimmed.read([word])
        kept = set(trimmed.keep)
        if set(old) <= kept:
            assert [trimmed.keep[one] for one in new] == old, word
        unknowns = unknown_of(trimmed.before.backend), unknown_of(trimmed.after.backend)
        if unknowns[0] not in old and set(word) <= set(SEEN):
            assert unknowns[1] not in new, word
        assert all(0 <= one < len(trimmed.new) for one in new)


def test_what_nobody_saw_is_read_with_ids_in_the_table(trimmed: Trimmed) -> None:
    for word in ("京都", "привет", "e\u0301\u0300", "\U0001f9ff", "日", "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789#@"):
        old, new = trimmed.read([word])
        assert max(new, default=0) < len(trimmed.new)
        if unknown_of(trimmed.before.backend) in old:
            continue
        if word.isascii():
            assert unknown_of(trimmed.after.backend) not in new


def test_special_tokens_and_settings_are_those_of_before(trimmed: Trimmed) -> None:
    old, new = trimmed.before.tokenizer, trimmed.after.tokenizer
    assert new.special_tokens_map == old.special_tokens_map
    assert type(new) is type(old)
    assert new.model_max_length == old.model_max_length == 64
    for name in old.all_special_tokens:
        assert trimmed.keep[new.convert_tokens_to_ids(name)] == old.convert_tokens_to_ids(name)
    for one in (new, old):
        assert one.convert_tokens_to_ids(one.pad_token) == one.pad_token_id
    old_added = {token.content: token for token in old.added_tokens_decoder.values()}
    assert {token.content: token for token in new.added_tokens_decoder.values()} == old_added
    text = f"Kano {old.mask_token or old.unk_token} Kano" if old.pad_token != "<unk>" else "Kano"
    assert [trimmed.keep[one] for one in new(text).input_ids] == old(text).input_ids or "Kano" not in trimmed.new
    spec = trimmed.before.spec
    assert [trimmed.keep[one] for one in trimmed.after.spec.prefix] == list(spec.prefix)
    assert [trimmed.keep[one] for one in trimmed.after.spec.suffix] == list(spec.suffix)
    assert trimmed.keep[trimmed.after.spec.pad] == spec.pad


def test_files_beside_tokenizer_json_say_the_same(trimmed: Trimmed) -> None:
    """What reads vocab.txt or vocab.json and merges.txt, and not tokenizer.json, gets the same ids."""
    slow = AutoTokenizer.from_pretrained(trimmed.out, use_fast=False)
    fast = AutoTokenizer.from_pretrained(trimmed.out)
    for word in WORDS:
        assert slow(word).input_ids == fast(word).input_ids, word
    files = {path.name for path in trimmed.out.iterdir()}
    # transformers 5 writes tokenizer.json where 4 also wrote these.
    kept = {".model"} if transformers.__version__.startswith("5") else {".model", ".txt"}
    assert {path.name for path in trimmed.folder.iterdir() if path.suffix in kept} <= files
    for path in trimmed.out.glob("*.json"):
        assert "/tmp" not in path.read_text(encoding="utf-8"), path


def test_the_sentencepiece_model_alone_gives_the_ids_of_the_embeddings(trimmed: Trimmed, tmp_path: Path) -> None:
    """As in a folder that holds nothing else of a tokenizer: ids come from SentencePiece's own numbers."""
    (path,) = [*trimmed.out.glob("*.model"), None][:1]
    if path is None:
        pytest.skip("no SentencePiece model")
    alone = tmp_path / path.name
    alone.write_bytes(path.read_bytes())
    if alone.name == "tokenizer.model":
        slow = LlamaTokenizer(str(alone), legacy=True)
    else:
        kind = CamembertTokenizer if "camembert" in trimmed.folder.name else XLMRobertaTokenizer
        slow = kind.from_pretrained(tmp_path)
        assert slow.mask_token_id == len(trimmed.new) - 1 == len(slow) - 1
    for word in WORDS:
        own = slow.convert_tokens_to_ids(slow.tokenize(word))
        assert own == trimmed.read([normalise_word(word)])[1], word
    for place, piece in enumerate(trimmed.new):
        assert slow.convert_ids_to_tokens(place) == piece


def test_the_same_request_makes_the_same_bytes(trimmed: Trimmed, tmp_path: Path) -> None:
    again = tmp_path / "again"
    trim_vocab(str(trimmed.folder), TrimConfig(coverage=0.6), again, raw_text=trimmed.raw)
    for path in trimmed.out.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_trimmed_tokenizer_can_be_trimmed_again(trimmed: Trimmed, tmp_path: Path) -> None:
    again = trim_vocab(str(trimmed.out), TrimConfig(coverage=0.3), tmp_path / "again", raw_text=trimmed.raw)
    assert load_network(str(again)).backend.get_vocab_size() <= len(trimmed.new)
    manifest = json.loads((again / "manifest.json").read_text())
    assert [step["config"]["coverage"] for step in manifest["steps"]] == [0.6, 0.3]
