"""The prune stage: magnitude pruning before fine-tuning, after it, or gradually during more of it.

before    an encoder is pruned at once; `edgener train` keeps its zeros
after     a fine-tuned model is pruned at once; with --epochs it then recovers under the dense model as teacher
gradual   sparsity rises on a cubic schedule while the model learns from the dense one
"""

import copy
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, cast

from edgener import artefact
from edgener.compress.prune.patterns import BLOCKS, HALF, PATTERNS, SCOPES, UNSTRUCTURED, choose_masks, follows, record
from edgener.compress.prune.permute import Scope, permute
from edgener.compress.prune.schedule import GradualPruning
from edgener.compress.recover import (
    NONE_STATED,
    Lessons,
    Licences,
    RecoverConfig,
    check_recovery,
    facts_of,
    read_lessons,
    recover,
    settings_of,
)
from edgener.console import say
from edgener.errors import UserError
from edgener.train.anatomy import layers_of, linears_of
from edgener.train.config import f1_line
from edgener.train.masks import KeepZeros, apply_masks, masks_of, pruned_tensors, weights_of
from edgener.train.model import Network
from edgener.train.network import licences_of, load_network, step_of, write_network
from edgener.train.record import training_record, write_record
from edgener.train.work import is_finished, is_main_process, working_folder

STAGE = "prune"
_OWN = ("sparsity", "when", "scope", "pattern", "tensors", "permute")
BEFORE, AFTER, GRADUAL = WHEN = ("before", "after", "gradual")


@dataclass(frozen=True)
class PruneConfig(RecoverConfig):
    """sparsity: 0 to 1, of the chosen tensors. pattern, scope: see edgener.compress.prune.patterns.

    tensors: shell patterns of names such as `encoder.layer.0.output.dense.weight`. permute: reorder channels first, so
    that weak weights share blocks. ramp: share of the training in which sparsity rises.
    """

    epochs: int = 0
    sparsity: float = 0.5
    when: str = AFTER
    scope: str = "global"
    pattern: str = UNSTRUCTURED
    tensors: tuple[str, ...] = ("*",)
    permute: bool = False
    ramp: float = 0.6


def check_prune(config: PruneConfig) -> None:
    check_recovery(config, 1 if config.when == GRADUAL else 0)
    for option, value, known in (
        ("--when", config.when, WHEN),
        ("--scope", config.scope, SCOPES),
        ("--pattern", config.pattern, PATTERNS),
    ):
        if value not in known:
            raise UserError(f"{option} {value}: expected {', '.join(known)}")
    if not 0 < config.sparsity < 1:
        raise UserError(f"--sparsity {config.sparsity:g}: expected a share between 0 and 1, such as 0.6")
    if config.pattern == HALF and config.sparsity != 0.5:
        raise UserError(f"--sparsity {config.sparsity:g}: the pattern 2:4 keeps two of four; leave it at 0.5")
    if config.permute and config.pattern != BLOCKS:
        raise UserError(
            f"--permute: gathers weak weights in blocks, of which {config.pattern} has none; give --pattern 1x4"
        )
    if not 0 < config.ramp <= 1:
        raise UserError(f"--ramp {config.ramp:g}: expected a share of the training, such as 0.6")
    if config.permute and config.tensors != ("*",):
        raise UserError("--permute: reorders for all linears of the encoder; leave --tensor out")
    if config.when == BEFORE and config.epochs:
        raise UserError("--epochs: with --when before, `edgener train` does the training; leave --epochs out")


