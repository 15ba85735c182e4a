"""Any model of a chain, classifier or bare encoder: read it, and write it with the record of what was done to it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers import AutoModel, AutoModelForMaskedLM, PretrainedConfig, PreTrainedModel

from edgener import output
from edgener.bundle.layout import spec_as_dict
from edgener.train.anatomy import geometry_of
from edgener.train.model import (
    Network,
    check_vocabulary,
    decode_spec,
    is_classifier,
    load_checkpoint,
    load_classifier,
    load_tokenizer,
    save_tokenizer,
)
from edgener.train.source import ENCODER, KIND, load_config, locate
from edgener.versions import versions

NOT_STATED = "not stated"  # of a licence
# Of a manifest, what is as true of a model made from it.
_CARRIED = ("languages", "data", "licences", "pruned", "permuted", "geometry")
# The pooler answers for whole sentences; no stage uses one, and a checkpoint may come without.
_UNUSED = ("pooler.", "embeddings.position_ids")


def has_language_model(config: PretrainedConfig) -> bool:
    """Does the checkpoint say that it has a masked-LM head?"""
    return any(name.endswith("ForMaskedLM") for name in config.architectures or ())


def load_network(name: str) -> Network:
    """The classifier at `name` when it holds one, else its encoder, with its masked-LM head where it has one.

    name: a folder or a hub id. UserError when it cannot be read.
    """
    source = locate(name)
    config = load_config(name)
    if is_classifier(config):
        return load_classifier(name, source=source)
    tokenizer, backend = load_tokenizer(name, config)
    model = load_language_model(name) if has_language_model(config) else load_encoder(name)
    check_vocabulary(name, backend, model)
    return Network(source, model.eval(), tokenizer, backend, (), decode_spec(tokenizer, backend, config))


def load_encoder(name: str) -> PreTrainedModel:
    """The encoder alone, fp32, without a pooler where the architecture lets it be left out."""
    try:
        return load_checkpoint(AutoModel, name, _is_unused, add_pooling_layer=False)
    except TypeError:  # an architecture that has none to leave out
        return load_checkpoint(AutoModel, name, _is_unused)


def load_language_model(name: str) -> PreTrainedModel:
    """The encoder with its masked-LM head. UserError when the checkpoint has no such head."""
    return load_checkpoint(AutoModelForMaskedLM, name, _is_unused)


def _is_unused(tensor: str) -> bool:
    return any(part in tensor for part in _UNUSED)


def step_of(kind: str, config: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, Any]:
    """One entry of a manifest's `steps`: what was done, with which settings, to what."""
    return {"stage": kind, "config": dict(config), "inputs": dict(inputs)}


def licences_of(manifest: Mapping[str, Any], *more: str | None) -> list[str]:
    """The licences of all data that a model saw, oldest first."""
    return list(dict.fromkeys([*manifest.get("licences", []), *(one for one in more if one)]))


def write_network(
    network: Network,
    out: Path,
    asked: str,
    step: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
    measure: Callable[[Path], None] | None = None,
) -> None:
    """Write a model directory at `out`: safetensors, config, tokenizer and a manifest.

    The manifest goes on from that of the model it was made from: what it says of languages, data, licences, zeros,
    channels and geometry stays unless `changes` says otherwise (None takes an entry out); `step` is added to `steps`.
    measure: gets the written folder just before it takes its place, for a record that is to be there first.
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
    if manifest.get("geometry"):  # of this network; `from_layers` and the like are of its history
        manifest["geometry"] = {**manifest["geometry"], **geometry_of(network.model)}
    manifest = {name: value for name, value in manifest.items() if value is not None}
    with output.building(out) as scratch:
        network.model.save_pretrained(scratch)
        save_tokenizer(network.tokenizer, scratch)
        network.backend.save(str(scratch / "tokenizer.json"))
        output.seal(scratch, KIND if network.labels else ENCODER, manifest)
        if measure is not None:
            measure(scratch)
