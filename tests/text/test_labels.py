"""Tagging schemes: the same entities, however they are written."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.errors import UserError
from edgener.text import labels
from edgener.text.labels import BIOES, BMES, IOB1, IOB2, detect, to_iob2

relaxed = settings(deadline=None)

Parts = list[tuple[str, int]]
"""A sentence as runs of words: (entity type, or "" outside entities; number of words)."""

PARTS = st.lists(st.tuples(st.sampled_from(["", "", "PER", "LOC", "B-I"]), st.integers(1, 4)), max_size=6)


def write(parts: Parts, scheme: str) -> list[str]:
    """Tags of a sentence, by the definition of each scheme."""
    tags: list[str] = []
    before = ""
    for name, length in parts:
        if not name:
            prefixes = ""
            tags += ["O"] * length
        elif scheme == IOB1:
            prefixes = ("B" if before == name else "I") + "I" * (length - 1)
        elif scheme == IOB2:
            prefixes = "B" + "I" * (length - 1)
        else:
            single, inner, end = {BIOES: ("S", "I", "E"), BMES: ("S", "M", "E"), "BILOU": ("U", "I", "L")}[scheme]
            prefixes = single if length == 1 else "B" + inner * (length - 2) + end
        tags += [f"{prefix}-{name}" for prefix in prefixes]
        before = name
    return tags


def entities(parts: Parts) -> list[tuple[str, int, int]]:
    found, place = [], 0
    for name, length in parts:
        if name:
            found.append((name, place, place + length))
        place += length
    return found


def typed_spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    return [(labels.entity_type(tags[first]), first, last) for first, last in labels.spans(tags)]


@relaxed
@given(PARTS, st.sampled_from([IOB1, IOB2, BIOES, BMES, "BILOU"]))
def test_same_entities_from_every_scheme(parts: Parts, scheme: str) -> None:
    tags = to_iob2(write(parts, scheme))
    assert tags == write(parts, IOB2)
    assert typed_spans(tags) == entities(parts)


@relaxed
@given(st.lists(PARTS, max_size=5), st.sampled_from([IOB1, IOB2, BIOES, BMES, "BILOU"]))
def test_detect_where_the_tags_tell(sentences: list[Parts], scheme: str) -> None:
    found = detect(write(parts, scheme) for parts in sentences)
    # An entity beside one of its type opens with B- in IOB1 too; tags say IOB1 when most entities are elsewhere.
    touching = sum(
        name != "" and place > 0 and parts[place - 1][0] == name
        for parts in sentences
        for place, (name, _) in enumerate(parts)
    )
    lengths = [length for parts in sentences for name, length in parts if name]
    if scheme == IOB1:
        assert found == (IOB1 if 2 * touching < len(lengths) else IOB2)
    elif not lengths or scheme == IOB2:
        assert found == IOB2
    elif scheme == BMES:
        # Without an inner word nothing tells BMES from BIOES, and nothing needs to.
        assert found == (BMES if max(lengths) > 2 else BIOES)
    else:
        assert found == BIOES


def test_a_few_stray_tags_do_not_make_iob1() -> None:
    assert detect([["B-PER", "I-PER"], ["B-LOC"], ["O", "I-LOC"]]) == IOB2
    assert detect([["I-PER", "I-PER"], ["I-LOC"], ["O", "B-LOC"]]) == IOB1
    # I- behind another type opens an entity in IOB1.
    assert detect([["I-PER", "I-LOC", "O"], ["B-ORG"]]) == IOB1


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-PER", "B-PER"),
        ("O I-PER I-PER", "O B-PER I-PER"),
        ("B-LOC I-PER", "B-LOC B-PER"),
        ("B-PER I-LOC I-PER", "B-PER B-LOC B-PER"),
        ("B-PER O I-PER", "B-PER O B-PER"),
        ("B-PER E-PER I-PER", "B-PER I-PER B-PER"),
        ("S-PER E-PER", "B-PER B-PER"),
        ("B-PER S-PER", "B-PER B-PER"),
        ("B-PER U-PER", "B-PER B-PER"),
        ("U-PER L-PER", "B-PER B-PER"),
        ("M-PER E-PER", "B-PER I-PER"),
        ("M-PER I-PER L-PER E-PER", "B-PER I-PER I-PER B-PER"),
    ],
)
def test_stray_tags_open_an_entity(tags: str, expected: str) -> None:
    assert " ".join(to_iob2(tags.split())) == expected


TAGS = st.one_of(st.just("O"), st.tuples(st.sampled_from("BIMELSU"), st.sampled_from(["PER", "LOC"])).map("-".join))


@relaxed
@given(st.lists(TAGS, max_size=12))
def test_whatever_comes_in_legal_iob2_comes_out(tags: list[str]) -> None:
    result = to_iob2(tags)
    assert [tag[1:] for tag in result] == [tag[1:] for tag in tags]
    assert {tag[0] for tag in result} <= set("OBI")
    assert all(labels.continues(before, tag) for before, tag in zip(["O", *result], result, strict=False))
    assert to_iob2(result) == result
    # No entity tag is lost: the spans and the O's make up the sentence.
    assert sum(last - first for first, last in labels.spans(result)) == len(tags) - tags.count("O")


@pytest.mark.parametrize("tag", ["O", "B-PER", "I-a-b", "E-MISC", "U-公司"])
def test_tags(tag: str) -> None:
    assert labels.is_tag(tag)


@pytest.mark.parametrize("tag", ["", "o", "PER", "B", "B-", "X-PER", "B_PER", "B-P R", "OO", "B-A\u200b", "B-\x1b[1m"])
def test_not_tags(tag: str) -> None:
    assert not labels.is_tag(tag)


def test_label_list() -> None:
    assert labels.label_list(["PER", "LOC", "PER"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    labels.check_model_labels(labels.label_list(["PER", "LOC"]), "here")
    labels.check_model_labels(["B-PER", "O"], "here")


@pytest.mark.parametrize(
    "names",
    [
        ["O"],
        ["B-PER", "I-PER"],
        ["O", "B-PER", "B-PER"],
        ["O", "I-PER"],
        ["O", "B-PER", "E-PER"],
        ["O", "LABEL_1"],
        ["O", *(f"B-{number}" for number in range(1000))],
    ],
    ids=["one-label", "no-O", "twice", "I-without-B", "BIOES", "unnamed", "too-many"],
)
def test_model_labels_that_cannot_be_decoded(names: list[str]) -> None:
    with pytest.raises(UserError, match=r"^here: "):
        labels.check_model_labels(names, "here")
