"""Cells and the work behind them: what is shared, what is apart, what an option becomes."""

from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.study.grid import Grid, Work, expand, input_digest
from edgener.study.recipe import read_recipe

RECIPE = """
name = "small"
languages = ["hau", "swa"]
seeds = [0, 1]
inputs = ["data", "encoder", "raw"]
[steps]
teacher = { command = "train", freeze-embeddings = true, licence = "CC-BY-4.0" }
[[chain]]
name = "dense"
steps = [{ command = "trim-vocab" }, "teacher"]
[[chain]]
name = "small"
steps = [
  { command = "trim-vocab" }, "teacher", { command = "structure", heads = "{share}" },
  { command = "distill", model = "{teacher}", student = "{structure}", raw = "{raw}" },
  { command = "export", quant = "int8", variant = ["fp16", "int4"], gate = false },
]
vary = { share = [0.5, 0.75] }
"""


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, str]:
    for name in ("data", "encoder", "raw"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return {name: str(tmp_path / name) for name in ("data", "encoder", "raw")}


def _grid(tmp_path: Path, inputs: dict[str, str], text: str = RECIPE) -> Grid:
    (tmp_path / "r.toml").write_text(text)
    return expand(read_recipe(tmp_path / "r.toml"), inputs, tmp_path / "study")


def _work(grid: Grid, cell: str) -> list[Work]:
    return [grid.work[key] for one in grid.cells if one.name == cell for key in one.steps]


def _after(work: Work, option: str) -> str:
    return work.arguments[work.arguments.index(option) + 1]


def test_cells_are_values_times_seeds_and_share_their_beginnings(tmp_path: Path, inputs: dict[str, str]) -> None:
    grid = _grid(tmp_path, inputs)
    assert len(grid.cells) == 2 + 2 * 2
    commands = [work.command for work in grid.work.values()]
    # Trimming has no seed, so the whole study trims once; each seed has one teacher.
    assert (commands.count("trim-vocab"), commands.count("train"), commands.count("structure")) == (1, 2, 4)
    one, other = _work(grid, "small, share 0.5, seed 0"), _work(grid, "small, share 0.75, seed 0")
    assert [a == b for a, b in zip(one, other, strict=True)] == [True, True, False, False, False, False]


def test_placeholders_are_folders_settings_and_inputs(tmp_path: Path, inputs: dict[str, str]) -> None:
    trim, teacher, cut, student, bundle, evaluation = _work(_grid(tmp_path, inputs), "small, share 0.5, seed 1")
    assert trim.arguments[:2] == ("trim-vocab", inputs["encoder"])
    assert [_after(teacher, "--encoder"), _after(teacher, "--seed")] == [str(trim.out), "1"]
    assert "--freeze-embeddings" in teacher.arguments
    assert (cut.arguments[1], _after(cut, "--heads")) == (str(teacher.out), "0.5")
    assert (student.arguments[1], _after(student, "--student")) == (str(teacher.out), str(cut.out))
    assert student.needs == (teacher.key, cut.key)
    assert bundle.arguments.count("--variant") == 2
    assert "--no-gate" in bundle.arguments
    assert evaluation.arguments[1] == str(bundle.out)
    assert [trim.title, bundle.title] == ["trim-vocab, on hau+swa", "export, on hau+swa, seed 1"]
    # A bundle is fed as an app feeds it, and has no torch engine.
    assert _after(evaluation, "--batch-size") == "1"
    assert "--engine" not in evaluation.arguments


def test_other_contents_of_an_input_are_other_work_a_copy_elsewhere_is_the_same(
    tmp_path: Path, inputs: dict[str, str]
) -> None:
    before = set(_grid(tmp_path, inputs).work)
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "file").write_text("data")
    assert set(_grid(tmp_path, {**inputs, "data": str(tmp_path / "moved")}).work) == before
    (tmp_path / "moved" / "file").write_text("other")
    assert not set(_grid(tmp_path, {**inputs, "data": str(tmp_path / "moved")}).work) & before


