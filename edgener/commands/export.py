"""edgener export"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, newest_model, print_result
from edgener.console import print_table
from edgener.errors import UserError


def export(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(help="Model folder or hub id; the newest model under runs/ by default.")
    ] = None,
    quant: Annotated[
        str,
        typer.Option(
            help="int8: dynamic; small and fast on a CPU, needs no choice from you. int8-static: scales from a sample of "
            "the data; the same answer in any batch. int8-mixed: the linears that int8 hurts most stay fp32; when int8 "
            "loses too much. int4: for devices short of memory; no faster than fp32 on most CPUs. fp16: half the "
            "download, computed in fp32. none: fp32, exactly the torch model."
        ),
    ] = "int8",
    out: Annotated[Path | None, typer.Option(help="Where the bundle goes; runs/<model>-<quant> by default.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data whose dev split the gate runs on; the training data by default.")
    ] = None,
    lang: Languages = None,
    max_f1_drop: Annotated[
        float | None,
        typer.Option(
            help="F1 points that any language may lose on dev; 1, or what two entities weigh, by default.",
            min=0,
            max=100,
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate/--no-gate", help="Without the gate the bundle is marked ungated.")
    ] = True,
    golden: Annotated[
        Path | None,
        typer.Option(
            help="Sentences for golden.jsonl, one a line: those with a clear margin; else three a language of the sample."
        ),
    ] = None,
    embeddings: Annotated[
        str | None,
        typer.Option(
            help="fp32, fp16, int8 (a scale a row) or int4 (a scale for 32 channels): most of the bundle. As the mode has them."
        ),
    ] = None,
    calibration: Annotated[
        str, typer.Option(help="int8-static: min-max, percentile or entropy decides the range of activations.")
    ] = "percentile",
    smooth: Annotated[
        float, typer.Option(help="int8: how much of the outliers of activations goes to weights, 0 to 1.")
    ] = 0.8,
    extra_size: Annotated[
        float, typer.Option(help="int8-mixed: how much larger than int8 the bundle may be, as a share.")
    ] = 0.25,
    target: Annotated[
        str | None,
        typer.Option(help="Choose what suits a device: a name of --list-targets. Other options still count."),
    ] = None,
    list_targets: Annotated[
        bool, typer.Option("--list-targets", help="Show the targets, and do nothing else.")
    ] = False,
    weight_bits: Annotated[
        int, typer.Option(help="int8: 7 on x86 without VNNI, where sums of 8-bit products can saturate.")
    ] = 8,
    sparse: Annotated[
        bool,
        typer.Option(
            "--sparse",
            help="Store int8 weights without their zeros: a smaller file and download. Answers take the same time; loading "
            "takes longer, and about seven bytes of memory for each weight.",
        ),
    ] = False,
    packed: Annotated[
        bool, typer.Option("--packed", help="Leave padding out of most of the work: for batches of unlike lengths.")
    ] = False,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            help="Another mode to ship over the same weights, such as int8-static or int8-packed; `edgener tune` chooses "
            "on the device. Several times."
        ),
    ] = None,
    format: Annotated[
        str, typer.Option(help="onnx, or ort for reduced builds of ONNX Runtime, with the operators they need.")
    ] = "onnx",
    archive: Annotated[
        bool, typer.Option("--archive", help="Also write OUT.zip, which an app can download; always the same bytes.")
    ] = False,
    max_length: Annotated[int | None, typer.Option(help="Longest window in pieces; as trained, or 256.")] = None,
    length: Annotated[
        int | None,
        typer.Option(help="Fix the graph to one window of so many pieces, for accelerators that want fixed shapes."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the training data, beside what the model says of it.")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Export a model to a verified ONNX bundle for a device.

    The fp32 graph must equal torch within 1e-4 in every logit. The gate then compares the bundle with the torch model
    on dev, language by language, and fails the export (exit 1) when one loses too much.

    Example: edgener export runs/me5-hau-swa --quant int8
    """
    if list_targets:
        _show_targets(json)
        return
    need_train("edgener export")
    from edgener.bundle.archive import check_place, write_archive
    from edgener.export import modes, targets
    from edgener.export.config import ExportConfig
    from edgener.export.gate import COLUMNS
    from edgener.export.report import read_report
    from edgener.export.run import GateFailed
    from edgener.export.run import export as export_stage
    from edgener.text.lines import read_texts

    name = model or str(newest_model())
    given = frozenset(key for key in context.params if str(context.get_parameter_source(key)).endswith("COMMANDLINE"))
    wanted = targets.load(target) if target else None
    config = targets.applied(
        config_of(ExportConfig, context.params | {"variants": tuple(variant or ())}), wanted, given
    )
    modes.check_mode(config)
    for option in [option for option in modes.idle(config) if option in given]:
        raise UserError(f"--{option.replace('_', '-')}: {modes.idle(config)[option]}; leave it out")
    place = out or Path("runs") / f"{name_of(name)}-{target or config.quant}"
    zipped = place.with_name(f"{place.name}.zip") if archive and place.name else None
    if zipped:
        check_place(zipped, force or place.exists())  # the bundle that is there may be the one in it
    try:
        bundle = export_stage(
            name,
            config,
            place,
            data=data,
            languages=lang,
            golden_texts=read_texts(golden) if golden else None,
            also_from=[golden] if golden else [],
            licence=licence,
            force=force,
        )
    except GateFailed as failure:
        if json:
            print_result(context, {"bundle": None, "gate": failure.gate.as_dict(), "passing": failure.passing})
        else:
            print_table("Gate", COLUMNS, failure.gate.rows())
        raise
    report = read_report(bundle)
    packed_as = write_archive(bundle, zipped, force=force) if zipped else None
    if json:
        print_result(
            context, {"bundle": str(bundle), "archive": str(packed_as) if packed_as else None, "report": report}
        )
        return
    _show(bundle, config, report, packed_as)


