"""Which pieces stay: by use, in every language alike, and whatever no text may be without."""

import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from edgener.compress.trim import choose
from edgener.compress.trim.choose import Use
from edgener.errors import UserError
from edgener.text.scripts import script_of


def use(*counts: int) -> Use:
    return Use(np.array(counts, np.int64), sum(counts), 0)


def test_pieces_that_occur_too_rarely_go() -> None:
    uses = {"hau": use(9, 3, 1, 0, 1), "swa": use(0, 0, 1, 0, 0)}
    assert choose.choose(uses, set()) == [0, 1, 2, 4]
    assert choose.choose(uses, set(), min_count=2) == [0, 1, 2]  # counted in all languages together
    assert choose.choose(uses, set(), min_count=3) == [0, 1]
    assert choose.choose(uses, {3}, min_count=10) == [3]


def test_coverage_is_of_each_language() -> None:
    uses = {"hau": use(90, 9, 1, 0, 0), "swa": use(0, 0, 0, 8, 2)}
    assert choose.choose(uses, set(), coverage=0.8) == [0, 3]
    assert choose.choose(uses, set(), coverage=0.9) == [0, 3, 4]
    assert choose.choose(uses, set(), coverage=0.91) == [0, 1, 3, 4]
    assert choose.choose(uses, set(), coverage=1.0) == [0, 1, 2, 3, 4]
    assert choose.choose(uses, set(), coverage=1.0, min_count=2) == [0, 1, 3, 4]


def test_a_budget_goes_to_languages_alike() -> None:
    """A language of ten words has the same say as one of ten thousand."""
    uses = {"large": use(5000, 3000, 2000, 0, 0, 0), "small": use(0, 0, 0, 5, 3, 2)}
    assert choose.choose(uses, set(), budget=2) == [0, 3]
    assert choose.choose(uses, set(), budget=4) == [0, 1, 3, 4]
    assert choose.choose(uses, {5}, budget=3) == [0, 3, 5]
    assert choose.choose(uses, set(), budget=100) == [0, 1, 2, 3, 4, 5]


def test_a_budget_below_what_must_stay_names_the_least() -> None:
    always = {7, 8, 9}
    uses = {"hau": use(*range(1, 11))}
    with pytest.raises(UserError, match=r"^--budget 2: special tokens and single characters alone are 3 pieces") as one:
        choose.choose(uses, always, budget=2)
    assert "\n" not in str(one.value)
    assert choose.choose(uses, always, budget=3) == [7, 8, 9]


def test_the_parts_of_a_piece_stay_with_it_and_count() -> None:
    uses = {"hau": use(0, 0, 0, 1, 9)}
    parts = {4: (2, 0), 2: (0, 1)}
    assert choose.choose(uses, set(), parts=parts, min_count=2) == [0, 1, 2, 4]
    assert choose.choose(uses, {4}, parts=parts, budget=4) == [0, 1, 2, 4]
    with pytest.raises(UserError, match="4 pieces"):
        choose.choose(uses, {4}, parts=parts, budget=3)
    assert choose.choose(uses, set(), parts=parts, budget=3) == []  # the worthiest does not fit with its parts


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=8, max_size=8), min_size=1, max_size=3),
    st.sets(st.integers(0, 7)),
    st.integers(1, 5),
    st.none() | st.floats(0.01, 1),
    st.integers(0, 9),
)
def test_what_is_kept_is_within_all_limits(
    table: list[list[int]], always: set[int], least: int, coverage: float | None, more: int
) -> None:
    uses = {str(place): use(*row) for place, row in enumerate(table)}
    budget = len(always) + more
    kept = choose.choose(uses, always, min_count=least, coverage=coverage, budget=budget)
    assert kept == sorted(set(kept))
    assert always <= set(kept)
    assert len(kept) <= budget
    assert all(sum(row[place] for row in table) >= least for place in set(kept) - always)
    if coverage is not None and more > 8 and least == 1:
        for row in table:
            assert sum(row[place] for place in kept) >= coverage * sum(row) - 1e-6


def kept_pieces(pieces: list[str], *texts: str, continuing: str | None = "", normalise: Any = None) -> set[str]:
    words = [dict.fromkeys(text.split(), 1) for text in texts]
    return {pieces[place] for place in choose.safety_set(pieces, words, normalise, continuing)}


