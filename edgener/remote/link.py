"""A connection to a device, and edgener.remote.device at its other end.

asyncssh reads ~/.ssh/config, known_hosts and the agent as ssh does. A host key that known_hosts does not have for the
host ends it: who a device is, a person confirms once, with ssh.
"""

import asyncio
import contextlib
import getpass
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgener.errors import MissingExtra, UserError
from edgener.remote.address import Address

try:
    import asyncssh
except ImportError:
    raise MissingExtra("--on", "remote") from None

BEAT_S = 5.0  # well below the silence after which the device thinks that it is alone
CONNECT_S = 20.0
END_S = 20.0
_CHUNK = 1 << 16
_PORT = 22
_KNOWN = "~/.ssh/known_hosts"
_PROGRAM = "import sys; exec(compile(sys.stdin.buffer.read({size}), 'device', 'exec'))"


class Lost(UserError):
    """The connection ended before the work did."""


class Link:
    """Requests to the device's program, and its answers."""

    def __init__(self, where: Address, process: Any) -> None:
        self.where, self.process = where, process
        self._answers = self._lines()
        self._beats = asyncio.create_task(self._beat())

    async def ask(self, request: dict[str, Any], payload: bytes = b"") -> None:
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            for start in range(0, len(payload), _CHUNK):
                self.process.stdin.write(payload[start : start + _CHUNK])
                await self.process.stdin.drain()
            await self.process.stdin.drain()
        except (OSError, asyncssh.Error):
            raise self.lost() from None

    async def answer(self) -> dict[str, Any]:
        """The next one; Lost when there is none."""
        async for line in self._answers:
            try:
                found: dict[str, Any] = json.loads(line)
            except ValueError:  # what a login script prints
                continue
            return found
        raise self.lost()

    async def put(self, name: str, data: bytes) -> None:
        """UserError when it cannot be written there."""
        await self.ask({"op": "put", "name": name, "bytes": len(data)}, data)
        answer = await self.answer()
        if "error" in answer:
            raise UserError(f"{self.where}: {name} cannot be written there: {answer['error']}")

    async def run(self, command: list[str]) -> AsyncIterator[tuple[str, Any]]:
        """("out", line), ("err", line) and at last ("code", exit code), as they come."""
        await self.ask({"op": "run", "command": command})
        while True:
            answer = await self.answer()
            if "error" in answer:
                raise UserError(f"{self.where}: {answer['error']}")
            for pair in answer.items():
                yield pair
            if "code" in answer:
                return

    async def end(self) -> bool:
        """Is everything removed there?"""
        self._beats.cancel()
        await self.ask({"op": "end"})
        return bool((await self.answer())["ended"])

    def lost(self) -> Lost:
        return Lost(f"{self.where}: the connection was lost; the device removes what was put there")

    def close(self) -> None:
        self._beats.cancel()
        self.process.close()

    async def _beat(self) -> None:
        """The device takes silence for a cut; a lost connection shows elsewhere."""
        with contextlib.suppress(Lost):
            while True:
                await asyncio.sleep(BEAT_S)
                await self.ask({"op": "beat"})

    async def _lines(self) -> AsyncIterator[bytes]:
        rest = b""
        with contextlib.suppress(OSError, asyncssh.Error):
            while data := await self.process.stdout.read(_CHUNK):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    yield line


@asynccontextmanager
async def connected(where: Address) -> AsyncIterator[tuple[Link, dict[str, Any]]]:
    """The link, and the device's facts (edgener.remote.device). UserError for whatever stands in the way."""
    async with await _connect(where) as connection:
        program = files("edgener.remote").joinpath("device.py").read_bytes()
        # `exec` makes python3 the process that the end of the connection ends, not a shell above it.
        command = f'exec python3 -c "{_PROGRAM.format(size=len(program))}"'
        process = await connection.create_process(command, encoding=None)
        link = Link(where, process)
        try:
            process.stdin.write(program)
            yield link, await _facts(link)
        except Lost:
            raise
        except UserError:  # the device is clean when the line is read
            with contextlib.suppress(Lost, TimeoutError, KeyError):
                await asyncio.wait_for(link.end(), END_S)
            raise
        finally:
            link.close()


