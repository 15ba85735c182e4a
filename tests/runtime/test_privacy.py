"""What ONNX Runtime would tell its makers, or write down for that, it does not when it is loaded by edgener."""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.process import ROOT


def test_loading_the_runtime_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in ("XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY")}
    environment = {**kept, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    code = "import edgener.runtime, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
