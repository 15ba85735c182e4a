"""The web kit's own programs: built once a session from export/web, with the packages that its lock file pins."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.alone import alone
from tests.helpers.process import ROOT

WEB = ROOT / "export/web"
INSTALLED = WEB / "node_modules/.package-lock.json"
ORT_WEB = WEB / "node_modules/onnxruntime-web/dist"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OLDEST_NODE = 20
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """export/web with its node_modules."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed; the web kit's tests need them")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node is {version.strip()}; the web kit's tests need {OLDEST_NODE} or later")
    with alone("npm"):
        if not INSTALLED.is_file():  # npm writes it last
            done = subprocess.run(["npm", "ci"], cwd=WEB, capture_output=True, text=True, timeout=900, check=False)
            assert done.returncode == 0, f"npm ci in export/web failed: {done.stderr[-2000:]}"
    return WEB


@pytest.fixture(scope="session")
def node(packages: Path) -> Run:
    """Runs node in export/web, where build/ holds the tests."""

    def run(
        *arguments: str | Path, stdin: str | None = None, **variables: str | Path
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["node", *map(str, arguments)],
            cwd=packages,
            env={**os.environ, **{name: str(value) for name, value in variables.items()}},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=900,
            check=False,
        )

    with alone("npm"):
        built = run("build.mjs", "--tests")
    assert built.returncode == 0, built.stderr
    return run
