"""Bytes on disk by file, as they are and as gzip would send them."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgener.benchmark.contestants import ONNX_FP32, Contestant
from edgener.bundle.layout import KIND as BUNDLE
from edgener.bundle.layout import MODEL, ORT_MODEL, WEIGHTS

# What transformers reads beside the weights: these, and for the tokenizer the first of the groups that there is.
_CONFIGS = ("config.json", "tokenizer_config.json", "special_tokens_map.json")
_TOKENIZERS = (
    ("tokenizer.json",),
    ("sentencepiece.bpe.model", "spiece.model"),
    ("vocab.json", "merges.txt"),
    ("vocab.txt",),
)
_CHUNK = 2**20
_GZIP_FRAME = 18  # header and trailer around the deflate stream


def gzip_bytes(path: Path) -> int:
    """Bytes of the file after gzip level 6 (the usual one of servers and stores), in constant memory."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    total = _GZIP_FRAME
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            total += len(deflate.compress(chunk))
    return total + len(deflate.flush())


def size_of(contestant: Contestant) -> dict[str, Any] | None:
    """Sizes of a bundle's files, or of those a torch-fp32 model is loaded from; None for what lies in no local file.

    `network` is the model alone, `total` everything that it takes to tag a text.
    """
    folder = Path(contestant.path)
    if contestant.kind in (BUNDLE, ONNX_FP32):
        chosen = sorted(folder.iterdir())
        network = [path.name for path in chosen if path.name in (MODEL, WEIGHTS, ORT_MODEL, f"{MODEL}_data")]
    elif contestant.kind == "torch-fp32":
        weights = _weights(folder)
        network = [path.name for path in weights]
        chosen = sorted([*weights, *_present(folder, _CONFIGS), *_tokenizer(folder)])
    else:
        return None
    return size_of_files(chosen, network)


def size_of_files(chosen: Sequence[Path], network: Sequence[str] | None = None) -> dict[str, Any]:
    """network: which of them are the model; all of them by default."""
    files = {path.name: _entry(path) for path in chosen}
    parts = files if network is None else network
    return {"bytes_kind": "on disk", "files": files, "network": _sum(files, parts), "total": _sum(files, files)}


def _present(folder: Path, names: Iterable[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()]


def _tokenizer(folder: Path) -> list[Path]:
    return next((found for names in _TOKENIZERS if (found := _present(folder, names))), [])


def _sum(files: Mapping[str, Mapping[str, int]], names: Iterable[str]) -> dict[str, int]:
    chosen = [files[name] for name in names]
    return {unit: sum(entry[unit] for entry in chosen) for unit in ("bytes", "gzip_bytes")}


def in_memory(memory_bytes: int) -> dict[str, Any]:
    """The size of a contestant that nobody has written to disk: parameters and buffers, by its own count."""
    network = {"bytes": memory_bytes, "gzip_bytes": None}
    return {"bytes_kind": "in memory", "files": {}, "network": network, "total": None}


def _entry(path: Path) -> dict[str, int]:
    return {"bytes": path.stat().st_size, "gzip_bytes": gzip_bytes(path)}


def _weights(folder: Path) -> list[Path]:
    """The files that transformers reads: safetensors when there are any."""
    return sorted(folder.glob("model*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
