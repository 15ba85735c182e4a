"""Recipes: what they say, and one line for whatever is wrong with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgener.errors import UserError
from edgener.study.recipe import read_recipe

SUITES = Path(__file__).resolve().parents[2] / "benchmarks" / "suites"
WHOLE = """
name = "small"
languages = ["hau", "swa"]
reference = "dense"
seeds = [0, 1]
[steps]
teacher = { command = "train", epochs = 2 }
[[chain]]
name = "dense"
steps = ["teacher"]
[[chain]]
name = "pruned"
steps = ["teacher", { command = "prune", sparsity = "{sparsity}" }]
vary = { sparsity = [0.5, 0.7] }
train-on = "each"
seeds = [3]
"""


def _read(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    (tmp_path / "r.toml").write_text(text, encoding="utf-8")
    return read_recipe(tmp_path / "r.toml")


def test_chains_take_what_the_recipe_says_unless_they_say_otherwise(tmp_path: Path) -> None:
    recipe = _read(tmp_path, WHOLE)
    dense, pruned = recipe.chains
    assert (dense.train_on, dense.seeds) == ((("hau", "swa"),), (0, 1))
    assert (pruned.train_on, pruned.seeds) == ((("hau",), ("swa",)), (3,))
    assert [step.command for step in pruned.steps] == ["train", "prune"]
    assert recipe.inputs == ("data", "encoder")
    assert recipe.split == "test"


@pytest.mark.parametrize("suite", sorted(SUITES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_suite_can_be_read(suite: Path) -> None:
    recipe = read_recipe(suite)
    assert recipe.name == suite.stem
    assert recipe.about, "says what it is"


WRONG = {
    "[[chain]\n": "not valid TOML",
    WHOLE.replace("small", "Ein Name"): "name = 'Ein Name'",
    WHOLE.replace('"train"', '"fly"'): "command = 'fly': expected trim-vocab",
    WHOLE.replace('["teacher"]', '["teecher"]'): "step 'teecher' is not among [steps] (teacher)",
    WHOLE.replace('"dense"\nseeds', '"thick"\nseeds'): "reference = 'thick': no chain is called so; expected dense",
    WHOLE.replace('name = "pruned"', 'name = "dense"'): 'two chains are called "dense"',
    WHOLE.replace('languages = ["hau", "swa"]', ""): "languages: name those to test on",
    WHOLE.replace('"each"', '"some"'): 'train-on: expected "joint", "each"',
    WHOLE.replace('"each"', "[[]]"): 'train-on: expected "joint", "each"',
    WHOLE.replace("[0.5, 0.7]", "0.5"): "vary.sparsity: expected a list",
    WHOLE.replace("[0.5, 0.7]", "[]"): "vary.sparsity: expected a list",
    WHOLE.replace("seeds = [3]", "sedes = [3]"): "unknown key 'sedes'",
    WHOLE.replace("seeds = [3]", 'seeds = ["x"]'): "seeds: expected a list of int",
    WHOLE.replace("seeds = [3]", "seeds = [true]"): "seeds: expected a list of int",
    WHOLE.replace("seeds = [3]", 'engine = "steam"'): "engine = 'steam'",
    WHOLE.replace("seeds = [3]", "latency = 3"): "latency = 3: expected true or false",
    WHOLE.replace("epochs = 2", "epochs = { a = 1 }"): "epochs: expected a text, a number",
    WHOLE.replace('"prune"', '"train", name = "teacher"'): 'two steps are called "teacher"',
    WHOLE.replace('["hau", "swa"]', '["hau", "hau"]'): "languages: 'hau' is there twice",
    WHOLE.replace('"each"', "[]"): 'train-on: expected "joint", "each"',
    WHOLE.replace("epochs = 2", 'out = "x"'): "steps.teacher: out is not for a recipe to set",
    WHOLE.replace("teacher", "data"): "give the step 'data' another `name`",
    'name = "empty"\n': "no [[chain]]",
}


@pytest.mark.parametrize("text", WRONG, ids=list(WRONG.values()))
def test_one_line_says_what_is_wrong(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError) as error:
        _read(tmp_path, text)
    assert WRONG[text] in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "r.toml"))
    assert "\n" not in str(error.value)


@given(st.text(max_size=200))
def test_any_text_is_a_recipe_or_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError):
        read_recipe(path)


def test_no_file_and_a_file_too_large(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such recipe"):
        read_recipe(tmp_path / "none.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(UserError, match="too large"):
        read_recipe(tmp_path / "large.toml")
