"""edgener predict"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from edgener.commands.common import BatchSize, Json, Threads
from edgener.console import Progress, highlight, print_json, say
from edgener.errors import CheckFailed, UserError

if TYPE_CHECKING:
    from edgener.runtime import Entity, Ner
    from edgener.text.lines import Line

MAX_CHUNK = 2**20  # code points


def predict(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    text: Annotated[list[str] | None, typer.Argument(help="Texts; without any, --input or stdin is read.")] = None,
    input: Annotated[Path | None, typer.Option(help='Text file, or .jsonl with {"text": ...}; a line a text.')] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Stdin is JSON Lines with {"text": ...}.')] = False,
    min_score: Annotated[
        float, typer.Option(help="Drop entities with a lower score: more precision.", min=0, max=1)
    ] = 0.0,
    recall_bias: Annotated[
        float,
        typer.Option(help="Subtracted from the logit of O: above 0 finds more, and errs more.", min=-100, max=100),
    ] = 0.0,
    threads: Threads = 0,
    batch_size: BatchSize = 1,
    json: Json = False,
) -> None:
    """Find the entities of texts with a bundle.

    Answers come in order; memory does not grow with the number of lines. A line that cannot be answered is reported by
    its number, the others are answered, and the exit code is 1. With --json each line of the output is {"line": ..., "text": ..., "entities": [...]},
    with positions in code points, UTF-16 units and UTF-8 bytes of the text as given.

    Example: edgener predict runs/demo-int8 "Ibrahim ya ziyarci Kano a ranar Litinin ."
    """
    from edgener.runtime import Ner
    from edgener.text.lines import lines_of

    if text and (input or jsonl):
        raise UserError("give texts, or --input, or stdin; not several of them")
    ner = Ner.load(bundle, threads=threads, batch_size=batch_size, min_score=min_score, recall_bias=recall_bias)
    if not ner.bundle.gated:
        say(f"warning: {bundle} is ungated: {ner.bundle.why_ungated}")
    with ExitStack() as stack:
        lines = _texts(text) if text else lines_of(*_source(input, jsonl, stack))
        bad = _answer(ner, lines, json, flush=not (text or input))
    if bad:
        raise CheckFailed(f"{bad} of the lines could not be answered; the others were")


def _source(path: Path | None, jsonl: bool, stack: ExitStack) -> tuple[BinaryIO, bool]:
    if path is None:
        if sys.stdin.isatty():
            say("reading stdin, a text a line; end with Ctrl-D")
        return sys.stdin.buffer, jsonl
    try:
        return stack.enter_context(open(path, "rb")), jsonl or path.suffix == ".jsonl"
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def _texts(texts: list[str]) -> Iterator["Line"]:
    from edgener.text.lines import Line

    return (Line(number, text) for number, text in enumerate(texts, 1))


def _answer(ner: "Ner", lines: Iterator["Line"], json: bool, flush: bool) -> int:
    """Tag and print; returns how many lines could not be answered."""
    bad = 0
    # Answers on a terminal show by themselves how far it is, and a progress line would stand among them.
    with Progress("predicting", unit="lines", silent=sys.stdout.isatty()) as progress:
        for chunk in _chunks(lines, ner.batch_size):
            for line, found in _tagged(ner, chunk):
                if isinstance(found, str):
                    bad += 1
                    say(f"edgener: line {line.number}: {found}")
                else:
                    _print(line, found, json, flush)
                progress.advance()
    return bad


def _chunks(lines: Iterator["Line"], batch_size: int) -> Iterator[list["Line"]]:
    """Lines to tag together: one, answered soonest alone, or enough to fill some batches; never many long ones."""
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.text)
        if batch_size == 1 or len(chunk) == 8 * batch_size or size > MAX_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _tagged(ner: "Ner", chunk: list["Line"]) -> Iterator[tuple["Line", "list[Entity] | str"]]:
    """Each line with its entities, or with what is wrong with it: then the others are answered all the same."""
    good = [line for line in chunk if line.problem is None]
    try:
        answers = dict(zip((line.number for line in good), ner.batch([line.text for line in good]), strict=True))
    except (UserError, MemoryError) as error:
        if len(chunk) > 1:
            for line in chunk:
                yield from _tagged(ner, [line])
        else:
            yield chunk[0], str(error) or "out of memory"
        return
    for line in chunk:
        yield line, line.problem or answers[line.number]


def _print(line: "Line", entities: list["Entity"], json: bool, flush: bool) -> None:
    if json:
        found = [{**entity.as_dict(), "score": round(entity.score, 4)} for entity in entities]
        print_json({"line": line.number, "text": line.text, "entities": found}, flush=flush)
    else:
        marked = highlight(line.text, [(entity.start, entity.end, entity.type) for entity in entities])
        sys.stdout.write(marked + "\n")
        if flush:
            sys.stdout.flush()
