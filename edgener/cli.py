"""The command line: a thin typer app over the stages, and the one place where errors become lines and exit codes."""

import errno
import io
import os
import sys
from typing import Any

import typer

from edgener.commands import (
    benchmark,
    data,
    demo,
    distill,
    evaluate,
    export,
    kit,
    predict,
    pretrain,
    prune,
    structure,
    study,
    train,
    trim,
    tune,
    verify,
)
from edgener.console import say
from edgener.errors import CheckFailed, UserError

OUT_OF_MEMORY = "out of memory; try a smaller --batch-size, or a smaller encoder"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="From labelled sentences to a small, verified NER bundle that runs on a phone or a Raspberry Pi.",
    epilog="Start with: edgener demo",
)
for command in (
    demo.demo,
    train.train,
    pretrain.pretrain,
    trim.trim_vocab,
    prune.prune,
    structure.structure,
    distill.distill,
    export.export,
    evaluate.evaluate,
    verify.verify,
    predict.predict,
    benchmark.benchmark,
    tune.tune,
    study.study,
):
    app.command()(command)
app.add_typer(data.app, name="data")
app.add_typer(kit.app, name="kit")


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Nothing that a user can cause ends in a traceback."""
    try:
        result: Any = typer.main.get_command(app).main(
            arguments, prog_name="edgener", standalone_mode=False, obj=["edgener", *arguments]
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except UserError as error:
        say(f"edgener: {error}")
        return 2
    except CheckFailed as error:
        say(f"edgener: {error}")
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        _abandon_stdout()
        return 0
    except SystemExit as stop:  # what typer makes of the same
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        _abandon_stdout()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        say("edgener: interrupted; nothing looks finished, and a training goes on when started again as it was")
        return 130
    except MemoryError:
        say(f"edgener: {OUT_OF_MEMORY}")
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        hint = "; choose another --out, or free some space" if error.errno in _NO_ROOM else ""
        say(f"edgener: {where}{error.strerror or error}{hint}")
        _abandon_stdout()
        return 2
    except Exception as error:
        line = _line(error)
        if line is None:
            raise
        say(f"edgener: {line}")
        return 2


def _abandon_stdout() -> None:
    """What is still in the buffer can go nowhere; Python would try at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _line(error: Exception) -> str | None:
    """What to say of wrong usage, and of a full disk or memory as torch, safetensors and ONNX report them."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        return f"{error.format_message()}; see: {_help_of(error)}"
    text = str(error)
    if "No space left on device" in text or "os error 28" in text:
        return "No space left on device; choose another --out, or free some space"
    if "File too large" in text:
        return "a file would be larger than is allowed here; choose another --out, or see `ulimit -f`"
    if "can't allocate memory" in text or "out of memory" in text or "bad allocation" in text:
        return OUT_OF_MEMORY
    return None


def _help_of(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'edgener'} --help"


def main() -> None:
    # A closed descriptor (`>&-`) leaves no stream at all.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