async def _facts(link: Link) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = (await link.answer())["facts"]
        return facts
    except Lost:
        said = (await link.process.stderr.read(4096)).decode("utf-8", "replace").split("\n")
        await link.process.wait_closed()
        if link.process.exit_status == 127:
            raise UserError(
                f"{link.where}: no python3 there; on Debian or Raspberry Pi OS: sudo apt install python3 python3-venv"
            ) from None
        last = next((line.strip() for line in reversed(said) if line.strip()), "it ended at once")
        raise UserError(f"{link.where}: python3 cannot work there: {last[:200]}") from None


async def _connect(where: Address) -> Any:
    seen: list[_HostKey] = []
    options: dict[str, Any] = {"keepalive_interval": 10, "keepalive_count_max": 3, "connect_timeout": CONNECT_S}
    if where.user:
        options["username"] = where.user
    if where.port:
        options["port"] = where.port
    try:
        return await asyncssh.connect(where.host, client_factory=lambda: _Client(seen), **options)
    except asyncssh.HostKeyNotVerifiable as error:
        if not seen:  # revoked, or a broken certificate
            raise UserError(f"{where}: its host key cannot be trusted: {error.reason}") from None
        raise UserError(f"{where}: {seen[0].wrong(where)}") from None
    except asyncssh.PermissionDenied:
        raise UserError(
            f"{where}: the login was refused; give the device your key: ssh-copy-id {where.ssh.removeprefix('ssh ')}"
        ) from None
    except ValueError as error:  # of keys and configuration: asyncssh's own errors for them are such
        raise UserError(f"{where}: ~/.ssh: {error}") from None
    except TimeoutError:
        raise UserError(f"{where}: no answer within {CONNECT_S:.0f} s; is it on, and in this network?") from None
    except (OSError, asyncssh.Error) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        raise UserError(f"{where}: cannot be reached: {reason}") from None


@dataclass(frozen=True)
class _HostKey:
    """A key that known_hosts does not have for the host. entry: the host's name there; changed: it has another key."""

    key: str
    entry: str
    changed: bool

    def wrong(self, where: Address) -> str:
        """What to do: ssh asks about a host that it does not know, and refuses one whose key is another."""
        if not self.changed:
            return (
                f"{_KNOWN} has no host key for it; when {self.key} is the device's, log in once to confirm it: "
                f"{where.ssh}"
            )
        return (
            f"its host key is {self.key}, and {_KNOWN} has another: it was set up anew, or this is another machine; "
            f"when the key is the device's: ssh-keygen -R '{self.entry}' && {where.ssh}"
        )


def _in_known_hosts(host: str, addr: str, port: int | None) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(asyncssh.match_known_hosts(str(Path(_KNOWN).expanduser()), host, addr, port)[0])
    return False


class _Client(asyncssh.SSHClient):
    """Asks at the terminal for a password, when there is one and no key is taken; it is kept nowhere."""

    def __init__(self, seen: list[_HostKey]) -> None:
        self.seen, self.tries = seen, 3

    def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
        """Called for a key that known_hosts does not have for this host."""
        apart = None if port == _PORT else port
        entry = f"[{host}]:{port}" if apart else host
        shown = f"{key.get_algorithm()} {key.get_fingerprint()}"
        self.seen.append(_HostKey(shown, entry, _in_known_hosts(host, addr, apart)))
        return False

    def password_auth_requested(self) -> str | None:
        return self._asked("password: ")

    def kbdint_auth_requested(self) -> str | None:
        return "" if sys.stdin.isatty() and self.tries else None

    def kbdint_challenge_received(self, name: str, instructions: str, lang: str, prompts: Any) -> list[str] | None:
        found = [self._asked(text) for text, _ in prompts]
        return None if None in found else [one or "" for one in found]

    def _asked(self, prompt: str) -> str | None:
        if not sys.stdin.isatty() or not self.tries:
            return None
        self.tries -= 1
        return getpass.getpass(prompt)