def test_a_setting_that_no_step_uses_makes_no_more_work(tmp_path: Path, inputs: dict[str, str]) -> None:
    more = _grid(tmp_path, inputs, RECIPE.replace("share = [0.5, 0.75]", "share = [0.5, 0.75], idle = [1, 2]"))
    assert len(more.cells) == 2 + 2 * 2 * 2
    assert set(more.work) == set(_grid(tmp_path, inputs).work)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("{share}", "{shore}"), 'chain "small": {shore}: expected one of data, encoder, languages, raw, share'),
        (("{structure}", "{export}"), 'chain "small": {export}: expected one of'),
    ],
)
def test_a_placeholder_that_means_nothing_is_one_line(
    tmp_path: Path, inputs: dict[str, str], change: tuple[str, str], line: str
) -> None:
    with pytest.raises(UserError) as error:
        _grid(tmp_path, inputs, RECIPE.replace(*change))
    assert line in str(error.value)


def test_inputs_are_those_of_the_recipe(tmp_path: Path, inputs: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"--input raw=PATH: small needs it"):
        _grid(tmp_path, {name: inputs[name] for name in ("data", "encoder")})
    with pytest.raises(UserError, match=r"--input text: small has no such input; expected data, encoder, raw"):
        _grid(tmp_path, {**inputs, "text": "x"})
    with pytest.raises(UserError, match=r"--input raw=.*none: no such file"):
        _grid(tmp_path, {**inputs, "raw": str(tmp_path / "none")})


def test_only_a_model_may_be_on_a_hub(tmp_path: Path, inputs: dict[str, str]) -> None:
    trim = _work(_grid(tmp_path, {**inputs, "encoder": "owner/name"}), "dense, seed 0")[0]
    assert trim.arguments[:2] == ("trim-vocab", "owner/name")
    with pytest.raises(UserError, match=r"--input data=masakhanr: no such file or folder"):
        _grid(tmp_path, {**inputs, "data": "masakhanr"})


def test_steps_that_do_the_same_are_one_whatever_they_are_called(tmp_path: Path, inputs: dict[str, str]) -> None:
    twin = '{ command = "train", name = "twin", freeze-embeddings = true, licence = "CC-BY-4.0", seed = 0 }'
    text = f"""{RECIPE}
[[chain]]
name = "all from one teacher"
steps = [{{ command = "trim-vocab" }}, {twin}, {{ command = "prune", sparsity = 0.5 }}]
"""
    grid = _grid(tmp_path, inputs, text)
    teacher = _work(grid, "dense, seed 0")[1]
    for cell in ("all from one teacher, seed 0", "all from one teacher, seed 1"):
        _, twins, pruned, _ = _work(grid, cell)
        assert twins is teacher
        assert pruned.arguments[1] == str(teacher.out)


def test_encoders_vary_as_any_setting_does(tmp_path: Path, inputs: dict[str, str]) -> None:
    text = """
name = "encoders"
languages = ["hau"]
inputs = ["data", "raw", "small"]
[[chain]]
name = "dense"
steps = [{ command = "train" }]
vary = { encoder = ["{raw}", "{small}"] }
"""
    given = {"data": inputs["data"], "raw": inputs["raw"], "small": "owner/name"}
    grid = _grid(tmp_path, given, text)
    assert [cell.name for cell in grid.cells] == ["dense, encoder raw", "dense, encoder small"]
    assert [_after(_work(grid, cell.name)[0], "--encoder") for cell in grid.cells] == [inputs["raw"], "owner/name"]
    assert grid.cells[1].settings == {"encoder": "small"}
    with pytest.raises(UserError, match=r"\{large\}: expected one of data, raw, small"):
        _grid(tmp_path, given, text.replace("{raw}", "{large}"))


@pytest.mark.parametrize(("one", "two"), [("[0, 1]", "[1, 1]"), ("[0.5, 0.75]", "[0.5, 0.5]")])
def test_a_value_that_is_there_twice_is_one_line(tmp_path: Path, inputs: dict[str, str], one: str, two: str) -> None:
    with pytest.raises(UserError, match="two cells are called"):
        _grid(tmp_path, inputs, RECIPE.replace(one, two))


def test_the_digest_of_an_input_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("1")
    first = input_digest("raw", str(folder), False)
    (folder / "sub" / "a").rename(folder / "sub" / "b")
    assert input_digest("raw", str(folder), False) != first
    assert input_digest("encoder", "owner/name", True) == "hub:owner/name"