def _show(bundle: Path, config: Any, report: dict[str, Any], packed: Path | None) -> None:
    """A line for each thing that was done."""
    from edgener.benchmark import android_app
    from edgener.benchmark.footprint import in_words

    sizes = {name: entry["bytes"] / 1e6 for name, entry in report["files"].items()}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:2]
    download = f" ({report['download_bytes'] / 1e6:.1f} MB as gzip)" if "download_bytes" in report else ""
    parts = ", ".join(f"{name} {size:.1f}" for name, size in largest)
    typer.echo(f"{bundle}: {sum(sizes.values()):.1f} MB{download}, {parts}")
    if "android" in report:
        typer.echo(android_app.line(report["android"]))
    if packed:
        typer.echo(f"{packed}: {packed.stat().st_size / 1e6:.1f} MB to download")
    if dense := report["found"].get("dense_bytes"):
        typer.echo(
            f"zeros are left out: {dense / 1e6:.1f} MB of graph and weights without --sparse; loading takes more memory"
        )
    if report["fp32"]:
        typer.echo(f"fp32 graph: logits within {report['fp32']['max_logit_difference']:.2g} of torch")
    for name, one in {config.quant: report, **report["variants"]}.items():
        what = name if one is report else f"variant {name}"
        if one["parity"]:
            typer.echo(f"{what}: {', '.join([*_done(one['found']), _share(one['parity'])])}")
        if one["gate"]:
            drops = {key: one["gate"]["reference"][key] - f1 for key, f1 in one["gate"]["bundle"].items()}
            lost = ", ".join(f"{key} {drop:.2f}" for key, drop in drops.items())
            allowed = sorted(set(one["gate"]["allowed"].values()))
            most = " to ".join(f"{drop:g}" for drop in dict.fromkeys((allowed[0], allowed[-1])))
            typer.echo(f"{what}: F1 lost on dev: {lost} (allowed: {most})")
    if extension := report.get("footprint"):
        typer.echo(in_words(extension))
    if usability := report["found"].get("usability"):
        typer.echo(f"ONNX Runtime's mobile check: use {', '.join(usability['use'])}")


def _share(parity: dict[str, Any]) -> str:
    return f"{100 * parity['tag_agreement']:.2f} % of tags as in torch"


def _done(found: dict[str, Any]) -> list[str]:
    """What became of the weights, in words."""
    words = [f"embeddings {found['embeddings']}"] if "embeddings" in found else []
    words += [f"measured on {found['measured_on']}"] if "measured_on" in found else []
    words += [f"outliers smoothed ({found['smooth']:g})"] if "smooth" in found else []
    words += [f"ranges by {found['calibration']}"] if "calibration" in found else []
    words += [f"{len(found['fp32'])} linears kept fp32"] if "fp32" in found else []
    return words


def _show_targets(json: bool) -> None:
    from edgener.console import print_json
    from edgener.export import targets

    found = [targets.load(name) for name in targets.names()]
    if json:
        print_json({"targets": [asdict(one) for one in found]})
        return
    for one in found:
        size = f", at most {one.max_mb:g} MB" if one.max_mb else ""
        size += f", at most {one.max_peak_mb:g} MB of memory" if one.max_peak_mb else ""
        bits = " with 7-bit weights" if one.weight_bits == 7 else ""
        typer.echo(f"{one.name:14} {one.description}")
        typer.echo(
            f"{'':14} {one.quant}{bits}, embeddings {one.embeddings or 'as the mode has them'}, "
            f"threads {one.threads or 'as ONNX Runtime likes'}{size}; needs {' or '.join(one.needs) or 'nothing special'}"
        )
