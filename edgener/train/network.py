"""Any model of a chain, classifier or bare encoder: read it, and write it with the record of what was done to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoModelForMaskedLM, PretrainedConfig, PreTrainedModel

from edgener import artefact
from edgener.bundle.layout import spec_as_dict
from edgener.errors import UserError
from edgener.train.model import (
    ENCODER,
    KIND,
    Network,
    check_vocabulary,
    decode_spec,
    first_line,
    load_classifier,
    load_config,
    load_tokenizer,
    locate,
)
from edgener.versions import versions

# Of a manifest, what is as true of a model made from it.
_CARRIED = ("languages", "data", "licences", "pruned", "permuted", "geometry")
# The pooler answers for whole sentences; no stage uses one, and a checkpoint may come without.
_UNUSED = ("pooler.", "embeddings.position_ids")


def is_classifier(config: PretrainedConfig) -> bool:
    return any(name.endswith("ForTokenClassification") for name in config.architectures or ())


def has_language_model(config: PretrainedConfig) -> bool:
    """Does the checkpoint say that it has a masked-LM head?"""
    return any(name.endswith("ForMaskedLM") for name in config.architectures or ())


def load_network(name: str) -> Network:
    """The classifier at `name` when it holds one, else its encoder, with its masked-LM head where it has one.

    name: a folder or a hub id. UserError when it cannot be read.
    """
    config = load_config(name)
    if is_classifier(config):
        return load_classifier(name)
    source = locate(name)
    tokenizer, backend = load_tokenizer(name, config)
    model = load_language_model(name) if has_language_model(config) else load_encoder(name)
    check_vocabulary(name, backend, model)
    return Network(source, model.eval(), tokenizer, backend, (), decode_spec(tokenizer, backend, config))


def load_encoder(name: str) -> PreTrainedModel:
    """The encoder alone, fp32, without a pooler where the architecture lets it be left out."""
    try:
        return _load(AutoModel, name, add_pooling_layer=False)
    except TypeError:
        return _load(AutoModel, name)


def load_language_model(name: str) -> PreTrainedModel:
    """The encoder with its masked-LM head. UserError when the checkpoint has no such head."""
    return _load(AutoModelForMaskedLM, name)


def _load(auto: Any, name: str, **kwargs: Any) -> PreTrainedModel:
    try:
        model, report = auto.from_pretrained(
            name, output_loading_info=True, trust_remote_code=False, dtype=torch.float32, **kwargs
        )
    except Exception as error:  # damaged safetensors, pickles with code, wrong shapes: each has its own class
        if isinstance(error, TypeError) and kwargs:
            raise  # an architecture that does not know them
        raise UserError(f"{name}: its weights cannot be loaded ({first_line(error)})") from None
    random = [*report["missing_keys"], *report["mismatched_keys"]]
    wrong = sorted(key for key in random if not any(part in key for part in _UNUSED))
    if wrong:
        raise UserError(
            f"{name}: {len(wrong)} tensors are missing from its weights or of another shape than config.json says, "
            f"the first is {wrong[0]}"
        )
    return model  # type: ignore[no-any-return]


def step_of(kind: str, config: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, Any]:
    """One entry of a manifest's `steps`: what was done, with which settings, to what."""
    return {"stage": kind, "config": dict(config), "inputs": dict(inputs)}


def licences_of(manifest: Mapping[str, Any], *more: str | None) -> list[str]:
    """The licences of all data that a model saw, oldest first."""
    return list(dict.fromkeys([*manifest.get("licences", []), *(one for one in more if one)]))


def write_network(
    network: Network, out: Path, asked: str, step: Mapping[str, Any], changes: Mapping[str, Any] | None = None
) -> None:
    """Write a model directory at `out`: safetensors, config, tokenizer and a manifest.

    The manifest goes on from that of the model it was made from: what it says of languages, data, licences, zeros,
    channels and geometry stays unless `changes` says otherwise (None takes an entry out); `step` is added to `steps`.
    """
    old = network.source.manifest
    manifest: dict[str, Any] = {
        **{name: old[name] for name in _CARRIED if name in old},
        "encoder": old.get("encoder", network.source.name),
        "decode": spec_as_dict(network.spec),
        "versions": versions(),
        **(changes or {}),
        "request": asked,
        "steps": [*old.get("steps", []), dict(step)],
    }
    manifest = {name: value for name, value in manifest.items() if value is not None}
    with artefact.building(out) as scratch:
        network.model.save_pretrained(scratch)
        network.tokenizer.save_pretrained(scratch)
        network.backend.save(str(scratch / "tokenizer.json"))
        artefact.seal(scratch, KIND if network.labels else ENCODER, manifest)
