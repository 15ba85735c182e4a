import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from edgener.text import corpus, sample
from edgener.text.labels import entity_type, spans, to_iob2
from edgener.text.words import UNICODE_1, split

TYPES = {"PER", "ORG", "LOC", "DATE"}


def _entities(language: str, part: str) -> set[tuple[str, str]]:
    return {
        (entity_type(tags[first]), " ".join(tokens[first:last]))
        for tokens, tags in sample.generate(language, part)
        for first, last in spans(tags)
    }


def test_it_has_the_languages_it_promises() -> None:
    assert {"hau", "swa", "yor", "ibo", "pcm", "amh"} <= set(sample.LANGUAGES)


@pytest.mark.parametrize("language", sample.LANGUAGES)
def test_no_sentence_stands_twice(language: str) -> None:
    every = [" ".join(tokens).lower() for part in sample.SPLITS for tokens, _ in sample.generate(language, part)]
    assert len(every) == len(set(every)) == sum(sample.SIZES.values())


@pytest.mark.parametrize("language", sample.LANGUAGES)
def test_half_of_the_test_entities_are_new(language: str) -> None:
    test, train = _entities(language, "test"), _entities(language, "train")
    assert 0.5 <= len(test - train) / len(test) <= 0.9
    for kind in TYPES:
        of_kind = {entity for entity in test if entity[0] == kind}
        assert 0.25 <= len(of_kind - train) / len(of_kind) < 1


@pytest.mark.parametrize("language", sample.LANGUAGES)
@pytest.mark.parametrize("part", sample.SPLITS)
def test_sentences_are_well_formed(language: str, part: str) -> None:
    found = sample.generate(language, part)
    assert {entity_type(tag) for _, tags in found for tag in tags if tag != "O"} == TYPES
    for tokens, tags in found:
        assert len(tokens) == len(tags)
        assert to_iob2(tags) == list(tags)
        text = " ".join(tokens)
        assert unicodedata.is_normalized("NFC", text)
        assert "{" not in text
        assert tuple(text[start:end] for start, end in split(text, UNICODE_1)) == tokens


def test_the_same_seed_gives_the_same_corpus_in_another_process() -> None:
    script = "from edgener.text import sample; print(hash_of(sample.generate('yor', 'test')))"
    script = "import zlib; hash_of = lambda x: zlib.crc32(repr(x).encode()); " + script
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert sample.generate("yor", "test", seed=1) != sample.generate("yor", "test")


def test_written_files_read_back_as_they_were(sample_data: Path) -> None:
    for language, files in corpus.find(sample_data).items():
        for part, path in files.items():
            read = [(sentence.tokens, sentence.tags) for sentence in corpus.read(path)]
            assert read == sample.generate(language, part)


def test_plain_sentences_attach_punctuation() -> None:
    texts = sample.sentences(["hau", "amh"])
    assert set(texts) == {"hau", "amh"}
    assert all(not text.endswith((" .", " ።")) for part in texts.values() for text in part)
