"""What a bundle is: its files, and what its manifest must say before a runtime trusts it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgener.artefact import MANIFEST
from edgener.errors import UserError
from edgener.text.tagger import DecodeSpec
from edgener.text.words import SPLITTERS

KIND = "bundle"
SEAL = "manifest.sha256"
MODEL, WEIGHTS = "model.onnx", "weights.bin"
ORT_MODEL, OPERATORS = "model.ort", "required_operators.config"
TOKENIZER, LABELS, GOLDEN, README = "tokenizer.json", "labels.json", "golden.jsonl", "README.md"
ALWAYS = (TOKENIZER, LABELS, GOLDEN, README)
_VARIANT = re.compile(r"model\.([a-z0-9][a-z0-9-]{0,39})\.onnx")
_MOST_VARIANTS = 8
_MAX_BYTES = {
    MODEL: 2 * 2**30,
    WEIGHTS: 8 * 2**30,
    ORT_MODEL: 2 * 2**30,
    OPERATORS: 2**20,
    TOKENIZER: 128 * 2**20,
    LABELS: 2**20,
    GOLDEN: 16 * 2**20,
    README: 2**20,
    MANIFEST: 2**20,
    SEAL: 4096,
}
MAX_WINDOW = 65_536


def max_bytes(name: str) -> int | None:
    """The most that a file of this name may have; None when no bundle holds such a file."""
    return _MAX_BYTES[MODEL] if _VARIANT.fullmatch(name) else _MAX_BYTES.get(name)


def variant_file(name: str) -> str:
    """Where another graph over the same weights lives."""
    return f"model.{name}.onnx"


def variant_name(file: str) -> str | None:
    """The inverse of variant_file; None for any other file."""
    match = _VARIANT.fullmatch(file)
    return match[1] if match else None


def wrong_files(names: Iterable[str]) -> str | None:
    """What keeps these from being the files of a bundle (without manifest and seal); None when nothing does.

    A bundle has one graph: in ONNX, with variants and the large tensors of all of them in weights.bin, or in ONNX
    Runtime's own format, which holds its weights, with the operators that a reduced build needs.
    """
    left = set(names)
    for name in ALWAYS:
        if name not in left:
            return f"{name} is missing"
    graph, beside = (ORT_MODEL, {OPERATORS}) if ORT_MODEL in left else (MODEL, {WEIGHTS})
    if graph not in left:
        return f"{MODEL} is missing"
    variants = {name for name in left if graph == MODEL and variant_name(name)}
    if len(variants) > _MOST_VARIANTS:
        return f"{len(variants)} variants, at most {_MOST_VARIANTS} are read"
    surplus = sorted(left - {*ALWAYS, graph, *beside, *variants})
    return f"{surplus[0][:100]!r} does not belong to a bundle" if surplus else None


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
        return printable(self.manifest["gate"].get("why", "no reason given"), 300)

    @property
    def graph(self) -> Path:
        """The network that was exported."""
        return self.path / (ORT_MODEL if ORT_MODEL in self.manifest["files"] else MODEL)

    @property
    def variants(self) -> list[str]:
        """Names of other graphs over the same weights, each with a gate of its own."""
        return sorted(name for file in self.manifest["files"] if (name := variant_name(file)))

    @property
    def bytes(self) -> int:
        """The sum of all its files."""
        return sum(path.stat().st_size for path in self.path.iterdir())


def printable(value: object, most: int = 40) -> str:
    """One line that a terminal can show, whatever a manifest says."""
    line = " ".join(str(value)[: 4 * most].split())
    return "".join(char if char.isprintable() else "?" for char in line[:most])


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
