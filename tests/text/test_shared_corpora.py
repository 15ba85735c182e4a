"""Known facts of public corpora, where their files lie beside the checkout; they cannot be part of it."""

from pathlib import Path

import pytest

from edgener.text import corpus
from edgener.text.check import CheckReport, check

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ner"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="needs the corpora in ../shared/data/ner")


@pytest.fixture(scope="module")
def masakhaner2() -> CheckReport:
    return check(CORPORA / "masakhaner2", ["hau", "ibo", "kin", "nya", "swa", "xho", "yor"])


def kinds(report: CheckReport) -> set[str]:
    return {problem.kind for problem in report.problems}


def test_masakhaner1_hau() -> None:
    report = check(CORPORA / "masakhaner1", ["hau"])
    assert not report.fatal
    assert kinds(report) == {"stray I-", "duplicate"}
    assert [(file.sentences, file.scheme, file.splitter) for file in report.files] == [
        (1912, "IOB2", "unicode-1"),
        (276, "IOB2", "unicode-1"),
        (552, "IOB2", "unicode-1"),
    ]
    assert all(list(file.entities) == ["DATE", "LOC", "ORG", "PER"] for file in report.files)
    for problem in (problem for problem in report.problems if problem.kind == "stray I-"):
        lines = problem.path.read_text(encoding="utf-8").split("\n")
        tag, before = lines[problem.line - 1].split()[-1], lines[problem.line - 2].split()[-1:]
        assert tag.startswith("I-")
        assert before not in ([f"B-{tag[2:]}"], [tag])


def test_sentences_of_train_in_test(masakhaner2: CheckReport) -> None:
    repeated = {
        leak.language: leak.sentences for leak in masakhaner2.leaks if (leak.source, leak.into) == ("train", "test")
    }
    assert repeated == {"hau": 197, "ibo": 338, "kin": 9, "nya": 7, "swa": 12, "xho": 254, "yor": 37}


def test_yor_is_mostly_not_nfc(masakhaner2: CheckReport) -> None:
    assert not masakhaner2.fatal
    for file in masakhaner2.files:
        share = file.not_nfc / file.sentences
        assert share > 0.95 if file.language == "yor" else share < 0.001, file.path
    warned = {problem.path.parent.name for problem in masakhaner2.problems if problem.kind == "not NFC"}
    assert "yor" in warned


def test_invisible_characters_and_stray_tags(masakhaner2: CheckReport) -> None:
    stray = [str(problem.path.parent.name) for problem in masakhaner2.problems if problem.kind == "stray I-"]
    assert stray.count("kin") == 16
    assert stray.count("yor") == 2
    invisible = [problem for problem in masakhaner2.problems if "U+200B" in problem.message]
    assert {problem.path.parent.name for problem in invisible} == {"kin", "swa"}


def test_msra() -> None:
    sentences = corpus.read(CORPORA / "msra" / "zho" / "test.txt")
    assert max(len(sentence.tokens) for sentence in sentences) == 2427
    assert corpus.guess_splitter(sentences) == "char"
