"""The cells of a recipe and the work behind them: what several cells need is one piece of work, done once.

A piece of work is known by a digest of its command, its options, what it works on and the contents of the inputs; its
output is called after that. So a study goes on where it was, shares what an earlier recipe in the same folder made, and
never mistakes the output of other data for its own.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgener.artefact import digest_of, sha256_file
from edgener.errors import UserError
from edgener.study.recipe import Chain, Recipe, Step

EVALUATE = "evaluate"
_ON_MODEL = ("trim-vocab", "prune", "structure", "distill", "export")  # take what they work on as an argument
_WITH_DATA = ("trim-vocab", "train")
_WITH_LANGUAGES = ("trim-vocab", "train", "pretrain")
_WITH_SEED = ("train", "pretrain", "prune", "structure", "distill")
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")
_TORCH_BATCH = 16


@dataclass(frozen=True)
class Work:
    """One command. needs: keys of the work whose output it reads. out: a folder, or the JSON of an evaluation."""

    key: str
    title: str
    command: str
    arguments: tuple[str, ...]
    out: Path
    needs: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Outputs take their names when they are whole."""
        return (self.out / "manifest.json").is_file() if self.command != EVALUATE else self.out.is_file()


@dataclass(frozen=True)
class Cell:
    """One result: `steps` are keys of its work in order, the evaluation last."""

    name: str
    chain: Chain
    settings: Mapping[str, Any]
    trained_on: tuple[str, ...]
    seed: int
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    cells: tuple[Cell, ...]
    work: Mapping[str, Work]


@dataclass
class _Place:
    """Where in its chain an expansion is: what a placeholder stands for, as a path and for the key."""

    settings: Mapping[str, Any]
    paths: dict[str, Any]
    identities: dict[str, Any]
    previous: str = "encoder"
    keys: dict[str, str] = field(default_factory=dict)  # of the steps so far, by their names


def expand(recipe: Recipe, inputs: Mapping[str, str], out: Path, threads: int = 1) -> Grid:
    """All cells, in the recipe's order, and their work under `out`, in an order in which it can be done.

    inputs: a path, or the hub id of an encoder, by the names that the recipe has for them. UserError for one that is
    missing or of which the recipe knows nothing, and for placeholders that nothing stands behind.
    """
    for name in recipe.inputs:
        if name not in inputs:
            raise UserError(f"--input {name}=PATH: {recipe.name} needs it ({', '.join(recipe.inputs)})")
    if unknown := next((name for name in inputs if name not in recipe.inputs), None):
        raise UserError(f"--input {unknown}: {recipe.name} has no such input; expected {', '.join(recipe.inputs)}")
    identities = {name: input_digest(value) for name, value in inputs.items()}
    cells, work = [], {}
    for chain in recipe.chains:
        for settings, group, seed in _settings(chain):
            own = {"languages": list(group), **settings}
            place = _Place(settings, {**inputs, **own}, {**identities, **own})
            try:
                steps = [_work(step, place, group, seed, out) for step in chain.steps]
                steps.append(_evaluation(recipe, chain, place, steps[-1], out, threads))
            except KeyError as error:
                known = ", ".join(sorted(place.paths))
                raise UserError(f'chain "{chain.name}": {{{error.args[0]}}}: expected one of {known}') from None
            work.update({one.key: one for one in steps})
            cells.append(
                Cell(_name(chain, settings, group, seed), chain, settings, group, seed, tuple(one.key for one in steps))
            )
    return Grid(tuple(cells), work)


def input_digest(place: str) -> str:
    """sha256 over the names and contents of a file, or of all files in a folder; the name itself for a hub id."""
    path = Path(place)
    if not path.exists():
        if place.count("/") > 1 or place.startswith((".", "/", "~")):
            raise UserError(f"--input {place}: no such file or folder")
        return f"hub:{place}"
    if path.is_file():
        return sha256_file(path)
    total = hashlib.sha256()
    for file in sorted(one for one in path.rglob("*") if one.is_file()):
        total.update(f"{file.relative_to(path)} {sha256_file(file)}\n".encode())
    return total.hexdigest()


def _settings(chain: Chain) -> Iterator[tuple[dict[str, Any], tuple[str, ...], int]]:
    """One value of each varying setting, a group of languages and a seed."""
    for values in itertools.product(*chain.vary.values()):
        for group, seed in itertools.product(chain.train_on, chain.seeds):
            yield dict(zip(chain.vary, values, strict=True)), group, seed


