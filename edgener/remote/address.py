"""Where a device is: ssh://user@host:port."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from edgener.errors import UserError

SCHEME = "ssh://"


@dataclass(frozen=True)
class Address:
    """user, port: None leaves them to ~/.ssh/config and its defaults. host: a name, an address, or an alias there."""

    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return SCHEME + (f"{self.user}@" if self.user else "") + host + (f":{self.port}" if self.port else "")

    @property
    def ssh(self) -> str:
        """The command that logs in there."""
        port = f"-p {self.port} " if self.port else ""
        return f"ssh {port}{self.user + '@' if self.user else ''}{self.host}"


def address(text: str) -> Address:
    """UserError for anything else than ssh://[user@]host[:port]."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UserError(f"--on {text}: expected ssh://user@host or ssh://user@host:port") from None
    if parts.password is not None:  # not said again: it would be in a log
        raise UserError("--on: no password belongs in an address; use a key, or be asked for the password")
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme != "ssh" or not host or extra or host.startswith("-") or port == 0:
        raise UserError(f"--on {text}: expected ssh://user@host or ssh://user@host:port")
    # urlsplit makes a host's letters small; an alias in ~/.ssh/config may have others.
    named = next((one for one in _spellings(parts.netloc) if one.lower() == host), host)
    return Address(named, parts.username or None, port)


def _spellings(netloc: str) -> list[str]:
    behind = netloc.rpartition("@")[2]
    return [behind, behind.rpartition(":")[0], behind.strip("[]")]
