"""Write the files of a bundle into a directory and seal it."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgener import artefact, output
from edgener.bundle.layout import (
    GOLDEN,
    KIND,
    LABELS,
    MODEL,
    OPERATORS,
    ORT_MODEL,
    README,
    SEAL,
    TOKENIZER,
    WEIGHTS,
    variant_file,
)
from edgener.bundle.verify import seal_of

_NON_COMMERCIAL = re.compile(r"\bnc\b|\bno[nt]?( for)? ?commercial", re.IGNORECASE)


def forbids_commercial_use(licence: str) -> bool:
    return _NON_COMMERCIAL.search(re.sub(r"[\W_]+", " ", licence)) is not None


def write_bundle(
    directory: Path,
    manifest: Mapping[str, Any],
    *,
    tokenizer: str,
    labels: Sequence[str],
    golden: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Complete a directory that already holds the graph. Returns the manifest as written."""
    present = {path.name for path in directory.iterdir()}
    if not present & {MODEL, ORT_MODEL}:
        raise RuntimeError(f"{directory}: {MODEL} is written first")
    lines = "".join(_json_line(record) for record in golden)
    (directory / TOKENIZER).write_text(tokenizer, encoding="utf-8")
    (directory / LABELS).write_text(json.dumps(list(labels), ensure_ascii=False) + "\n", encoding="utf-8")
    (directory / GOLDEN).write_text(lines, encoding="utf-8", newline="\n")
    (directory / README).write_text(readme(manifest, labels, len(golden), present), encoding="utf-8")
    whole = output.seal(directory, KIND, manifest)
    artefact.write_file(directory / SEAL, seal_of(directory))
    return whole


def _json_line(record: Mapping[str, Any]) -> str:
    line = json.dumps(record, ensure_ascii=False)
    if re.search("[\ud800-\udfff]", line):  # not a character: UTF-8 cannot carry it, a JSON escape can
        line = json.dumps(record)
    return line + "\n"


def readme(manifest: Mapping[str, Any], labels: Sequence[str], golden: int, present: Collection[str]) -> str:
    """What a developer who gets only this folder needs to know. present: names of the files that are there."""
    types = sorted({label[2:] for label in labels if label != "O"})
    licences: list[str] = manifest["licences"]["data"]
    limits = [f"Training data: {', '.join(licences) or 'not stated'}."]
    if any(forbids_commercial_use(licence) for licence in licences):
        limits.append("**A licence of its training data forbids commercial use.**")
    gate, model = manifest["gate"], manifest["model"]
    verdict = (
        f"Passed its gate: at most {gate['max_f1_drop']} F1 lost on dev in any of {', '.join(gate['languages'])}."
        if gate["passed"]
        else f"**Ungated**: {gate['why']}. Nobody has measured what this bundle lost."
    )
    return f"""# {manifest["name"]}

A named-entity recogniser for {", ".join(manifest["languages"]) or "languages not stated"}; it finds {", ".join(types)}.
Quantisation: {model["quantization"]}. {verdict}

{" ".join(limits)}

| file | what it is |
|---|---|
{_graph_rows(model, present)}
| `{TOKENIZER}` | words to piece ids |
| `{LABELS}` | the labels, in the order of the network's output |
| `{GOLDEN}` | {golden} sentences with the answers every runtime must give |
| `manifest.json` | how to decode, and the sha256 of every file above |
| `{SEAL}` | the sha256 of the manifest; `sha256sum --check {SEAL}` |

Check it with `edgener verify FOLDER`, use it with `edgener predict FOLDER "some text"`.
"""


def _graph_rows(model: Mapping[str, Any], present: Collection[str]) -> str:
    runtime = f"for ONNX Runtime {model['min_onnxruntime']} or newer"
    rows = {
        MODEL: f"the network: ONNX, opset {model['opset']}, {runtime}",
        ORT_MODEL: f"the network in ONNX Runtime's own format, {runtime}",
        **{
            variant_file(name): f"the network in mode {name}, over the same weights"
            for name in model.get("variants", {})
        },
        WEIGHTS: f"the large tensors of `{MODEL}`; has to stand beside it",
        OPERATORS: "what a reduced build of ONNX Runtime must contain",
    }
    return "\n".join(f"| `{name}` | {what} |" for name, what in rows.items() if name in present)
