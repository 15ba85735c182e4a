"""The stage as a whole: what it keeps of a trained model, its manifest and report, and what it leaves on failure."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import numpy as np

from edgener import output
from edgener.compress.trim import stage
from edgener.compress.trim.stage import TrimConfig, trim_vocab
from edgener.errors import CheckFailed, UserError
from edgener.evaluate.score import score_words
from edgener.text import corpus
from edgener.train.model import load_tagger
from edgener.train.record import read_record, report_of
from tests.helpers import vocabularies
from tests.helpers.stage import hidden, manifest_of

BOTH = TrimConfig(languages=("hau", "swa"))


def test_a_trained_model_tags_as_before(tiny_model: Path, trimmed: Path, sample_data: Path) -> None:
    before, after = load_tagger(tiny_model), load_tagger(trimmed)
    scores = []
    same = 0
    for tagger in (before, after):
        dev = corpus.load(sample_data, "dev", ["hau", "swa"])
        tags = {name: tagger.tag_words([one.tokens for one in part]) for name, part in dev.items()}
        scores.append({name: score_words([one.tags for one in dev[name]], tags[name]).overall.f1 for name in dev})
    assert scores[0] == scores[1]
    assert min(scores[0].values()) > 0.2
    for part in dev.values():
        for sentence in part:
            old, new = (
                before.tokenizer.encode(list(sentence.tokens), is_pretokenized=True),
                after.tokenizer.encode(list(sentence.tokens), is_pretokenized=True),
            )
            if old.tokens == new.tokens:
                same += 1
                (one, _), (two, _) = before.word_logits(sentence.tokens), after.word_logits(sentence.tokens)
                assert np.abs(one - two).max() <= 1e-6
    assert same > 10
    report = read_record(report_of(trimmed), trimmed)
    assert report is not None
    assert report["pieces"]["after"] < 0.8 * report["pieces"]["before"]
    assert list(report["languages"]) == ["hau", "swa"]
    for cost in report["languages"].values():
        assert cost["difference"] <= 1e-4
        assert cost["same_sentences"] == 1.0
    saved = report["embeddings"]["before"] - report["embeddings"]["after"]
    assert saved == (1200 - report["pieces"]["after"]) * 64  # more rows than pieces at first
    assert report["parameters"]["before"] - report["parameters"]["after"] == saved
    assert report["weight_bytes"]["after"] == 4 * report["parameters"]["after"]
    assert report["tokenizer_bytes"]["after"] < report["tokenizer_bytes"]["before"]


def test_a_small_language_keeps_its_pieces_under_a_tight_budget(tmp_path: Path) -> None:
    """Hausa has a hundred times the text; the longest pieces of Amharic stay nevertheless."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "hau.txt").write_text("\n".join(vocabularies.texts()["hau"] * 5), encoding="utf-8")
    (raw / "amh.txt").write_text(vocabularies.AMHARIC[0], encoding="utf-8")
    folder = vocabularies.byte_bpe(tmp_path / "m")
    with pytest.raises(UserError, match=r"--budget 10: .* alone are (\d+) pieces") as caught:
        trim_vocab(str(folder), TrimConfig(budget=10), tmp_path / "none", raw_text=raw)
    assert hidden(tmp_path) == []
    assert not (tmp_path / "none").exists()
    least = int(str(caught.value).split(" alone are ")[1].split()[0].replace(",", ""))
    costs = {}
    for budget in (least, least + 60):
        out = trim_vocab(str(folder), TrimConfig(budget=budget), tmp_path / str(budget), raw_text=raw)
        report = read_record(report_of(out), out)
        assert report is not None
        assert least <= report["pieces"]["after"] <= budget
        costs[budget] = {name: one["same_words"] for name, one in report["languages"].items()}
    assert costs[least + 60]["amh"] > 0.5 > costs[least]["amh"]


