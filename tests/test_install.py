"""`pip install .` and nothing more, as on a Raspberry Pi: a virtual environment of its own, from the registries."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgener.kit.android import write_android
from tests.helpers import onnx_bundle
from tests.helpers.process import HEAVY, ROOT


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of the environment."""
    folder = tmp_path_factory.mktemp("device")
    # A copy: building in the checkout would leave a build folder there, from which the next wheel takes stale files.
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("edgener", "export"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "build")
        )
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", source]
    subprocess.run(pip, check=True)
    return folder / "venv/bin"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "bundle", max_length=32)


def edgener(device: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    # In another folder: the checkout must not be what is imported.
    return subprocess.run(
        [device / "edgener", *arguments], capture_output=True, text=True, cwd=device.parent, check=False
    )


def test_it_brings_four_packages_and_what_they_need(device: Path) -> None:
    listed = subprocess.run([device / "pip", "list", "--format=json"], capture_output=True, check=True).stdout
    names = {entry["name"].lower() for entry in json.loads(listed)}
    assert {"edgener", "onnxruntime", "tokenizers", "numpy", "typer"} <= names
    assert not names & {*HEAVY, "bitsandbytes", "scikit-learn", "datasets"}
    subprocess.run([device / "pip", "check"], check=True, capture_output=True)


def test_verify_and_predict(device: Path, bundle: Path) -> None:
    done = edgener(device, "verify", bundle)
    assert (done.returncode, done.stderr) == (0, "")
    done = edgener(device, "predict", bundle, "Ada daga Kano")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[PER Ada] daga [LOC Kano]\n", "")


def test_benchmark(device: Path, bundle: Path) -> None:
    done = edgener(device, "benchmark", bundle, "--quick", "--rounds", "2", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["contestants"]["bundle"]["packages"].keys() == {"edgener", "numpy", "tokenizers", "onnxruntime"}
    assert document["figures"]["bundle"]["latency_ms"]
    assert document["commit"] is None


def test_what_needs_more_says_what_to_install(device: Path, tmp_path: Path) -> None:
    done = edgener(device, "demo", "--out", tmp_path / "runs")
    assert done.returncode == 2
    assert done.stderr.endswith("run: pip install 'edgener[train]'\n")
    done = edgener(device, "benchmark", "torch-fp32=" + str(_stock(tmp_path)), "--quick")
    assert done.returncode == 2
    assert done.stderr.endswith("run: pip install 'edgener[train]'\n")


def _stock(folder: Path) -> Path:
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text("{}")
    return folder / "model"


def test_the_wheel_carries_the_built_web_kit_and_no_more_of_it(device: Path) -> None:
    script = "from importlib.resources import files; print(files('edgener.kits') / 'web')"
    done = subprocess.run([device / "python", "-c", script], capture_output=True, text=True, cwd=device, check=True)
    carried, built = Path(done.stdout.strip()), ROOT / "export/web"
    names = sorted(path.relative_to(carried) for path in carried.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(built) for path in (built / "dist").rglob("*") if path.is_file())
    assert all((carried / name).read_bytes() == (built / name).read_bytes() for name in names)


def test_a_core_needs_nothing_beside_it(device: Path, bundle: Path, tmp_path: Path) -> None:
    done = edgener(device, "kit", "core", bundle, "--out", tmp_path / "core")
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("CMakeLists.txt", "cmake", "include", "cli", "src"):
        ours, theirs = ROOT / "export/core" / name, tmp_path / "core" / name
        for file in [ours] if ours.is_file() else [path for path in ours.rglob("*") if path.is_file()]:
            assert (theirs / file.relative_to(ours)).read_bytes() == file.read_bytes()


def test_an_android_project_needs_nothing_beside_it(device: Path, bundle: Path, tmp_path: Path) -> None:
    done = edgener(device, "kit", "android", bundle, "--out", tmp_path / "installed")
    assert (done.returncode, done.stderr) == (0, "")
    here = write_android(bundle, tmp_path / "checkout")
    places = [path for path in (tmp_path / "installed").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path / "installed").as_posix() for path in places) == list(here.files)
    for name in here.files:
        assert (tmp_path / "installed" / name).read_bytes() == (tmp_path / "checkout" / name).read_bytes()


def test_a_web_page_needs_only_the_runtime_beside_it(device: Path, bundle: Path, tmp_path: Path) -> None:
    done = edgener(device, "kit", "web", bundle, "--out", tmp_path / "web", "--runtime", tmp_path)
    assert done.returncode == 2
    assert "missing; --runtime takes the dist folder of the npm package" in done.stderr


def test_the_page_of_a_study_s_report_is_package_data(device: Path) -> None:
    listed = "(one.name for one in files('edgener.study.page').iterdir())"
    script = f"from importlib.resources import files; print(*{listed})"
    done = subprocess.run([device / "python", "-c", script], capture_output=True, text=True, cwd=device, check=True)
    assert {"plot.html", "report.html", "report.js", "style.css"} <= set(done.stdout.split())
