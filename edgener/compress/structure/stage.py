"""The structure stage: attention heads, FFN neurons and layers removed for real, in rounds of cutting and recovery."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.compress.recover import NONE_STATED, Licences, facts_of, read_lessons, write_record
from edgener.compress.structure.choose import goals_of
from edgener.compress.structure.config import StructureConfig, check_structure
from edgener.compress.structure.rounds import Rounds
from edgener.console import say
from edgener.errors import UserError
from edgener.train.config import f1_line
from edgener.train.model import locate
from edgener.train.network import licences_of, load_network, step_of, write_network
from edgener.train.work import clear, is_main_process, working_folder

STAGE = "structure"


def structure(
    model: str,
    config: StructureConfig,
    out: Path,
    *,
    data: Path | None = None,
    raw_text: Path | None = None,
    licences: Licences = NONE_STATED,
    force: bool = False,
) -> Path:
    """Remove heads, neurons and layers of the classifier `model` (folder or hub id); returns `out`.

    The original model is the teacher in every round. Sizes go to the manifest under `geometry`, and to
    `<out>.training.json` together with dev F1, round by round. UserError for bad input.
    """
    check_structure(config)
    source = locate(model)
    network = load_network(model)
    if not network.labels:
        raise UserError(f"{model}: no classifier in it; fine-tune it first, with edgener train")
    goals = goals_of(network.model, config.heads, config.ffn, config.layers, config.steps)
    lessons = read_lessons(source, config, data, raw_text, licences, network.labels)
    inputs = {"model": source.digest, **lessons.digests}
    stated = licences_of(source.manifest, *lessons.licences)
    asked = artefact.request(STAGE, {**asdict(config), "licences": stated}, inputs)
    if artefact.already_done(out, asked, force):
        say(f"{out}: already cut with these inputs and settings")
        clear(out)
        return out
    if not config.epochs and not is_main_process():
        return out  # without training there is nothing to share
    with working_folder(out, asked) as work:
        network, rounds = Rounds(network, lessons, config, asked).run(goals, work)
        if is_main_process():
            last: dict[str, Any] = {name: rounds[-1][name] for name in ("epochs", "best") if name in rounds[-1]}
            write_record(out, asked, {"rounds": rounds, **last})
            changes = {"geometry": rounds[-1]["after"], "licences": stated, **facts_of(source, lessons)}
            changes["pruned"] = network.source.manifest.get("pruned")
            write_network(network, out, asked, step_of(STAGE, asdict(config), inputs), changes)
            say(f"{out}: model written; {_summary(rounds)}")
    return out


def _summary(rounds: Sequence[Mapping[str, Any]]) -> str:
    before, after = rounds[0]["before"], rounds[-1]["after"]
    work = after["multiply_adds"]["128"] / before["multiply_adds"]["128"]
    size = after["parameters"] / before["parameters"]
    f1 = "; dev F1 " + f1_line(rounds[-1]["best"]["f1"]) if "best" in rounds[-1] else ""
    return f"{100 * work:.1f} % of the multiply-adds, {100 * size:.1f} % of the parameters{f1}"
