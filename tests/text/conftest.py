"""The download tests' server, and the call that they make against it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgener.text import fetch
from tests.helpers.corpus_server import SENTENCE, Get, Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # The bodies here are not the published ones; the tests of the hashes set their own.
    plain = {name: vars(source) | {"sha256": {}} for name, source in fetch.SOURCES.items()}
    monkeypatch.setattr(fetch, "SOURCES", {name: fetch.Source(**fields) for name, fields in plain.items()})
    server = Server()
    for path in fetch.SOURCES["masakhaner1"].files:
        server.files[path] = f"{path} O\n\n{SENTENCE * 50}".encode()
    server.files["msra_train_bio.txt"] = "".join(f"{i}\tO\n京\tB-LOC\n\n" for i in range(60)).encode()
    server.files["msra_test_bio.txt"] = "中\tB-LOC\n国\tI-LOC\n\n".encode()
    # The default poll of half a second would be most of the time of these tests.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def get(server: Server, tmp_path: Path) -> Get:
    """fetch() of Hausa from the local server, without pauses."""

    def run(name: str = "masakhaner1", **options: Any) -> list[Path]:
        settings: dict[str, Any] = {"base": server.base, "timeout": 5, "sleep": lambda seconds: None}
        if name == "masakhaner1":
            settings["languages"] = ["hau"]
        return fetch.fetch(name, tmp_path, **settings | options)

    return run
