"""How large what a chain made is: numbers in the network, those that are not zero, bytes of all files.

Each step's sizes are written down beside its folder when it is done, so that a study can be told, and gone on with,
when the weights under its steps/ are removed to make room.
"""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from edgener.artefact import canonical_json, read_json, write_file
from edgener.errors import UserError

WEIGHTS = "model.safetensors"
_MANIFEST = "manifest.json"
Sizes = dict[str, int | None]


def sizes_of(steps: list[Path]) -> Sizes:
    """`parameters` and `non_zeros` of the last model of a chain, `bytes` in all files of its last output.

    steps: the outputs, in order. A bundle has the numbers of the model that it was made from.
    """
    found = [size_of(step) for step in steps]
    networks = [one for one in found if one["parameters"] is not None]
    numbers: Sizes = networks[-1] if networks else {"parameters": None, "non_zeros": None}
    return {**numbers, "bytes": found[-1]["bytes"]}


def size_of(step: Path) -> Sizes:
    """Of one output: measured and written down, or as that was done before. UserError as for `record`."""
    place = _place(step)
    if place.is_file():
        known: Sizes = read_json(place)
        if _missing(step) or _bytes(step) == known["bytes"]:
            return known
    return record(step)


def record(step: Path) -> Sizes:
    """Measure an output and write that down, also over what an earlier one of its name had.

    UserError for one that is damaged, or whose weights are gone.
    """
    if missing := _missing(step):
        raise UserError(f"{missing[0]}: gone, and its size was not written down; remove its folder to make it again")
    parameters, non_zeros = counts(step / WEIGHTS) if (step / WEIGHTS).is_file() else (None, None)
    found: Sizes = {"parameters": parameters, "non_zeros": non_zeros, "bytes": _bytes(step)}
    write_file(_place(step), canonical_json(found))
    return found


def _missing(step: Path) -> list[Path]:
    return [step / name for name in read_json(step / _MANIFEST)["files"] if not (step / name).is_file()]


def _bytes(step: Path) -> int:
    return sum(file.stat().st_size for file in step.iterdir() if file.is_file())


def _place(step: Path) -> Path:
    return step.with_name(f"{step.name}.sizes.json")


def counts(weights: Path) -> tuple[int, int]:
    """(numbers, numbers that are not zero) of a safetensors file, a tensor in memory at a time."""
    numbers = non_zeros = 0
    try:
        with safe_open(weights, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 - not a dictionary
                tensor: Any = file.get_tensor(name)
                numbers += tensor.size
                non_zeros += int(np.count_nonzero(tensor))
    except SafetensorError as error:
        raise UserError(f"{weights}: damaged ({error}); remove its folder, and it is made again") from None
    return numbers, non_zeros
