"""The page in headless Chromium; the tests themselves are export/web/test/browser/page.test.ts."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgener.kit.ort_web import from_folder
from edgener.kit.serve import server_of
from edgener.kit.site import write_site
from tests.helpers import onnx_bundle
from tests.kit.conftest import CHROMIUM, ORT_WEB, Run


@pytest.fixture(scope="module")
def addresses(packages: Path, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Of the page, of one whose bundle was damaged on the server, and of one whose bundle states what is wrong here."""
    folder = tmp_path_factory.mktemp("pages")
    runtime = from_folder(ORT_WEB)
    wrong = Path(shutil.copytree(sound, folder / "wrong-bundle"))
    golden = (wrong / "golden.jsonl").read_text(encoding="utf-8")
    onnx_bundle.replace(wrong, "golden.jsonl", golden.replace('"B-LOC"', '"B-PER"', 1))
    onnx_bundle.reseal(wrong, lambda document: document["model"].update(target="x86-vnni"))
    for name, bundle in (("page", sound), ("broken", sound), ("wrong", wrong)):
        write_site(bundle, runtime, folder / name)
    weights = folder / "broken/bundle/weights.bin"
    weights.write_bytes(bytes([weights.read_bytes()[0] ^ 1]) + weights.read_bytes()[1:])
    servers = {name: server_of(folder / name, 0) for name in ("page", "broken", "wrong")}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    files = {"EDGENER_BROKEN_FILE": str(weights), "EDGENER_SOUND_FILE": str(sound / "weights.bin")}
    yield files | {
        f"EDGENER_{name.upper()}": f"http://127.0.0.1:{server.server_address[1]}/" for name, server in servers.items()
    }
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_page(node: Run, addresses: dict[str, str]) -> None:
    done = node("--test", "build/browser/page.test.mjs", CHROMIUM=CHROMIUM, **addresses)
    assert done.returncode == 0, done.stdout[done.stdout.find("not ok") :][:6000] + done.stderr
