"""edgener trim-vocab"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, print_result
from edgener.console import print_table


def trim_vocab(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Model or encoder: a folder or a hub id.")],
    data: Annotated[
        Path | None, typer.Option(help="Labelled data: pieces of its train split stay; measured on its dev split.")
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option(help="Raw text: a folder with <language>.txt (or .txt.xz, .txt.gz), one sentence a line."),
    ] = None,
    lang: Languages = None,
    min_count: Annotated[int, typer.Option(help="Drop pieces that occur less often than this.")] = 1,
    coverage: Annotated[
        float | None,
        typer.Option(help="Keep the most used pieces that make up this share of each language, such as 0.999."),
    ] = None,
    budget: Annotated[
        int | None, typer.Option(help="Keep at most this many pieces; every language has an equal say in which.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Cut the position table to windows of this many pieces.")
    ] = None,
    raw_lines: Annotated[
        int, typer.Option(help="Read a sample of this many lines of raw text a language.", min=1)
    ] = 100_000,
    unseen: Annotated[
        list[Path] | None,
        typer.Option(help="Also measure on the test split of this labelled data, in languages that are not kept."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the result goes; runs/<model>-trim by default.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the texts, for the manifest.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Drop the pieces of the vocabulary that your languages do not use.

    Special tokens, signs and the letters of your scripts always stay, so that no word in them becomes unknown.
    Nothing has to be trained again, before fine-tuning or after it: where the remaining pieces suffice the network
    computes what it did, which is checked.

    Example: edgener trim-vocab DIR_OR_HUB_ID --data masakhaner --raw texts --lang hau --lang swa --coverage 0.999
    """
    need_train("edgener trim-vocab")
    from edgener.compress.trim.stage import TrimConfig
    from edgener.compress.trim.stage import trim_vocab as stage
    from edgener.train.record import read_record, report_of

    config = config_of(TrimConfig, context.params)
    place = out or Path("runs") / f"{name_of(model)}-trim"
    stage(model, config, place, data=data, raw_text=raw, unseen=unseen or (), licence=licence, force=force)
    report = read_record(report_of(place), place)
    if json:
        print_result(context, {"model": str(place), "report": report})
    if json or report is None:
        return
    columns = [
        "",
        "words",
        "pieces a word",
        "after",
        "unknown %",
        "after",
        "same words %",
        "same sentences %",
        "difference",
    ]
    rows = [
        [
            name if one["known"] else f"{name} (unseen)",
            one["words"],
            *one["pieces_per_word"],
            *(100 * rate for rate in one["unknown_rate"]),
            100 * one["same_words"],
            100 * one["same_sentences"],
            "-" if one["difference"] is None else f"{one['difference']:.1e}",
        ]
        for name, one in report["languages"].items()
    ]
    print_table(f"{place}", columns, rows)
    for what, unit, size in (("pieces", "", 1), ("parameters", " M", 1e6), ("folder_bytes", " MB", 1e6)):
        if report[what]["before"] is None:  # a hub id has no folder
            continue
        before, after = report[what]["before"] / size, report[what]["after"] / size
        shown = f"{before:,.0f} -> {after:,.0f}" if size == 1 else f"{before:,.1f} -> {after:,.1f}"
        typer.echo(f"{what.replace('_', ' ')}: {shown}{unit}")
