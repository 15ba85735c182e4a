"""The state of a tokenizer with pieces taken out."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from edgener.compress.trim import choose, rewrite
from edgener.errors import UserError
from tests.helpers import vocabularies
from tests.helpers.vocabularies import tokenizer_of


def state_of(tokenizer: Tokenizer) -> dict[str, Any]:
    return dict(json.loads(tokenizer.to_str()))


def bpe(merges: list[str], **settings: Any) -> Tokenizer:
    """Pieces in the order of their merges, behind the letters a to d."""
    vocab = {letter: place for place, letter in enumerate("abcd")}
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    for left, right in pairs:
        vocab.setdefault(left + right, len(vocab))
    return Tokenizer(models.BPE(vocab, pairs, **settings))


def test_a_piece_of_many_merges_keeps_those_it_is_read_by() -> None:
    """abc is written down as a+bc first, but ab is merged before bc is, so that only ab+c ever makes it."""
    tokenizer = bpe(["a b", "a bc", "b c", "ab c"])
    state = state_of(tokenizer)
    assert tokenizer.encode("abcabc").tokens == ["abc", "abc"]
    names = rewrite.pieces_of(state)
    parts = {names[whole]: (names[left], names[right]) for whole, (left, right) in rewrite.parts_of(state).items()}
    assert parts == {"ab": ("a", "b"), "abc": ("ab", "c"), "bc": ("b", "c")}


PAIRS = ["".join(letters) for size in (2, 3, 4) for letters in product("ab", repeat=size)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bpe_reads_a_word_as_before_when_its_pieces_and_their_parts_stay(data: st.DataObject) -> None:
    """With all merges of every piece in any order, as in vocabularies from SentencePiece."""
    wholes = data.draw(st.lists(st.sampled_from(PAIRS), unique=True, min_size=1, max_size=10))
    pieces = ["a", "b", *sorted(wholes, key=len)]
    merges = [(w[:cut], w[cut:]) for w in wholes for cut in range(1, len(w)) if {w[:cut], w[cut:]} <= set(pieces)]
    merges = data.draw(st.permutations(merges))
    vocab = {piece: place for place, piece in enumerate(pieces)}
    old = Tokenizer(models.BPE(vocab, merges))
    word = data.draw(st.text("ab", min_size=1, max_size=10))
    state = state_of(old)
    use = choose.use_of(old, {word: 1})
    keep = choose.choose({"x": use}, {0, 1}, parts=rewrite.parts_of(state))
    assert tokenizer_of(rewrite.trimmed(state, keep)).encode(word).tokens == old.encode(word).tokens


def test_merges_written_as_strings_and_marks_of_both_kinds() -> None:
    vocab = {"a": 0, "b</w>": 1, "a</w>": 2, "ab</w>": 3, "aa": 4, "aab</w>": 5, "##a": 6, "##b": 7, "a##": 8}
    tokenizer = Tokenizer(
        models.BPE(
            {name: place for place, name in enumerate(["a", "b</w>", "a</w>", "ab</w>", "aa", "aab</w>"])},
            [("a", "a"), ("a", "b</w>"), ("aa", "b</w>"), ("a", "ab</w>")],
            end_of_word_suffix="</w>",
        )
    )
    assert tokenizer.encode("aab").tokens == ["aab</w>"]
    state = state_of(tokenizer)
    state["model"]["merges"] = [" ".join(merge) for merge in state["model"]["merges"]]
    assert rewrite.parts_of(state) == {vocab["aa"]: (0, 0), vocab["ab</w>"]: (0, 1), vocab["aab</w>"]: (4, 1)}
    small = tokenizer_of(rewrite.trimmed(state, [0, 1, 2, 4, 5]))
    assert small.encode("aab").tokens == ["aab</w>"]
    assert small.encode("ab").tokens == ["a", "b</w>"]
    inside = Tokenizer(
        models.BPE(
            {"a": 0, "##a": 1, "##b": 2, "ab": 3, "##ab": 4, "aab": 5},
            [("##a", "##b"), ("a", "##ab"), ("a", "##b")],
            continuing_subword_prefix="##",
        )
    )
    assert rewrite.parts_of(state_of(inside)) == {4: (1, 2), 5: (0, 4), 3: (0, 2)}


def test_gaps_and_other_models_are_refused_in_one_line() -> None:
    gaps = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 2}, unk_token="[UNK]"))
    with pytest.raises(UserError, match="have gaps"):
        rewrite.pieces_of(state_of(gaps))
    words = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    with pytest.raises(UserError, match="type WordLevel: only Unigram, BPE, WordPiece can be trimmed"):
        rewrite.pieces_of(state_of(words))


@pytest.mark.parametrize("kind", ["template", "bert", "roberta", "sequence"])
def test_post_processors_name_the_new_ids(kind: str) -> None:
    """Of pieces that nobody declared as special, too."""
    vocab = {"x": 0, "y": 1, "[UNK]": 2, "a": 3, "[SEP]": 4, "z": 5, "[CLS]": 6}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    template = processors.TemplateProcessing(
        single="[CLS] $0 [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 6), ("[SEP]", 4)]
    )
    tokenizer.post_processor = {
        "template": template,
        "bert": processors.BertProcessing(("[SEP]", 4), ("[CLS]", 6)),
        "roberta": processors.RobertaProcessing(("[SEP]", 4), ("[CLS]", 6)),
        "sequence": processors.Sequence([processors.ByteLevel(), template]),
    }[kind]
    state = state_of(tokenizer)
    assert rewrite.special_ids(state) == {2, 4, 6}
    assert state == state_of(tokenizer)
    small = tokenizer_of(rewrite.trimmed(state, [2, 3, 4, 6]))
    assert small.encode("a").tokens == tokenizer.encode("a").tokens == ["[CLS]", "a", "[SEP]"]
    assert small.encode("a").ids == [3, 1, 2]


def test_added_tokens_within_and_behind_the_vocabulary() -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -1.0), ("<m>", 0.0), ("a", -2.0), ("b", -3.0)], 0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([AddedToken("<m>", lstrip=True), "<new>"])
    tokenizer.add_tokens([AddedToken("town", single_word=True)])
    state = state_of(tokenizer)
    assert rewrite.special_ids(state) == {0, 2, 4, 5, 6}  # 4 has the lowest score
    small = tokenizer_of(rewrite.trimmed(state, [0, 1, 2, 4, 5, 6]))
    assert small.get_vocab() == {"<unk>": 0, "▁": 1, "<m>": 2, "b": 3, "<new>": 4, "town": 5}
    text = "b <m><new> town towns"
    assert small.encode(text).tokens == tokenizer.encode(text).tokens
    assert small.get_added_tokens_decoder()[2].lstrip


def test_an_unknown_character_costs_what_it_did() -> None:
    """It hangs on the lowest score: without that piece, "a" alone as unknown would be cheaper than ya behind x."""
    pieces = [("<unk>", 0.0), ("xy", -1.0), ("x", -19.0), ("ya", -19.0), ("z", -1.0), ("y", -1.0), ("q", -30.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0))
    state = state_of(tokenizer)
    assert tokenizer.encode("xyaz").tokens == ["x", "ya", "z"]
    assert tokenizer_of(rewrite.trimmed(state, [0, 1, 2, 3, 4, 5])).encode("xyaz").tokens == ["xy", "a", "z"]
    assert rewrite.special_ids(state) == {0, 6}
    assert tokenizer_of(rewrite.trimmed(state, [0, 1, 2, 3, 4, 5, 6])).encode("xyaz").tokens == ["x", "ya", "z"]


def test_byte_level_alphabets_stay_whole(tmp_path: Path) -> None:
    vocab = {letter: place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab | {"ab": 256}, [("a", "b")]))
    assert rewrite.byte_alphabet(state_of(tokenizer)) == set()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.ByteLevel()])
    assert rewrite.byte_alphabet(state_of(tokenizer)) == set(range(256))


def test_a_sentencepiece_model_is_cut_whatever_the_type_of_a_piece(tmp_path: Path) -> None:
    from sentencepiece import sentencepiece_model_pb2

    settings = {"user_defined_symbols": "<one>,<two>", "control_symbols": "<c1>,<c2>"}
    data = vocabularies.sentencepiece_model(tmp_path / "a.model", **settings).read_bytes()
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(data)
    unused = model.pieces[100]
    unused.type = sentencepiece_model_pb2.ModelProto.SentencePiece.UNUSED
    names = [one.piece for one in model.pieces]
    dropped = {names[50], "<one>", "<c2>", unused.piece, "not there"}
    sample = b"\x22\x0d\x0a\x0b\x0a\x04Kano\x12\x03Kan"  # self_test_data: refused by old readers when it has changed
    made = rewrite.trim_sentencepiece(model.SerializeToString() + sample, dropped)
    assert sample not in made
    reader = sentencepiece.SentencePieceProcessor(model_proto=made)
    assert [reader.id_to_piece(place) for place in range(len(reader))] == [n for n in names if n not in dropped]
    assert rewrite.trim_sentencepiece(data, set()) == data
    with pytest.raises(UserError, match="cannot be read"):
        rewrite.trim_sentencepiece(b"\xff no model", set())
