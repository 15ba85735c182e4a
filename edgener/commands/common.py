"""Options that several commands share, and the questions they ask before they start."""

import importlib.util
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from edgener import artefact
from edgener.console import print_json
from edgener.errors import MissingExtra, UserError
from edgener.hub import may_be_hub_id

Languages = Annotated[list[str] | None, typer.Option("--lang", help="Only this language; may be given several times.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is at --out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")]
Threads = Annotated[
    int, typer.Option(help="Threads of the network; 0 leaves it to tuning or the library.", min=0, max=1024)
]
BatchSize = Annotated[int, typer.Option(help="Windows that share a forward pass.", min=1, max=4096)]

Config = TypeVar("Config")


def print_result(context: typer.Context, document: dict[str, Any]) -> None:
    """What a stage reached, as JSON, with the command, machine and commit that it was reached with."""
    from edgener.benchmark.provenance import provenance

    print_json({**provenance(context.obj), **document})


def config_of(kind: type[Config], options: Mapping[str, Any], **others: Any) -> Config:
    """A stage's settings out of the options of its command (`context.params`), which have the same names.

    An option without a value leaves the stage its default. others: settings that no option gives as they are.
    """
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    given = {name: value for name, value in options.items() if name in names and value is not None}
    if "languages" in names:
        given["languages"] = tuple(options.get("lang") or ())
    return kind(**{**given, **others})


def check_out(out: Path | None, force: bool) -> None:
    """UserError, before the work and not after it, for a result file that cannot be written."""
    if out is None:
        return
    if out.is_dir():
        raise UserError(f"{out}: a folder; --out names a file here")
    if out.exists() and not force:
        raise UserError(f"{out}: already exists; choose another --out, or --force to replace it")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        (out.parent / f".{out.name}.try").touch()
        (out.parent / f".{out.name}.try").unlink()
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); choose another --out") from None


def need_train(what: str) -> None:
    """MissingExtra when the packages of the [train] extra are not there; finds them without importing them."""
    missing = [name for name in ("torch", "transformers", "onnx") if not importlib.util.find_spec(name)]
    if missing:
        raise MissingExtra(f"{what} ({', '.join(missing)} not installed)", "train")


def name_of(model: str) -> str:
    """What outputs made from a model are called after: its folder, or its hub id."""
    return Path(model).resolve().name if Path(model).exists() else model.replace("/", "-")


def kind_of(path: Path) -> str:
    """`bundle`, `model` (ours, or a stock Hugging Face folder) or `hub` for a name that may be a hub id."""
    if not path.exists():
        if "/" in str(path) and may_be_hub_id(str(path)):
            return "hub"
        raise UserError(f"{path}: no such file or folder; give a model or a bundle, such as one under runs/")
    if not path.is_dir():
        raise UserError(f"{path}: a file; expected the folder of a model or a bundle")
    found = artefact.find(path)
    if found is not None:
        return found.kind
    if (path / "config.json").is_file():
        return "onnx" if (path / "model.onnx").is_file() else "model"
    raise UserError(f"{path}: neither a model (config.json) nor a bundle (manifest.json)")


def newest_model(root: Path = Path("runs")) -> Path:
    """The newest finished model under ./runs."""
    folders = [path.parent for path in root.glob(f"*/{artefact.MANIFEST}") if not path.parent.name.startswith(".")]
    models = [found for folder in folders if (found := artefact.find(folder)) and found.kind == "model"]
    if not models:
        raise UserError(f"{root}/: no finished model here; train one, or name a model folder")
    return max(models, key=lambda model: (model.path / artefact.MANIFEST).stat().st_mtime_ns).path
