"""What the device runs, with its own Python and nothing else: a private folder, files into it, commands in it.

It comes over the connection and is never a file there. Requests are JSON lines on stdin, `put` with so many bytes
behind it; answers are JSON lines on stdout. Whatever ends the connection ends this program: the end of stdin, a signal,
or silence, for a connection that is cut says nothing. It then kills what it started and removes its folder.
"""

from __future__ import annotations  # an older Python has to come as far as to tell its version

import contextlib
import errno
import fcntl
import json
import os
import platform
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, BinaryIO

SILENCE_S = 45.0  # the other side speaks every few seconds
CHUNK = 1 << 16
PREFIX = "device-"


class Device:
    """folder: what was made here, removed in the end. made: folders above it that were made for it."""

    def __init__(self, base: str, silence: float = SILENCE_S) -> None:
        self.made = [one for one in (os.path.dirname(base), base) if not os.path.isdir(one)]
        os.makedirs(base, mode=0o700, exist_ok=True)
        self.silence = silence
        turn = os.open(base, os.O_RDONLY)
        fcntl.flock(turn, fcntl.LOCK_EX)  # a folder that is made but not locked yet is no leftover
        _sweep(base)
        self.folder = tempfile.mkdtemp(prefix=PREFIX, dir=base)
        self.lock = _locked(self.folder)
        os.close(turn)
        self.requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.heard = time.monotonic()
        self.child: subprocess.Popen[bytes] | None = None
        self.ending, self.telling = threading.Lock(), threading.Lock()

    def end(self, code: int = 0) -> None:
        """Kill, remove, and exit, whatever other threads are at."""
        self.ending.acquire()
        if self.child is not None and self.child.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        for one in reversed(self.made):
            with contextlib.suppress(OSError):  # somebody else's file is in it
                os.rmdir(one)
        if code == 0:
            self.tell({"ended": not os.path.exists(self.folder)})
        os._exit(code)

    def tell(self, answer: dict[str, Any]) -> None:
        line = (json.dumps(answer) + "\n").encode()
        with contextlib.suppress(OSError), self.telling:  # nobody listens any more; the end of stdin says so too
            while line:
                line = line[os.write(1, line) :]

    def read(self) -> None:
        """A thread: requests from stdin until it ends; files are written as they come."""
        stream = sys.stdin.buffer  # has read this very program
        try:
            for line in stream:
                self.heard = time.monotonic()
                request = json.loads(line)
                if request["op"] == "put":
                    self._put(stream, request)
                elif request["op"] != "beat":
                    self.requests.put(request)
        finally:
            self.end(1)

    def watch(self) -> None:
        """A thread: the end, when nothing is heard for long."""
        while True:
            time.sleep(1)
            if time.monotonic() - self.heard > self.silence:
                self.end(1)

    def _put(self, stream: BinaryIO, request: dict[str, Any]) -> None:
        left: int = request["bytes"]
        error: OSError | None = None
        file: BinaryIO | None = None
        try:
            file = open(self.inside(request["name"]), "xb")  # noqa: SIM115 - the stream goes on behind a failure
        except OSError as failure:
            error = failure
        while left:
            data = stream.read(min(CHUNK, left))
            if not data:
                self.end(1)
            self.heard = time.monotonic()
            left -= len(data)
            if file is not None and error is None:
                try:
                    file.write(data)
                except OSError as failure:  # the rest of it still has to be read
                    error = failure
        if file is not None:
            try:
                file.close()
            except OSError as failure:
                error = error or failure
        self.tell({"error": error.strerror or str(error)} if error else {"put": request["name"]})

    def inside(self, name: str) -> str:
        """A place in the folder, with the folders above it made; OSError for a name that leads out of it."""
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        path = os.path.join(self.folder, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def run(self, request: dict[str, Any]) -> None:
        """A command in the folder; `{here}` in it is the folder, `{python}` this Python. Its lines as they come."""
        words = [word.format(here=self.folder, python=sys.executable) for word in request["command"]]
        cache = os.path.join(self.folder, "cache")  # ONNX Runtime and others leave things in the user's
        try:
            self.child = subprocess.Popen(
                words,
                cwd=self.folder,
                env={**os.environ, "XDG_CACHE_HOME": cache, "EDGENER_CACHE": cache},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # a group, to be killed as one
            )
        except OSError as error:
            self.tell({"error": f"{words[0]}: {error.strerror}"})
            return
        streams = ((self.child.stdout, "out"), (self.child.stderr, "err"))
        threads = [threading.Thread(target=self._relay, args=(stream, name), daemon=True) for stream, name in streams]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.tell({"code": self.child.wait()})

    def _relay(self, stream: BinaryIO, name: str) -> None:
        for line in stream:
            self.tell({name: line.decode("utf-8", "replace").rstrip("\n")})


def _sweep(base: str) -> None:
    """Remove the folders of who ended without a chance to, as when the power went: nobody holds their lock."""
    for name in os.listdir(base):
        path = os.path.join(base, name)
        lock = _locked(path) if name.startswith(PREFIX) else None
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(folder: str) -> int | None:
    """The lock of a folder, held; None when another process holds it, or there is no such folder."""
    try:
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return lock


def facts(folder: str) -> dict[str, Any]:
    """What the other side has to know before it sends anything."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "bits": 8 * struct.calcsize("P"),
        "libc": " ".join(platform.libc_ver()),
        "free_bytes": shutil.disk_usage(folder).free,
    }


def main() -> None:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    device = Device(os.path.join(cache, "edgener"))
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=device.end, args=(1,)).start())
    device.tell({"facts": facts(device.folder)})
    for work in (device.read, device.watch):
        threading.Thread(target=work, daemon=True).start()
    while True:
        request = device.requests.get()
        if request["op"] == "end":
            device.end()
        device.run(request)


if __name__ == "__main__":
    main()
