"""The distill stage, task-specific: a smaller (or pruned) classifier learns from a fine-tuned one.

The student is cut out of the teacher, or is any other model with the teacher's labels and vocabulary, such as one that
was distilled task-agnostically and fine-tuned.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.compress.distill.student import Geometry, make_student, spread
from edgener.compress.prune.patterns import record
from edgener.compress.recover import (
    NONE_STATED,
    Licences,
    RecoverConfig,
    check_recovery,
    read_lessons,
    recover,
)
from edgener.console import say
from edgener.errors import UserError
from edgener.train.anatomy import geometry_of, layers_of
from edgener.train.config import f1_line
from edgener.train.masks import keep_zeros, pruned_tensors, renumbered
from edgener.train.model import Network, load_classifier, usable_length
from edgener.train.network import licences_of, step_of, write_network
from edgener.train.record import training_record, write_record
from edgener.train.source import locate
from edgener.train.work import is_finished, is_main_process, working_folder

STAGE = "distill"


@dataclass(frozen=True)
class DistillConfig(RecoverConfig):
    """layers: how many the student has, spread over the teacher's; layers_from: just these of the teacher's, from 0.

    hidden, ffn: width, and neurons a layer. None: as the teacher.
    """

    epochs: int = 5
    layers: int | None = None
    layers_from: tuple[int, ...] = ()
    hidden: int | None = None
    ffn: int | None = None


def chosen_geometry(config: Any, depth: int) -> Geometry:
    """UserError for layers that cannot be."""
    if config.layers is not None and config.layers_from and config.layers != len(config.layers_from):
        raise UserError(f"--layers {config.layers}: --layers-from names {len(config.layers_from)}")
    if config.layers is not None and not 1 <= config.layers <= depth:
        raise UserError(f"--layers {config.layers}: the teacher has {depth}")
    chosen = config.layers_from or (spread(depth, config.layers) if config.layers is not None else None)
    if chosen is not None and list(chosen) != sorted(set(chosen)):
        raise UserError(f"--layers-from {','.join(map(str, chosen))}: expected rising numbers such as 1,3,5")
    return Geometry(chosen, config.hidden, config.ffn)


def distill(
    teacher: str,
    config: DistillConfig,
    out: Path,
    *,
    student: str | None = None,
    data: Path | None = None,
    raw_text: Path | None = None,
    licences: Licences = NONE_STATED,
    force: bool = False,
) -> Path:
    """Train a student under the classifier `teacher`; returns `out`.

    student: a model to start from; None cuts one out of the teacher. Hidden states are compared where the widths are
    one, else relations are. Dev F1 goes to `<out>.training.json`. UserError for bad input.
    """
    check_recovery(config)
    network = load_classifier(teacher)
    its_source = locate(student) if student is not None else network.source
    geometry = chosen_geometry(config, len(layers_of(network.model)))
    if student is not None and geometry != Geometry():
        raise UserError("--student: its geometry is what it is; leave --layers, --layers-from, --hidden and --ffn out")
    if student is None and geometry == Geometry():
        raise UserError("no student; give its geometry (--layers, --hidden, --ffn), or a model with --student")
    if student is not None and its_source.digest == network.source.digest and not config.quant_aware:
        raise UserError(f"--student {student}: is the teacher itself, which has nothing to teach it")
    lessons = read_lessons(network.source, config, data, raw_text, licences, network.labels)
    inputs = {"teacher": network.source.digest, "student": its_source.digest, **lessons.digests}
    stated = licences_of(its_source.manifest, *licences_of(network.source.manifest), *lessons.licences)
    asked = artefact.request(STAGE, {**asdict(config), "licences": stated}, inputs)
    if is_finished(out, asked, force, "distilled", (teacher, student, data, raw_text), [training_record]):
        return out
    pupil = load_classifier(student) if student is not None else make_student(network, geometry)
    _check_pair(network, pupil, student or teacher)
    check_smaller(network, pupil)
    pairs = pair_layers(geometry, network, pupil)
    with working_folder(out, asked, force) as work:
        pruned = pruned_in(its_source.manifest, geometry)
        history = recover(
            pupil,
            network.model,
            lessons,
            fitting(config, network, pupil),
            work,
            layers=pairs,
            channels=channels_of(network, pupil),
            callbacks=keep_zeros(pupil.model, pruned),
        )
        if is_main_process():
            write_record(training_record(out), asked, history)
            changes: dict[str, Any] = {
                "languages": lessons.data.facts["languages"],
                "data": lessons.data.facts,
                "licences": stated,
                "geometry": {**geometry_of(pupil.model), "from_layers": [pair[1] for pair in pairs]},
                "pruned": record(pupil.model, its_source.manifest["pruned"]["pattern"], pruned) if pruned else None,
            }
            if not have_one_width(network, pupil):
                changes["permuted"] = None
            step = step_of(STAGE, asdict(config), inputs)
            if student is not None:  # else the teacher's steps are the student's own
                step["teacher"] = {name: network.source.manifest.get(name) for name in ("encoder", "steps")}
            write_network(pupil, out, asked, step, changes)
            say(f"{out}: student written; dev F1 " + f1_line(history["best"]["f1"]))
    return out


def pruned_in(manifest: dict[str, Any], geometry: Geometry) -> list[str]:
    """Tensors of the student whose zeros stay, by their names in the student."""
    names = pruned_tensors(manifest)
    return renumbered(names, geometry.layers) if geometry.layers is not None else names


def channels_of(teacher: Network, student: Network) -> list[int] | None:
    """Which of the teacher's hidden channels each of the student's is, when either has had them permuted."""
    orders = [network.source.manifest.get("permuted", {}).get("hidden") for network in (teacher, student)]
    if orders[0] == orders[1] or not have_one_width(teacher, student):
        return None
    width = teacher.model.config.hidden_size
    places = {channel: place for place, channel in enumerate(orders[0] or range(width))}
    return [places[channel] for channel in orders[1] or range(width)]


def pair_layers(geometry: Geometry, teacher: Network, student: Network) -> list[tuple[int, int]]:
    """(student layer, teacher layer): the one it was cut from, else evenly."""
    depth, its_depth = len(layers_of(teacher.model)), len(layers_of(student.model))
    origins = geometry.layers or _origins(teacher, student)
    if origins is not None and len(origins) == its_depth:
        return list(enumerate(origins))
    return list(enumerate(spread(depth, its_depth))) if its_depth <= depth else [(its_depth - 1, depth - 1)]


def _origins(teacher: Network, student: Network) -> list[int] | None:
    """Which of the teacher's layers the student's were, when its manifest says that it was cut out of this teacher."""
    manifest = student.source.manifest
    cuts = [step["inputs"] for step in manifest.get("steps", []) if step["stage"] in ("structure", STAGE)]
    made_from = [cuts[-1].get("model"), cuts[-1].get("teacher")] if cuts else []
    return manifest.get("geometry", {}).get("from_layers") if teacher.source.digest in made_from else None


def check_smaller(teacher: Network, student: Network) -> None:
    """UserError for a student with just the teacher's geometry and weights."""
    if student.source is teacher.source and geometry_of(student.model) == geometry_of(teacher.model):
        raise UserError(
            "the student would be the teacher itself; give it fewer --layers, or a smaller --hidden or --ffn"
        )


def have_one_width(teacher: Network, student: Network) -> bool:
    return bool(teacher.model.config.hidden_size == student.model.config.hidden_size)


def _check_pair(teacher: Network, student: Network, name: str) -> None:
    if student.labels != teacher.labels:
        raise UserError(f"{name}: its labels are not the teacher's ({', '.join(teacher.labels)})")
    if student.backend.get_vocab() != teacher.backend.get_vocab():
        raise UserError(f"{name}: its vocabulary is not the teacher's; trim or pretrain them alike")
    longest = usable_length(teacher.model.config, teacher.tokenizer)
    if student.spec.max_length > longest:
        raise UserError(
            f"{name}: reads windows of {student.spec.max_length} pieces, its teacher at most {longest}; fine-tune it "
            f"with --max-length {longest}"
        )


def fitting(config: Any, teacher: Network, student: Network) -> Any:
    """The config of either mode; relations in place of hidden states where the widths differ."""
    if have_one_width(teacher, student) or not config.hidden_weight:
        return config
    say("the student is narrower: relations are compared in place of hidden states")
    return replace(config, hidden_weight=0.0, relation_weight=config.relation_weight or config.hidden_weight)
