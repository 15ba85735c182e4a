"""trim-vocab as it is typed."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.helpers import vocabularies
from tests.helpers.commands import Capture, refused, run


def test_json_is_one_document_and_the_table_is_for_people(
    tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ("trim-vocab", tiny_model, "--data", sample_data, "--lang", "hau", "--unseen", sample_data)
    assert run(*arguments, "--json") == 0
    out, err = capfd.readouterr()
    document = json.loads(out)
    assert out.count("\n") == 1
    assert document["model"] == f"runs/{tiny_model.name}-trim"
    assert document["report"] == json.loads(Path(f"runs/{tiny_model.name}-trim.report.json").read_text())
    assert "pieces kept" in err
    # Again, for people: found, and shown from the report.
    assert run(*arguments) == 0
    out, err = capfd.readouterr()
    assert "already trimmed with these inputs and settings" in err
    assert "swa (unseen)" in out
    pieces = document["report"]["pieces"]
    assert f"pieces: {pieces['before']:,} -> {pieces['after']:,}\n" in out
    # Without its report.
    Path(f"runs/{tiny_model.name}-trim.report.json").unlink()
    assert run(*arguments, "--json") == 0
    answer = json.loads(capfd.readouterr().out)
    assert (answer["model"], answer["report"]) == (f"runs/{tiny_model.name}-trim", None)
    assert run(*arguments) == 0
    assert capfd.readouterr().out == ""
    assert "already exists and is something else" in refused(capfd, 2, *arguments, "--min-count", "2")
    assert run(*arguments, "--min-count", "2", "--force", "--json") == 0
    assert json.loads(capfd.readouterr().out)["report"]["pieces"]["after"] < pieces["after"]


def test_raw_text_and_every_limit(tmp_path: Path, capfd: Capture) -> None:
    encoder, raw = vocabularies.wordpiece(tmp_path / "m"), vocabularies.write_raw(tmp_path / "raw")
    limits = ("--coverage", "0.9", "--min-count", "2", "--budget", "300", "--max-length", "32", "--raw-lines", "20")
    out = tmp_path / "out"
    assert run("trim-vocab", encoder, "--raw", raw, *limits, "--licence", "CC0-1.0", "--out", out, "--json") == 0
    report = json.loads(capfd.readouterr().out)["report"]
    assert report["pieces"]["after"] <= 300
    assert report["max_length"] == {"before": 64, "after": 32}
    assert set(report["languages"]) == {"amh", "hau", "nqo", "yor"}
    assert json.loads((out / "manifest.json").read_text())["licences"] == ["CC0-1.0"]


def test_each_mistake_is_one_line(
    tiny_model: Path, tiny_bundle: Path, sample_data: Path, tmp_path: Path, capfd: Capture
) -> None:
    out = ("--out", tmp_path / "out")
    given = ("trim-vocab", tiny_model, "--data", sample_data, *out)
    assert "nothing to choose pieces by; give --data, --raw, or both" in refused(capfd, 2, *given[:2], *out)
    assert "no such model folder" in refused(capfd, 2, "trim-vocab", tmp_path / "no", "--data", sample_data, *out)
    assert "a bundle, not a model" in refused(capfd, 2, "trim-vocab", tiny_bundle, "--data", sample_data, *out)
    for option, value, message in (
        ("--lang", "xyz", "no language 'xyz' here"),
        ("--raw", tmp_path / "nowhere", "no such file or folder"),
        ("--unseen", tmp_path / "nowhere", "no such file or folder"),
        ("--min-count", "0", "--min-count 0: expected 1 or more"),
        ("--min-count", "few", "--min-count"),
        ("--coverage", "99", "--coverage 99: expected"),
        ("--coverage", "nan", "--coverage nan: expected"),
        ("--budget", "-1", "--budget -1: expected"),
        ("--budget", "3", "--budget 3: special tokens and single characters alone are"),
        ("--max-length", "3", "--max-length 3: expected 8"),
        ("--max-length", "300", "--max-length 300: this encoder reads at most 256 pieces"),
        ("--raw-lines", "0", "--raw-lines"),
    ):
        assert message in refused(capfd, 2, *given, option, value), option
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "hau.txt").write_bytes(b"Kano\n\xff\n")
    line = refused(capfd, 2, "trim-vocab", tiny_model, "--raw", raw, *out)
    assert "hau.txt:2: not UTF-8 (byte 1)" in line
    (raw / "hau.txt").write_bytes(b"\n")
    assert "hau.txt: no text in this file" in refused(capfd, 2, "trim-vocab", tiny_model, "--raw", raw, *out)
    (tmp_path / "file").write_text("")
    assert "already exists and is no folder" in refused(
        capfd, 2, "trim-vocab", tiny_model, "--data", sample_data, "--out", tmp_path / "file"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "raw"]


def test_tokenizers_that_cannot_be_trimmed(sample_data: Path, tmp_path: Path, capfd: Capture) -> None:
    encoder = vocabularies.wordpiece(tmp_path / "m")
    path = encoder / "vocab.txt"
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(encoder).save_pretrained(encoder)
    path.unlink()
    whole = json.loads((encoder / "tokenizer.json").read_text())
    state = json.loads(json.dumps(whole))
    piece = next(piece for piece, place in state["model"]["vocab"].items() if place == 300)
    del state["model"]["vocab"][piece]
    (encoder / "tokenizer.json").write_text(json.dumps(state))
    arguments = ("trim-vocab", encoder, "--data", sample_data, "--out", tmp_path / "out")
    assert run(*arguments) == 2
    # The tokenizers library itself complains of the gap, on stdout.
    assert "the ids of the tokenizer's pieces have gaps" in capfd.readouterr().err.splitlines()[-1]
    state["model"] = {"type": "WordLevel", "vocab": whole["model"]["vocab"], "unk_token": "[UNK]"}
    (encoder / "tokenizer.json").write_text(json.dumps(state))
    settings = json.loads((encoder / "tokenizer_config.json").read_text())
    generic = {**settings, "tokenizer_class": "PreTrainedTokenizerFast"}  # BERT's would make a WordPiece model of it
    (encoder / "tokenizer_config.json").write_text(json.dumps(generic))
    assert "only Unigram, BPE, WordPiece can be trimmed" in refused(capfd, 2, *arguments)
