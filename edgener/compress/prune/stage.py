"""The prune stage: magnitude pruning before fine-tuning, after it, or gradually during more of it.

before    an encoder is pruned at once; `edgener train` keeps its zeros
after     a fine-tuned model is pruned at once; with --epochs it then recovers under the dense model as teacher
gradual   sparsity rises on a cubic schedule while the model learns from the dense one
"""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, cast

from edgener import artefact
from edgener.compress.prune.patterns import BLOCKS, HALF, PATTERNS, SCOPES, UNSTRUCTURED, choose_masks, record
from edgener.compress.prune.permute import Scope, permute
from edgener.compress.prune.schedule import GradualPruning
from edgener.compress.recover import Lessons, RecoverConfig, check_recovery, read_lessons, recover
from edgener.console import say
from edgener.errors import UserError
from edgener.train.anatomy import layers_of, linears_of
from edgener.train.config import f1_line
from edgener.train.finetune import training_record
from edgener.train.masks import KeepZeros, apply_masks, masks_of, pruned_tensors, weights_of
from edgener.train.model import Network, locate
from edgener.train.network import licences_of, load_network, step_of, write_network
from edgener.train.work import clear, is_main_process, working_folder

STAGE = "prune"
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
    if config.when == BEFORE and config.epochs:
        raise UserError("--epochs: with --when before, `edgener train` does the training; leave --epochs out")


def prune(
    model: str,
    config: PruneConfig,
    out: Path,
    *,
    data: Path | None = None,
    raw_text: Path | None = None,
    licence: str | None = None,
    force: bool = False,
) -> Path:
    """Prune the encoder of `model` (folder or hub id); returns `out`. UserError for bad input.

    The dense model is the teacher of all training that follows. What was reached goes to the manifest, tensor by
    tensor; dev F1 to `<out>.training.json`.
    """
    check_prune(config)
    source = locate(model)
    network = load_network(model)
    if config.when == BEFORE and network.labels:
        raise UserError(f"{model}: already fine-tuned; --when before wants an encoder, --when after or gradual this")
    if config.when != BEFORE and not network.labels:
        raise UserError(f"{model}: no classifier in it; fine-tune it first, or prune it with --when before")
    names = chosen_tensors(network, config.tensors)
    lessons = read_lessons(source, config, data, raw_text, licence, network.labels) if config.epochs else None
    inputs = {"model": source.digest, **(lessons.digests if lessons else {})}
    asked = artefact.request(STAGE, {**asdict(config), "licence": licence}, inputs)
    if artefact.already_done(out, asked, force):
        say(f"{out}: already pruned with these inputs and settings")
        clear(out)
        return out
    with working_folder(out, asked) as work:
        history, permuted = _prune(network, names, lessons, config, work)
        if is_main_process():
            if history:
                artefact.write_file(training_record(out), artefact.canonical_json(history))
            stated = licences_of(source.manifest, *(lessons.licences if lessons else ()))
            every = sorted({*names, *pruned_tensors(source.manifest)})
            pruned = record(network.model, config.pattern, every) | ({"permuted": permuted} if permuted else {})
            changes = {"pruned": pruned, "licences": stated}
            write_network(network, out, asked, step_of(STAGE, asdict(config), inputs), changes)
            reached = pruned["sparsity"]
            f1 = "; dev F1 " + f1_line(history["best"]["f1"]) if history else ""
            say(f"{out}: {100 * reached:.1f} % of {len(names)} tensors pruned{f1}")
    return out


def chosen_tensors(network: Network, patterns: tuple[str, ...]) -> list[str]:
    """Names of the encoder's linear weights that match; all of them by default. UserError when none does."""
    known = [name for name, _ in linears_of(network.model)]
    names = [name for name in known if any(fnmatch(name, pattern) for pattern in patterns)]
    if not names:
        raise UserError(f"--tensor {' '.join(patterns)}: the encoder has no such linear; its first is {known[0]}")
    return names


def _prune(
    network: Network, names: list[str], lessons: Lessons | None, config: PruneConfig, work: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prune `network.model` in place; the history of the training and what permuting gained, each empty without it."""
    model = network.model
    before = pruned_tensors(network.source.manifest)
    permuted = {}
    if config.permute:
        permuted = asdict(permute(model, config.sparsity, seed=config.seed, scope=cast(Scope, config.scope)))
    old = masks_of(model, before)
    teacher = copy.deepcopy(model) if config.epochs else None
    choose = partial(_choose, pattern=config.pattern, scope=config.scope)
    if config.when == GRADUAL:
        held: KeepZeros = GradualPruning(model, names, choose, config.sparsity, config.ramp)
        kept_before = KeepZeros(model, old)
        callbacks = [held, kept_before]
    else:
        apply_masks(model, choose(weights_of(model, names), config.sparsity))
        callbacks = [KeepZeros(model, masks_of(model, {*names, *before}))]
    if lessons is None:
        return {}, permuted
    depth = len(layers_of(model))
    history = recover(
        network,
        teacher,
        lessons,
        config,
        work,
        layers=[(layer, layer) for layer in range(depth)],
        callbacks=callbacks,
        # In the epochs before the ramp's end the network was denser: their F1 is that of another network.
        counts_from=config.ramp if config.when == GRADUAL else 0.0,
    )
    return history, permuted


def _choose(weights: Mapping[str, Any], sparsity: float, *, pattern: str, scope: str) -> dict[str, Any]:
    return choose_masks(weights, sparsity, pattern, scope)
