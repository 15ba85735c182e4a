"""How large what a chain made is: numbers in the network, those that are not zero, bytes of all files."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from edgener.errors import UserError

WEIGHTS = "model.safetensors"


def sizes_of(steps: list[Path]) -> dict[str, int | None]:
    """`parameters` and `non_zeros` of the last model of a chain, `bytes` in all files of its last output.

    steps: the outputs, in order. A bundle has the numbers of the model that it was made from.
    """
    models = [step for step in steps if (step / WEIGHTS).is_file()]
    parameters, non_zeros = counts(models[-1] / WEIGHTS) if models else (None, None)
    size = sum(file.stat().st_size for file in steps[-1].iterdir() if file.is_file())
    return {"parameters": parameters, "non_zeros": non_zeros, "bytes": size}


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
