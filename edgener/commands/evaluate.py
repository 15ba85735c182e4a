"""edgener evaluate"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgener.commands.common import BatchSize, Force, Json, Languages, Threads, check_out, kind_of, need_train
from edgener.console import print_json, print_table, say
from edgener.errors import UserError

FP32 = "torch-fp32"
ENGINES = (FP32, "torch-int8", "llm-int8")

if TYPE_CHECKING:
    from edgener.evaluate.score import Evaluation
    from edgener.text.tagger import Tagger


def evaluate(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A bundle, a model folder, a folder with an ONNX model, or a hub id.")],
    data: Annotated[Path, typer.Option(help="Folder with <language>/test.txt (CoNLL or JSONL).")],
    lang: Languages = None,
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "test",
    raw: Annotated[
        bool, typer.Option("--raw", help="Feed plain text, so that the splitter and its mistakes are measured too.")
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="JSON of an earlier evaluation; a language under half of its F1 is flagged.")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(help="How a torch model runs: torch-fp32, torch-int8 (dynamic) or llm-int8 (LLM.int8())."),
    ] = FP32,
    variant: Annotated[
        str, typer.Option(help="Which graph of a bundle; the first by default, whatever `edgener tune` found.")
    ] = "",
    threads: Threads = 0,
    batch_size: BatchSize = 1,
    recall_bias: Annotated[float, typer.Option(help="As in `edgener predict`.", min=-100, max=100)] = 0.0,
    min_score: Annotated[float, typer.Option(help="As in `edgener predict`; needs --raw.", min=0, max=1)] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON to this file.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Precision, recall and F1 by language and type, with 95 % bootstrap intervals of F1.

    An entity counts when its type and both ends are right (seqeval's default mode; strict IOB2 is shown beside it).

    Example: edgener evaluate runs/me5-hau-swa-int8 --data masakhaner --lang hau
    """
    from edgener import artefact
    from edgener.artefact import canonical_json, write_file
    from edgener.benchmark.provenance import provenance
    from edgener.evaluate.run import check_types
    from edgener.evaluate.run import evaluate as run
    from edgener.evaluate.score import need_seqeval
    from edgener.text import corpus

    if split not in corpus.SPLITS:
        raise UserError(f"--split {split}: expected {', '.join(corpus.SPLITS)}")
    if min_score and not raw:
        raise UserError("--min-score filters entities of raw text; add --raw")
    check_out(out, force)
    if not raw:
        need_seqeval()
    sentences = corpus.load(data, split, lang)
    known = _reference(reference)
    tagger, facts = load(model, engine, threads, batch_size, variant)
    check_types(tagger.decoder.labels, sentences, str(model))
    tagger.recall_bias, tagger.min_score = recall_bias, min_score
    result = run(tagger, sentences, raw=raw, reference=known)
    found = artefact.find(model) if model.is_dir() else None
    document = {
        **provenance(context.obj),
        "model": model.resolve().name,
        "steps": found.manifest.get("steps", []) if found else [],
        "split": split,
        "engine": facts,
        **result.as_dict(),
    }
    if out:
        write_file(out, canonical_json(document))
    if json:
        print_json(document)
    else:
        show(result, f"{model}, {split}, {'raw text' if raw else 'gold words'}")


def load(model: Path, engine: str, threads: int, batch_size: int, variant: str = "") -> "tuple[Tagger, dict[str, Any]]":
    """The tagger, and what its engine says of itself."""
    if engine not in ENGINES:
        raise UserError(f"--engine {engine}: expected {', '.join(ENGINES)}")
    kind = kind_of(model)
    if variant and kind != "bundle":
        raise UserError(f"--variant {variant}: for bundles; {model} is none")
    if kind in ("bundle", "onnx"):
        if engine != FP32:
            raise UserError(f"--engine {engine}: for torch models; {model} holds an ONNX graph, which runs as it is")
        return _onnx(model, kind, threads, batch_size, variant), {"name": "onnxruntime", "variant": variant or None}
    need_train("evaluating a torch model")
    if engine == FP32:
        tagger = _fp32(model, threads, batch_size)
        return tagger, {"name": FP32, "device": tagger.forward.device}  # type: ignore[attr-defined]
    from edgener.compress.baselines import ENGINES as TORCH_ENGINES
    from edgener.train.source import locate

    locate(str(model))  # a baseline's own loading checks nothing: it is timed
    run = TORCH_ENGINES[engine](str(model), threads, batch_size)
    run.imports()
    return run.load(), {"name": engine, **run.facts()}


def _onnx(model: Path, kind: str, threads: int, batch_size: int, variant: str) -> "Tagger":
    from edgener.runtime import Ner
    from edgener.runtime.folder import load_folder
    from edgener.runtime.settings import Settings

    if kind == "onnx":
        return load_folder(model, threads=threads, batch_size=batch_size)
    return Ner.load(model, settings=Settings(threads, variant=variant), batch_size=batch_size)


def _fp32(model: Path, threads: int, batch_size: int) -> "Tagger":
    import torch

    from edgener.train.model import load_tagger

    if threads:
        torch.set_num_threads(threads)
    return load_tagger(str(model), batch_size=batch_size, device="cuda" if torch.cuda.is_available() else "cpu")


def show(result: "Evaluation", title: str) -> None:
    """Figures of 100: one row a language, then its types."""
    rows: list[list[object]] = []
    for name, score in result.languages.items():
        low, high = score.interval
        mark = f"{name} COLLAPSED" if score.collapsed else name
        rows.append([mark, *_figures(score.overall), f"{100 * low:.1f}-{100 * high:.1f}", _percent(score.strict_f1)])
        rows += [[f"  {kind}", *_figures(part), None, None] for kind, part in score.types.items()]
    rows.append(["mean of languages", None, None, 100 * result.macro_f1, None, None, None])
    print_table(title, ["", "precision", "recall", "F1", "entities", "95 % of F1", "strict F1"], rows)
    for name in result.collapsed:
        say(f"warning: {name} has collapsed (under half of its reference); do not ship this for {name}")


def _figures(score: Any) -> list[object]:
    return [100 * score.precision, 100 * score.recall, 100 * score.f1, score.support]


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _reference(path: Path | None) -> dict[str, float] | None:
    if path is None:
        return None
    from edgener.artefact import read_json

    document = read_json(path)
    try:
        return {name: float(score["overall"]["f1"]) for name, score in document["languages"].items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UserError(f"{path}: not an evaluation; make one with `edgener evaluate ... --out FILE`") from None
