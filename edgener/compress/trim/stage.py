"""The trim-vocab stage: a model directory in, one with fewer pieces (and, if asked, fewer positions) out.

Most of a small multilingual encoder is the table of its word embeddings, and most of that is for languages that a
device will never see. The pieces that remain keep their embeddings, so nothing has to be trained again: the network
computes what it did wherever the remaining pieces suffice (Abdaoui et al. 2020, "Load what you need").
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgener import artefact
from edgener.compress.trim import choose, rewrite
from edgener.compress.trim.apply import check_positions, needed_ids, trim_network
from edgener.compress.trim.measure import TOLERANCE, LanguageCost, cost_of
from edgener.console import say, track
from edgener.errors import CheckFailed, UserError
from edgener.text import corpus, raw
from edgener.text.normalise import normalise_word
from edgener.train.model import Network
from edgener.train.network import licences_of, load_network, step_of, write_network
from edgener.train.record import report_of, write_record
from edgener.train.source import locate
from edgener.train.work import is_finished

STAGE = "trim-vocab"
Texts = dict[str, list[list[str]]]


@dataclass(frozen=True)
class TrimConfig:
    """min_count, coverage, budget: see edgener.compress.trim.choose. max_length: in pieces, special tokens included.

    raw_lines: at most this many lines of raw text a language, each as likely as any other; None reads them all.
    """

    languages: tuple[str, ...] = ()
    min_count: int = 1
    coverage: float | None = None
    budget: int | None = None
    max_length: int | None = None
    raw_lines: int | None = 100_000


def check_config(config: TrimConfig) -> None:
    if config.min_count < 1:
        raise UserError(f"--min-count {config.min_count}: expected 1 or more")
    if config.coverage is not None and not 0 < config.coverage <= 1:
        raise UserError(f"--coverage {config.coverage:g}: expected a share of the text, such as 0.999")
    if config.budget is not None and config.budget < 1:
        raise UserError(f"--budget {config.budget}: expected a number of pieces, such as 30000")
    if config.max_length is not None and config.max_length < 8:
        raise UserError(f"--max-length {config.max_length}: expected 8 pieces or more")


def trim_vocab(
    model: str,
    config: TrimConfig,
    out: Path,
    *,
    data: Path | None = None,
    raw_text: Path | None = None,
    unseen: Sequence[Path] = (),
    licence: str | None = None,
    force: bool = False,
) -> Path:
    """Keep the pieces that the languages of `data` (labelled) and `raw_text` use; returns `out`.

    Measured on the dev split of `data`, else on the raw text, and on the test split of each corpus of `unseen`, whose
    languages were not asked. `<out>.report.json` says what it cost. UserError for bad input; CheckFailed when a logit
    differs by more than 1e-4 where the segmentation is the same.
    """
    check_config(config)
    if data is None and raw_text is None:
        raise UserError("nothing to choose pieces by; give --data, --raw, or both")
    source = locate(model)
    names = languages_of(data, raw_text, config.languages)
    inputs = {"model": source.digest}
    inputs |= {"data": corpus.digest(data, names)} if data else {}
    inputs |= {"raw": raw.digest(raw_text, tuple(raw.find_any(raw_text, names)))} if raw_text else {}
    others = [corpus.digest(folder, list(corpus.find(folder))) for folder in unseen]
    measured_too = {"unseen": artefact.digest_of(others)} if others else {}
    asked = artefact.request(STAGE, {**asdict(config), "licence": licence}, inputs | measured_too)
    if is_finished(out, asked, force, "trimmed", (model, data, raw_text, *unseen), [report_of]):
        return out
    network = load_network(model)
    state = json.loads(network.backend.to_str())
    pieces = rewrite.pieces_of(state)
    if config.max_length is not None:
        check_positions(network.model, config.max_length)
    strangers = _unseen(unseen, names)
    texts, measured = _texts(data, raw_text, names, config, network.spec.splitter)
    keep = _choose(network, state, pieces, texts, config)
    del texts
    stated = corpus.licence(data) if data else None
    with TemporaryDirectory() as folder:
        after = trim_network(network, state, keep, config.max_length, Path(folder))
        cost = cost_of(network, after, keep, measured | strangers, names)
        _check(cost, model)
        changes: dict[str, Any] = {"licences": licences_of(source.manifest, stated, licence)}
        if "languages" in source.manifest:
            changes["languages"] = [name for name in source.manifest["languages"] if name in names]
        step = step_of(STAGE, asdict(config) | {"languages": list(names)}, inputs)

        def measured_at(written: Path) -> None:
            sizes = {"before": bytes_of(Path(model)), "after": bytes_of(written)}
            write_record(report_of(out), asked, _report(network, after, cost) | {"folder_bytes": sizes})

        write_network(after, out, asked, step, changes, measured_at)
    say(f"{out}: {len(keep):,} of {network.backend.get_vocab_size():,} pieces kept")
    return out


def bytes_of(folder: Path) -> int | None:
    """Of all files of a model folder; None for a hub id."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if folder.is_dir() else None


