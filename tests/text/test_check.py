"""`edgener data check` finds each kind of problem, where it is, and says whether a stage can live with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.text.check import CheckReport, Leak, check
from edgener.text.corpus import Problem

FILES = {
    "train": "Ada B-PER\nlives O\nin O\nKano B-LOC\n\nI O\ncame O\n",
    "dev": "Kofi B-PER\nleft O\nAccra B-LOC\n",
    "test": "Where O\nis O\nYaa B-PER\nAsantewaa I-PER\n? O\n\nJos B-LOC\n",
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a sound corpus in one language, but for the splits that are given; None leaves a split out."""

    def to_disk(language: str = "hau", **splits: str | bytes | None) -> Path:
        for split, content in {**FILES, **splits}.items():
            if content is not None:
                (tmp_path / language).mkdir(exist_ok=True)
                raw = content if isinstance(content, bytes) else content.encode()
                (tmp_path / language / f"{split}.txt").write_bytes(raw)
        return tmp_path

    return to_disk


def of_kind(report: CheckReport, kind: str) -> list[Problem]:
    return [problem for problem in report.problems if problem.kind == kind]


def places(problems: list[Problem]) -> list[tuple[str, int]]:
    return [(f"{problem.path.parent.name}/{problem.path.name}", problem.line) for problem in problems]


def test_a_sound_corpus(write: Write) -> None:
    report = check(write())
    assert report.problems == []
    train, dev, test = report.files
    assert (train.language, train.split, train.scheme, train.splitter) == ("hau", "train", "IOB2", "unicode-1")
    assert [(file.sentences, file.tokens, file.longest) for file in report.files] == [(2, 6, 4), (1, 3, 3), (2, 6, 5)]
    assert train.entities == dev.entities == test.entities == {"LOC": 1, "PER": 1}
    assert report.leaks == [
        Leak("hau", "train", "dev", 0, 1),
        Leak("hau", "train", "test", 0, 2),
        Leak("hau", "dev", "test", 0, 2),
    ]


def test_every_malformed_line_of_every_file(write: Write) -> None:
    write(train=FILES["train"] + "\nKano\nlies LOC\n\nnorth O\n", dev=FILES["dev"] + b"\xff B-PER\n".decode("latin-1"))
    report = check(write("swa", test=b"\xff\n\n\tO\n\nJos B-LOC\n\nYaa B-PER"))
    assert [(*place, problem.kind) for place, problem in zip(places(report.fatal), report.fatal, strict=True)] == [
        ("hau/train.txt", 9, "columns"),
        ("hau/train.txt", 10, "unknown tag"),
        ("swa/test.txt", 1, "encoding"),
        ("swa/test.txt", 3, "empty token"),
    ]
    assert report.files[0].sentences == 3
    assert report.files[5].sentences == 2


def test_nothing_to_read_in_a_file(write: Write) -> None:
    report = check(write(dev="", test="Ada\n"))
    assert places([problem for problem in report.fatal if problem.kind == "empty"]) == [
        ("hau/dev.txt", 0),
        ("hau/test.txt", 0),
    ]
    assert of_kind(report, "labels differ") == []


def test_stray_tags_by_line(write: Write) -> None:
    train = "# text = x\nAda I-PER\n# note\nlives O\nin I-LOC\nKano I-LOC\n\nKano B-LOC\nYaa I-PER\n" + FILES["train"]
    report = check(write(train=train))
    stray = of_kind(report, "stray I-")
    assert places(stray) == [("hau/train.txt", 2), ("hau/train.txt", 5), ("hau/train.txt", 9)]
    assert "I-LOC" in stray[1].message
    assert not report.fatal
    # A stray tag opens an entity, as it does for the stages.
    assert report.files[0].entities == {"LOC": 3, "PER": 3}


def test_iob1_has_no_stray_tags(write: Write) -> None:
    report = check(write(**{split: text.replace("B-", "I-") for split, text in FILES.items()}))
    assert {file.scheme for file in report.files} == {"IOB1"}
    assert report.problems == []


