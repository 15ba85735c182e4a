from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from edgener.text.corpus import Sentence
from edgener.text.tagger import DecodeSpec
from edgener.train.features import (
    IGNORED,
    UNTAGGED,
    BalancedSampler,
    Example,
    collate,
    examples_of,
    quotas,
    raw_examples,
    split_between_words,
)
from edgener.train.tiny import tokenizer

SPEC = DecodeSpec("unicode-1", 16, 7, (0,), (2,), 1)
LABELS = {"O": 0, "B-LOC": 1, "I-LOC": 2}
WORDS = ["Kano", "Abuja", "ta", "tafi", "Nairobi"]


def _examples(sentence: Sentence) -> list[Example]:
    backend = tokenizer(WORDS * 50, 40).backend_tokenizer
    return examples_of("hau", [sentence], backend, LABELS, SPEC)


def test_only_first_pieces_carry_a_label() -> None:
    (example,) = _examples(Sentence(("tafi", "Kano"), ("O", "B-LOC"), 1))
    kept = [label for label in example.labels if label != IGNORED]
    assert kept == [0, 1]
    assert (example.ids[0], example.ids[-1]) == (0, 2)
    assert example.labels[0] == example.labels[-1] == IGNORED


def test_a_long_sentence_is_split_and_no_word_is_lost() -> None:
    tags = ("O", "B-LOC", "I-LOC") * 20
    found = _examples(Sentence(("tafi", "Kano", "Abuja") * 20, tags, 1))
    assert len(found) > 1
    assert all(len(example.ids) <= SPEC.max_length for example in found)
    kept = [label for example in found for label in example.labels if label != IGNORED]
    assert kept == [LABELS[tag] for tag in tags]


def test_a_word_longer_than_the_window_is_cut_and_keeps_its_one_label() -> None:
    found = _examples(Sentence(("x" * 100, "Kano"), ("B-LOC", "O"), 1))
    kept = [label for example in found for label in example.labels if label != IGNORED]
    assert kept == [1, 0]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 12))
def test_splits_cover_every_piece_once(word_lengths: list[int], capacity: int) -> None:
    starts = [sum(word_lengths[:place]) for place in range(len(word_lengths))]
    ranges = split_between_words(starts, sum(word_lengths), capacity)
    assert [piece for start, end in ranges for piece in range(start, end)] == list(range(sum(word_lengths)))
    assert all(end - start <= capacity for start, end in ranges)


def test_collate_pads_ids_masks_and_labels() -> None:
    batch = collate([Example("hau", (0, 5, 2), (-100, 1, -100)), Example("hau", (0, 2), (-100, -100))], pad=1)
    assert batch["input_ids"].tolist() == [[0, 5, 2], [0, 2, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [[-100, 1, -100], [-100, -100, -100]]


def _corpus() -> list[Example]:
    sizes = {"big": 400, "small": 25}
    return [Example(name, (0,) * (3 + place % 7), (0,)) for name, size in sizes.items() for place in range(size)]


def _sampler(temperature: float, seed: int = 0) -> BalancedSampler:
    return BalancedSampler(_corpus(), quotas({"big": 400, "small": 25}, temperature), 8, seed)


def test_temperature_one_keeps_the_corpus_as_it_is() -> None:
    drawn = list(_sampler(1.0))
    assert sorted(drawn) == list(range(425))


def test_temperature_lifts_the_small_language_and_draws_its_examples_equally() -> None:
    corpus = _corpus()
    drawn = Counter(_sampler(2.0))
    small = [drawn[index] for index, example in enumerate(corpus) if example.group == "small"]
    assert sum(small) == quotas({"big": 400, "small": 25}, 2.0)["small"] == 85
    assert max(small) - min(small) <= 1
    assert drawn.total() == 425


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    one, other = (_sampler(2.0, seed=3) for _ in range(2))
    first = list(one)
    assert first == list(other)
    other.set_epoch(1)
    assert first != list(other)


def test_a_quota_below_a_groups_size_draws_others_in_every_epoch() -> None:
    """Raw text: there is more of it than an epoch takes."""
    sampler = BalancedSampler(_corpus(), {"big": 40, "small": 25}, 8, seed=0)
    epochs = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        drawn = Counter(sampler)
        assert drawn.total() == len(sampler) == 65
        assert max(drawn.values()) == 1
        epochs.append({index for index in drawn if index < 400})
    assert len(set.union(*epochs)) > 100


def test_quotas_add_up_to_what_is_asked() -> None:
    assert sum(quotas({"a": 100, "b": 10, "c": 1}, 3.0, total=50).values()) == 50


def test_raw_text_is_read_as_the_runtime_reads_it_and_has_no_tags() -> None:
    backend = tokenizer(WORDS * 50, 40).backend_tokenizer
    (raw,) = raw_examples("hau raw", ["tafi  Kano,"], backend, SPEC)
    (tagged,) = examples_of("hau", [Sentence(("tafi", "Kano", ","), ("O", "B-LOC", "O"), 1)], backend, LABELS, SPEC)
    assert raw.ids == tagged.ids
    assert [label == IGNORED for label in raw.labels] == [label == IGNORED for label in tagged.labels]
    assert set(raw.labels) == {IGNORED, UNTAGGED}


def test_batches_hold_examples_of_a_like_length() -> None:
    corpus = _corpus()
    drawn = list(_sampler(1.0))
    spread = [len({len(corpus[index].ids) for index in drawn[at : at + 8]}) for at in range(0, len(drawn) - 8, 8)]
    assert sum(spread) / len(spread) < 3
