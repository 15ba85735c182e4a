"""The Python runtime against the cases of the decode contract (README.md beside this file)."""

from collections import Counter

import pytest

from tests.conformance.answers import Case, answer, broken, folded, load, same

CASES = load()
each_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


@each_case
def test_case(case: Case) -> None:
    given = answer(case)
    assert same(case["expect"], given), f"expected {case['expect']}, given {given}"


@each_case
def test_a_wrong_expectation_is_noticed(case: Case) -> None:
    given = answer(case)
    wrong = list(broken(case["expect"]))
    assert wrong
    assert not [expect for expect in wrong if same(expect, given)]


def test_cases_cover_the_contract() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    least = {"normalise": 12, "split": 12, "offsets": 8, "windows": 8, "tags": 12, "entities": 12}
    count = Counter(case["op"] for case in CASES)
    assert count.keys() == least.keys()
    assert all(count[op] >= least[op] for op in least)


def test_cases_of_100_kilobytes() -> None:
    sizes = [len(case["text"].encode() * case["repeat"]) for case in CASES if "repeat" in case and "text" in case]
    assert sum(size >= 100_000 for size in sizes) >= 4


def test_copies_that_differ_are_noticed() -> None:
    case = {"repeat": 2, "text": "a😀"}
    assert folded({"tags": ["O", "O"], "utf8": [[0, 1], [5, 6]]}, case) == {"tags": ["O"], "utf8": [[0, 1]]}
    assert folded({"tags": ["O", "B-X"], "utf8": [[0, 1], [5, 7]]}, case) == {"tags": None, "utf8": None}
    assert folded({"tags": ["O"], "entities": [{"start": 0}, {"start": 1}]}, case) == {"tags": None, "entities": None}
