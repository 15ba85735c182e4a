"""The built-in sample: template sentences in six languages, written for this project.

It feeds the demo, the tests and the golden sentences of bundles. It shows the machinery; it measures no language.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from edgener.text.sample import amh, hau, ibo, pcm, swa, yor
from edgener.text.sample.generator import Tagged, draw

SPLITS = ("train", "dev", "test")
SIZES = {"train": 300, "dev": 40, "test": 60}
_DATA = {"amh": amh.DATA, "hau": hau.DATA, "ibo": ibo.DATA, "pcm": pcm.DATA, "swa": swa.DATA, "yor": yor.DATA}
LANGUAGES: tuple[str, ...] = tuple(_DATA)
_NO_SPACE_BEFORE = frozenset(".,?!:;።፣")


@lru_cache(maxsize=64)
def _corpus(language: str, seed: int) -> dict[str, list[Tagged]]:
    taken: set[str] = set()  # no sentence stands in two splits
    return {split: draw(_DATA[language], split, SIZES[split], f"{seed}-{language}-{split}", taken) for split in SPLITS}


def generate(language: str, split: str, seed: int = 0) -> list[Tagged]:
    """(tokens, IOB2 tags) of each sentence; the same for the same seed, on every machine."""
    return list(_corpus(language, seed)[split])


def write(directory: Path, seed: int = 0) -> None:
    """The corpus in MasakhaNER's layout: `directory/<language>/<split>.txt`."""
    for language in LANGUAGES:
        (directory / language).mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            blocks = (
                "".join(f"{token} {tag}\n" for token, tag in zip(tokens, tags, strict=True))
                for tokens, tags in generate(language, split, seed)
            )
            (directory / language / f"{split}.txt").write_text("\n".join(blocks), encoding="utf-8", newline="\n")


def sentences(languages: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Eight plain-text sentences of the test split in each language."""
    return {
        language: [_plain_text(tokens) for tokens, _ in generate(language, "test")[:8]]
        for language in languages or LANGUAGES
    }


def _plain_text(tokens: Sequence[str]) -> str:
    text = ""
    for token in tokens:
        text += token if not text or token in _NO_SPACE_BEFORE else f" {token}"
    return text
