"""Tables of a study: figures worked out by hand, and names that Markdown and spreadsheets cannot be fooled with."""

import csv
import io
from typing import Any

from edgener.study import tables


def _cell(chain: str, f1: dict[str, float], seed: int = 0, **others: Any) -> dict[str, Any]:
    scores = {
        one: {"f1": value, "precision": value, "recall": value, "support": 9, "interval": [value, value]}
        for one, value in f1.items()
    }
    settings = others.pop("settings", {})
    return {
        "cell": f"{chain} {settings} {seed}",
        "chain": chain,
        "settings": settings,
        "trained_on": ["hau", "swa"],
        "seed": seed,
        "engine": "torch-fp32",
        "artefact": "x",
        "state": "done",
        "error": None,
        "f1": scores,
        "mean_f1": sum(f1.values()) / len(f1),
        "parameters": 2_000_000,
        "non_zeros": 1_000_000,
        "bytes": 8_000_000,
        **others,
    }


def _document(*cells: dict[str, Any]) -> dict[str, Any]:
    made = {"command": "edgener study x.toml", "date": "2026-11-26T00:00:00", "commit": "abc", "machine": {"cpu": "C"}}
    about = {"name": "s", "title": "A study", "about": "", **made}
    return {**about, "languages": ["hau", "swa"], "reference": "dense", "cells": list(cells)}


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


def test_means_spread_over_seeds_and_what_was_lost() -> None:
    text = tables.markdown(
        _document(
            _cell("dense", {"hau": 0.8, "swa": 0.9}),
            _cell("dense", {"hau": 0.84, "swa": 0.9}, seed=1),
            _cell("pruned", {"hau": 0.4, "swa": 0.87}, settings={"sparsity": 0.5}, latency_ms={"32": {"median": 3.25}}),
        )
    )
    rows = {row[0]: row[1:] for row in _rows(text)[:4]}
    assert rows["dense"] == ["2", "82.00 ± 2.83", "90.00 ± 0.00", "86.00 ± 1.41", "0.00", ""]
    assert rows["pruned, sparsity 0.5"] == ["1", "40.00 (collapsed)", "87.00", "63.50", "22.50", "42.00 (hau)"]
    assert "| pruned | none tested | 50 %, no collapse |" in text
    assert "| pruned, sparsity 0.5 | 2.00 | 1.00 | 8.00 | 3.25 |" in text
    assert "zero-shot" not in text


def test_a_loss_that_other_seeds_would_change_as_much_is_called_noise() -> None:
    dense = [_cell("dense", {"hau": f1, "swa": 0.9}, seed=seed) for seed, f1 in enumerate((0.80, 0.82, 0.84))]
    small = [_cell("small", {"hau": f1, "swa": 0.8}, seed=seed) for seed, f1 in enumerate((0.78, 0.80, 0.82))]
    once = _cell("once", {"hau": 0.70, "swa": 0.95})
    rows = {row[0]: row[1:] for row in _rows(tables.markdown(_document(*dense, *small, once)))[:5]}
    # hau: sd 2 in both, so a difference of 2.78 * 2 * sqrt(2 / 3) = 4.53 would count; the mean has half of that
    assert rows["small"][-2:] == ["6.00", "10.00 (swa)"]
    # one seed: 4.30 * 2 * sqrt(4 / 3) = 9.94 in hau, 4.97 in the mean
    assert rows["once"][-2:] == ["3.50 (noise)", "12.00 (hau)"]
    # of two seeds nothing can be said
    rows = {row[0]: row[1:] for row in _rows(tables.markdown(_document(*dense[:2], once)))[:4]}
    assert rows["once"][-2:] == ["3.00", "11.00 (hau)"]


def test_zero_shot_figures_leave_out_what_was_trained_on() -> None:
    text = tables.markdown(_document(_cell("dense", {"hau": 0.8, "swa": 0.5}, trained_on=["hau"])))
    assert "| dense | hau | \\[80.00\\] | 50.00 | 50.00 |" in text


def test_failed_cells_are_listed_and_stand_in_no_other_table() -> None:
    failed = {**_cell("pruned", {"hau": 0.0}), "state": "failed", "error": "edgener: no|t\nso"}
    text = tables.markdown(_document(_cell("dense", {"hau": 0.8}), failed))
    assert "edgener: no\\|t so |" in text
    assert sum("pruned" in line for line in text.splitlines()) == 1
    assert len(list(csv.reader(io.StringIO(tables.csv(_document(failed)))))) == 1


def test_csv_has_all_figures_and_no_formula() -> None:
    cell = _cell("=1+1", {"hau": 0.8}, latency_ms={"32": {"median": 3.0}}, settings={"sparsity": 0.5})
    (row,) = csv.DictReader(io.StringIO(tables.csv(_document(cell))))
    assert row["chain"] == "'=1+1"
    assert (row["f1_hau"], row["f1_swa"], row["sparsity"]) == ("0.8", "", "0.5")
    assert (row["bytes"], row["ms_32_tokens"], row["trained_on"]) == ("8000000", "3.0", "hau+swa")


def test_numbers_of_tokens_rise() -> None:
    times = {tokens: {"median": 1.0} for tokens in ("128", "16", "32")}
    document = _document(_cell("dense", {"hau": 0.8}, latency_ms=times))
    assert "16 tokens, ms | 32 tokens, ms | 128 tokens, ms" in tables.markdown(document)
    assert "ms_16_tokens,ms_32_tokens,ms_128_tokens" in tables.csv(document)