def prune(
    model: str,
    config: PruneConfig,
    out: Path,
    *,
    data: Path | None = None,
    raw_text: Path | None = None,
    licences: Licences = NONE_STATED,
    force: bool = False,
) -> Path:
    """Prune the encoder of `model` (folder or hub id); returns `out`. UserError for bad input.

    The dense model is the teacher of all training that follows. What was reached goes to the manifest, tensor by
    tensor; dev F1 to `<out>.training.json`.
    """
    check_prune(config)
    if not config.epochs and (data is not None or raw_text is not None):
        raise UserError("--data and --raw: nothing is trained here; give --epochs too, or leave them out")
    network = load_network(model)
    source = network.source
    if config.when == BEFORE and network.labels:
        raise UserError(f"{model}: already fine-tuned; --when before wants an encoder, --when after or gradual this")
    if config.when != BEFORE and not network.labels:
        raise UserError(f"{model}: no classifier in it; fine-tune it first, or prune it with --when before")
    names = chosen_tensors(network, config.tensors)
    _check_zeros(network, names, config, model)
    lessons = read_lessons(source, config, data, raw_text, licences, network.labels) if config.epochs else None
    inputs = {"model": source.digest, **(lessons.digests if lessons else {})}
    stated = licences_of(source.manifest, *(lessons.licences if lessons else (licences.data,)))
    settings = settings_of(config, (*_OWN, *(["seed"] * config.permute)))
    asked = artefact.request(STAGE, {**settings, "licences": stated}, inputs)
    if is_finished(out, asked, force, "pruned", (model, data, raw_text), [training_record]):
        return out
    if lessons is None and not is_main_process():
        return out  # without training there is nothing to share
    with working_folder(out, asked, force) as work:
        changes: dict[str, Any] = {"licences": stated}
        history = _prune(network, names, lessons, config, work, changes)
        if is_main_process():
            every = sorted({*names, *pruned_tensors(source.manifest)})
            changes["pruned"] = record(network.model, config.pattern, every)
            if lessons is not None:
                changes |= facts_of(source, lessons)
            write_record(training_record(out), asked, history)
            write_network(network, out, asked, step_of(STAGE, settings, inputs), changes)
            reached = changes["pruned"]["sparsity"]
            f1 = "; dev F1 " + f1_line(history["best"]["f1"]) if history else ""
            say(f"{out}: {100 * reached:.1f} % of {len(every)} tensors pruned{f1}")
    return out


def _check_zeros(network: Network, names: list[str], config: PruneConfig, model: str) -> None:
    """UserError where the zeros that are there would be spoilt, or are more than are asked for."""
    pruned = network.source.manifest.get("pruned")
    if pruned is None:
        return
    if config.permute and pruned["pattern"] != UNSTRUCTURED:
        raise UserError(
            f"{model}: its zeros stand in the pattern {pruned['pattern']}, which --permute would break; leave it out"
        )
    masks = masks_of(network.model, [name for name in names if name in pruned["tensors"]])
    zeros = sum(int((~mask).sum()) for mask in masks.values())
    share = zeros / sum(weight.numel() for weight in weights_of(network.model, names).values())
    if config.sparsity < share and config.pattern in (UNSTRUCTURED, pruned["pattern"]):
        raise UserError(
            f"--sparsity {config.sparsity:g}: {100 * share:.1f} % of these weights are pruned already; ask for more"
        )


def chosen_tensors(network: Network, patterns: tuple[str, ...]) -> list[str]:
    """Names of the encoder's linear weights that match; all of them by default. UserError when none does."""
    known = [name for name, _ in linears_of(network.model)]
    names = [name for name in known if any(fnmatch(name, pattern) for pattern in patterns)]
    if not names:
        raise UserError(f"--tensor {' '.join(patterns)}: the encoder has no such linear; its first is {known[0]}")
    return names


def _prune(
    network: Network,
    names: list[str],
    lessons: Lessons | None,
    config: PruneConfig,
    work: Path,
    changes: dict[str, Any],
) -> dict[str, Any]:
    """Prune `network.model` in place; the history of the training, empty without one.

    changes: gets what the manifest is to say of permuted channels.
    """
    model = network.model
    before = pruned_tensors(network.source.manifest)
    if config.permute:
        report = permute(
            model, config.sparsity, seed=config.seed, scope=cast(Scope, config.scope), written=work / "orders.json"
        )
        order = network.source.manifest.get("permuted", {}).get("hidden") or range(len(report.hidden))
        changes["permuted"] = {**asdict(report), "hidden": [order[channel] for channel in report.hidden]}
    old = masks_of(model, before)
    if not all(follows(old[name], config.pattern) for name in names if name in old):
        say(f"{network.source.name}: its zeros are not of pattern {config.pattern}; with them the result is not either")
    teacher = copy.deepcopy(model)
    choose = partial(choose_masks, pattern=config.pattern, scope=config.scope)
    if config.when == GRADUAL:
        callbacks = [GradualPruning(model, names, choose, config.sparsity, config.ramp), KeepZeros(model, old)]
    else:
        apply_masks(model, choose(weights_of(model, names), config.sparsity))
        callbacks = [KeepZeros(model, masks_of(model, {*names, *before}))]
    if lessons is None:
        return {}
    return recover(
        network,
        teacher,
        lessons,
        config,
        work,
        layers=[(layer, layer) for layer in range(len(layers_of(model)))],
        callbacks=callbacks,
        # In the epochs before the ramp's end the network was denser: their F1 is that of another network.
        counts_from=config.ramp if config.when == GRADUAL else 0.0,
    )
