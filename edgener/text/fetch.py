"""Download of public corpora from their public homes into PATH/<language>/<split>.txt.

What is received is kept byte for byte, with one exception: MSRA has no dev file, so the last 5 % of its train sentences
become dev.txt (the tail, not a sample: neighbouring sentences come from one article), and a train token without a tag
gets O. SOURCE.json records addresses, licence, dates and the sha256 of every file: measured on arrival, and verified
only where `verified_by` names who published the hash.

Nothing is overwritten. A cut transfer stays as `<file>.part` and goes on with a Range request if the server's strong
ETag shows that the file is still the same one; otherwise it starts again.

Tested against a local server only, never against the addresses in edgener.text.sources.
"""

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlsplit

from edgener.artefact import canonical_json, read_json, sha256_file, write_file
from edgener.console import Progress, say
from edgener.errors import UserError
from edgener.text.corpus import SOURCE_FILE
from edgener.text.sources import SOURCES, Source

MAX_BYTES = 64 * 2**20
TRIES = 4
DEV_PERCENT = 5
_BLOCK = 64 * 2**10
_STRONG_ETAG = re.compile(r'"[!#-~]*"')


def fetch(
    name: str,
    to: Path,
    *,
    base: str | None = None,
    languages: Sequence[str] | None = None,
    timeout: float = 30,
    on_licence: Callable[[str], None] = say,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Path]:
    """The files of a corpus, downloaded where they are missing. `base`: another address that has the same files.

    `on_licence` is given the licence before the first request; it declines by raising.
    """
    if name not in SOURCES:
        raise UserError(f"{name}: not a corpus that can be fetched; choose one of {', '.join(SOURCES)}")
    source = SOURCES[name]
    for language in languages or ():
        if language not in source.languages:
            raise UserError(f"{name}: no language {language!r}; choose from {', '.join(source.languages)}")
    root = (source.base if base is None else base).rstrip("/")
    if not re.fullmatch(r"https?://[!$->A-~]+", root, re.IGNORECASE):
        raise UserError(f"{_line(root)}: not an address to fetch from; give http:// or https://, a host and a path")
    record = read_json(to / SOURCE_FILE) if (to / SOURCE_FILE).exists() else {"name": name, "files": {}}
    if not (isinstance(record, dict) and record.get("name") == name and _is_table(record.get("files"))):
        raise UserError(f"{to / SOURCE_FILE}: belongs to another corpus; choose another folder for {name}")
    record |= {"licence": source.licence, "licence_page": source.licence_page}
    on_licence(f"{name}: {source.licence} (see {source.licence_page})")
    paths: list[Path] = []
    try:
        with Progress(f"fetching {name}", unit="bytes") as progress:
            for remote, local in source.files.items():
                if local.partition("/")[0] in (languages or source.languages):
                    part = _Part(f"{root}/{remote}", to / f"{local}.part", timeout, sleep, progress)
                    paths += _one(source, remote, to, part, record["files"])
                    write_file(to / SOURCE_FILE, canonical_json(record))
    except OSError as error:
        raise UserError(f"{error.filename or to}: cannot be written ({error.strerror or error})") from None
    return paths


def _is_table(files: object) -> bool:
    return isinstance(files, dict) and all(isinstance(entry, dict) for entry in files.values())


def _one(source: Source, remote: str, to: Path, part: "_Part", files: dict[str, Any]) -> list[Path]:
    """Put one file in its place and in the record; where there is no dev file, it comes with train."""
    local = source.files[remote]
    path, dev = to / local, local.replace("train", "dev")
    cut = dev not in source.files.values()
    if path.exists():
        if cut and not (to / dev).exists():
            say(f"{path}: kept as it is, so {to / dev} was not cut from it; remove it to fetch it again")
        if files.get(local, {}).get("sha256") != sha256_file(path):
            files[local] = {"sha256": sha256_file(path), "note": "was there before, not fetched"}
        return [path, to / dev] if cut and (to / dev).exists() else [path]
    part.download()
    received, published = sha256_file(part.path), source.sha256.get(remote, "")
    if not received.startswith(published):
        part.discard()
        raise UserError(
            f"{part.url}: sha256 {received} is not {published}, given by {source.sha256_from}; "
            "nothing was kept, fetch again; if it stays so, the file has changed at its home"
        )
    entry = files[local] = {
        "url": part.url,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256_received": received,
        "verified_by": source.sha256_from if published else None,
    }
    if cut:
        entry["changed"] = _cut_dev(part, path, to / dev)
        files[dev] = {"cut_from": part.url, "sha256": sha256_file(to / dev)}
    else:
        os.replace(part.path, path)
    part.discard()
    entry["sha256"] = sha256_file(path)
    return [path, to / dev] if cut else [path]