def languages_of(data: Path | None, raw_text: Path | None, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Those asked for, else those of the labelled data, else those of the raw text."""
    if data is not None:
        names = tuple(corpus.find(data, asked or None))
        if raw_text is not None:
            raw.find_any(raw_text, names)
        return names
    assert raw_text is not None
    return tuple(raw.find(raw_text, asked or None))


def _texts(
    data: Path | None, raw_text: Path | None, names: tuple[str, ...], config: TrimConfig, splitter: str
) -> tuple[dict[str, Counter[str]], Texts]:
    """How often each language uses each word, and the sentences to measure on."""
    words: dict[str, Counter[str]] = {name: Counter() for name in names}
    measured: Texts = {}
    if data is not None:
        for name, sentences in corpus.load(data, "train", names).items():
            words[name].update(normalise_word(word) for sentence in sentences for word in sentence.tokens)
        dev = corpus.load(data, "dev", names)
        measured = {name: [list(sentence.tokens) for sentence in part] for name, part in dev.items()}
    if raw_text is not None:
        for name, path in raw.find_any(raw_text, names).items():
            lines = raw.sample(path, config.raw_lines)
            for line in track(lines, f"reading {name}", len(lines), "lines"):
                words[name].update(raw.words_of(line, splitter))
            if data is None:
                measured[name] = [raw.words_of(line, splitter) for line in lines[:: max(1, len(lines) // 500)]]
    return words, measured


def _unseen(folders: Sequence[Path], names: Sequence[str]) -> Texts:
    """The test sentences of all other languages."""
    found: Texts = {}
    for folder in folders:
        others = [name for name in corpus.find(folder) if name not in names]
        for name, part in corpus.load(folder, "test", others).items() if others else ():
            found.setdefault(name, []).extend(list(sentence.tokens) for sentence in part)
    return found


def _choose(
    network: Network,
    state: rewrite.State,
    pieces: Sequence[str],
    words: Mapping[str, Mapping[str, int]],
    config: TrimConfig,
) -> list[int]:
    normaliser = network.backend.normalizer
    normalise_str = normaliser.normalize_str if normaliser else None
    always = choose.safety_set(pieces, words.values(), normalise_str, rewrite.continuing_of(state))
    always |= rewrite.special_ids(state) | rewrite.byte_alphabet(state) | needed_ids(network.model, len(pieces))
    return choose.choose(
        {name: choose.use_of(network.backend, counts) for name, counts in words.items()},
        always,
        min_count=config.min_count,
        coverage=config.coverage,
        budget=config.budget,
        parts=rewrite.parts_of(state),
    )


def _report(before: Network, after: Network, cost: Mapping[str, LanguageCost]) -> dict[str, Any]:
    def both(of: Any) -> dict[str, int]:
        return {"before": int(of(before)), "after": int(of(after))}

    return {
        "pieces": both(lambda network: network.backend.get_vocab_size()),
        "embeddings": both(lambda network: network.model.get_input_embeddings().weight.numel()),
        "parameters": both(lambda network: sum(one.numel() for one in network.model.parameters())),
        "weight_bytes": both(lambda network: sum(4 * one.numel() for one in network.model.parameters())),
        "tokenizer_bytes": both(lambda network: len(network.backend.to_str().encode())),
        "max_length": both(lambda network: network.spec.max_length),
        "languages": {name: asdict(one) for name, one in cost.items()},
    }


def _check(cost: Mapping[str, LanguageCost], model: str) -> None:
    for name, one in cost.items():
        if one.difference is not None and not one.difference <= TOLERANCE:  # NaN is no small difference
            raise CheckFailed(
                f"{model}: trimmed, it differs by {one.difference:.2g} on {name} where every piece was kept (at most "
                f"{TOLERANCE:g} is allowed); this model cannot be trimmed faithfully"
            )