def test_schemes(write: Write) -> None:
    bioes = "Ada S-PER\nin O\nCape B-LOC\nCoast E-LOC\nto E-LOC\n"
    bmes = "A B-PER\nb M-PER\nc I-PER\nd E-PER\nJos S-LOC\n"
    report = check(write(train=bioes, dev=bmes))
    assert [file.scheme for file in report.files] == ["BIOES", "BMES", "IOB2"]
    assert report.files[0].entities == {"LOC": 2, "PER": 1}
    assert places(of_kind(report, "stray E-")) == [("hau/train.txt", 5)]
    assert places(of_kind(report, "mixed schemes")) == [("hau/dev.txt", 3)]
    assert len(of_kind(report, "schemes differ")) == 2
    assert not report.fatal


@pytest.mark.parametrize(
    ("tags", "unclosed"),
    [
        ("S-PER O B-LOC I-LOC E-LOC", []),
        ("U-PER O B-LOC I-LOC L-LOC B-LOC L-LOC", []),
        ("B-PER M-PER E-PER S-PER", []),
        ("S-PER B-LOC O", [2]),
        ("S-PER B-LOC I-LOC O B-LOC", [3, 5]),
        ("S-PER B-LOC S-LOC B-LOC B-LOC E-LOC", [2, 4]),
        ("B-PER M-PER S-PER", [2]),
        ("B-PER E-LOC", [1]),
        # What goes on with nothing opens an entity, as it does for the stages.
        ("E-LOC I-LOC O", [2]),
    ],
)
def test_entities_without_the_mark_of_their_end(write: Write, tags: str, unclosed: list[int]) -> None:
    found = of_kind(check(write(train="".join(f"w{tag} {tag}\n" for tag in tags.split()))), "unclosed entity")
    assert [problem.line for problem in found] == unclosed
    assert not any(problem.fatal for problem in found)


def test_what_follows_an_unclosed_entity(write: Write) -> None:
    report = check(write(train="Ada S-PER\nCape B-LOC\nis O\nCape B-LOC\n", dev="A B-PER\nb M-PER\nC S-PER\n"))
    assert [problem.message for problem in of_kind(report, "unclosed entity")] == [
        "no E- or L- ends the entity of this B-LOC; O follows",
        "no E- or L- ends the entity of this B-LOC; the end of the sentence follows",
        "no E- ends the entity of this M-PER; S-PER follows",
    ]


def test_labels_that_some_files_lack(write: Write) -> None:
    write(train=FILES["train"] + "\n1960 B-DATE\n")
    report = check(write("swa", dev="Ada B-PERS\nin O\nKano B-LOC\n"))
    found = {place[0]: problem.message for place, problem in zip(places(report.problems), report.problems, strict=True)}
    assert {problem.kind for problem in report.problems} == {"labels differ"}
    assert "DATE (1 of 6 files have it), PERS (1 of 6 files have it)" in found["hau/dev.txt"]
    assert "DATE" not in found["hau/train.txt"]
    assert "PER (5 of 6 files have it)" in found["swa/dev.txt"]
    assert len(found) == 6


def test_missing_split(write: Write) -> None:
    report = check(write(dev=None))
    (problem,) = report.problems
    assert (problem.kind, problem.fatal) == ("missing split", False)
    assert str(problem).endswith("hau: hau has no dev file")


def test_duplicates_and_leakage(write: Write) -> None:
    # Composed or not, with invisible characters or not, whatever the tags: the model sees the same words.
    first, same = "K\u00e1n\u00f2 B-LOC\nis O\n\n", "Ka\u0301\u200bno\u0300 O\nis O\n\n"
    write(
        train=first + FILES["train"] + "\n" + same + first, dev=same + FILES["dev"], test=FILES["test"] + "\n" + first
    )
    report = check(write("swa", train=first + FILES["train"]))
    assert places(of_kind(report, "duplicate")) == [("hau/train.txt", 12), ("hau/train.txt", 15)]
    assert places(of_kind(report, "leakage")) == [("hau/dev.txt", 1), ("hau/test.txt", 9), ("hau/test.txt", 9)]
    assert of_kind(report, "leakage")[0].message.endswith(f"{Path('hau') / 'train.txt'}:1")
    assert [file.repeated for file in report.files] == [2, 0, 0, 0, 0, 0]
    assert [
        (leak.source, leak.into, leak.sentences, leak.total) for leak in report.leaks if leak.language == "hau"
    ] == [
        ("train", "dev", 1, 2),
        ("train", "test", 1, 3),
        ("dev", "test", 1, 3),
    ]
    # Other languages are compared with themselves only.
    assert not any(leak.sentences for leak in report.leaks if leak.language == "swa")


