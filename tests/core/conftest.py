"""The C++ core: built once a session into build/core."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import native
from tests.helpers.process import ROOT

BUILD = ROOT / "build/core"
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def build(source: Path, folder: Path, *options: str, target: str = "all") -> None:
    """Configure and build; the test is skipped without CMake or a compiler."""
    if not shutil.which("cmake") or not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("needs cmake and a C++ compiler, to build the C++ core")
    packages = native.packages()
    prefix = f"-DCMAKE_PREFIX_PATH={packages / 'usr'}"
    yyjson = f"-DFETCHCONTENT_SOURCE_DIR_YYJSON={packages / 'yyjson'}"
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    for command in (
        ["cmake", "-S", source, "-B", folder, *generator, prefix, yyjson, *options],
        ["cmake", "--build", folder, "--parallel", "2", "--target", target],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of what was built, tests included."""
    build(native.CORE, BUILD, "-DEDGENER_TESTS=ON")
    return BUILD


@pytest.fixture(scope="session")
def program(built: Path) -> Run:
    """Runs a program of the build, with ONNX Runtime at hand."""

    def run(name: str, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [built / name, *arguments],
            env={**os.environ, "EDGENER_ONNXRUNTIME": str(native.library())},
            input=stdin,
            capture_output=True,
            timeout=300,
            check=False,
        )

    return run
