"""What share of the processor's int8 peak does a bundle reach? oneDNN's int8 products are the measure.

    python -m benchmarks.peak BUNDLE MODEL --out benchmarks/results/peak.json

One thread, alternating rounds in one process: a forward pass of the bundle; the products of MODEL's encoder alone
(uint8 activations, int8 weights with a scale an output, fp32 out: oneDNN through torch.ops.onednn, weights packed
beforehand), one after another; and one large product. The fastest of the products is the peak. Operations are the
multiplications and additions of linears alone: attention, normalisation and quantising count as time, not as work.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from transformers import AutoConfig

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.provenance import provenance
from edgener.benchmark.rounds import in_turn
from edgener.runtime import Ner

TOKENS = (16, 32, 64, 128)
LARGE = (1024, 768, 3072)  # rows, inputs, outputs of the large product
REPEATS = 5
Shape = tuple[int, int, int]


def main(
    bundle: Path,
    model: Annotated[Path, typer.Argument(help="The torch model of the bundle, for the shapes of its linears.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    rounds: int = 15,
) -> None:
    """Measure, and write the JSON."""
    torch.set_num_threads(1)
    config = AutoConfig.from_pretrained(model)
    hidden, ffn, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    layer = [(hidden, 3 * hidden), (hidden, hidden), (hidden, ffn), (ffn, hidden)]
    ner = Ner.load(bundle, threads=1)
    work: dict[str, Callable[[], object]] = {"large product": product(LARGE)}
    operations = {"large product": _operations([LARGE])}
    for tokens in TOKENS:
        shapes = [(tokens, inputs, outputs) for inputs, outputs in layer] * layers
        ids = np.random.default_rng(0).integers(5, 1000, (1, tokens))
        work[f"bundle {tokens}"] = partial(ner.forward, ids, np.ones_like(ids))
        work[f"products {tokens}"] = in_row([product(shape) for shape in shapes])
        operations[f"bundle {tokens}"] = operations[f"products {tokens}"] = _operations(shapes)
    samples: dict[str, list[float]] = {name: [] for name in work}
    for number in range(-1, rounds):
        for name in in_turn(list(work), number):
            seconds = statistics.median(timed(work[name]) for _ in range(REPEATS))
            if number >= 0:  # the first round warms up
                samples[name].append(1000 * seconds)
    speed = {name: operations[name] / (statistics.median(found) * 1e6) for name, found in samples.items()}
    peak = max(value for name, value in speed.items() if "product" in name)
    document = {
        **provenance(["python", "-m", "benchmarks.peak", *sys.argv[1:]]),
        "options": {"threads": 1, "rounds": rounds, "large_product": list(LARGE)},
        "bundle": bundle.resolve().name,
        "gop_per_s": speed,
        "peak_gop_per_s": peak,
        "share_of_peak": {name: value / peak for name, value in speed.items()},
        "samples_ms": samples,
    }
    write_file(out, canonical_json(document))
    for name, value in speed.items():
        typer.echo(f"{name:>14} {value:6.0f} Gop/s  {value / peak:.0%} of the peak")


def product(shape: Shape) -> Callable[[], object]:
    """rows x inputs times inputs x outputs, as oneDNN does it for a dynamically quantised linear."""
    rows, inputs, outputs = shape
    generator = torch.Generator().manual_seed(0)
    left = torch.randint(0, 255, (rows, inputs), dtype=torch.uint8, generator=generator)
    weight = torch.randint(-127, 127, (outputs, inputs), dtype=torch.int8, generator=generator)
    packed = torch.ops.onednn.qlinear_prepack(weight, [rows, inputs])
    scale, zero, bias = torch.full((outputs,), 0.01), torch.zeros(outputs, dtype=torch.int), torch.zeros(outputs)
    given: tuple[Any, ...] = (left, 0.02, 128, packed, scale, zero, bias, 1.0, 0, torch.float32, "none", [], "")
    return lambda: torch.ops.onednn.qlinear_pointwise(*given)


def in_row(products: list[Callable[[], object]]) -> Callable[[], object]:
    """All of them, one after another: together their weights are larger than a cache, as they are in a model."""

    def run() -> None:
        for one in products:
            one()

    return run


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _operations(shapes: list[Shape]) -> int:
    return sum(2 * rows * inputs * outputs for rows, inputs, outputs in shapes)


if __name__ == "__main__":
    typer.run(main)
