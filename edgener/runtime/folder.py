"""A stock folder with an ONNX token classifier: model.onnx, config.json and tokenizer.json, as optimum writes it.

For evaluation only: it has no manifest, so nothing is verified and the decode settings are the defaults.
"""

from pathlib import Path
from typing import Any

from edgener.artefact import read_json
from edgener.errors import UserError
from edgener.runtime.session import OnnxForward
from edgener.runtime.tokenizer import BundleTokenizer
from edgener.text.labels import check_model_labels
from edgener.text.pieces import for_words, specials_of
from edgener.text.tagger import DecodeSpec, Forward, Tagger
from edgener.text.words import UNICODE_1

_WINDOW = 256


def load_folder(path: Path, *, threads: int = 0, batch_size: int = 1) -> Tagger:
    """UserError when a file is missing, or the labels cannot be decoded."""
    return tagger_of(path, OnnxForward(path / "model.onnx", threads), batch_size)


def tagger_of(path: Path, forward: Forward, batch_size: int = 1) -> Tagger:
    """The folder's tokenizer and labels around a forward function. UserError as load_folder."""
    where = path / "config.json"
    config = read_json(where)
    labels = _labels(config, where)
    if not (path / "tokenizer.json").is_file():
        raise UserError(f"{path}: no tokenizer.json beside model.onnx")
    tokenizer = BundleTokenizer(path / "tokenizer.json", prepare=for_words)
    pad = _number(config, "pad_token_id", 0, where)
    # Two rows of the position table may be reserved (RoBERTa); no default window comes near its end otherwise.
    longest = min(_WINDOW, _number(config, "max_position_embeddings", _WINDOW + 2, where) - 2)
    specials = specials_of(tokenizer, pad)
    if longest <= len(specials.prefix) + len(specials.suffix):
        raise UserError(f"{where}: max_position_embeddings leaves no room for a word")
    spec = DecodeSpec.of(UNICODE_1, longest, specials)
    if getattr(forward, "labels", None) not in (None, len(labels)):
        raise UserError(f"{path}: the graph has {forward.labels} outputs, config.json {len(labels)} labels")  # type: ignore[attr-defined]
    return Tagger(forward, tokenizer, labels, spec, batch_size=batch_size)


def _labels(config: Any, where: Path) -> list[str]:
    table = config.get("id2label") if isinstance(config, dict) else None
    if not isinstance(table, dict) or not all(isinstance(table.get(str(index)), str) for index in range(len(table))):
        raise UserError(f"{where}: no id2label with a name for each number; not a token classifier")
    labels = [table[str(index)] for index in range(len(table))]
    check_model_labels(labels, str(where))
    return labels


def _number(config: dict[str, Any], name: str, default: int, where: Path) -> int:
    value = default if config.get(name) is None else config[name]
    if type(value) is not int or not 0 <= value < 2**31:
        raise UserError(f"{where}: {name} is {str(value)[:40]!r}; expected a whole number")
    return value