def test_the_same_request_is_not_repeated(
    tiny_model: Path, sample_data: Path, trimmed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(trimmed, tmp_path / "out"))
    shutil.copy(report_of(trimmed), report_of(out))
    with monkeypatch.context() as patch:
        patch.setattr(stage, "load_network", lambda name: pytest.fail("it was done already"))
        assert trim_vocab(str(tiny_model), BOTH, out, data=sample_data, raw_text=trimmed.parent / "raw") == out
        for config, given in (
            (TrimConfig(languages=("hau", "swa"), min_count=2), {}),
            (BOTH, {"licence": "CC0-1.0"}),
            (BOTH, {"unseen": [sample_data]}),
        ):
            with pytest.raises(UserError, match="already exists and is something else"):
                trim_vocab(str(tiny_model), config, out, data=sample_data, raw_text=trimmed.parent / "raw", **given)
        assert manifest_of(out) == manifest_of(trimmed)
    forced = TrimConfig(languages=("hau", "swa"), min_count=3)
    trim_vocab(str(tiny_model), forced, out, data=sample_data, force=True)
    assert manifest_of(out)["steps"][-1]["config"]["min_count"] == 3
    report = read_record(report_of(out), out)
    assert report is not None
    # A report that is gone or of another output is none.
    shutil.copy(report_of(trimmed), report_of(out))
    assert read_record(report_of(out), out) is None
    report_of(out).unlink()
    assert read_record(report_of(out), out) is None


def test_languages_that_are_not_kept_are_measured_too(tiny_model: Path, sample_data: Path, tmp_path: Path) -> None:
    """The test split of the other languages; those that are kept are measured on dev alone."""
    config = TrimConfig(languages=("swa",))
    out = trim_vocab(str(tiny_model), config, tmp_path / "out", data=sample_data, unseen=[sample_data])
    report = read_record(report_of(out), out)
    assert report is not None
    known = {name: cost["known"] for name, cost in report["languages"].items()}
    assert known["swa"]
    assert set(known) == set(corpus.find(sample_data))
    assert [name for name in known if known[name]] == ["swa"]
    dev, test = corpus.load(sample_data, "dev", ["swa"]), corpus.load(sample_data, "test", ["hau"])
    assert report["languages"]["swa"]["sentences"] == len(dev["swa"])
    assert report["languages"]["hau"]["sentences"] == len(test["hau"])
    assert report["languages"]["hau"]["pieces_per_word"][1] > report["languages"]["hau"]["pieces_per_word"][0]


def test_text_of_both_kinds_counts(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "hau.txt").write_text("京都 ሀገር\n", encoding="utf-8")
    hau = TrimConfig(languages=("hau",))
    sizes = {}
    for name, given in {"data": {}, "both": {"raw_text": raw}}.items():
        out = trim_vocab(str(tiny_encoder), hau, tmp_path / name, data=sample_data, **given)
        report = read_record(report_of(out), out)
        assert report is not None
        sizes[name] = report["languages"]["hau"]["words"]
        assert set(manifest_of(out)["steps"][0]["inputs"]) == {"model", "data"} | ({"raw"} if given else set())
    assert sizes["data"] == sizes["both"]  # measured on dev
    trim_vocab(str(tiny_encoder), BOTH, tmp_path / "x", data=sample_data, raw_text=raw)
    assert "no raw text in swa" in capfd.readouterr().err
    with pytest.raises(UserError, match="no text in 'swa' here"):
        trim_vocab(str(tiny_encoder), BOTH, tmp_path / "y", raw_text=raw)


