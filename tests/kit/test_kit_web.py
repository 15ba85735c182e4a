"""`edgener kit web` and `edgener kit serve`, without a browser."""

import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgener.kit import ort_web, serve
from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, refused, run
from tests.kit.conftest import WEB


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for ONNX Runtime's files, pinned as the real ones are."""
    folder = tmp_path / "ort"
    folder.mkdir()
    for name in ort_web.SHA256:
        (folder / name).write_text(f"stand-in for {name}")
    pins = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ort_web.SHA256}
    monkeypatch.setattr(ort_web, "SHA256", pins)
    return folder


@pytest.fixture
def site(sound: Path, runtime: Path, tmp_path: Path, capfd: Capture) -> Path:
    assert run("kit", "web", sound, "--out", tmp_path / "site", "--runtime", runtime) == 0
    assert capfd.readouterr().out.startswith(f"{tmp_path / 'site'}: ")
    return tmp_path / "site"


def test_everything_is_inside(site: Path, sound: Path) -> None:
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    page = {path.name for path in (WEB / "dist/page").iterdir()}
    bundle = {f"bundle/{path.name}" for path in sound.iterdir()}
    assert files == page | bundle | {f"runtime/{name}" for name in ort_web.SHA256} | {"site.js"}
    facts = json.loads((site / "site.js").read_text().removeprefix("self.SITE = ").rstrip(";\n"))
    assert set(facts["files"]) == files - {"site.js"}
    assert set(facts["shell"]) == page
    assert not [
        name for name in files if name.endswith((".html", ".css", ".js")) and b"//cdn" in (site / name).read_bytes()
    ]


def test_another_bundle_gives_another_version(site: Path, runtime: Path, tmp_path: Path) -> None:
    other = onnx_bundle.build(tmp_path / "bundle", max_length=20)
    assert run("kit", "web", other, "--out", tmp_path / "other", "--runtime", runtime) == 0
    assert (site / "site.js").read_bytes() != (tmp_path / "other/site.js").read_bytes()


def test_nothing_is_overwritten(site: Path, sound: Path, runtime: Path, tmp_path: Path, capfd: Capture) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    line = refused(capfd, 2, "kit", "web", sound, "--out", site, "--runtime", runtime)
    assert "already exists and is not empty" in line
    assert before == {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    (tmp_path / "file").touch()
    assert "is no folder" in refused(capfd, 2, "kit", "web", sound, "--out", tmp_path / "file", "--runtime", runtime)


def test_the_bundle_stays_as_it_is(bundle: Path, runtime: Path, capfd: Capture) -> None:
    for out in (bundle / "web", bundle / "a/web"):
        line = refused(capfd, 2, "kit", "web", bundle, "--out", out, "--runtime", runtime)
        assert "lies inside of bundle, which edgener made" in line
    assert run("verify", bundle) == 0


def test_a_bundle_for_another_target_is_said(bundle: Path, runtime: Path, tmp_path: Path, capfd: Capture) -> None:
    for target, warned in (("web", False), ("x86-vnni", True)):
        onnx_bundle.reseal(bundle, lambda document, name=target: document["model"].update(target=name))
        assert run("kit", "web", bundle, "--out", tmp_path / target, "--runtime", runtime) == 0
        assert ("was made for target x86-vnni; --target web exports" in capfd.readouterr().err) == warned


def test_a_broken_bundle_is_refused_and_leaves_nothing(
    bundle: Path, runtime: Path, tmp_path: Path, capfd: Capture
) -> None:
    (bundle / "labels.json").write_text("[]")
    assert "labels.json" in refused(capfd, 2, "kit", "web", bundle, "--out", tmp_path / "new", "--runtime", runtime)
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]


def test_a_runtime_that_is_not_the_pinned_one(sound: Path, runtime: Path, tmp_path: Path, capfd: Capture) -> None:
    out = ("--out", tmp_path / "new", "--runtime", runtime)
    wasm = runtime / "ort-wasm-simd-threaded.wasm"
    wasm.write_text("another")
    assert "its sha256 differs" in refused(capfd, 2, "kit", "web", sound, *out)
    wasm.unlink()
    assert "missing; --runtime takes the dist folder" in refused(capfd, 2, "kit", "web", sound, *out)


def test_what_npm_brings_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\nfor last; do :; done\necho other > "$last/onnxruntime-web.tgz"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ort_web.UserError, match="its sha512 differs; nothing of it was used"):
        ort_web.from_npm()
    npm.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    with pytest.raises(ort_web.UserError, match=r"could not fetch .* \(no such package\)"):
        ort_web.from_npm()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ort_web.UserError, match="npm is not installed; install it, or give --runtime"):
        ort_web.from_npm()


def test_the_pin_is_that_of_the_lock_file() -> None:
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]["node_modules/onnxruntime-web"]
    assert (locked["version"], locked["integrity"]) == (ort_web.VERSION, ort_web.INTEGRITY)


def test_the_page_and_the_server_state_one_policy() -> None:
    page = (WEB / "dist/page/index.html").read_text(encoding="utf-8")
    stated = page.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    # A page cannot say of itself who may frame it.
    assert serve.HEADERS["Content-Security-Policy"] == f"{stated}; frame-ancestors 'none'"
    assert "unsafe-inline" not in stated
    assert "unsafe-eval" not in stated.replace("wasm-unsafe-eval", "")


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    with serve.server_of(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def get(port: int, path: str, host: str = "127.0.0.1") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    return connection.getresponse()


def test_headers_and_types(site: Path) -> None:
    kinds = {"/": "text/html", "/page.js": "text/javascript", "/runtime/ort.wasm.min.mjs": "text/javascript"}
    kinds |= {"/runtime/ort-wasm-simd-threaded.wasm": "application/wasm", "/bundle/weights.bin": "application/octet-"}
    with serving(site) as port:
        for path, kind in kinds.items():
            answer = get(port, path)
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith(kind)
            assert {name: answer.headers[name] for name in serve.HEADERS} == serve.HEADERS


def test_only_the_folder_and_only_this_machine(site: Path) -> None:
    (site.parent / "secret.txt").write_text("secret")
    with serving(site) as port:
        assert get(port, "/bundle/").status == 404
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/nothing"):
            assert get(port, path).status == 404
        assert get(port, "/", host="names.example").status == 421
        assert get(port, "/", host="localhost").status == 200


def test_serve_says_what_is_wrong(site: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "empty").mkdir()
    assert "not a folder that `edgener kit web` wrote" in refused(capfd, 2, "kit", "serve", tmp_path / "empty")
    with serving(site) as port:
        assert "cannot be used" in refused(capfd, 2, "kit", "serve", site, "--port", str(port))
