"""Every problem of a labelled corpus at once, and what it holds: `edgener data check`.

One file's sentences are in memory at a time; of the files before it only a hash of each sentence is kept. Two sentences
are the same when their words are, normalised and joined by spaces, whatever their tags.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from edgener.console import track
from edgener.text import corpus, labels
from edgener.text.corpus import SPLITS, Problem, Sentence
from edgener.text.normalise import DROPPED, normalise_word
from edgener.text.words import WHITE_SPACE

LONG = 200
# Printable or unassigned by category, but blank on the screen; U+FFFD stands for what somebody else could not decode.
_STRANGE = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0\ufffd")


@dataclass(frozen=True)
class FileReport:
    """What a file holds. longest: in tokens; not_nfc and repeated (again in the same file): sentences."""

    path: Path
    language: str
    split: str
    scheme: str
    splitter: str
    sentences: int
    tokens: int
    entities: dict[str, int]
    longest: int
    not_nfc: int
    repeated: int


@dataclass(frozen=True)
class Leak:
    """How many of the `total` sentences of split `into` stand in split `source` too."""

    language: str
    source: str
    into: str
    sentences: int
    total: int


@dataclass(frozen=True)
class CheckReport:
    files: list[FileReport]
    leaks: list[Leak]
    problems: list[Problem]

    @property
    def fatal(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.fatal]

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": not self.fatal,
            "files": [asdict(file) | {"path": str(file.path)} for file in self.files],
            "leaks": [asdict(leak) for leak in self.leaks],
            "problems": [asdict(problem) | {"path": str(problem.path)} for problem in self.problems],
        }


def check(root: Path, languages: Sequence[str] | None = None, *, long: int = LONG) -> CheckReport:
    """Read every split of every language. `long`: sentences of more tokens get a warning.

    UserError where `edgener.text.corpus.find` finds no corpus.
    """
    found = corpus.find(root, languages)
    places = [(name, split, found[name][split]) for name in found for split in SPLITS if split in found[name]]
    report = CheckReport([], [], [])
    earlier: list[_Checked] = []
    for name, split, path in track(places, "checking", len(places), "files"):
        file = _check_file(name, split, path, long)
        report.files.append(file.report)
        report.problems.extend(file.problems)
        earlier = [other for other in earlier if other.report.language == name]
        for other in earlier:
            repeats = list(_repeats(other, file))
            report.problems.extend(repeats)
            report.leaks.append(Leak(name, other.report.split, split, len(repeats), file.report.sentences))
        earlier.append(file)
    for name, files in found.items():
        folder = next(iter(files.values())).parent
        missing = [split for split in SPLITS if split not in files]
        report.problems.extend(_warning(folder, 0, "missing split", f"{name} has no {split} file") for split in missing)
    report.problems.extend(_file_problems(report.files))
    return report


@dataclass(frozen=True)
class _Checked:
    """A file's report and problems, and for each sentence (by hash) the lines where it stands."""

    report: FileReport
    problems: list[Problem]
    lines: dict[int, list[int]]


def _check_file(language: str, split: str, path: Path, long: int) -> _Checked:
    problems: list[Problem] = []
    sentences = corpus.raw_sentences(path, problems.append)
    if not sentences:
        problems.append(Problem(path, 0, "empty", "no sound sentence in this file"))
    scheme = labels.detect(sentence.tags for sentence in sentences)
    types: Counter[str] = Counter()
    lines: dict[int, list[int]] = {}
    for sentence in sentences:
        problems += _token_problems(path, sentence)
        problems += _tag_problems(path, sentence, scheme)
        if len(sentence.tokens) > long:
            message = f"{len(sentence.tokens):,} tokens, more than {long:,}; is a blank line missing?"
            problems.append(_warning(path, sentence.line, "long sentence", message))
        types.update(labels.entity_type(tag) for tag in labels.to_iob2(sentence.tags) if tag[0] == "B")
        same = lines.setdefault(_hash(sentence), [])
        if same:
            problems.append(_warning(path, sentence.line, "duplicate", f"the same words as in line {same[0]}"))
        same.append(sentence.line)
    report = FileReport(
        path=path,
        language=language,
        split=split,
        scheme=scheme,
        splitter=corpus.guess_splitter(sentences),
        sentences=len(sentences),
        tokens=sum(len(sentence.tokens) for sentence in sentences),
        entities=dict(sorted(types.items())),
        longest=max((len(sentence.tokens) for sentence in sentences), default=0),
        not_nfc=sum(not unicodedata.is_normalized("NFC", " ".join(sentence.tokens)) for sentence in sentences),
        repeated=len(sentences) - len(lines),
    )
    return _Checked(report, problems, lines)


