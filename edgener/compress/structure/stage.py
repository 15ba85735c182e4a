"""The structure stage: attention heads, FFN neurons and layers removed for real, in rounds of cutting and recovery."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.compress.recover import NONE_STATED, Licences, facts_of, read_lessons, settings_of
from edgener.compress.structure.choose import goals_of
from edgener.compress.structure.config import StructureConfig, check_structure
from edgener.compress.structure.rounds import Rounds
from edgener.console import say
from edgener.train.config import f1_line
from edgener.train.model import load_classifier
from edgener.train.network import licences_of, step_of, write_network
from edgener.train.record import training_record, write_record
from edgener.train.work import is_finished, is_main_process, working_folder

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
    network = load_classifier(model)
    source = network.source
    goals = goals_of(network.model, config.heads, config.ffn, config.layers, config.steps)
    lessons = read_lessons(source, config, data, raw_text, licences, network.labels)
    inputs = {"model": source.digest, **lessons.digests}
    stated = licences_of(source.manifest, *lessons.licences)
    settings = settings_of(config, ("heads", "ffn", "layers", "steps", "examples", "seed"))
    asked = artefact.request(STAGE, {**settings, "licences": stated}, inputs)
    if is_finished(out, asked, force, "cut", (model, data, raw_text), [training_record]):
        return out
    if not config.epochs and not is_main_process():
        return out  # without training there is nothing to share
    with working_folder(out, asked, force) as work:
        network, rounds = Rounds(network, lessons, config, asked).run(goals, work)
        if is_main_process():
            last: dict[str, Any] = {name: rounds[-1][name] for name in ("epochs", "best") if name in rounds[-1]}
            write_record(training_record(out), asked, {"rounds": rounds, **last})
            changes = {"geometry": rounds[-1]["after"], "licences": stated}
            changes |= facts_of(source, lessons) if config.epochs else {}
            changes["pruned"] = network.source.manifest.get("pruned")
            write_network(network, out, asked, step_of(STAGE, settings, inputs), changes)
            say(f"{out}: model written; {_summary(rounds)}")
    return out


def _summary(rounds: Sequence[Mapping[str, Any]]) -> str:
    before, after = rounds[0]["before"], rounds[-1]["after"]
    work = after["multiply_adds"]["128"] / before["multiply_adds"]["128"]
    size = after["parameters"] / before["parameters"]
    f1 = "; dev F1 " + f1_line(rounds[-1]["best"]["f1"]) if "best" in rounds[-1] else ""
    return f"{100 * work:.1f} % of the multiply-adds, {100 * size:.1f} % of the parameters{f1}"
