"""Labelled corpora on disk: one language a folder, a file a split, CoNLL or JSONL.

    PATH/hau/train.txt  PATH/hau/dev.txt  PATH/hau/test.txt  PATH/swa/...     several languages
    PATH/train.txt  PATH/dev.txt  PATH/test.txt                               one, named after the folder

Both are UTF-8, their lines end in LF or CRLF. CoNLL: the columns of edgener.text.conll. JSONL:
`{"tokens": [...], "tags": [...]}` a line, tags as names, or as integers with a list of names in `labels.json` beside
the file. Any scheme of edgener.text.labels; IOB2 comes out.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from typing import Any

from edgener.artefact import read_json
from edgener.errors import UserError
from edgener.text import conll, labels, words

SPLITS = ("train", "dev", "test")
SOURCE_FILE = "SOURCE.json"
LABEL_NAMES = "labels.json"
_ALIASES = {"train": "train", "dev": "dev", "valid": "dev", "validation": "dev", "val": "dev", "test": "test"}
_ENDINGS = (".txt", ".conll", ".bio", ".iob", ".tsv", ".jsonl")

Report = Callable[["Problem"], None]


@dataclass(frozen=True)
class Sentence:
    """Tokens and their tags; `line` is where the first token stands, `lines` where each of them does."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    lines: Sequence[int] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a corpus, and where. Malformed input is fatal to every stage; the rest is a warning.

    Line 0 stands for the file as a whole.
    """

    path: Path
    line: int
    kind: str
    message: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


def stop(problem: Problem) -> None:
    """What a stage does with a malformed line: it stops there."""
    raise UserError(f"{problem}; `edgener data check` lists every problem at once")


def find(root: Path, languages: Sequence[str] | None = None) -> dict[str, dict[str, Path]]:
    """language -> split -> file, both in sorted order. UserError when nothing is there or a language is missing."""
    if not root.exists():
        raise UserError(f"{root}: no such file or folder; expected a folder with a folder a language in it")
    if not root.is_dir():
        raise UserError(f"{root}: not a folder; expected one that holds train, dev and test files")
    here = _splits(root)
    found = {root.resolve().name: here} if here else {}
    if not here:
        found = {sub.name: _splits(sub) for sub in sorted(root.iterdir()) if sub.is_dir() and _splits(sub)}
    if not found:
        raise UserError(f"{root}: no corpus here; expected <language>/train.txt, dev.txt, test.txt (or .conll, .jsonl)")
    unknown = [language for language in languages or () if language not in found]
    if unknown:
        raise UserError(f"{root}: no language {unknown[0]!r} here; it holds {', '.join(found)}")
    return {language: found[language] for language in languages or found}


def _splits(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = _ALIASES.get(path.stem)
        if split and path.suffix in _ENDINGS and path.is_file():
            if split in files:
                raise UserError(f"{folder}: both {files[split].name} and {path.name} would be the {split} split")
            files[split] = path
    return files


def load(root: Path, split: str, languages: Sequence[str] | None = None) -> dict[str, list[Sentence]]:
    """Every sentence of one split, by language. UserError with file:line at the first malformed line."""
    corpus = {}
    for language, files in find(root, languages).items():
        if split not in files:
            raise UserError(f"{root}: {language} has no {split} file; it has {', '.join(files)}")
        corpus[language] = read(files[split])
    return corpus


def read(path: Path, report: Report = stop) -> list[Sentence]:
    """The sentences of a file, in IOB2. `report` is told of every malformed line; a sentence with one is left out."""
    parse = _jsonl if path.suffix == ".jsonl" else _conll
    raw = list(parse(path, report))
    if not raw:
        report(Problem(path, 1, "empty", "no sentence in this file"))
    return [replace(sentence, tags=tuple(labels.to_iob2(sentence.tags))) for sentence in raw]


def raw_sentences(path: Path, report: Report) -> list[Sentence]:
    """The sentences with their tags as they are written; for `edgener data check`."""
    return list((_jsonl if path.suffix == ".jsonl" else _conll)(path, report))


def _lines(path: Path, report: Report) -> Iterator[tuple[int, str | None]]:
    """(number, line) of each line, without its end; None in place of one that is not UTF-8 or holds more lines."""
    try:
        with open(path, "rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError as error:
                    report(Problem(path, number, "encoding", f"not UTF-8 (byte {error.start + 1} of the line)"))
                    yield number, None
                    continue
                if "\r" in line:
                    message = "a carriage return inside the line; lines end in LF or CRLF, so convert the line ends"
                    report(Problem(path, number, "line ends", message))
                yield number, None if "\r" in line else line
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def _conll(path: Path, report: Report) -> Iterator[Sentence]:
    def tell(number: int, kind: str, message: str) -> None:
        report(Problem(path, number, kind, message))

    for tokens, tags, lines in conll.sentences(_lines(path, report), tell):
        unbroken = range(lines[0], lines[0] + len(lines))
        places = unbroken if lines[-1] == unbroken[-1] else tuple(lines)
        yield Sentence(tuple(tokens), tuple(tags), lines[0], places)


def _jsonl(path: Path, report: Report) -> Iterator[Sentence]:
    names: list[str] | None = None
    if (path.parent / LABEL_NAMES).is_file():
        names = read_json(path.parent / LABEL_NAMES)
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise UserError(f'{path.parent / LABEL_NAMES}: not a list of tag names such as ["O", "B-PER"]')
    for number, line in _lines(path, report):
        if line is None or not line.strip():
            continue
        try:
            document = json.loads(line)
            yield _sentence(document, names, number)
        except (ValueError, RecursionError) as error:
            kind = "json" if isinstance(error, json.JSONDecodeError | RecursionError) else "tokens and tags"
            report(Problem(path, number, kind, f"{error}; expected " + '{"tokens": [...], "tags": [...]}'))


def _sentence(document: Any, names: list[str] | None, number: int) -> Sentence:
    """ValueError with what is wrong."""
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    tokens = document.get("tokens")
    tags = document.get("tags", document.get("ner_tags"))
    if not isinstance(tokens, list) or not isinstance(tags, list) or not tokens or len(tokens) != len(tags):
        raise ValueError("tokens and tags are not two lists of one length")
    if not all(isinstance(token, str) and token.strip() for token in tokens):
        raise ValueError("a token is empty or not a string")
    if all(type(tag) is int for tag in tags):
        if names is None:
            raise ValueError("integer tags need a labels.json (a list of names) beside the file")
        if not all(0 <= tag < len(names) for tag in tags):
            raise ValueError(f"a tag is outside 0..{len(names) - 1}, the labels of labels.json")
        tags = [names[tag] for tag in tags]
    wrong = [tag for tag in tags if not (isinstance(tag, str) and labels.is_tag(tag))]
    if wrong:
        raise ValueError(f"{conll.short(str(wrong[0]))} is not a tag (O, or a prefix and a type such as B-PER)")
    return Sentence(tuple(map(intern, tokens)), tuple(map(intern, tags)), number, (number,) * len(tokens))


def digest(root: Path, languages: Sequence[str]) -> str:
    """sha256 over the files of these languages: the identity of a corpus, wherever it lies."""
    total = hashlib.sha256()
    for language, files in find(root, languages).items():
        parts = dict(sorted(files.items()))
        names = next(iter(files.values())).parent / LABEL_NAMES
        for part, path in (parts | ({"labels": names} if names.is_file() else {})).items():
            with open(path, "rb") as file:
                total.update(f"{language}/{part} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def licence(root: Path) -> str | None:
    """The licence that `edgener data fetch` noted beside the corpus, if it did."""
    for folder in (root, root.parent):
        if (folder / SOURCE_FILE).is_file():
            source = read_json(folder / SOURCE_FILE)
            return str(source.get("licence")) if isinstance(source, dict) else None
    return None


def guess_splitter(sentences: Sequence[Sentence]) -> str:
    """`char` for a corpus tagged character by character (MSRA), `unicode-1` for one tagged by words."""
    tokens = [token for sentence in sentences[:1000] for token in sentence.tokens]
    single = sum(len(token) == 1 for token in tokens)
    return words.CHAR if single > 0.9 * len(tokens) else words.UNICODE_1