def _token_problems(path: Path, sentence: Sentence) -> Iterator[Problem]:
    joined = "".join(sentence.tokens)
    if joined.isprintable() and " " not in joined and _STRANGE.isdisjoint(joined):
        return
    for token, line in zip(sentence.tokens, sentence.lines, strict=True):
        if not normalise_word(token).strip():
            yield _warning(path, line, "empty token", f"{token[:40]!r} is empty after normalisation; it gets the tag O")
        elif strange := [char for char in dict.fromkeys(token) if _is_strange(char)]:
            names = ", ".join(map(_described, strange))
            yield _warning(path, line, "bad character", f"{token[:40]!r} holds {names}")
        elif not WHITE_SPACE.isdisjoint(token):
            message = f"{token[:40]!r} holds white space; in running text it is more than one word"
            yield _warning(path, line, "white space in a token", message)


def _is_strange(char: str) -> bool:
    # Of the categories that isprintable() turns down: not white space, and neither private nor unassigned code points.
    return char in _STRANGE or (unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in WHITE_SPACE)


def _described(char: str) -> str:
    """A strange character and what normalisation does to it."""
    code = f"U+{ord(char):04X}"
    if "\ud800" <= char <= "\udfff":
        return f"{code} unpaired surrogate (replaced by U+FFFD)"
    return f"{code} {unicodedata.name(char, 'control character')} ({'dropped' if char in DROPPED else 'kept'})"


def _tag_problems(path: Path, sentence: Sentence, scheme: str) -> Iterator[Problem]:
    for tag, read_as, line in zip(sentence.tags, labels.to_iob2(sentence.tags), sentence.lines, strict=True):
        if tag == "O":
            continue
        if tag[0] not in labels.PREFIXES[scheme]:
            yield _warning(path, line, "mixed schemes", f"{tag} in a file that otherwise looks like {scheme}")
        elif scheme != labels.IOB1 and read_as[0] == "B" and not labels.begins(tag):
            message = f"{tag} goes on with no entity of its type; it is read as {read_as}"
            yield _warning(path, line, f"stray {tag[0]}-", message)
    if scheme in (labels.BIOES, labels.BMES):
        yield from _unclosed(path, sentence, "E- or L-" if scheme == labels.BIOES else "E-")


def _unclosed(path: Path, sentence: Sentence, marks: str) -> Iterator[Problem]:
    """A warning where an entity is over without the mark of its end; `marks`: those that the scheme has."""
    for tag, after, line in zip(sentence.tags, [*sentence.tags[1:], ""], sentence.lines, strict=True):
        goes_on = after not in ("", "O") and not labels.begins(after) and after[2:] == tag[2:]
        if tag[0] in "BIM" and not goes_on:
            message = f"no {marks} ends the entity of this {tag}; {after or 'the end of the sentence'} follows"
            yield _warning(path, line, "unclosed entity", message)


def _repeats(earlier: _Checked, later: _Checked) -> Iterator[Problem]:
    """A warning for each sentence of the later file that is in the earlier one too."""
    for hash_, lines in later.lines.items():
        for line in lines if hash_ in earlier.lines else ():
            message = f"the same words as {earlier.report.path}:{earlier.lines[hash_][0]}"
            yield _warning(later.report.path, line, "leakage", message)


def _file_problems(files: list[FileReport]) -> Iterator[Problem]:
    """Sentences that are not NFC; entity types and schemes that not all files share."""
    holders = Counter(name for file in files for name in file.entities)
    schemes = Counter(file.scheme for file in files if file.entities)
    for file in files:
        missing = [name for name in sorted(holders) if name not in file.entities]
        if missing and file.sentences:
            counts = ", ".join(f"{name} ({holders[name]} of {len(files)} files have it)" for name in missing)
            yield _warning(file.path, 0, "labels differ", f"no entity of type {counts}")
        usual = schemes.most_common(1)[0][0] if schemes else file.scheme
        if file.not_nfc:
            share = f"{100 * file.not_nfc / file.sentences:.1f} % of the sentences"
            yield _warning(file.path, 0, "not NFC", f"{share}; every stage composes them")
        if file.entities and file.scheme != usual:
            yield _warning(file.path, 0, "schemes differ", f"{file.scheme}, where most files are {usual}")


def _warning(path: Path, line: int, kind: str, message: str) -> Problem:
    return Problem(path, line, kind, message, fatal=False)


def _hash(sentence: Sentence) -> int:
    # 64 bits: among a million sentences the odds of one false pair are 1 in 37 million.
    return int.from_bytes(blake2b(normalise_word(" ".join(sentence.tokens)).encode(), digest_size=8).digest())
