"""Options of steps: what their placeholders stand for, and how one types them."""

import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """With what its placeholders stand for; one that is all of a text keeps its type. KeyError for an unknown one."""
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if not isinstance(value, str):
        return value
    if whole := _PLACEHOLDER.fullmatch(value):
        return known[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(known[found[1]]), value)


def placeholders(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [name for one in values if isinstance(one, str) for name in _PLACEHOLDER.findall(one)]


def shown(value: Any) -> Any:
    """A value that varies, as a cell is called after it: an input by its name."""
    whole = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return whole[1] if whole else value


def typed(options: Mapping[str, Any]) -> list[str]:
    """As one types them: true is a flag, false its `--no-` form, a list gives an option several times."""
    found = []
    for key, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                found.append(f"--{key}" if one else f"--no-{key}")
            else:
                found += [f"--{key}", str(one)]
    return found
