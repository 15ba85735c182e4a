"""The decode contract and a bundle's golden sentences in Chromium; EDGENER_BUNDLE names another bundle."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgener.kit.ort_web import from_folder
from edgener.kit.serve import server_of
from edgener.kit.site import write_site
from tests.helpers import wrong
from tests.kit.conftest import CHROMIUM, ORT_WEB, Run

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@contextmanager
def page(bundle: Path, folder: Path) -> Iterator[str]:
    """The address of the web kit's page with this bundle."""
    write_site(bundle, from_folder(ORT_WEB), folder)
    with server_of(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_conformance_and_golden_sentences(node: Run, stated: Path, tmp_path: Path) -> None:
    with page(stated, tmp_path / "page") as address:
        done = node("--test", "build/browser/answers.test.mjs", CHROMIUM=CHROMIUM, EDGENER_PAGE=address)
    assert done.returncode == 0, done.stdout[done.stdout.find("not ok") :][:4000] + done.stderr
    assert "# pass 2" in done.stdout


def test_one_wrong_value_fails_it(node: Run, stated: Path, tmp_path: Path) -> None:
    variables = {"CHROMIUM": CHROMIUM, "EDGENER_CASES": wrong.cases(tmp_path)}
    with page(wrong.golden(stated, tmp_path), tmp_path / "page") as address:
        done = node("--test", "build/browser/answers.test.mjs", EDGENER_PAGE=address, **variables)
    assert done.returncode == 1
    assert "# fail 2" in done.stdout, done.stdout
    assert "split-nko" in done.stdout
