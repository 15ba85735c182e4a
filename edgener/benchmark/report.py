"""Samples to figures: medians, spread, and ratios to the first contestant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgener.benchmark.rounds import BATCHES, TOKENS

MB = 1e6
Samples = Mapping[str, Mapping[str, Any]]
Rounds = Sequence[Sequence[float]]
COLD_START = ("import_s", "load_s", "first_answer_s", "cold_start_s")


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile, and the interquartile range, in the unit of the values."""
    low, median, high, p90, p99 = np.percentile(np.asarray(values, float), [25, 50, 75, 90, 99])
    return {"median": float(median), "p90": float(p90), "p99": float(p99), "iqr": float(high - low)}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest, in the unit of the values."""
    return {"median": float(np.median(values)), "min": float(min(values)), "max": float(max(values))}


def ratio(first: Rounds, other: Rounds) -> dict[str, float] | None:
    """`other` as a multiple of `first`: the median over rounds of the quotient of medians, and its range.

    None when the first contestant has no such rounds.
    """
    if len(first) != len(other):
        return None
    quotients = [np.median(theirs) / np.median(ours) for ours, theirs in zip(first, other, strict=True)]
    return spread(quotients)


def figure(first: Rounds, mine: Rounds) -> dict[str, Any]:
    """Summary of all rounds together, and the ratio to the same rounds of the first contestant."""
    return {**summary([value for one in mine for value in one]), "ratio": ratio(first, mine)}


def figures(samples: Samples) -> dict[str, dict[str, Any]]:
    """Per contestant: latency and texts in ms, throughput in sentences a second, memory in bytes, seconds to start."""
    base = next(iter(samples.values()))
    return {name: _figures(name, base, mine) for name, mine in samples.items()}


def _figures(name: str, base: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    hello, starts = mine["hello"], mine["cold_starts"]
    loaded = [start["rss_bytes"] for start in starts if start["rss_bytes"] is not None]
    return {
        "label": f"{name} ({hello['device'].upper()})" if hello.get("device") else name,
        "latency_ms": {
            tokens: figure(base["latency"].get(tokens, []), rounds) for tokens, rounds in mine["latency"].items()
        },
        "texts_ms": figure(base["texts"], mine["texts"]),
        "sentences_per_s": {
            batch: figure(_each(base["throughput"][batch]), _each(values))
            for batch, values in mine["throughput"].items()
        },
        "cold_start_s": {
            part: figure(
                _each([start[part] for start in base["cold_starts"]]), _each([start[part] for start in starts])
            )
            for part in COLD_START
        },
        "rss_after_load": int(np.median(loaded)) if loaded else None,
        "rss_peak": mine["memory"]["peak_bytes"],
        "rss_peak_with_batches": mine["memory"]["peak_with_batches_bytes"],
    }


def _each(values: Sequence[float]) -> Rounds:
    return [[value] for value in values]


def throttling(readings: Sequence[Mapping[str, Any]]) -> list[str]:
    """What slowed the device down while it was measured, as it said itself; empty where it does not tell.

    That is what held at any reading, and what the device says has happened since it was started but did not say before.
    """
    told = [one["throttling"] for one in readings if one["throttling"]]
    held = {reason for one in told for reason in one["now"]}
    between = set(told[-1]["since_boot"]) - set(told[0]["since_boot"]) if told else set()
    return sorted(held | between)


def size_in(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Everything that a device gets, or the weights alone of what is no bundle."""
    size: dict[str, Any] = document["sizes"][name]
    return dict(size["total"] or size["network"])


COLUMNS = (
    *("", "MB", "gzip MB", "start s", "RSS MB", "peak MB"),
    *map(str, TOKENS),
    *(f"p99 {TOKENS[-1]}", "text ms"),
    *(f"{batch}: /s" for batch in BATCHES),
)


def rows(document: Mapping[str, Any]) -> list[list[object]]:
    """One row a contestant: medians. A length heads ms for that many tokens, `8: /s` sentences a second at batch 8."""
    table: list[list[object]] = []
    for name, found in document["figures"].items():
        size = size_in(document, name)
        latency, speed = found["latency_ms"], found["sentences_per_s"]
        table.append(
            [
                found["label"],
                megabytes(size["bytes"]),
                megabytes(size["gzip_bytes"]),
                found["cold_start_s"]["cold_start_s"]["median"],
                megabytes(found["rss_after_load"]),
                megabytes(found["rss_peak"]),
                *[_of(latency.get(str(tokens)), "median") for tokens in TOKENS],
                _of(latency.get(str(TOKENS[-1])), "p99"),
                found["texts_ms"]["median"],
                *[_of(speed.get(str(batch)), "median") for batch in BATCHES],
            ]
        )
    return table


RATIO_COLUMNS = (
    *("", "size", "start", "RSS", "peak"),
    *(f"{tokens} tokens" for tokens in TOKENS),
    *("text", f"{BATCHES[-1]}: /s"),
)


def ratio_rows(document: Mapping[str, Any]) -> list[list[object]]:
    """One row a contestant: how many times the first contestant's size, memory and time; its speed in batches."""
    names = list(document["figures"])
    base, base_size = document["figures"][names[0]], size_in(document, names[0])["bytes"]
    table: list[list[object]] = []
    for name, found in document["figures"].items():
        table.append(
            [
                found["label"],
                _times(_quotient(size_in(document, name)["bytes"], base_size)),
                _times(found["cold_start_s"]["cold_start_s"]["ratio"]["median"]),
                _times(_quotient(found["rss_after_load"], base["rss_after_load"])),
                _times(_quotient(found["rss_peak"], base["rss_peak"])),
                *[_range(found["latency_ms"].get(str(tokens))) for tokens in TOKENS],
                _range(found["texts_ms"]),
                _range(found["sentences_per_s"].get(str(BATCHES[-1]))),
            ]
        )
    return table


def _of(entry: Mapping[str, Any] | None, name: str) -> object:
    return None if entry is None else entry[name]


def megabytes(value: int | None) -> float | None:
    """MB of 10^6 bytes; None where the system did not tell."""
    return None if value is None else value / MB


def _quotient(value: int | None, base: int | None) -> float | None:
    return value / base if value is not None and base else None


def _times(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}x"


def _range(entry: Mapping[str, Any] | None) -> str | None:
    """A ratio with the least and the greatest round."""
    if entry is None or entry["ratio"] is None:
        return None
    found = entry["ratio"]
    return f"{found['median']:.2f}x ({found['min']:.2f}-{found['max']:.2f})"
