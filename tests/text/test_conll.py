"""CoNLL columns: how many, and what is a sentence, a comment or a token with `#`."""

import pytest

from edgener.text.conll import sentences


def read(text: str) -> tuple[list[tuple[str, ...]], list[tuple[int, str, str]]]:
    """The tokens of each sentence; line, kind and message of each problem."""
    problems: list[tuple[int, str, str]] = []
    found = list(sentences(enumerate(text.split("\n"), 1), lambda *problem: problems.append(problem)))
    return [tuple(tokens) for tokens, _, _ in found], problems


def test_lines_of_comments_and_documents() -> None:
    text = (
        "-DOCSTART- -X- -X- O\n\n# id = 1\nAda B-PER\n# a note\nKwame I-PER\n\n#\n#EndSARS O\n# text = Ada is\nnow O\n"
    )
    assert list(sentences(enumerate(text.split("\n"), 1), pytest.fail)) == [
        (["Ada", "Kwame"], ["B-PER", "I-PER"], [4, 6]),
        (["#EndSARS", "now"], ["O", "O"], [9, 11]),
    ]


def test_a_document_line_ends_the_sentence_before_it() -> None:
    found, problems = read("Ada B-PER\n-DOCSTART- -X- O O\nKano B-LOC\nis\n-DOCSTART- O\nbig O\n")
    assert found == [("Ada",), ("big",)]
    assert [line for line, _, _ in problems] == [4]


def test_white_space_inside_a_token_is_kept_between_tabs() -> None:
    assert read("New York\tB-LOC\nis\u00a0big\tO\n") == ([("New York", "is\u00a0big")], [])


@pytest.mark.parametrize(
    ("lines", "tokens"),
    [
        ("# O\n", ("#",)),
        ("#EndSARS O\nnow O\n", ("#EndSARS", "now")),
        ("now O\n#EndSARS B-MISC\n", ("now", "#EndSARS")),
        ("now NN O\n#EndSARS NN O\n", ("now", "#EndSARS")),
        ("now NN O\n# O\n#EndSARS O\n", ("now",)),
        ("now O\n# the tag is O\n# text = now\n#\tis\tO\nis O\n", ("now", "is")),
        ("# the tag is O\n#newdoc\nnow O\n", ("now",)),
        ("now\tO\n#a b\tO\n", ("now", "#a b")),
    ],
)
def test_comment_or_hashtag(lines: str, tokens: tuple[str, ...]) -> None:
    assert read(lines) == ([tokens], [])


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("#EndSARS", "columns", "'#EndSARS' has no tag"),
        (" #EndSARS ", "columns", "'#EndSARS' has no tag"),
        ("#", "columns", "'#' has no tag"),
        ("#EndSARS\t", "unknown tag", "'' is not a tag"),
    ],
)
@pytest.mark.parametrize("before", ["Ada B-PER", "Ada X-PER"])
def test_a_hashtag_without_a_tag_inside_a_sentence(line: str, kind: str, words: str, before: str) -> None:
    found, problems = read(f"{before}\n{line}\nnow O\n\nin O\n")
    assert found == [("in",)]
    assert problems[-1][:2] == (2, kind)
    assert words in problems[-1][2]


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("in O", "Dar es Salaam B-LOC", "found 4 columns, expected 2 as in line 2"),
        ("in\tO", "New York B-LOC", "found 3 columns, expected 2 as in line 2"),
        ("in IN O", "Kano B-LOC", "found 2 columns, expected 3 as in line 2"),
        ("in\tIN\tO", "Kano\tNNP\t_\tB-LOC", "found 4 columns, expected 3 as in line 2"),
    ],
)
def test_another_number_of_columns(good: str, bad: str, words: str) -> None:
    found, ((line, kind, message),) = read(f"# text\n{good}\n\n{good}\n{bad}\n\n{good}\n")
    assert found == [("in",), ("in",)]
    assert (line, kind) == (5, "columns")
    assert words in message


def test_a_malformed_line_does_not_say_how_many_columns_there_are() -> None:
    found, problems = read("token the tag\n\nAda B-PER\nin O\n")
    assert found == [("Ada", "in")]
    assert [problem[:2] for problem in problems] == [(1, "unknown tag")]
