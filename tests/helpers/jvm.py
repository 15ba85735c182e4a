"""The Android kit's binding on this machine's JVM: libedgener_jni.so for it and the classes, built into build/android.

What needs Android itself is checked against stubs (tests/kit/android/stubs.txt), and never run.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.core.conftest import build
from tests.helpers.process import ROOT

KIT = ROOT / "export/android"
JAVA = KIT / "edgener/src/main/java/org/edgener"
PROGRAMS = ROOT / "tests/kit/android"
BUILD = ROOT / "build/android"
_UNIT = re.compile(r"\n\n(?=package )")


def library() -> Path:
    """The folder of libedgener_jni.so; the test is skipped without what builds it."""
    include = _jdk() / "include"
    # Not optimised: a test bundle is small, and the build is most of the time.
    build(
        KIT / "edgener/src/main/cpp",
        BUILD / "jni",
        "-DCMAKE_BUILD_TYPE=Debug",
        f"-DEDGENER_JNI_INCLUDE_DIRS={include};{include / 'linux'}",
    )
    return BUILD / "jni"


def classes(folder: Path, sources: Sequence[Path], *path: Path) -> Path:
    """Compile Java as Android reads it (11 here, as in the kit's build.gradle.kts); no warning is let through."""
    _jdk()
    found = ":".join(map(str, path)) or str(folder)
    command = ["javac", "--release", "11", "-Xlint:all,-try", "-Werror", "-cp", found, "-d", folder, *sources]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def stubs(folder: Path) -> Path:
    """The classes of stubs.txt."""
    written = []
    for unit in _UNIT.split((PROGRAMS / "stubs.txt").read_text())[1:]:
        package, name = re.findall(r"^package ([\w.]+);", unit)[0], re.findall(r"(?:class|interface) (\w+)", unit)[0]
        file = folder / "sources" / package.replace(".", "/") / f"{name}.java"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(unit)
        written.append(file)
    done = subprocess.run(["javac", "--release", "11", "-d", folder, *written], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def _jdk() -> Path:
    javac = shutil.which("javac")
    if not javac or not shutil.which("java"):
        pytest.skip("needs a JDK, 11 or later, to build the Android kit's binding for this machine")
    home = Path(javac).resolve().parents[1]
    if not (home / "include/linux/jni_md.h").is_file():
        pytest.skip(f"{home.name} has no headers of JNI; install the JDK's development files")
    return home
