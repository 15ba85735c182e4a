"""A recipe: which chains of steps a study runs, over which settings, languages and seeds. Read from TOML.

    name = "pruning"
    languages = ["hau", "swa"]           # tested on
    train-on = "joint"                   # or "each", or lists of languages: [["hau"], ["hau", "swa"]]
    seeds = [0, 1]
    reference = "dense"                  # the chain that losses and collapses refer to
    inputs = ["data", "encoder"]         # named on the command line: --input data=DIR

    [steps]                              # steps that several chains share
    teacher = { command = "train", epochs = 5 }

    [[chain]]
    name = "dense"
    steps = ["teacher"]

    [[chain]]
    name = "pruned"
    steps = ["teacher", { command = "prune", sparsity = "{sparsity}" }]
    vary = { sparsity = [0.5, 0.7] }

A step is a command of edgener with its options. `{x}` in an option is an input, a setting that varies, or the folder
that the step called x of the same chain made; each step works on what the step before it made, unless it has `model`.
A value that varies may be an input too: `vary = { encoder = ["{small}", "{large}"] }`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgener.errors import UserError

MAX_BYTES = 2**20
STAGES = ("trim-vocab", "pretrain", "train", "prune", "structure", "distill", "export")
JOINT, EACH = "joint", "each"
INPUTS = ("data", "encoder")
_OURS = ("out", "json", "force", "help")  # options that the study sets, or that have no place in one
ENGINES = ("torch-fp32", "torch-int8", "llm-int8")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_KEYS = {"name", "title", "about", "languages", "train-on", "seeds", "reference", "inputs", "split", "steps", "chain"}
_CHAIN_KEYS = {"name", "steps", "vary", "engine", "latency", "languages", "train-on", "seeds"}


@dataclass(frozen=True)
class Step:
    """options: by their names on the command line, without dashes in front."""

    name: str
    command: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Chain:
    """vary: settings by name, each with its values; a cell is one value of each.

    languages: tested on. train_on: groups of languages, each with a model of its own. engine: how its last model is
    evaluated where that is a torch model. latency: its cells are timed, in one run after all else.
    """

    name: str
    steps: tuple[Step, ...]
    vary: Mapping[str, tuple[Any, ...]]
    languages: tuple[str, ...]
    train_on: tuple[tuple[str, ...], ...]
    seeds: tuple[int, ...]
    engine: str = ENGINES[0]
    latency: bool = False


@dataclass(frozen=True)
class Recipe:
    name: str
    title: str
    about: str
    inputs: tuple[str, ...]
    split: str
    reference: str | None
    chains: tuple[Chain, ...]
    text: str = field(repr=False, default="")


def read_recipe(path: Path) -> Recipe:
    """UserError with the file, and the key where one is wrong."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: too large for a recipe (at most {MAX_BYTES:,} bytes)")
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        raise UserError(f"{path}: no such recipe; see benchmarks/suites for some") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{path}: not valid TOML ({error})") from None
    try:
        return _recipe(table, text)
    except _Wrong as error:
        raise UserError(f"{path}: {error}") from None


class _Wrong(Exception):
    """What is wrong with a table of a recipe."""


def _recipe(table: dict[str, Any], text: str) -> Recipe:
    _known(table, _KEYS, "the recipe")
    name = _text(table, "name", "the recipe")
    if not _NAME.fullmatch(name):
        raise _Wrong(f"name = {name!r}: expected small letters, digits and hyphens")
    shared = {key: _step(value, f"steps.{key}", key) for key, value in _table(table, "steps", "the recipe").items()}
    chains = tuple(_chain(one, table, shared) for one in _list(table, "chain", "the recipe", dict))
    names = [chain.name for chain in chains]
    if not chains:
        raise _Wrong("no [[chain]]; a study needs one at least")
    if twice := _twice(names):
        raise _Wrong(f'two chains are called "{twice}"; give each a name of its own')
    reference = table.get("reference")
    if reference is not None and reference not in names:
        raise _Wrong(f"reference = {reference!r}: no chain is called so; expected {', '.join(names)}")
    inputs = _inputs(table)
    about = {key: _text(table, key, "the recipe", "") for key in ("title", "about", "split")}
    return Recipe(
        name, about["title"] or name, about["about"], inputs, about["split"] or "test", reference, chains, text
    )


def _inputs(table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_list(table, "inputs", "the recipe", str)) or INPUTS


