"""edgener benchmark"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands.common import Force, Json, check_out
from edgener.console import print_json, print_table
from edgener.errors import UserError


def benchmark(
    context: typer.Context,
    contestants: Annotated[
        list[str] | None,
        typer.Argument(help="Bundles, models, or NAME=MODEL as for --baseline; ratios are to the first."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(help="torch-fp32=MODEL, torch-int8=MODEL, llm-int8=MODEL or onnx-fp32=MODEL; several times."),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(help="NAME=COMMAND: a program that speaks edgener.benchmark.protocol; see benchmarks/peers."),
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads of every contestant.", min=0, max=1024)] = 1,
    rounds: Annotated[
        int | None, typer.Option(help="Rounds of each measurement; 10, or 5 with --quick.", min=2, max=1000)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer and shorter rounds: a first look.")] = False,
    batches: Annotated[
        bool, typer.Option("--batches/--no-batches", help="Sentences a second in batches: more than half of the time.")
    ] = True,
    text: Annotated[
        Path | None, typer.Option(help="Text file, one sentence a line; the built-in sample by default.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(help="ssh://user@host[:port]: measure bundles there, in a folder that is removed then."),
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="Folder of wheels for a device without internet, with --on.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON, raw samples included, to this file.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Size, cold start, memory, latency and throughput of bundles and baselines, in one run.

    A process a contestant, alternating rounds, warm-up excluded. Figures are medians; ratios are computed in the same
    run, round by round, and stand with the least and the greatest of them. Latency is for one sequence of 16 to 128
    tokens; "text" is a sentence from characters to entities. LLM.int8() runs on CUDA when there is one, else on the
    CPU, and is labelled so. No torch is needed when only bundles compete.

    With --on, all of it happens on another machine: it needs Python and SSH. A run that was cut off goes on behind the
    last round that came back.

    Example: edgener benchmark runs/demo-int8 runs/demo-fp32 --baseline torch-fp32=runs/demo-model
    """
    from dataclasses import replace

    from edgener.artefact import canonical_json, write_file
    from edgener.benchmark import report
    from edgener.benchmark.provenance import provenance
    from edgener.benchmark.rounds import Plan
    from edgener.benchmark.run import BenchmarkConfig
    from edgener.benchmark.run import benchmark as run

    check_out(out, force)
    plan = Plan().quick() if quick else Plan()
    if rounds:
        plan = replace(plan, rounds=rounds)
    if not batches:
        plan = replace(plan, batches=())
    config = BenchmarkConfig(threads, plan, text)
    if on is None and wheels is not None:
        raise UserError("--wheels: is for --on, which was not given")
    if on is None:
        measured = run(contestants or [], baseline or [], config, peer or [])
    elif baseline or peer:
        raise UserError("--on: only bundles are measured on a device; leave --baseline and --peer out")
    else:
        from edgener.remote.address import address
        from edgener.remote.run import benchmark_on

        measured = benchmark_on(address(on), [Path(one) for one in contestants or []], config, wheels)
    document = {**provenance(context.obj), **measured}
    if out:
        write_file(out, canonical_json(document))
    if json:
        print_json(document)
        return
    print_table(
        f"Medians, {threads} thread(s); 16 to 128: ms for that many tokens; batch size: sentences a second",
        report.COLUMNS,
        report.rows(document),
    )
    if len(document["figures"]) > 1:
        print_table(
            "Ratios to the first contestant (least-greatest round)", report.RATIO_COLUMNS, report.ratio_rows(document)
        )
    for name, size in document["sizes"].items():
        if size["bytes_kind"] != "on disk":
            typer.echo(f"{name}: the size is that of its weights in memory; nothing on disk has that form")
