"""What a bundle is: its files, and what its manifest must say before a runtime trusts it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgener.errors import UserError
from edgener.text.tagger import DecodeSpec
from edgener.text.words import SPLITTERS

KIND = "bundle"
SEAL = "manifest.sha256"
MODEL, TOKENIZER, LABELS, GOLDEN, README = "model.onnx", "tokenizer.json", "labels.json", "golden.jsonl", "README.md"
FILES = (MODEL, TOKENIZER, LABELS, GOLDEN, README)
MAX_BYTES = {
    MODEL: 2 * 2**30,
    TOKENIZER: 128 * 2**20,
    LABELS: 2**20,
    GOLDEN: 16 * 2**20,
    README: 2**20,
    "manifest.json": 2**20,
    SEAL: 4096,
}
MAX_WINDOW = 65_536


@dataclass(frozen=True)
class Bundle:
    """A bundle whose hashes hold and whose manifest, labels and golden sentences are well formed.

    `state` is that of its files before they were hashed (edgener.bundle.verify.state).
    """

    path: Path
    manifest: dict[str, Any]
    spec: DecodeSpec
    labels: tuple[str, ...]
    golden: tuple[dict[str, Any], ...]
    state: dict[str, tuple[int, int, int]] = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def gated(self) -> bool:
        return bool(self.manifest["gate"]["passed"])

    @property
    def why_ungated(self) -> str:
        """One printable line, whatever the manifest says."""
        why = " ".join(str(self.manifest["gate"].get("why", "no reason given")).split())
        return "".join(char if char.isprintable() else "?" for char in why[:300])

    @property
    def bytes(self) -> int:
        """The sum of all its files."""
        return sum(path.stat().st_size for path in self.path.iterdir())


def spec_as_dict(spec: DecodeSpec) -> dict[str, Any]:
    return {
        "splitter": spec.splitter,
        "unicode": spec.unicode,
        "max_length": spec.max_length,
        "stride": spec.stride,
        "prefix": list(spec.prefix),
        "suffix": list(spec.suffix),
        "pad": spec.pad,
    }


def spec_from_dict(table: object, where: Path) -> DecodeSpec:
    """UserError unless every field is there, of its type and in range."""
    if not isinstance(table, dict):
        raise UserError(f"{where}: 'decode' is missing or not a table")

    def number(name: str, low: int, high: int) -> int:
        value = table.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise UserError(f"{where}: decode.{name} is {value!r}; expected a whole number in {low}..{high}")
        return value

    def ids(name: str) -> tuple[int, ...]:
        value = table.get(name)
        if not isinstance(value, list) or len(value) > 8 or not all(type(i) is int and 0 <= i < 2**31 for i in value):
            raise UserError(f"{where}: decode.{name} is not a short list of token ids")
        return tuple(value)

    if table.get("splitter") not in SPLITTERS:
        raise UserError(f"{where}: unknown word splitter {table.get('splitter')!r}; update edgener to read this bundle")
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,3}", str(table.get("unicode"))):
        raise UserError(f"{where}: decode.unicode is {table.get('unicode')!r}; expected a version such as 15.0.0")
    prefix, suffix = ids("prefix"), ids("suffix")
    max_length = number("max_length", len(prefix) + len(suffix) + 1, MAX_WINDOW)
    return DecodeSpec(
        splitter=table["splitter"],
        max_length=max_length,
        stride=number("stride", 1, max_length - len(prefix) - len(suffix)),
        prefix=prefix,
        suffix=suffix,
        pad=number("pad", 0, 2**31 - 1),
        unicode=table["unicode"],
    )