def _work(step: Step, place: _Place, group: Sequence[str], seed: int, out: Path) -> Work:
    """The work of a step; `place` moves on behind it."""
    options = {**_automatic(step, place, group, seed), **step.options}
    paths = {key: _filled(value, place.paths) for key, value in options.items()}
    identity = {key: _filled(value, place.identities) for key, value in options.items()}
    key = digest_of({"command": step.command, "options": identity})
    varying = {name: _filled(value, place.identities) for name, value in step.options.items() if _varies(value, place)}
    title = _title(step.name, varying)
    folder = out / "steps" / f"{_slug(title)}-{key[:10]}"
    model = paths.pop("model", None)
    arguments = [step.command, *([str(model)] if model is not None else []), *_arguments(paths)]
    arguments += ["--out", str(folder), "--json"]
    needs = [place.keys[name] for value in options.values() for name in _names(value) if name in place.keys]
    place.paths[step.name], place.identities[step.name] = str(folder), key
    place.keys[step.name] = key
    place.previous = step.name
    shown = _title(title, {"on": "+".join(group), "seed": seed})
    return Work(key, shown, step.command, tuple(arguments), folder, tuple(dict.fromkeys(needs)))


def _evaluation(recipe: Recipe, chain: Chain, place: _Place, last: Work, out: Path, threads: int) -> Work:
    torch = last.command != "export"
    options: dict[str, Any] = {
        "data": "{data}",
        "lang": list(chain.languages),
        "split": recipe.split,
        "batch-size": _TORCH_BATCH if torch else 1,
    }
    if torch:
        options["engine"] = chain.engine
    identity = {key: _filled(value, place.identities) for key, value in options.items()}
    key = digest_of({"command": EVALUATE, "model": last.key, "options": identity})
    file = out / "evaluations" / f"{last.out.name}-{key[:10]}.json"
    paths = {key: _filled(value, place.paths) for key, value in options.items()}
    arguments = [EVALUATE, str(last.out), *_arguments(paths), "--threads", str(threads), "--out", str(file), "--json"]
    return Work(key, f"{EVALUATE} {last.title}", EVALUATE, tuple(arguments), file, (last.key,))


def _automatic(step: Step, place: _Place, group: Sequence[str], seed: int) -> dict[str, Any]:
    """Options that a recipe need not write."""
    found: dict[str, Any] = {}
    if step.command in _ON_MODEL:
        found["model"] = f"{{{place.previous}}}"
    if step.command == "train":
        found["encoder"] = f"{{{place.previous}}}"
    if step.command in _WITH_DATA:
        found["data"] = "{data}"
    if step.command in _WITH_LANGUAGES:
        found["lang"] = list(group)
    if step.command in _WITH_SEED:
        found["seed"] = seed
    return found


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """With what its placeholders stand for; one that is all of a text keeps its type. KeyError for an unknown one."""
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    if not isinstance(value, str):
        return value
    if whole := _PLACEHOLDER.fullmatch(value):
        return known[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(known[found[1]]), value)


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [name for one in values if isinstance(one, str) for name in _PLACEHOLDER.findall(one)]


def _varies(value: Any, place: _Place) -> bool:
    """Does an option take a setting of its cell, and nothing but settings? Then it tells outputs of one step apart."""
    names = _names(value)
    return bool(names) and all(name in place.settings for name in names)


def _arguments(options: Mapping[str, Any]) -> list[str]:
    """As one types them: true is a flag, false its `--no-` form, a list gives an option several times."""
    found = []
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                found.append(f"--{key}" if one else f"--no-{key}")
            else:
                found += [f"--{key}", str(one)]
    return found


def _name(chain: Chain, settings: Mapping[str, Any], group: Sequence[str], seed: int) -> str:
    """What tells the cell from all others; languages and seed where there are several."""
    apart = dict(settings)
    if len(chain.train_on) > 1 or chain.train_on[0] != chain.languages:
        apart["on"] = "+".join(group)
    if len(chain.seeds) > 1:
        apart["seed"] = seed
    return _title(chain.name, apart)


def _title(name: str, settings: Mapping[str, Any]) -> str:
    return ", ".join([name, *(f"{key} {value}" for key, value in settings.items())])


def _slug(title: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", title).strip("-.")[:60]
