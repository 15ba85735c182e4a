"""The smallest stage there is."""

import json
from pathlib import Path
from typing import Any

from edgener import artefact, output

ASKED = artefact.request("model", {"epochs": 1}, {"data": "abc"})


def build(out: Path, content: bytes = b"weights", request: str = ASKED) -> Path:
    with output.building(out) as scratch:
        (scratch / "model.bin").write_bytes(content)
        output.seal(scratch, "model", {"request": request})
    return out


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def manifest_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text()))
