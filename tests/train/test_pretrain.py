import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from transformers import BertConfig, BertForMaskedLM, RobertaConfig, RobertaForMaskedLM, XLMRobertaForMaskedLM

from edgener import artefact
from edgener.errors import UserError
from edgener.text import raw, sample
from edgener.text.pieces import encode
from edgener.text.tagger import DecodeSpec
from edgener.train.config import TrainConfig
from edgener.train.features import IGNORED, quotas
from edgener.train.finetune import finetune
from edgener.train.network import load_network
from edgener.train.pretrain import loop, packing, tokens
from edgener.train.pretrain.language_model import (
    Maskable,
    generator_for,
    mask_pieces,
    masked_lm_logits,
    masked_lm_loss,
    mean_loss,
)
from edgener.train.pretrain.packing import encoder_for, held_out_ids, load_rows, pack
from edgener.train.pretrain.presets import PretrainConfig
from edgener.train.pretrain.sequences import Draws, Masker, Sequences
from edgener.train.pretrain.stage import pretrain, training_record
from tests.helpers.process import environment, kill_when

CONFIG = PretrainConfig(
    languages=("hau", "swa"),
    vocabulary=400,
    layers=2,
    hidden=32,
    heads=2,
    ffn=64,
    length=32,
    learning_rate=5e-3,
    steps=60,
    batch_size=8,
)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in sample as raw text; Swahili has a third of its lines."""
    folder = tmp_path_factory.mktemp("raw")
    for name, size in {"hau": 300, "swa": 100, "amh": 300}.items():
        lines = [" ".join(words) for words, _ in sample.generate(name, "train")[:size]]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def encoder(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(text, CONFIG, tmp_path_factory.mktemp("runs") / "whole", licence="CC0-1.0")


@pytest.fixture(scope="module")
def tokenizer(encoder: Path) -> Any:
    return load_network(str(encoder)).tokenizer


def _changed(**changes: Any) -> PretrainConfig:
    return PretrainConfig(**{**vars(CONFIG), **changes})


def _record(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(training_record(out).read_text())
    return document


# What comes out


def test_the_held_out_loss_of_every_language_falls(encoder: Path) -> None:
    steps = _record(encoder)["steps"]
    assert [entry["step"] for entry in steps] == [0, *range(6, 61, 6)]
    first, last = steps[0], steps[-1]
    assert first["mean_loss"] == pytest.approx(math.log(400), abs=0.5)  # knows nothing
    for name in ("hau", "swa"):
        assert last["loss"][name] < first["loss"][name] - 1


def test_the_output_loads_with_its_head_and_says_what_it_was_made_from(encoder: Path, text: Path) -> None:
    network = load_network(str(encoder))
    assert type(network.model) is XLMRobertaForMaskedLM
    assert network.labels == ()
    assert network.tokenizer.model_max_length == network.spec.max_length == 32
    found = artefact.find(encoder)
    assert found is not None
    assert found.kind == "encoder"
    assert artefact.check_files(encoder, found.manifest["files"]) == []
    assert found.manifest["languages"] == ["hau", "swa"]
    assert found.manifest["licences"] == ["CC0-1.0"]
    assert found.manifest["data"]["digest"] == raw.digest(text, ["hau", "swa"])
    assert found.manifest["data"]["lines"] == {"hau": 300, "swa": 100}
    assert [step["stage"] for step in found.manifest["steps"]] == ["pretrain"]
    assert not (encoder.parent / f".{encoder.name}.work").exists()
    # The head came back too: it guesses as well as the record says.
    assert _loss_on(text, encoder) < 0.8 * math.log(400)


def _loss_on(text: Path, model: Path) -> float:
    network = load_network(str(model))
    ids, mask = held_out_ids(sorted(tokens.survey(text / "hau.txt").held_out), network.backend, network.spec)
    pieces = Maskable.of(network.tokenizer, network.backend.get_vocab_size())
    inputs, labels = mask_pieces(ids.repeat(8, 1), generator_for(7), pieces)
    return mean_loss(network.model, {"input_ids": inputs, "attention_mask": mask.repeat(8, 1), "labels": labels})


def test_it_can_be_fine_tuned(encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    model = finetune(str(encoder), sample_data, TrainConfig(languages=("hau",), epochs=1), tmp_path / "model")
    found = artefact.find(model)
    assert found is not None
    assert found.manifest["licences"][0] == "CC0-1.0"
    assert [step["stage"] for step in found.manifest["steps"]] == ["pretrain", "train"]


def test_no_steps_with_the_same_tokenizer_give_the_weights_that_training_began_with(
    encoder: Path, text: Path, tmp_path: Path
) -> None:
    config = _changed(steps=0, vocabulary=None)
    random = pretrain(text, config, tmp_path / "random", tokenizer=str(encoder))
    one, other = (load_network(str(folder)) for folder in (random, encoder))
    assert one.backend.to_str() == other.backend.to_str()
    assert one.model.config.to_diff_dict() == other.model.config.to_diff_dict()
    assert not torch.equal(*(network.model.get_input_embeddings().weight for network in (one, other)))
    history = _record(random)["steps"]
    assert history == _record(encoder)["steps"][:1]


def test_the_same_request_is_not_repeated(encoder: Path, text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = (encoder / "model.safetensors").stat().st_mtime_ns
    assert pretrain(text, CONFIG, encoder, licence="CC0-1.0") == encoder
    assert "already pretrained" in capfd.readouterr().err
    assert (encoder / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="already exists"):
        pretrain(text, _changed(seed=1), encoder)


# Going on


@pytest.mark.parametrize("step", [1, 29, 60])
def test_wherever_a_run_is_stopped_it_ends_like_one_left_alone(
    step: int, encoder: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints in every step. The tokenizer is given: the trainer of tokenizers may not give the same one again."""
    config = _changed(vocabulary=None)
    whole = pretrain(text, config, tmp_path / "whole", tokenizer=str(encoder))

    def stop(self: object, args: object, state: Any, control: object, **_: object) -> None:
        if state.global_step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(loop.Reporter, "on_save", stop)
        pretrain(text, config, tmp_path / "stopped", tokenizer=str(encoder))
    monkeypatch.undo()
    assert not (tmp_path / "stopped").exists()
    resumed = pretrain(text, config, tmp_path / "stopped", tokenizer=str(encoder))
    assert _record(whole)["steps"] == _record(resumed)["steps"]
    weights = [artefact.sha256_file(out / "model.safetensors") for out in (whole, resumed)]
    assert weights[0] == weights[1]