def test_a_repeated_sentence_counts_each_time(write: Write) -> None:
    report = check(write(test=FILES["test"] + "\nJos B-LOC\n", dev="Jos B-LOC\n\n" + FILES["dev"]))
    assert [leak.sentences for leak in report.leaks] == [0, 0, 2]
    assert len(of_kind(report, "leakage")) == 2


@pytest.mark.parametrize(
    ("token", "kind", "words"),
    [
        ("\u200b\u00ad", "empty token", "empty after normalisation"),
        ("\u3000", "empty token", "empty after normalisation"),
        ("Ka\u200bno", "bad character", r"'Ka\u200bno' holds U+200B ZERO WIDTH SPACE (dropped)"),
        (
            "Ka\u200e\u202ano",
            "bad character",
            "U+200E LEFT-TO-RIGHT MARK (kept), U+202A LEFT-TO-RIGHT EMBEDDING (kept)",
        ),
        ("Ka\u200b\u200eno", "bad character", "U+200B ZERO WIDTH SPACE (dropped), U+200E LEFT-TO-RIGHT MARK (kept)"),
        ("MAi\x8fGA", "bad character", "U+008F control character (kept)"),
        ("Ka\ufffdno", "bad character", "U+FFFD REPLACEMENT CHARACTER"),
        ("\u3164", "bad character", "U+3164 HANGUL FILLER"),
        ("New\u00a0York", "white space in a token", "more than one word"),
        ("Kano\u0301", "not NFC", "16.7 % of the sentences"),
    ],
)
def test_tokens(write: Write, token: str, kind: str, words: str) -> None:
    more = "\nin O\n\nto O\n\nand O\n\n# note\n"
    (problem,) = check(write(train=FILES["train"] + more + f"so O\n{token} B-LOC\n")).problems
    assert (problem.kind, problem.line, problem.fatal) == (kind, 0 if kind == "not NFC" else 17, False)
    assert words in problem.message


@pytest.mark.parametrize(
    "token", ["K\u00e1n\u00f2", "\u1e47\u0301", "\U0001f600", "北京", "\ue000", "a-b", "ʼyan", "\u0378"]
)
def test_sound_tokens(write: Write, token: str) -> None:
    assert check(write(train=FILES["train"] + f"{token} B-LOC\n")).problems == []


def test_spaces_in_jsonl_tokens(write: Write) -> None:
    folder = write(train=None)
    line = '{"tokens": ["New York", "Ada"], "tags": ["B-LOC", "B-PER"]}\n{"tokens": ["\\ud800"], "tags": ["O"]}\n'
    (folder / "hau" / "train.jsonl").write_text("\n" + line)
    report = check(folder)
    assert [(problem.kind, problem.line) for problem in report.problems] == [
        ("white space in a token", 2),
        ("bad character", 3),
    ]
    assert report.problems[1].message == r"'\ud800' holds U+D800 unpaired surrogate (replaced by U+FFFD)"
    json.dumps(report.as_dict(), ensure_ascii=False).encode()


def test_long_sentences(write: Write) -> None:
    folder = write(train=FILES["train"] + "\n" + "a O\n" * 201)
    assert [(problem.kind, problem.line) for problem in check(folder).problems] == [("long sentence", 9)]
    assert check(folder, long=201).problems == []
    assert places(of_kind(check(folder, long=4), "long sentence")) == [("hau/train.txt", 9), ("hau/test.txt", 1)]


def test_languages(write: Write) -> None:
    write()
    folder = write("swa", train="bad\n")
    assert check(folder, ["hau"]).problems == []
    with pytest.raises(UserError, match="no language 'xho'"):
        check(folder, ["xho"])
