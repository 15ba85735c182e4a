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
from edgener.hub import may_be_hub_id
from edgener.study.options import filled, placeholders, shown, typed
from edgener.study.recipe import Chain, Recipe, Step

EVALUATE = "evaluate"
_ON_MODEL = ("trim-vocab", "prune", "structure", "distill", "export")  # take what they work on as an argument
_WITH_DATA = ("trim-vocab", "train")
_WITH_LANGUAGES = ("trim-vocab", "train", "pretrain")
_WITH_SEED = ("train", "pretrain", "prune", "structure", "distill")
_MODELS = {"model", "encoder", "student", "tokenizer"}  # options that may name a model on a hub
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
    seed: int | None = None  # what trained last had it
    keys: dict[str, str] = field(default_factory=dict)  # of the steps so far, by their names

    def begin(self, values: Mapping[str, Any], group: Sequence[str]) -> None:
        """A value that varies may be an input, `{x}`: several encoders are a setting, too."""
        for known in (self.paths, self.identities):
            known.update({key: filled(value, known) for key, value in values.items()}, languages=list(group))

    def end(self, step: Step, key: str, folder: Path) -> None:
        self.paths[step.name], self.identities[step.name], self.keys[step.name] = str(folder), key, key
        self.previous = step.name


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
    models = _models(recipe)
    identities = {name: input_digest(name, value, name in models) for name, value in inputs.items()}
    cells, work = [], dict[str, Work]()
    for chain in recipe.chains:
        for values, group, seed in _settings(chain):
            settings = {key: shown(value) for key, value in values.items()}
            place = _Place(settings, dict(inputs), dict(identities))
            try:
                place.begin(values, group)
                steps = [_work(step, place, group, seed, out, work) for step in chain.steps]
                steps.append(_evaluation(recipe, chain, place, steps[-1], out, threads, work))
            except KeyError as error:
                known = ", ".join(sorted(place.paths))
                raise UserError(f'chain "{chain.name}": {{{error.args[0]}}}: expected one of {known}') from None
            keys = tuple(one.key for one in steps)
            cells.append(Cell(_name(chain, settings, group, seed), chain, settings, group, seed, keys))
    names = [cell.name for cell in cells]
    if twice := next((one for one in names if names.count(one) > 1), None):
        raise UserError(f'two cells are called "{twice}"; a value, a seed or a group of languages is there twice')
    return Grid(tuple(cells), work)


def _models(recipe: Recipe) -> set[str]:
    """Inputs that are models: what they are called may be the id of one on a hub."""
    found = {"encoder"}
    for chain in recipe.chains:
        for step in chain.steps:
            found.update(placeholders([value for key, value in step.options.items() if key in _MODELS]))
        found.update(placeholders([value for key in found & set(chain.vary) for value in chain.vary[key]]))
    return found


def input_digest(name: str, place: str, is_model: bool) -> str:
    """sha256 over the names and contents of a file, or of all files in a folder; the name itself for a hub id."""
    path = Path(place)
    if not path.exists():
        if is_model and may_be_hub_id(place):
            return f"hub:{place}"
        raise UserError(f"--input {name}={place}: no such file or folder")
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


def _work(step: Step, place: _Place, group: Sequence[str], seed: int, out: Path, work: dict[str, Work]) -> Work:
    """The work of a step, new or as another chain has it, whatever it calls it; `place` moves on behind it."""
    options = {**_automatic(step, place, group, seed), **step.options}
    paths = {key: filled(value, place.paths) for key, value in options.items()}
    identity = {key: filled(value, place.identities) for key, value in options.items()}
    key = digest_of({"command": step.command, "options": identity})
    place.seed = options.get("seed", place.seed)
    if key not in work:
        varying = {name: filled(value, place.settings) for name, value in options.items() if _varies(value, place)}
        title = _title(step.name, varying)
        folder = out / "steps" / f"{_slug(title)}-{key[:10]}"
        model = paths.pop("model", None)
        arguments = [step.command, *([str(model)] if model is not None else []), *typed(paths)]
        arguments += ["--out", str(folder), "--json"]
        needs = [place.keys[name] for value in options.values() for name in placeholders(value) if name in place.keys]
        whole = _title(title, {"on": "+".join(group), **({} if place.seed is None else {"seed": place.seed})})
        work[key] = Work(key, whole, step.command, tuple(arguments), folder, tuple(dict.fromkeys(needs)))
    place.end(step, key, work[key].out)
    return work[key]


def _evaluation(
    recipe: Recipe, chain: Chain, place: _Place, last: Work, out: Path, threads: int, work: dict[str, Work]
) -> Work:
    torch = last.command != "export"
    options: dict[str, Any] = {
        "data": "{data}",
        "lang": list(chain.languages),
        "split": recipe.split,
        "batch-size": _TORCH_BATCH if torch else 1,
    }
    if torch:
        options["engine"] = chain.engine
    identity = {key: filled(value, place.identities) for key, value in options.items()}
    key = digest_of({"command": EVALUATE, "model": last.key, "options": identity})
    file = out / "evaluations" / f"{last.out.name}-{key[:10]}.json"
    paths = {key: filled(value, place.paths) for key, value in options.items()}
    arguments = [EVALUATE, str(last.out), *typed(paths), "--threads", str(threads), "--out", str(file), "--json"]
    title = f"{EVALUATE} {last.title}"
    return work.setdefault(key, Work(key, title, EVALUATE, tuple(arguments), file, (last.key,)))


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


def _varies(value: Any, place: _Place) -> bool:
    """Does an option take a setting of its cell, and nothing but settings? Then it tells outputs of one step apart."""
    found = placeholders(value)
    return bool(found) and all(name in place.settings for name in found)


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