@pytest.mark.parametrize("damage", ["other rows", "no numbers"])
def test_a_network_that_computes_something_else_is_refused(
    damage: str, tiny_model: Path, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = stage.trim_network

    def wrong(*given: Any) -> Any:
        network = original(*given)
        weight = network.model.get_input_embeddings().weight
        weight.data = weight.data.flip(0) if damage == "other rows" else weight.data * np.nan
        return network

    monkeypatch.setattr(stage, "trim_network", wrong)
    found = r"\d.*" if damage == "other rows" else "nan"
    with pytest.raises(CheckFailed, match=rf"differs by {found} on hau where every piece was kept \(at most 0\.0001"):
        trim_vocab(str(tiny_model), BOTH, tmp_path / "out", data=sample_data)
    assert list(tmp_path.iterdir()) == []


def test_nothing_looks_finished_when_writing_fails(
    tiny_model: Path, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **settings: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "seal", full)
    with pytest.raises(OSError, match="No space"):
        trim_vocab(str(tiny_model), BOTH, tmp_path / "out", data=sample_data)
    assert not (tmp_path / "out").exists()
    assert hidden(tmp_path) == []
    assert read_record(report_of(tmp_path / "out"), tmp_path / "out") is None


def test_configurations_of_tokenizers_in_older_forms(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    """Tokens as objects, ids in added_tokens_decoder, tokens of one's own, and more rows than pieces."""
    from transformers import AutoModel, AutoTokenizer

    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "m", ignore=shutil.ignore_patterns("manifest.json")))
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    model.resize_token_embeddings(1300)
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["ɓoyayye"])
    tokenizer.save_pretrained(folder)
    mark = {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}
    path = folder / "special_tokens_map.json"  # which transformers 5 reads, and no longer writes
    marks = json.loads(path.read_text()) if path.is_file() else {}
    (folder / "special_tokens_map.json").write_text(json.dumps(marks | {"mask_token": mark}))
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    added = {str(place): {"content": token.content} for place, token in tokenizer.added_tokens_decoder.items()}
    assert str(len(tokenizer) - 1) in settings.setdefault("added_tokens_decoder", added)
    settings["mask_token"] = {"__type": "AddedToken", **mark}
    settings["extra_special_tokens"] = {"doc_token": "<doc>"}
    path.write_text(json.dumps(settings))
    before = AutoTokenizer.from_pretrained(folder)
    assert before.doc_token == "<doc>"
    out = trim_vocab(str(folder), TrimConfig(languages=("hau",)), tmp_path / "out", data=sample_data)
    after = AutoTokenizer.from_pretrained(out)
    assert after.doc_token == "<doc>"
    assert len(after) == AutoModel.from_pretrained(out).get_input_embeddings().num_embeddings < 1200
    assert after.convert_tokens_to_ids(["ɓoyayye", "<doc>"]) == [len(after) - 2, len(after) - 1]
    for text in ("Kano ɓoyayye <doc>", "a <mask> b"):
        assert after.convert_ids_to_tokens(after(text).input_ids) == before.convert_ids_to_tokens(
            before(text).input_ids
        )
    assert {name: str(token) for name, token in after.special_tokens_map.items()} == {
        name: str(token) for name, token in before.special_tokens_map.items()
    }
    told = json.loads((out / "tokenizer_config.json").read_text()).get("added_tokens_decoder")
    assert told is None or set(map(int, told)) == set(after.added_tokens_decoder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (TrimConfig(min_count=0), "--min-count 0: expected 1 or more"),
        (TrimConfig(coverage=0.0), "--coverage 0: expected"),
        (TrimConfig(coverage=1.5), "--coverage 1.5: expected"),
        (TrimConfig(coverage=float("nan")), "--coverage nan: expected"),
        (TrimConfig(budget=0), "--budget 0: expected"),
        (TrimConfig(max_length=7), "--max-length 7: expected 8"),
    ],
)
def test_settings_that_make_no_sense(config: TrimConfig, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        trim_vocab("nothing", config, tmp_path / "out")


def test_a_name_that_is_none(tiny_model: Path, sample_data: Path, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (".", ".."):
        with pytest.raises(UserError, match="not a name for a folder"):
            trim_vocab(str(tiny_model), BOTH, Path(name), data=sample_data)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