def test_a_killed_command_goes_on_with_its_tokenizer_and_its_text(text: Path, tmp_path: Path) -> None:
    options = {"--raw": text, "--lang": "hau", "--vocabulary": 400, "--layers": 1, "--hidden": 16, "--heads": 2}
    options |= {"--ffn": 32, "--length": 32, "--steps": 20, "--batch-size": 4, "--out": tmp_path / "m"}
    command = [str(part) for pair in options.items() for part in pair]
    command = [sys.executable, "-m", "edgener", "pretrain", *command, "--json"]
    kill_when(command, tmp_path, ".m.work/*/sequences/hau.json")
    (kept,) = tmp_path.glob(".m.work/*/tokenizer.json")
    before = kept.read_bytes()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    assert "training a tokenizer" not in done.stderr
    assert json.loads(done.stdout)["training"]["steps"][-1]["step"] == 20
    assert load_network(str(tmp_path / "m")).tokenizer.backend_tokenizer.get_vocab() == _vocabulary(before)


def _vocabulary(tokenizer_json: bytes) -> dict[str, int]:
    from tokenizers import Tokenizer

    vocabulary: dict[str, int] = Tokenizer.from_str(tokenizer_json.decode()).get_vocab()
    return vocabulary


def test_two_processes_pretrain_together(text: Path, encoder: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    options = {"--raw": text, "--lang": "hau", "--tokenizer": encoder, "--layers": 1, "--hidden": 16, "--heads": 2}
    options |= {"--ffn": 32, "--length": 32, "--steps": 6, "--batch-size": 4, "--out": out}
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [*launch, "-m", "edgener", "pretrain", "--json", *(str(part) for pair in options.items() for part in pair)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["model"] == str(out)  # said once, by one of the two
    assert done.stderr.count("step 6: held-out loss") == 1


# Masking and the loss


def _pieces(size: int = 50) -> Maskable:
    special = torch.zeros(size, dtype=torch.bool)
    special[:5] = True
    return Maskable(4, special, torch.arange(5, size))


def test_masking_hides_the_share_asked_for_and_never_a_special() -> None:
    ids = torch.randint(0, 50, (200, 100), generator=generator_for(1))
    inputs, labels = mask_pieces(ids, generator_for(2), _pieces(), 0.3)
    chosen = labels != IGNORED
    assert not chosen[ids < 5].any()
    assert torch.equal(labels[chosen], ids[chosen])
    assert torch.equal(inputs[~chosen], ids[~chosen])
    ordinary = ids >= 5
    assert chosen[ordinary].float().mean().item() == pytest.approx(0.3, abs=0.02)
    shares = [float((inputs[chosen] == 4).float().mean()), float((inputs[chosen] == ids[chosen]).float().mean())]
    assert shares == pytest.approx([0.8, 0.1 + 0.1 / 45], abs=0.02)
    assert not (inputs[chosen] < 4).any()  # what takes a piece's place is no special either


def test_masks_are_a_function_of_the_key() -> None:
    ids = torch.full((4, 50), 7)
    one, same, other = (mask_pieces(ids, generator_for(*key), _pieces())[0] for key in ((3, 5), (3, 5), (5, 3)))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_the_loss_is_that_of_the_whole_model_at_the_masked_positions(kind: str, encoder: Path) -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    shape |= {"intermediate_size": 32, "max_position_embeddings": 40}
    model = {
        "bert": lambda: BertForMaskedLM(BertConfig(**shape)),
        "roberta": lambda: RobertaForMaskedLM(RobertaConfig(**shape)),
        "xlm-roberta": lambda: load_network(str(encoder)).model,
    }[kind]().eval()
    ids = torch.randint(5, 50, (3, 20), generator=generator_for(1))
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    inputs, labels = mask_pieces(ids, generator_for(2), _pieces(), 0.3)
    labels[mask == 0] = IGNORED
    batch = {"input_ids": inputs, "attention_mask": mask, "labels": labels}
    whole = model(**batch)
    torch.testing.assert_close(masked_lm_loss(model, batch), whole.loss)
    positions = labels != IGNORED
    torch.testing.assert_close(masked_lm_logits(model, batch, positions), whole.logits[positions])
    nothing = masked_lm_loss(model, {**batch, "labels": torch.full_like(ids, IGNORED)})
    assert nothing.item() == 0


# Packing


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


# The tokenizer


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


# The order


def test_languages_are_drawn_as_asked_and_their_sequences_equally_often() -> None:
    sizes = {"big": 400, "small": 25}
    draws = Draws(sizes, 2.0, seed=1)
    drawn = Counter(draws[draw] for draw in range(3 * 425))
    small = [drawn[1, row] for row in range(25)]
    big = [drawn[0, row] for row in range(400)]
    assert sum(small) == 3 * quotas(sizes, 2.0)["small"] == 255
    assert max(small) - min(small) <= 1
    assert max(big) - min(big) <= 1
    assert sum(big) == 3 * 425 - 255
    first = Counter(draws[draw][0] for draw in range(100))
    assert 8 < first[1] < 35  # mixed: about a fifth of any stretch


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    rows = [np.arange(400 * 8).reshape(400, 8).astype(np.uint16) % 45 + 5]

    def batch(step: int, seed: int = 3) -> list[list[int]]:
        sequences = Sequences(rows, Draws({"big": 400}, 1.0, seed), 4000)
        ids: list[list[int]] = Masker(_pieces(), 0.15, seed)(
            [sequences[draw] for draw in range(step * 4, step * 4 + 4)]
        )["input_ids"].tolist()
        return ids

    late = batch(900)
    assert late == batch(900)
    assert late != batch(900, seed=4)
    assert late != batch(901)


def test_a_sequence_is_masked_anew_in_every_step_and_the_same_when_the_step_is_repeated() -> None:
    masker, ids = Masker(_pieces(), 0.3, seed=3), torch.arange(60).reshape(2, 30) % 45 + 5
    first, again, later = (masker([(draw, ids[0]), (draw + 1, ids[1])])["labels"] for draw in (8, 8, 10))
    assert torch.equal(first, again)
    assert not torch.equal(first, later)
    assert not torch.equal(first, Masker(_pieces(), 0.3, seed=4)([(8, ids[0]), (9, ids[1])])["labels"])


# Mistakes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "tiny"}, "--preset tiny: expected mini, small, base, large"),
        ({"length": 8}, "--length 8: expected 16 pieces or more"),
        ({"hidden": 30, "heads": 4}, "--hidden 30: 4 heads cannot share it"),
        ({"layers": 0}, "--layers 0"),
        ({"vocabulary": 50}, "--vocabulary 50"),
        ({"steps": -1}, "--steps -1: expected 0 or more"),
        ({"mask_rate": 1.0}, "--mask-rate 1.0"),
        ({"temperature": 0.5}, "--temperature 0.5"),
        ({"learning_rate": 7.0}, "--learning-rate 7"),
        ({"precision": "fp8"}, "--precision fp8"),
        ({"seed": -1}, "--seed -1"),
        ({"languages": ("xyz",)}, "no text in 'xyz' here"),
        ({"length": 20_000}, "choose a shorter --length"),
    ],
)
def test_wrong_settings_are_one_clear_line(changes: dict[str, Any], message: str, text: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        pretrain(text, _changed(**changes), tmp_path / "out")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no text in this file"),
        ("\n \u200b\n", "no text in this file"),
        ("Kano\n", "too little text to train a tokenizer"),
        ("Kano\n" * 500, "too little text to train a tokenizer"),
        ("Kano\nLagos\n", "less than one sequence"),
        ("漢字 . \n x\n", "less than one sequence"),
    ],
)
def test_too_little_text_is_one_clear_line(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "hau.txt").write_text(content)
    with pytest.raises(UserError, match=message):
        pretrain(tmp_path / "hau.txt", _changed(languages=()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tokenizer_and_a_vocabulary_are_too_much(encoder: Path, text: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave one out"):
        pretrain(text, CONFIG, tmp_path / "out", tokenizer=str(encoder))


def test_weights_that_left_the_numbers_are_refused(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "mean_loss", lambda *_: math.nan)
    with pytest.raises(UserError, match="try a lower --learning-rate"):
        pretrain(text, CONFIG, tmp_path / "out")