def _cut_dev(part: "_Part", train: Path, dev: Path) -> str:
    """Write train and dev from what was received as train; says what was done."""
    sentences: list[list[bytes]] = [[]]
    untagged = 0
    for line in part.path.read_bytes().splitlines():
        if not line.strip():
            sentences.append([])
            continue
        # The readers that this file is usually read with take such a token for O as well.
        if len(line.split()) == 1 and not line[:1].isspace():
            line, untagged = line.strip() + b"\tO", untagged + 1
        sentences[-1].append(line)
    sentences = [sentence for sentence in sentences if sentence]
    count = len(sentences) * DEV_PERCENT // 100
    if not count:
        part.discard()
        raise UserError(f"{part.url}: {len(sentences)} sentences are too few for this corpus; check the address")
    # train last: while it is missing, the next run cuts both again, with the same result.
    for path, chosen in ((dev, sentences[-count:]), (train, sentences[:-count])):
        if not path.exists():
            write_file(path, b"".join(b"\n".join(sentence) + b"\n\n" for sentence in chosen))
    what = f"the last {count:,} of {len(sentences):,} sentences became dev; {untagged:,} tokens without a tag got O"
    say(f"{train}: {what}")
    return what


@dataclass(frozen=True)
class _Part:
    """One address and the `.part` file that it is received into."""

    url: str
    path: Path
    timeout: float
    sleep: Callable[[float], None]
    progress: Progress

    @property
    def etag(self) -> Path:
        return self.path.with_name(self.path.name + ".etag")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.etag.unlink(missing_ok=True)

    def download(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                self.sleep(2.0 ** (attempt - 1))
            try:
                return self._transfer()
            except HTTPError as error:
                error.close()
                problem = _line(f"the server answers {error.code} {error.reason}")
                if error.code == 416:
                    self.discard()
                elif error.code not in (408, 425, 429, 500, 502, 503, 504):
                    raise UserError(f"{self.url}: {problem}; check the address, or give another one") from None
            # The value errors are for hosts and ports that no socket takes.
            except (OSError, HTTPException, ValueError, OverflowError) as error:
                problem = _line(str(getattr(error, "reason", error)) or type(error).__name__)
        raise UserError(f"{self.url}: {problem} ({TRIES} tries); run the same command again later")

    def _transfer(self) -> None:
        headers = {"User-Agent": "edgener", "Accept-Encoding": "identity"}
        ask = request.Request(self.url, headers=headers)  # noqa: S310 - fetch() and _Redirects let only http(s) through
        etag = self.etag.read_text(encoding="ascii", errors="replace") if self.etag.exists() else ""
        size = self.path.stat().st_size if _STRONG_ETAG.fullmatch(etag) and self.path.exists() else 0
        if size:
            ask.add_header("Range", f"bytes={size}-")
            ask.add_header("If-Range", etag)
        with _opener().open(ask, timeout=self.timeout) as answer:
            if answer.status not in (200, 206) or (answer.length is None and not answer.chunked):
                raise UserError(f"{self.url}: answer {answer.status} without a length, so a cut would go unnoticed")
            size = size if answer.status == 206 else 0
            # A length that comes in chunks is not known before the end; http.client sees a cut by itself then.
            known = answer.length is not None
            end = size + answer.length if known else MAX_BYTES + 1
            if answer.status == 206 and answer.headers.get("Content-Range") != f"bytes {size}-{end - 1}/{end}":
                self.discard()
                raise HTTPException("the server sends another range than the one asked for")
            if known and end > MAX_BYTES:
                raise self._too_large()
            with open(self.path, "ab" if size else "wb") as file:
                if not size:
                    self._keep_etag(answer.headers.get("ETag", ""))
                # read1, so that what came before a cut is kept.
                while size < end and (block := answer.read1(min(_BLOCK, end - size))):
                    file.write(block)
                    size += len(block)
                    self.progress.advance(len(block))
                file.flush()
                os.fsync(file.fileno())
        if size > MAX_BYTES:
            raise self._too_large()
        if known and size < end:
            raise HTTPException(f"the transfer was cut after {size:,} of {end:,} bytes")

    def _too_large(self) -> UserError:
        self.discard()
        return UserError(f"{self.url}: more than {MAX_BYTES:,} bytes, so it is not a file of this corpus")

    def _keep_etag(self, etag: str) -> None:
        self.etag.unlink(missing_ok=True)
        if _STRONG_ETAG.fullmatch(etag):
            self.etag.write_text(etag, encoding="ascii")


class _Redirects(request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type, scheme) == ("https", "http"):
            raise UserError(_line(f"{req.full_url}: sent on to {newurl}, which is not followed; give another address"))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> request.OpenerDirector:
    """urllib's opener without its handlers for file:, ftp: and data:."""
    opener = request.OpenerDirector()
    for handler in (request.ProxyHandler, request.UnknownHandler, request.HTTPHandler, request.HTTPSHandler):
        opener.add_handler(handler())
    opener.add_handler(_Redirects())
    opener.add_handler(request.HTTPDefaultErrorHandler())
    opener.add_handler(request.HTTPErrorProcessor())
    return opener


def _line(text: str) -> str:
    """One printable line: a server chooses some of the words, and a terminal would obey its control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
