"""Rounds of structured pruning: score all parts, take the weakest away, train what is left under the original model.

What a round ended with is a model directory `round-N` in the working folder, and the next round reads it from there:
a killed run goes on with the round it was in, and ends as one left alone does.
"""

import copy
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import PreTrainedModel

from edgener import artefact
from edgener.compress.prune.patterns import record
from edgener.compress.recover import Lessons, recover
from edgener.compress.structure.choose import Goal, choose
from edgener.compress.structure.config import StructureConfig
from edgener.compress.structure.cut import Cut, apply_cut, cut_of
from edgener.compress.structure.importance import calibration, importance
from edgener.console import say
from edgener.train.anatomy import geometry_of, layers_of
from edgener.train.masks import keep_zeros, pruned_tensors, renumbered
from edgener.train.model import Network, load_classifier
from edgener.train.network import step_of, write_network
from edgener.train.record import training_record, write_record
from edgener.train.work import is_main_process, started_processes, working_folder

ROUND = "structure-round"
CUT = "cut.json"


class Rounds:
    """A run: the original network, which is the teacher and stays as it is, and what the rounds train on.

    asked: digest of the whole request; a round that was finished for another one is not taken for its own.
    """

    def __init__(self, original: Network, lessons: Lessons, config: StructureConfig, asked: str) -> None:
        self.original, self.lessons, self.config, self.asked = original, lessons, config, asked
        self.heads = [layer.heads for layer in layers_of(original.model)]

    def run(self, goals: Sequence[Goal], work: Path) -> tuple[Network, list[dict[str, Any]]]:
        """The network after the last round, and a record of each.

        A record: geometry `before` and `after`, and the history of the training (edgener.train.trainer.fit) if any.
        """
        network = replace(self.original, model=copy.deepcopy(self.original.model))
        origins, records = list(range(len(self.heads))), []
        for number, goal in enumerate(goals, 1):
            place = work / f"round-{number}"
            asked = artefact.request(ROUND, {"of": self.asked, "round": number}, {})
            if _is_finished(place, asked):
                say(f"round {number} of {len(goals)}: done before")
            else:
                say(f"round {number} of {len(goals)}: down to {goal}")
                self._round(network, origins, goal, place, asked)
            if number == len(goals) and not is_main_process():
                break  # the first process is about to write the result, and to remove this folder
            # In memory it may still be wrapped for bf16, or on another device: read, a resumed run has the same.
            network = self._read(place)
            records.append(artefact.read_json(training_record(place)))
            origins = records[-1]["after"]["from_layers"]
        return network, records

    def _round(self, network: Network, origins: Sequence[int], goal: Goal, place: Path, asked: str) -> None:
        """Cut and train `network` in place, and write it to `place`."""
        with working_folder(place, asked) as training:
            before = _geometry(network.model, origins)
            cut = self._choose(network, origins, goal, training / CUT)
            apply_cut(network.model, cut)
            network = _renamed(network, cut)
            origins = [origins[layer] for layer in cut.layers]
            facts = {"before": before, "after": _geometry(network.model, origins)}
            if self.config.epochs:
                facts |= self._recover(network, origins, training)
            if is_main_process():
                write_record(training_record(place), asked, facts)
                write_network(network, place, asked, step_of(ROUND, asdict(goal), {}))
        if started_processes() > 1 and self.config.epochs:
            PartialState().wait_for_everyone()  # the others read what the first one has written

    def _choose(self, network: Network, origins: Sequence[int], goal: Goal, file: Path) -> Cut:
        """What stays. Written down, so that checkpoints always meet the network that they are of.

        On another machine or with other threads, scores differ in their last digits.
        """
        if file.is_file():
            return cut_of(artefact.read_json(file))
        examples = calibration(network, self.lessons.data, self.config.examples, self.config.seed)
        fewer = goal.layers < len(origins)
        # Training would move it there anyway; to judge its layers, all examples are read without each of them.
        device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        scores = importance(network.model.to(device or "cpu"), examples, network.spec.pad, with_layers=fewer)
        cut = choose(scores, goal, [self.heads[layer] for layer in origins])
        if is_main_process():
            artefact.write_file(file, artefact.canonical_json(asdict(cut)))
        return cut

    def _recover(self, network: Network, origins: Sequence[int], training: Path) -> dict[str, Any]:
        """Each layer learns from the layer of the original that it was; weights pruned before stay zero."""
        return recover(
            network,
            self.original.model,
            self.lessons,
            self.config,
            training,
            layers=list(enumerate(origins)),
            callbacks=keep_zeros(network.model, pruned_tensors(network.source.manifest)),
        )

    def _read(self, place: Path) -> Network:
        """What a round ended with, as a successor of the original: rounds are no steps of their own in its manifest."""
        found = load_classifier(str(place))
        manifest = dict(self.original.source.manifest)
        manifest.pop("pruned", None)
        if "pruned" in found.source.manifest:
            manifest["pruned"] = found.source.manifest["pruned"]
        return replace(found, source=replace(self.original.source, manifest=manifest))


def _is_finished(place: Path, asked: str) -> bool:
    found = artefact.find(place)
    return (
        found is not None
        and found.manifest.get("request") == asked
        and not artefact.check_files(place, found.manifest.get("files"))
    )


def _renamed(network: Network, cut: Cut) -> Network:
    """The network after a cut, its manifest's `pruned` with the names and sparsities that its tensors have now."""
    manifest = dict(network.source.manifest)
    pruned = manifest.pop("pruned", None)
    names = renumbered(pruned["tensors"], cut.layers) if pruned else []
    if pruned and names:
        manifest["pruned"] = record(network.model, pruned["pattern"], names)
    return replace(network, source=replace(network.source, manifest=manifest))


def _geometry(model: PreTrainedModel, origins: Sequence[int]) -> dict[str, Any]:
    """Sizes and cost. origins: which layers of the original these are, counted from 0."""
    return {**geometry_of(model), "from_layers": list(origins)}
