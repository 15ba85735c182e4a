"""Corpus files as people have them: columns, line ends, comments, JSONL, and what is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from edgener.errors import UserError
from edgener.text import corpus
from edgener.text.corpus import Problem, Sentence

GOOD = "Ada B-PER\nKwame I-PER\nlives O\n\nin O\nKano B-LOC\n"
READ = [Sentence(("Ada", "Kwame", "lives"), ("B-PER", "I-PER", "O"), 1), Sentence(("in", "Kano"), ("O", "B-LOC"), 5)]
WAYS = {
    "plain": GOOD,
    "tabs": GOOD.replace(" ", "\t"),
    "spaces": GOOD.replace(" ", "   "),
    "three columns": GOOD.replace(" ", " _ ").replace("\n\n", "\n \n"),
    "four columns": GOOD.replace(" ", "\tNN\t_\t"),
    "empty columns": GOOD.replace(" ", "\t\t\t"),
    "CRLF": GOOD.replace("\n", "\r\n"),
    "BOM": b"\xef\xbb\xbf" + GOOD.encode(),
    "spaces on a blank line": GOOD.replace("\n\n", "\n  \t \n"),
    "no final newline": GOOD.rstrip("\n"),
    "more blank lines": GOOD + "\n\n\n",
}


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def listed(path: Path) -> tuple[list[Sentence], list[Problem]]:
    problems: list[Problem] = []
    return corpus.read(path, problems.append), problems


@pytest.mark.parametrize("content", WAYS.values(), ids=WAYS)
def test_conll(tmp_path: Path, content: str | bytes) -> None:
    assert corpus.read(write(tmp_path / "train.txt", content)) == READ


@pytest.mark.parametrize("comment", ["", "# a comment\n"])
@pytest.mark.parametrize("name", ["train.txt", "train.jsonl"])
def test_lines_that_end_in_a_carriage_return_alone(tmp_path: Path, name: str, comment: str) -> None:
    text = GOOD if name == "train.txt" else '{"tokens": ["a"], "tags": ["O"]}\n' * 2
    path = write(tmp_path / name, (comment + text).replace("\n", "\r"))
    with pytest.raises(UserError, match=rf"{name}:1: a carriage return inside the line; .*LF"):
        corpus.read(path)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"Kwame", "columns"),
        (b"B-PER", "empty token"),
        (b"\tB-PER", "empty token"),
        (b"Kwame PER", "unknown tag"),
        (b"Kwame B-", "unknown tag"),
        (b"Kwame Q-PER", "unknown tag"),
        (b"Kwame O\t", "unknown tag"),
        ("Kwame B-P\u200bER".encode(), "unknown tag"),
        (b"Kwame\tB-PER\x1b[31m", "unknown tag"),
        (b"Kwame Nkrumah B-PER", "columns"),
        (b"#Kwame", "columns"),
        (b"Kw\xe9me B-PER", "encoding"),
        (b"Kwame I-PER\rNkrumah I-PER", "line ends"),
    ],
)
def test_malformed_line(tmp_path: Path, line: bytes, kind: str) -> None:
    # Line 4 is wrong; the sentence around it is left out, the two beside it are read.
    path = write(tmp_path / "train.txt", b"Lagos B-LOC\n\nAda B-PER\n" + line + b"\nlives I-PER\n\nKano B-LOC\n")
    sentences, problems = listed(path)
    assert [sentence.tokens for sentence in sentences] == [("Lagos",), ("Kano",)]
    assert [(problem.path, problem.line, problem.kind, problem.fatal) for problem in problems] == [
        (path, 4, kind, True)
    ]
    with pytest.raises(UserError, match=r"train\.txt:4: .*edgener data check"):
        corpus.read(path)


def test_every_malformed_line_is_reported(tmp_path: Path) -> None:
    _, problems = listed(write(tmp_path / "train.txt", b"Ada\nKwame X\n\n\xff\n\nKano B-LOC"))
    assert [(problem.line, problem.kind) for problem in problems] == [
        (1, "columns"),
        (2, "unknown tag"),
        (4, "encoding"),
    ]


@pytest.mark.parametrize("name", ["train.txt", "train.jsonl"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    sentences, problems = listed(write(tmp_path / name, "\n\n"))
    assert sentences == []
    assert [problem.kind for problem in problems] == ["empty"]


@pytest.mark.parametrize(
    ("names", "tags"),
    [
        (None, ["B-PER", "I-PER", "O"]),
        (["O", "B-PER", "I-PER"], [1, 2, 0]),
        (["O", "B-PER", "I-PER"], ["B-PER", "I-PER", "O"]),
    ],
)
def test_jsonl(tmp_path: Path, names: list[str] | None, tags: list[Any]) -> None:
    if names:
        write(tmp_path / "labels.json", json.dumps(names))
    document = json.dumps({"id": 7, "tokens": ["Ada", "Kwame", "lives"], "tags": tags})
    path = write(tmp_path / "test.jsonl", "\n" + document + "\r\n" + document.replace('"tags"', '"ner_tags"'))
    first, second = corpus.read(path)
    assert first == Sentence(("Ada", "Kwame", "lives"), ("B-PER", "I-PER", "O"), 2)
    assert (second.line, list(second.lines)) == (3, [3, 3, 3])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("{", "json"),
        ("[" * 100_000, "json"),
        ('["a"]', "tokens and tags"),
        ('{"tokens": ["a"]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": []}', "tokens and tags"),
        ('{"tokens": [], "tags": []}', "tokens and tags"),
        ('{"tokens": ["a", " "], "tags": ["O", "O"]}', "tokens and tags"),
        ('{"tokens": ["a", 1], "tags": ["O", "O"]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": [3]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": [-1]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": [true]}', "tokens and tags"),
        ('{"tokens": ["a", "b"], "tags": [0, "O"]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": ["PER"]}', "tokens and tags"),
        ('{"tokens": ["a"], "tags": ["B-\\ud800"]}', "tokens and tags"),
    ],
)
def test_malformed_jsonl(tmp_path: Path, line: str, kind: str) -> None:
    write(tmp_path / "labels.json", '["O", "B-PER", "I-PER"]')
    path = write(tmp_path / "train.jsonl", '{"tokens": ["a"], "tags": [0]}\n' + line + "\n")
    sentences, problems = listed(path)
    assert len(sentences) == 1
    assert [(problem.line, problem.kind, problem.fatal) for problem in problems] == [(2, kind, True)]


def test_integers_need_names(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", '{"tokens": ["a"], "tags": [0]}')
    with pytest.raises(UserError, match=r"train\.jsonl:1: .*labels\.json"):
        corpus.read(path)


@pytest.mark.parametrize("names", ['{"0": "O"}', '["O", 1]', "3", '"O"', "["])
def test_labels_json_that_is_no_list_of_names(tmp_path: Path, names: str) -> None:
    write(tmp_path / "labels.json", names)
    path = write(tmp_path / "train.jsonl", '{"tokens": ["a"], "tags": [0]}')
    with pytest.raises(UserError, match=r"labels\.json"):
        corpus.read(path)


@pytest.mark.parametrize(
    "tags",
    [
        "I-PER I-PER B-PER O I-LOC",
        "B-PER I-PER B-PER O B-LOC",
        "B-PER E-PER S-PER O S-LOC",
        "B-PER L-PER U-PER O U-LOC",
        "B-PER M-PER B-PER O S-LOC",
        "B-PER M-PER I-PER O S-LOC",
    ],
    ids=["IOB1", "IOB2", "BIOES", "BILOU", "BMES", "mixed"],
)
def test_every_scheme_is_read_as_iob2(tmp_path: Path, tags: str) -> None:
    path = write(tmp_path / "train.txt", "".join(f"w {tag}\n" for tag in tags.split()))
    expected = "B-PER I-PER I-PER O B-LOC" if "M-PER I-PER" in tags else "B-PER I-PER B-PER O B-LOC"
    assert [" ".join(sentence.tags) for sentence in corpus.read(path)] == [expected]


@pytest.mark.parametrize("name", ["dev.txt", "valid.conll", "validation.tsv", "val.bio", "dev.iob", "dev.jsonl"])
def test_names_of_the_dev_split(tmp_path: Path, name: str) -> None:
    write(tmp_path / "hau" / "train.txt", GOOD)
    path = write(tmp_path / "hau" / name, GOOD)
    write(tmp_path / "hau" / "notes.txt", "not a split")
    assert corpus.find(tmp_path)["hau"] == {"train": tmp_path / "hau" / "train.txt", "dev": path}


def test_languages_in_order(tmp_path: Path) -> None:
    for language in ("swa", "hau", "yor"):
        write(tmp_path / language / "train.txt", GOOD)
    (tmp_path / "empty").mkdir()
    assert list(corpus.find(tmp_path)) == ["hau", "swa", "yor"]
    assert list(corpus.find(tmp_path, ["yor", "hau"])) == ["yor", "hau"]
    assert corpus.load(tmp_path, "train", ["swa"]) == {"swa": READ}
    with pytest.raises(UserError, match=r"no language 'xho' here; it holds hau, swa, yor"):
        corpus.find(tmp_path, ["xho"])


def test_folder_of_one_language(tmp_path: Path) -> None:
    path = write(tmp_path / "hau" / "test.txt", GOOD)
    assert corpus.find(tmp_path / "hau") == {"hau": {"test": path}}
    assert corpus.load(tmp_path / "hau", "test") == {"hau": READ}


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no corpus here"):
        corpus.find(tmp_path)
    with pytest.raises(UserError, match="no such file or folder"):
        corpus.find(tmp_path / "nowhere")
    with pytest.raises(UserError, match="not a folder"):
        corpus.find(write(tmp_path / "train.txt", GOOD))


def test_missing_split(tmp_path: Path) -> None:
    write(tmp_path / "hau" / "train.txt", GOOD)
    with pytest.raises(UserError, match="hau has no dev file; it has train"):
        corpus.load(tmp_path, "dev")


@pytest.mark.parametrize("second", ["dev.jsonl", "valid.txt"])
def test_two_files_for_one_split(tmp_path: Path, second: str) -> None:
    write(tmp_path / "hau" / "dev.txt", GOOD)
    write(tmp_path / "hau" / second, GOOD)
    with pytest.raises(UserError, match=r"both .* would be the dev split"):
        corpus.find(tmp_path)


def test_digest_names_the_content_and_not_the_place(tmp_path: Path) -> None:
    for place in ("one", "two"):
        write(tmp_path / place / "hau" / "train.txt", GOOD)
    one, two = (corpus.digest(tmp_path / place, ["hau"]) for place in ("one", "two"))
    assert one == two
    write(tmp_path / "two" / "hau" / "train.txt", GOOD + "\n")
    assert corpus.digest(tmp_path / "two", ["hau"]) != one


def test_splitter_and_licence(tmp_path: Path) -> None:
    assert corpus.guess_splitter(READ) == "unicode-1"
    assert corpus.guess_splitter([Sentence(tuple("他在北京"), ("O", "O", "B-LOC", "I-LOC"), 1)]) == "char"
    assert corpus.licence(tmp_path) is None
    write(tmp_path / "SOURCE.json", '{"licence": "CC-BY-NC-4.0"}')
    assert corpus.licence(tmp_path / "hau") == corpus.licence(tmp_path) == "CC-BY-NC-4.0"


def test_the_digest_covers_what_integer_tags_mean(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"tokens": ["Kano"], "tags": [1]}\n')
    (tmp_path / "labels.json").write_text('["O", "B-LOC"]')
    name = tmp_path.name
    before = corpus.digest(tmp_path, [name])
    (tmp_path / "labels.json").write_text('["O", "B-PER"]')
    assert corpus.digest(tmp_path, [name]) != before
