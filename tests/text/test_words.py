"""Word splitters, for any text: section 2 of the decode contract."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.errors import UserError
from edgener.text.words import CHAR, SPLITTERS, UNICODE_1, WHITE_SPACE, split

relaxed = settings(deadline=None, max_examples=300)

TEXT = st.text(
    st.one_of(st.sampled_from("abé1\u0301'\u2019\u02bc--  \t\u00a0\u3000.,国🎉\x1c_"), st.characters()), max_size=30
)


def parts(text: str, splitter: str) -> list[str]:
    return [text[start:end] for start, end in split(text, splitter)]


@relaxed
@given(TEXT, st.sampled_from(SPLITTERS))
def test_words_and_white_space_make_up_the_text(text: str, splitter: str) -> None:
    words = split(text, splitter)
    rebuilt, place = "", 0
    for start, end in words:
        assert place <= start < end
        gap = text[place:start]
        assert all(char in WHITE_SPACE for char in gap)
        assert not any(char in WHITE_SPACE for char in text[start:end])
        rebuilt += gap + text[start:end]
        place = end
    assert all(char in WHITE_SPACE for char in text[place:])
    assert rebuilt + text[place:] == text


@relaxed
@given(TEXT)
def test_unicode_1_joins_exactly_what_the_rule_joins(text: str) -> None:
    kinds = [unicodedata.category(char)[0] for char in text]

    def inner(place: int) -> bool:
        return (
            text[place] in "'\u2019-"
            and 0 < place < len(text) - 1
            and kinds[place - 1] in "LM"
            and kinds[place + 1] == "L"
        )

    expected: list[str] = []
    for place, char in enumerate(text):
        together = place > 0 and (
            (kinds[place - 1] in "LMN" and kinds[place] in "LMN") or inner(place) or inner(place - 1)
        )
        if together:
            expected[-1] += char
        elif char not in WHITE_SPACE:
            expected.append(char)
    assert parts(text, UNICODE_1) == expected


@relaxed
@given(TEXT)
def test_char_makes_every_visible_code_point_a_word(text: str) -> None:
    assert parts(text, CHAR) == [char for char in text if char not in WHITE_SPACE]


@relaxed
@given(TEXT, TEXT, st.sampled_from(SPLITTERS))
def test_white_space_separates(left: str, right: str, splitter: str) -> None:
    assert parts(f"{left} {right}", splitter) == parts(left, splitter) + parts(right, splitter)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ng\u0169g\u0129 wa Thiong'o", ["Ng\u0169g\u0129", "wa", "Thiong'o"]),
        ("o\u0323\u0301m\u0254-\u025bny\u025b", ["o\u0323\u0301m\u0254-\u025bny\u025b"]),
        ("a''b a--b 'a' -a-", ["a", "'", "'", "b", "a", "-", "-", "b", "'", "a", "'", "-", "a", "-"]),
        ("2019-20 3'a a'3", ["2019", "-", "20", "3", "'", "a", "a", "'", "3"]),
        ("a\u0301'b a'\u0301b", ["a\u0301'b", "a", "'", "\u0301b"]),
        ("k\u02bcata rock'n'roll", ["k\u02bcata", "rock'n'roll"]),
        ("#EndSARS @a_b", ["#", "EndSARS", "@", "a", "_", "b"]),
        ("a\x1cb", ["a", "\x1c", "b"]),
    ],
)
def test_examples(text: str, words: list[str]) -> None:
    assert parts(text, UNICODE_1) == words


def test_white_space_is_the_unicode_property() -> None:
    """str.isspace() is the property and the four separators U+001C to U+001F."""
    spaces = {char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace()}
    assert spaces - set("\x1c\x1d\x1e\x1f") == WHITE_SPACE


def test_unknown_splitter() -> None:
    with pytest.raises(UserError, match="unknown word splitter 'words'; this version knows unicode-1, char"):
        split("a", "words")
