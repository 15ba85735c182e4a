"""What a device asks of a bundle: export/targets/*.toml, one file a target, by the names that `--target` takes."""

import tomllib
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from typing import Any

from edgener.errors import UserError
from edgener.export.config import ExportConfig

_PLACE = "edgener.kits"


@dataclass(frozen=True)
class Target:
    """machines: as platform.machine() names them. needs: CPU features, any one of which will do; empty: none is.

    weight_bits: 8, or 7 where sums of 8-bit products can saturate. operators: `standard` keeps to ONNX's own where a
    runtime may lack ONNX Runtime's. threads: a default for who runs the bundle; 0 leaves it to ONNX Runtime. length: a
    fixed number of pieces; None leaves it free. max_mb: the largest bundle that the platform takes, max_peak_mb: the
    most memory that loading it and one answer may take, Python's own included; None: no limit.
    """

    name: str
    description: str
    machines: tuple[str, ...]
    needs: tuple[str, ...]
    quant: str
    threads: int
    embeddings: str | None = None
    weight_bits: int = 8
    operators: str = "microsoft"
    length: int | None = None
    max_mb: float | None = None
    max_peak_mb: float | None = None


def names() -> list[str]:
    """All targets, sorted."""
    return sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if file.name.endswith(".toml"))


def load(name: str) -> Target:
    """UserError for a name that there is none of."""
    if name not in names():
        raise UserError(f"--target {name}: expected {', '.join(names())}; see edgener export --list-targets")
    table: dict[str, Any] = tomllib.loads((_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    unknown = set(table) - {one.name for one in fields(Target)}
    if unknown:
        raise ValueError(f"{name}.toml: {min(unknown)} is no field of a target")
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Target(**{"name": name, **table, **lists})


def applied(config: ExportConfig, target: Target | None, given: frozenset[str]) -> ExportConfig:
    """The config with what the target wants, but for the options that the user gave (by name)."""
    if target is None:
        return config
    wanted: dict[str, Any] = {"quant": target.quant, "embeddings": target.embeddings, "length": target.length}
    wanted |= {"weight_bits": target.weight_bits, "operators": target.operators}
    return replace(config, target=target.name, **{key: value for key, value in wanted.items() if key not in given})


def _folder() -> Any:
    return files(_PLACE) / "targets"
