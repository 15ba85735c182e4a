"""A web server on loopback with the headers that a page needs for threads, and those that keep it to itself."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from edgener.errors import UserError
from edgener.kit.site import FACTS, PAGE

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    # A page that is isolated so gets SharedArrayBuffer, which WebAssembly threads need.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def server_of(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder that `edgener kit web` wrote; port 0 takes any free one. UserError when it cannot start."""
    if not (folder / PAGE).is_file() or not (folder / FACTS).is_file():
        raise UserError(f"{folder}: not a folder that `edgener kit web` wrote")
    try:
        return ThreadingHTTPServer((HOST, port), partial(Handler, directory=str(folder)))
    except OSError as error:
        raise UserError(f"port {port} cannot be used ({error.strerror}); choose another --port, or 0 for any") from None


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, to this machine only."""

    server_version, sys_version = "edgener", ""
    # What a system says of these endings differs; a module of another type is not run.
    extensions_map = {  # noqa: RUF012
        "": "application/octet-stream",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".mjs": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".wasm": "application/wasm",
    }

    def send_head(self) -> Any:
        # Another site's name for this address would let that site's pages read ours.
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in _NAMES:
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "only localhost is served")
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: the page says what is wrong."""
