"""A server on the loopback interface with the files of public corpora, which misbehaves on request."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edgener.text import fetch

SENTENCE = "Ada B-PER\nna O\nKano B-LOC\n\n"
HAU = [f"hau/{split}.txt" for split in ("train", "dev", "test")]


class Server(ThreadingHTTPServer):
    """`files` by path; a path's list in `faults` is used up one request at a time, then it is served well."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.ranges = True
        self.etag: str | None = '"v1"'
        self.base = f"http://127.0.0.1:{self.server_address[1]}/data"

    def asked(self, path: str) -> list[dict[str, str]]:
        return [headers for seen, headers in self.seen if seen == f"/data/{path}"]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        name = self.path.removeprefix("/data/")
        faults = self.server.faults.get(name, [])
        fault = faults.pop(0) if faults else ""
        if fault.isdigit():
            self.send_error(int(fault))
        elif fault.startswith("to "):
            self.send_response(302)
            self.send_header("Location", fault.removeprefix("to "))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif name not in self.server.files:
            self.send_error(404)
        else:
            self.serve(self.server.files[name], fault)

    def serve(self, body: bytes, fault: str) -> None:
        start, etag = 0, self.server.etag
        asked = self.headers.get("Range")
        if asked and self.server.ranges and self.headers.get("If-Range") in (None, etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            shift = 1 if fault == "wrong range" else 0
            self.send_header("Content-Range", f"bytes {start - shift}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if etag:
            self.send_header("ETag", etag)
        rest = body[start:]
        if fault.startswith("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            end = b"" if fault == "chunked cut" else b"0\r\n\r\n"
            self.wfile.write(f"{len(rest):x}\r\n".encode() + rest + b"\r\n" + end)
            return
        if fault != "no length":
            self.send_header("Content-Length", "99999999999" if fault == "huge" else str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 2] if fault == "cut" else rest)


Get = Callable[..., list[Path]]


def record(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "SOURCE.json").read_text())
    return document


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".part" in path.name or path.name.endswith(".tmp"))


def publish(monkeypatch: pytest.MonkeyPatch, name: str, sha256: dict[str, str]) -> None:
    fields = vars(fetch.SOURCES[name]) | {"sha256": sha256, "sha256_from": "a list of hashes"}
    monkeypatch.setitem(fetch.SOURCES, name, fetch.Source(**fields))
