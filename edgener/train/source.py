"""What a model is read from: an edgener model, a stock Hugging Face folder, or a hub id."""

import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import AutoConfig, PretrainedConfig
from transformers.utils import logging as transformers_logging

from edgener import artefact
from edgener.errors import UserError
from edgener.hub import may_be_hub_id

KIND = "model"
ENCODER = "encoder"  # weights without a trained classifier
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")

transformers_logging.disable_progress_bar()  # stderr is for what edgener says
transformers_logging.set_verbosity_error()  # its warnings speak of what edgener does on purpose
logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # a line for each retry; ours comes after the last


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from: a folder, or a hub id with its commit; `digest` identifies its weights.

    manifest: what edgener wrote beside the weights; empty for a folder that it did not make. kind: `model` when it says
    that a classifier was trained, else `encoder`.
    """

    name: str
    digest: str
    manifest: dict[str, Any] = field(default_factory=dict)
    kind: str = ENCODER

    @property
    def trained(self) -> dict[str, Any]:
        """The manifest of a model that edgener fine-tuned; empty for any other."""
        return self.manifest if self.kind == KIND else {}


def locate(name: str, *, hashed: bool = True) -> ModelSource:
    """Identify a model folder or hub id. UserError, before anything is loaded, when it is neither, or is damaged.

    Damaged: its files are not those that its manifest names, or the manifest is none that edgener writes. hashed: False
    leaves the weights unread and unchecked, and a folder that edgener did not make without a digest; a program whose
    start is timed is not to pay for what others do not do.
    """
    path = Path(name)
    if path.is_dir():
        found = artefact.find(path)
        if found is not None and found.kind not in (KIND, ENCODER):
            raise UserError(f"{path}: a {found.kind}, not a model; give the model it was made from")
        if not (path / "config.json").is_file():
            raise UserError(f"{path}: no config.json; expected a Hugging Face model folder or a hub id")
        weights = [path / file for file in WEIGHTS if (path / file).is_file()]
        if not weights:
            raise UserError(f"{path}: no weights; expected model.safetensors or pytorch_model.bin")
        if found is None:
            return ModelSource(path.resolve().name, _folder_digest(path) if hashed else "")
        _check_manifest(found)
        damage = artefact.check_files(path, found.manifest.get("files")) if hashed else []
        if damage:
            raise UserError(f"{damage[0]}; this model was damaged or changed, make it again")
        return ModelSource(path.resolve().name, found.digest, found.manifest, found.kind)
    if not may_be_hub_id(name):
        raise UserError(f"{name}: no such model folder")
    return ModelSource(name.rpartition("/")[2], f"hub:{name}@{_commit(name)}")


def _check_manifest(found: artefact.Artefact) -> None:
    """UserError unless what stages read of a model's manifest has the form in which they write it."""

    def texts(value: object) -> bool:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)

    def steps(value: object) -> bool:
        return isinstance(value, list) and all(
            isinstance(one, dict) and isinstance(one.get("stage"), str) and isinstance(one.get("inputs"), dict)
            for one in value
        )

    def pruned(value: object) -> bool:
        return isinstance(value, dict) and isinstance(value.get("tensors"), dict) and "pattern" in value

    def table(value: object) -> bool:
        return isinstance(value, dict)

    if found.manifest.get("schema") != artefact.SCHEMA:
        schema = f"{found.manifest.get('schema')!r}"[:20]
        raise UserError(f"{found.path / artefact.MANIFEST}: schema {schema}; this edgener reads {artefact.SCHEMA}")
    forms = {"languages": texts, "licences": texts, "steps": steps, "pruned": pruned}
    forms |= dict.fromkeys(("data", "decode", "geometry", "permuted"), table)
    for name, is_right in forms.items():
        if name in found.manifest and not is_right(found.manifest[name]):
            raise UserError(f"{found.path / artefact.MANIFEST}: {name!r} is not as edgener writes it; make it again")


def _folder_digest(path: Path) -> str:
    """sha256 over the files that decide what a folder computes, so that a copy elsewhere is the same model."""
    total = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.is_file() and file.suffix in {".json", ".safetensors", ".bin", ".model", ".txt"}:
            total.update(f"{file.name} {artefact.sha256_file(file)}\n".encode())
    return total.hexdigest()


def _commit(name: str) -> str:
    return str(getattr(load_config(name), "_commit_hash", None))


def load_config(name: str) -> PretrainedConfig:
    try:
        return AutoConfig.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{name}: cannot be loaded as a model folder or hub id ({first_line(error)})") from None


def first_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
