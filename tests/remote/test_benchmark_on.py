"""`edgener benchmark --on` against a real OpenSSH server: a run, a cut, and what stands in its way."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import openssh
from tests.helpers.openssh import Server

PYTHON = "/usr/bin/python3"  # the device's own
OFFLINE = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}


@pytest.fixture(scope="module")
def offline() -> Iterator[Server]:
    """A device that reaches no package index."""
    with openssh.serving(OFFLINE) as server:
        yield server


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the device needs, fetched here as the README says; this machine is the device."""
    found = subprocess.run(
        [PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2]); assert sys.version_info >= (3, 11)"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        pytest.skip(f"needs {PYTHON} of version 3.11 or newer, to be the device's")
    folder = tmp_path_factory.mktemp("wheels")
    packages = ("onnxruntime", "tokenizers", "numpy", "typer")
    command = [sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:", "-d", folder, *packages]
    got = subprocess.run(
        [*command, "--python-version", found.stdout.strip()], capture_output=True, text=True, check=False
    )
    if got.returncode:
        pytest.skip(f"the wheels cannot be fetched: {got.stderr.strip().splitlines()[-1]}")
    return folder


def start(server: Server, *arguments: object, **others: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "edgener", "benchmark", *map(str, arguments), "--on", server.url]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
    return subprocess.Popen(command, env=server.environment(), **{**streams, **others})


def refusal(server: Server, *arguments: object) -> str:
    """The one line of a run that fails, after lines of progress."""
    process = start(server, *arguments)
    out, said = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert not out
    *before, last = said.splitlines()
    assert last.startswith("edgener: ")
    assert not any("Traceback" in line or line.startswith("edgener: ") for line in before)
    return last.removeprefix("edgener: ")


def until(what: Any, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_a_run_cut_off_leaves_nothing_and_goes_on(sound: Path, bundle: Path, offline: Server, wheels: Path) -> None:
    (bundle.parent / "b").mkdir()
    second = bundle.rename(bundle.parent / "b" / "another bundle")
    out = bundle.parent / "result.json"
    text = bundle.parent / "text.txt"
    text.write_text("Ibrahim Musa ya je Kano .\nAda ya ziyarci Lagos\n")
    options = [second, sound, "--wheels", wheels, "--rounds", 30, "--no-batches", "--text", text, "--out", out]

    process = start(offline, *options)
    until(lambda: _rounds_kept(offline) >= 2)
    assert "bundle" in str(offline.left_behind())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until(lambda: not offline.left_behind())
    kept = _rounds_kept(offline)
    cache = offline.ours / "cache/benchmarks"
    (cache / f".{next(cache.glob('*.json')).name}.0123abcd.tmp").touch()  # as when it is killed while it writes
    assert not out.exists()
    assert _processes(offline) == []

    process = start(offline, *options)
    table, said = process.communicate(timeout=400)
    assert process.returncode == 0, said
    assert f"going on behind round {kept}," in said
    assert "measuring there" in said
    assert "everything is removed there" in said
    assert "another bundle" in table
    document = json.loads(out.read_text())
    assert document["sittings"] == [0, kept]
    assert len(document["order"]) == 30
    assert document["figures"]["another bundle"]["texts_ms"]["ratio"]["min"] == 1  # ratios are to the first one still
    assert document["machine"]["versions"]["onnxruntime"]
    assert "127.0.0.1" not in out.read_text()
    assert "ssh://DEVICE" in document["command"]
    assert offline.left_behind() == []
    assert not list(cache.iterdir())


def _rounds_kept(server: Server) -> int:
    for path in (server.ours / "cache/benchmarks").glob("*.json"):
        return len(json.loads(path.read_text())["measured"]["order"])
    return 0


def _processes(server: Server) -> list[str]:
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(server.home) in line]


def test_a_device_without_internet_is_told_how(sound: Path, offline: Server, wheels: Path) -> None:
    said = refusal(offline, sound)
    assert "pip failed there" in said
    assert "--wheels wheels: pip download --only-binary :all:" in said
    assert said.endswith(" typer")
    assert offline.left_behind() == []


def test_wheels_that_do_not_suit_it(sound: Path, offline: Server, wheels: Path, tmp_path: Path) -> None:
    some = next(wheels.glob("numpy-*.whl"))
    shutil.copy(some, tmp_path / "numpy-2.0.0-cp27-cp27m-win32.whl")
    said = refusal(offline, sound, "--wheels", tmp_path)
    assert "the wheels do not suit it" in said
    assert "numpy" in said
    assert offline.left_behind() == []


def test_a_device_without_python(sound: Path) -> None:
    with openssh.serving({"PATH": "/nowhere"}) as server:
        assert "no python3 there" in refusal(server, sound)
        assert server.left_behind() == []


def test_an_unknown_host_key_and_another_one(sound: Path, offline: Server, tmp_path: Path) -> None:
    ours = offline.folder / "host.pub"
    fingerprint = subprocess.run(
        ["ssh-keygen", "-lf", ours], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    try:
        for known, told in (("", "has no host key for it"), (openssh.key(tmp_path / "other"), "has another")):
            offline.know(known)
            said = refusal(offline, sound)
            assert told in said
            assert fingerprint in said
            assert said.endswith(f"ssh -p {offline.port} pi@127.0.0.1")
            assert (f"ssh-keygen -R '[127.0.0.1]:{offline.port}'" in said) == bool(known)
    finally:
        offline.know()


def test_a_login_that_is_refused(sound: Path, offline: Server) -> None:
    own, public = offline.ours / ".ssh/id_ed25519", offline.ours / ".ssh/id_ed25519.pub"
    kept = {path: path.read_bytes() for path in (own, public)}
    own.unlink()
    try:
        openssh.key(own)
        refused = refusal(offline, sound)
        public.write_bytes(kept[public])
        mixed_up = refusal(offline, sound)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert "the login was refused" in refused
    assert "ssh-copy-id" in refused
    assert "~/.ssh: " in mixed_up


def test_what_is_told_before_anything_is_tried(sound: Path, tmp_path: Path, offline: Server) -> None:
    nobody = Server(offline.folder, 9)
    assert "cannot be reached" in refusal(nobody, sound)
    assert "no folder with wheels" in refusal(nobody, sound, "--wheels", tmp_path)
    assert "only bundles" in refusal(nobody, sound, "--baseline", "torch-fp32=x")
    assert "nothing to benchmark" in refusal(nobody)
    assert "nowhere" in refusal(nobody, "nowhere")
    broken = shutil.copytree(sound, tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"something else")
    assert "model.onnx" in refusal(nobody, broken)