def _chain(table: dict[str, Any], recipe: dict[str, Any], shared: Mapping[str, Step]) -> Chain:
    name = _text(table, "name", "a chain")
    where = f'chain "{name}"'
    _known(table, _CHAIN_KEYS, where)
    steps = []
    for place, value in enumerate(_list(table, "steps", where, (str, dict)), 1):
        if isinstance(value, str) and value not in shared:
            raise _Wrong(f"{where}: step {value!r} is not among [steps] ({', '.join(shared) or 'none there'})")
        steps.append(shared[value] if isinstance(value, str) else _step(value, f"{where}, step {place}", None))
    called = [step.name for step in steps]
    if not steps:
        raise _Wrong(f"{where}: no steps")
    if twice := _twice(called):
        raise _Wrong(f'{where}: two steps are called "{twice}"; give one of them another `name`')
    engine = _text(table, "engine", where, ENGINES[0])
    if engine not in ENGINES:
        raise _Wrong(f"{where}: engine = {engine!r}: expected {', '.join(ENGINES)}")
    vary = {key: tuple(values) for key, values in _lists(_table(table, "vary", where), where).items()}
    if taken := next((one for one in called if one in {*_inputs(recipe), *vary, "languages"}), None):
        raise _Wrong(f"{where}: {{{taken}}} is something else already; give the step {taken!r} another `name`")
    own = {**recipe, **table}
    languages = tuple(_list(own, "languages", where, str))
    if not languages:
        raise _Wrong("languages: name those to test on")
    if twice := _twice(languages):
        raise _Wrong(f"languages: {twice!r} is there twice")
    seeds = tuple(_list(own, "seeds", where, int)) or (0,)
    latency = table.get("latency", False)
    if not isinstance(latency, bool):
        raise _Wrong(f"{where}: latency = {latency!r}: expected true or false")
    return Chain(name, tuple(steps), vary, languages, _groups(own, languages, where), seeds, engine, latency)


def _groups(table: Mapping[str, Any], languages: tuple[str, ...], where: str) -> tuple[tuple[str, ...], ...]:
    wanted = table.get("train-on", JOINT)
    if wanted == JOINT:
        return (languages,)
    if wanted == EACH:
        return tuple((language,) for language in languages)
    if not (isinstance(wanted, list) and wanted) or not all(
        isinstance(group, list) and group and all(isinstance(one, str) for one in group) for group in wanted
    ):
        raise _Wrong(f'{where}: train-on: expected "{JOINT}", "{EACH}", or lists of languages such as [["hau"]]')
    return tuple(tuple(group) for group in wanted)


def _step(value: Any, where: str, name: str | None) -> Step:
    if not isinstance(value, dict):
        raise _Wrong(f'{where}: expected a table such as {{ command = "prune", sparsity = 0.5 }}')
    command = _text(value, "command", where)
    if command not in STAGES:
        raise _Wrong(f"{where}: command = {command!r}: expected {', '.join(STAGES)}")
    called = name or _text(value, "name", where, command)
    if not _NAME.fullmatch(called):
        raise _Wrong(f"{where}: {called!r}: a step's name has small letters, digits and hyphens")
    options = {key: option for key, option in value.items() if key not in ("command", "name")}
    if ours := next((key for key in options if key in _OURS), None):
        raise _Wrong(f"{where}: {ours} is not for a recipe to set")
    for key, option in options.items():
        values = option if isinstance(option, list) else [option]
        if not all(isinstance(one, str | int | float) for one in values):
            raise _Wrong(f"{where}: {key}: expected a text, a number, true or false, or a list of them")
    return Step(called, command, options)


def _twice(names: Sequence[str]) -> str | None:
    return next((one for one in names if names.count(one) > 1), None)


def _known(table: Mapping[str, Any], keys: set[str], where: str) -> None:
    if unknown := next((key for key in table if key not in keys), None):
        raise _Wrong(f"{where}: unknown key {unknown!r}; expected {', '.join(sorted(keys))}")


def _text(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise _Wrong(f"{where}: {key}: {'missing' if value is None else 'expected a text in quotes'}")
    return value


def _table(table: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise _Wrong(f"{where}: {key}: expected a table")
    return value


def _list(table: Mapping[str, Any], key: str, where: str, kind: Any) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, kind) and not isinstance(one, bool) for one in value):
        raise _Wrong(f"{where}: {key}: expected a list of {getattr(kind, '__name__', 'names or tables')}")
    return value


def _lists(table: dict[str, Any], where: str) -> dict[str, list[Any]]:
    for key, values in table.items():
        if not isinstance(values, list) or not values:
            raise _Wrong(f"{where}: vary.{key}: expected a list of values")
        if not all(isinstance(one, str | int | float) for one in values):
            raise _Wrong(f"{where}: vary.{key}: expected texts and numbers")
    return table
