"""Every figure of README.md comes from a file under benchmarks/results, and every file says where it comes from."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import beside, compressed, documents, exported, kits, studies, tables
from tests.helpers.process import ROOT

FILES = sorted((ROOT / "benchmarks/results").glob("*.json"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCKS = re.compile(r"<!-- table: .*?<!-- end -->", re.DOTALL)
_MEASURED = re.compile(r"\d[\d.,]*\s?(?:ms|[KMG]i?B|F1|x|%|s|seconds?|minutes?|sentences/s)(?![\w/-])")


def test_tables_are_what_the_results_say() -> None:
    assert tables.filled(README) == README, "run: python -m benchmarks.tables"


def test_a_changed_result_changes_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would show nothing."""
    for module in (tables, beside, compressed, exported, kits, studies):
        monkeypatch.setattr(module, "read", lambda name: _scaled(documents.read(name)))
    changed = tables.filled(README)
    blocks = list(zip(_BLOCKS.findall(README), _BLOCKS.findall(changed), strict=True))
    assert len(blocks) == len(tables.TABLES)
    assert all(before != after for before, after in blocks)


def _scaled(value: Any) -> Any:
    """The same document with other figures."""
    if isinstance(value, dict):
        return {key: _scaled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_scaled(one) for one in value]
    if type(value) is int:
        return 2 * value
    return value * 1.7 if isinstance(value, float) else value


def test_no_figure_stands_outside_of_the_tables() -> None:
    prose = _BLOCKS.sub("", README)
    assert _MEASURED.findall("takes 40.5 ms, 12 MB, 0.5 F1, 3.4x, 12 % and 2 s")
    assert len(_MEASURED.findall("takes 40.5 ms, 12 MB, 0.5 F1, 3.4x, 12 % and 2 s")) == 6
    assert _MEASURED.findall(prose) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_result_says_where_it_comes_from(path: Path) -> None:
    document = json.loads(path.read_bytes())
    assert re.match(r"(edgener |python benchmarks/|python -m benchmarks\.)", document["command"])
    assert re.fullmatch(r"[0-9a-f]{12}", document["commit"]), "measured with changes that no commit holds"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", document["date"])
    assert document["machine"]["cpu"]
    assert document["machine"]["versions"]["onnxruntime"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_result_names_no_folder_of_a_machine(path: Path) -> None:
    assert not re.search(r'[" =](/|~/|\.\./|[A-Z]:\\)\w', path.read_text())
    assert path.stat().st_size < 512 * 1024


def test_every_result_is_in_the_readme() -> None:
    assert FILES
    assert [path.stem for path in FILES if f"benchmarks/results/{path.name}" not in README] == []
