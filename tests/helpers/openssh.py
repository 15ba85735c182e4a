"""A real OpenSSH server on loopback, with keys of its own and a user `pi` whose home is a folder of the test's.

Debian's openssh-server is fetched as a file, once for a checkout, and unpacked; nothing is installed. libnss_wrapper
makes the user; as root the server runs as nobody, so that what a test does is done with nobody's rights.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

from tests.helpers.alone import alone

PACKAGES = ("openssh-server", "libwrap0", "libnss-wrapper")
CACHE = Path(__file__).resolve().parents[2] / "build/openssh"
NOBODY = 65534


def unpacked() -> Path:
    """The packages' files; the test is skipped where they cannot be had."""
    with alone("openssh"):
        if not CACHE.is_dir():
            _fetch()
    return CACHE


def _fetch() -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb") or not shutil.which("ssh-keygen"):
        pytest.skip("needs apt-get, dpkg-deb and ssh-keygen, to run Debian's OpenSSH server")
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as scratch:
        got = subprocess.run(
            ["apt-get", "download", *PACKAGES], cwd=scratch, capture_output=True, text=True, check=False
        )
        if got.returncode:
            pytest.skip(f"Debian's OpenSSH server cannot be fetched: {got.stderr.strip().splitlines()[-1]}")
        for package in Path(scratch).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, Path(scratch, "root")], check=True)
        Path(scratch, "root").rename(CACHE)


@dataclass
class Server:
    """folder: of all its files. home: of the device's user. ours: HOME of who connects, with a key and known_hosts."""

    folder: Path
    port: int
    home: Path = field(init=False)
    ours: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home, self.ours = self.folder / "home", self.folder / "ours"

    @property
    def url(self) -> str:
        return f"ssh://pi@127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Of a command that connects to it."""
        known = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
        return {**known, "HOME": str(self.ours), "EDGENER_CACHE": str(self.ours / "cache"), "XDG_CACHE_HOME": ""}

    def know(self, key: str | None = None) -> None:
        """Write known_hosts: the server's key, another one, or none for an empty string."""
        key = (self.folder / "host.pub").read_text().strip() if key is None else key
        line = f"[127.0.0.1]:{self.port} {key}\n" if key else ""
        (self.ours / ".ssh/known_hosts").write_text(line)

    def left_behind(self) -> list[str]:
        """What is in the home of the device's user, perhaps while it is being removed."""
        return [os.path.join(folder, name) for folder, *names in os.walk(self.home) for name in chain(*names)]


def key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path.with_suffix(".pub").read_text()


@contextmanager
def serving(variables: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server whose sessions have these environment variables; it knows one key, which `Server.ours` has."""
    root = unpacked()
    libraries = next(root.glob("usr/lib/*/libnss_wrapper.so")).parent
    with tempfile.TemporaryDirectory(prefix="edgener-sshd-") as made, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Server(Path(made), free.getsockname()[1])
        _configure(server, variables or {})
        free.close()
        user = NOBODY if os.geteuid() == 0 else os.getuid()
        (server.folder / "passwd").write_text(f"pi:x:{user}:{user}::{server.home}:/bin/sh\n")
        (server.folder / "group").write_text(f"pi:x:{user}:\n")
        if os.geteuid() == 0:
            for path in (server.folder, *(one for one in server.folder.rglob("*") if server.ours not in one.parents)):
                os.chown(path, NOBODY, NOBODY)
        environment = {
            "LD_LIBRARY_PATH": str(libraries),
            "LD_PRELOAD": str(libraries / "libnss_wrapper.so"),
            "NSS_WRAPPER_PASSWD": str(server.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(server.folder / "group"),
            "PATH": os.environ["PATH"],
        }
        command = [root / "usr/sbin/sshd", "-D", "-e", "-f", server.folder / "config"]
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(server.folder / "log", "wb") as log:
            process = subprocess.Popen(command, env=environment, stderr=log, **as_nobody)  # type: ignore[call-overload]
        try:
            _wait(server, process)
            yield server
        finally:
            process.kill()
            process.wait()


def _configure(server: Server, variables: Mapping[str, str]) -> None:
    server.folder.chmod(0o755)
    server.home.mkdir()
    (server.ours / ".ssh").mkdir(parents=True, mode=0o700)
    key(server.folder / "host")
    (server.folder / "authorized").write_text(key(server.ours / ".ssh/id_ed25519"))
    server.know()
    lines = [
        f"Port {server.port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {server.folder / 'host'}",
        f"AuthorizedKeysFile {server.folder / 'authorized'}",
        *(
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
        ),
    ]
    if variables:  # sshd takes the first such line only
        lines.append("SetEnv " + " ".join(f'"{name}={value}"' for name, value in variables.items()))
    (server.folder / "config").write_text("\n".join([*lines, ""]))


def _wait(server: Server, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"sshd does not start: {(server.folder / 'log').read_text()}")
