"""Text to packed sequences, and the tokenizer."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")


from edgener.text import raw
from edgener.text.pieces import encode
from edgener.text.tagger import DecodeSpec
from edgener.train.network import load_network
from edgener.train.pretrain import packing, tokens
from edgener.train.pretrain.packing import encoder_for, held_out_ids, load_rows, pack
from edgener.train.pretrain.presets import PretrainConfig
from edgener.train.pretrain.stage import pretrain
from edgener.train.record import training_record
from tests.helpers.pretraining import CONFIG


def _changed(**changes: Any) -> PretrainConfig:
    return PretrainConfig(**{**vars(CONFIG), **changes})


def _record(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(training_record(out).read_text())
    return document


def test_packing_loses_nothing_but_the_tail(tokenizer: Any, text: Path, tmp_path: Path) -> None:
    backend = tokenizer.backend_tokenizer
    spec = DecodeSpec("unicode-1", 32, 15, (0,), (2,), 1)
    found = tokens.survey(text / "hau.txt")
    packed = pack("hau", found, backend, spec, 3, tmp_path)
    rows = load_rows("hau", backend, spec, tmp_path)
    assert rows.dtype == np.uint16
    assert rows.shape == (packed.sequences, 32)
    assert (rows[:, 0] == 0).all()
    assert (rows[:, -1] == 2).all()
    train = [line for line in raw.read(text / "hau.txt") if line not in found.held_out]
    stream = [piece for line in train for piece in (*encode(backend, line.split()).ids, 2)]
    assert packed.pieces == len(stream)
    assert len(stream) - packed.sequences * 30 in range(30)
    assert rows[:, 1:-1].reshape(-1).tolist() == stream[: packed.sequences * 30]
    assert packed.unknown == 0


def test_many_rows_are_written_in_parts(
    tokenizer: Any, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, spec = tokenizer.backend_tokenizer, DecodeSpec("unicode-1", 16, 7, (0,), (2,), 1)
    rows = []
    for place, part in enumerate((512, 1)):
        monkeypatch.setattr(packing, "_ROWS_A_WRITE", part)
        folder = tmp_path / str(place)
        folder.mkdir()
        pack("swa", tokens.survey(text / "swa.txt"), backend, spec, 3, folder)
        rows.append(load_rows("swa", backend, spec, folder))
    assert np.array_equal(*rows)


def test_words_are_cut_as_inference_cuts_them(encoder: Path) -> None:
    network = load_network(str(encoder))
    line = "\u200bYa  ce:\u00a0\u201cAma-ma, Be\u0301nin!\u201d 3.5\u2028ba?"
    words = network.tagger().words(line)[1] if network.labels else _words(line)
    assert encoder_for(network.backend)(tokens.clean(line)) == encode(network.backend, words).ids


def _words(line: str) -> list[str]:
    from edgener.text.normalise import normalise
    from edgener.text.words import split

    normal = normalise(line).text
    return [normal[start:end] for start, end in split(normal, "unicode-1")]


def test_held_out_lines_are_a_function_of_their_text_and_never_trained_on(tmp_path: Path, text: Path) -> None:
    lines = list(raw.read(text / "hau.txt"))
    found = tokens.survey(text / "hau.txt")
    assert len(found.held_out) == 6
    assert found.held_out < set(lines)
    copy = tmp_path / "hau.txt"
    copy.write_text("\n".join([*lines[::-1], min(found.held_out)]))
    assert tokens.survey(copy).held_out == found.held_out
    assert not found.held_out & set(tokens.balanced_lines({"hau": found}, 2.0))


def test_the_last_held_out_sequence_is_padded(tokenizer: Any) -> None:
    spec = DecodeSpec("unicode-1", 16, 7, (0,), (2,), 1)
    ids, mask = held_out_ids(["ya tafi", "Kano"], tokenizer.backend_tokenizer, spec)
    used = int(mask[-1].sum())
    assert (ids[-1, used:] == 1).all()
    assert ids[-1, used - 1] == 2
    assert not (ids[-1, :used] == 1).any()


def test_letters_that_the_text_lacks_are_pieces_all_the_same(text: Path) -> None:
    texts = {name: tokens.survey(text / f"{name}.txt") for name in ("hau", "amh")}
    backend = tokens.train_tokenizer(texts, 8000, 2.0)
    assert [backend.token_to_id(piece) for piece in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")] == [0, 1, 2, 3, 4]
    missing = set("ẹọṣɗƙƁZz9@") | set("ፐጰዃ")
    ids = encode(backend, sorted(missing)).ids
    assert 3 not in ids
    assert 3 in encode(backend, ["漢"]).ids  # a script that is not in use


def test_the_alphabet_keeps_the_most_used_first() -> None:
    counts = Counter({"a": 50, "ኢ": 30, "漢": 2, "\u0323": 9})
    assert tokens.alphabet(counts, 3) == ["a", "ኢ", "\u0323"]
    assert "漢" not in tokens.alphabet(counts, 9999)
    assert len(set(tokens.alphabet(counts, 9999))) == len(tokens.alphabet(counts, 9999))


def test_a_text_without_so_many_pieces_is_said(text: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = pretrain(text, _changed(steps=0, vocabulary=60_000), tmp_path / "m")
    network = load_network(str(out))
    size = network.backend.get_vocab_size()
    assert f"the text has no more than {size:,} pieces" in capfd.readouterr().err
    assert network.model.get_input_embeddings().num_embeddings == size