def test_single_characters_of_the_scripts_and_all_signs_stay() -> None:
    pieces = ["▁", "▁a", "z", "é", "ሀ", "ለ", "ߊ", "ߋ", "京", "д", "5", "߅", "!", "。", "🎉", "\u0301", "▁ez", "##", "я"]
    pieces += ["e", "京京"]
    always = {"▁", "▁a", "z", "é", "5", "߅", "!", "。", "🎉", "\u0301", "##", "e"}
    assert kept_pieces(pieces, "Kano") == always
    assert kept_pieces(pieces, "Kano", "ሀገር") == always | {"ሀ", "ለ"}
    assert kept_pieces(pieces, "ߊ") == always | {"ߊ", "ߋ"}
    # One foreign letter in more than a hundred brings itself, not its script.
    assert kept_pieces(pieces, "a" * 200 + " д") == always | {"д"}


def test_what_the_tokenizer_makes_of_characters_stays_too() -> None:
    pieces = ["ﬁ", "Σ", "σ", "х"]
    folded = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]).normalize_str
    assert kept_pieces(pieces, "a" * 200 + " Σ") == {"ﬁ", "Σ"}
    assert kept_pieces(pieces, "a" * 200 + " Σ", normalise=folded) == {"ﬁ", "Σ", "σ"}
    # Two characters that become one.
    composed = kept_pieces(["й", "и"], "a" * 400 + " и\u0306", normalise=normalizers.NFC().normalize_str)
    assert composed == {"й", "и"}


def test_characters_without_a_piece_keep_the_longer_pieces_they_are_read_in() -> None:
    grave = "\u0300"
    pieces = ["▁", "ɛ", "k", "▁kɛ", f"ɛ{grave}", f"k{grave}k", "ሀገ", "ገ", "☃☃"]
    kept = kept_pieces(pieces, f"kɛ{grave}")
    assert {f"ɛ{grave}", f"k{grave}k"} <= kept  # U+0300 has no piece
    assert "▁kɛ" not in kept
    assert "ሀገ" not in kept  # nobody writes it
    assert "ሀገ" in kept_pieces(pieces, "ሀገር")  # there is ገ, but no ሀ
    assert "☃☃" in kept  # a sign, and there is no ☃
    assert {"ሀገ", f"ɛ{grave}"}.isdisjoint(kept_pieces(pieces, f"ɛ{grave} ሀገ", continuing=None))  # BPE cannot


def test_a_character_needs_a_piece_where_it_stands() -> None:
    """WordPiece has other pieces inside a word; at the beginning of one, U+2581 may be joined to a character."""
    pieces = ["a", "##b", "ab", "##bb", "c", "ac", "##a", "[unused1]", "cb"]
    kept = kept_pieces(pieces, "abc1]", continuing="##")
    assert kept == {"a", "##b", "c", "##a", "ac"}  # c is read inside a word in "ac" only
    assert kept_pieces(["▁", "a", "▁a", "▁ab", "b"], "ab") == {"▁", "a", "▁a", "b"}
    assert kept_pieces(["▁a", "▁ab", "b", "▁b"], "ab") == {"▁a", "b", "▁b"}
    assert kept_pieces(["▁ab", "a", "b"], "ab") == {"▁ab", "a", "b"}  # without U+2581 there is no other beginning


def test_how_a_language_uses_a_tokenizer() -> None:
    vocab = {"<nothing>": 0, "a": 1, "##b": 2, "ab": 3}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="<nothing>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    found = choose.use_of(tokenizer, {"ab": 2, "abb": 3, "x": 5, "a": 1})
    assert found.counts.tolist() == [5, 1, 3, 5]
    assert (found.words, found.unknown_words) == (11, 5)
    assert found.pieces_per_word == 14 / 11
    assert found.unknown_rate == 5 / 11
    empty = choose.use_of(tokenizer, {})
    assert (empty.words, empty.pieces_per_word, empty.unknown_rate) == (0, 0.0, 0.0)


@pytest.mark.parametrize("name", ["<unk>", "[UNK]", "<anything>"])
def test_the_unknown_piece_of_unigram_has_any_name(name: str) -> None:
    tokenizer = Tokenizer(models.Unigram([("▁", -1.0), (name, 0.0), ("a", -2.0)], unk_id=1))
    assert choose.unknown_of(tokenizer) == 1
    assert choose.use_of(tokenizer, {"a": 1, "xa": 4}).unknown_words == 4
    assert choose.unknown_of(Tokenizer(models.BPE({"a": 0}, []))) == -1


def test_scripts() -> None:
    assert {script_of(char) for char in "aɓ京ሀߊ1\u0300🎉"} == {"LATIN", "CJK", "ETHIOPIC", "NKO", ""}
    assert unicodedata.category("\U000e0fff") == "Cn"
    assert script_of("\U000e0fff") == ""
