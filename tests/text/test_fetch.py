"""The download against a server on the loopback interface that misbehaves on request."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edgener.errors import UserError
from edgener.text import corpus, fetch

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


Get = Callable[..., list[Path]]


@pytest.fixture
def get(server: Server, tmp_path: Path) -> Get:
    """fetch() of Hausa from the local server, without pauses."""

    def run(name: str = "masakhaner1", **options: Any) -> list[Path]:
        settings: dict[str, Any] = {"base": server.base, "timeout": 5, "sleep": lambda seconds: None}
        if name == "masakhaner1":
            settings["languages"] = ["hau"]
        return fetch.fetch(name, tmp_path, **settings | options)

    return run


def record(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "SOURCE.json").read_text())
    return document


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".part" in path.name or path.name.endswith(".tmp"))


def publish(monkeypatch: pytest.MonkeyPatch, name: str, sha256: dict[str, str]) -> None:
    fields = vars(fetch.SOURCES[name]) | {"sha256": sha256, "sha256_from": "a list of hashes"}
    monkeypatch.setitem(fetch.SOURCES, name, fetch.Source(**fields))


def test_every_language_arrives_whole_and_is_a_corpus(server: Server, get: Get, tmp_path: Path) -> None:
    paths = get(languages=None)
    assert [str(path.relative_to(tmp_path)) for path in paths] == list(server.files)[:30]
    assert all(path.read_bytes() == server.files[str(path.relative_to(tmp_path))] for path in paths)
    assert leftovers(tmp_path) == []
    assert set(corpus.find(tmp_path)) == set(fetch.SOURCES["masakhaner1"].languages)
    assert corpus.licence(tmp_path) == "CC-BY-NC-4.0: no commercial use"


def test_languages_are_a_subset(server: Server, get: Get, tmp_path: Path) -> None:
    paths = get(languages=["yor", "hau", "yor"])
    assert sorted({path.parent.name for path in paths}) == ["hau", "yor"]
    assert len(server.seen) == len(paths) == 6


def test_source_json_says_what_was_measured(server: Server, get: Get, tmp_path: Path) -> None:
    get()
    get(languages=["yor"])
    document = record(tmp_path)
    assert document["name"] == "masakhaner1"
    assert document["licence"] == "CC-BY-NC-4.0: no commercial use"
    assert document["licence_page"] == "https://github.com/masakhane-io/masakhane-ner/blob/main/LICENSE"
    assert sorted(document["files"]) == sorted([*HAU, *(path.replace("hau", "yor") for path in HAU)])
    entry = document["files"]["hau/dev.txt"]
    digest = hashlib.sha256(server.files["hau/dev.txt"]).hexdigest()
    assert entry["url"] == f"{server.base}/hau/dev.txt"
    assert entry["sha256"] == entry["sha256_received"] == digest
    assert entry["verified_by"] is None
    assert entry["fetched"].startswith("20")
    assert entry["fetched"].endswith("+00:00")


def test_the_licence_comes_before_the_first_request(
    server: Server, get: Get, capsys: pytest.CaptureFixture[str]
) -> None:
    requests_then: list[int] = []
    get(on_licence=lambda text: requests_then.append(len(server.seen)))
    assert requests_then == [0]
    assert len(server.seen) == 3
    get()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "CC-BY-NC-4.0" in shown.err.splitlines()[0]
    assert "masakhane-ner/blob/main/LICENSE" in shown.err


def test_who_declines_the_licence_asks_for_nothing(server: Server, get: Get, tmp_path: Path) -> None:
    def decline(text: str) -> None:
        raise UserError("declined")

    with pytest.raises(UserError, match="declined"):
        get(on_licence=decline)
    assert server.seen == []
    assert list(tmp_path.iterdir()) == []


def test_a_cut_transfer_goes_on_where_it_stopped(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults["hau/dev.txt"] = ["cut"]
    get()
    body = server.files["hau/dev.txt"]
    first, second = server.asked("hau/dev.txt")
    assert "Range" not in first
    assert second["Range"] == f"bytes={len(body) // 2}-"
    assert second["If-Range"] == '"v1"'
    assert (tmp_path / "hau/dev.txt").read_bytes() == body
    assert leftovers(tmp_path) == []


def test_what_stays_cut_is_not_finished_and_the_next_run_goes_on(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults["hau/dev.txt"] = ["cut"] * fetch.TRIES
    pauses: list[float] = []
    with pytest.raises(UserError, match=r"hau/dev.txt: the transfer was cut after [\d,]+ of [\d,]+ bytes \(4 tries\)"):
        get(sleep=pauses.append)
    assert pauses == [1.0, 2.0, 4.0]
    assert not (tmp_path / "hau/dev.txt").exists()
    have = (tmp_path / "hau/dev.txt.part").stat().st_size
    assert 0 < have < len(server.files["hau/dev.txt"])
    assert list(record(tmp_path)["files"]) == ["hau/train.txt"]
    server.seen.clear()
    get()
    assert server.asked("hau/dev.txt")[0]["Range"] == f"bytes={have}-"
    assert (tmp_path / "hau/dev.txt").read_bytes() == server.files["hau/dev.txt"]
    assert server.asked("hau/train.txt") == []
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("why", ["no ranges", "no etag", "weak etag", "changed file", "wrong range", "part is whole"])
def test_a_part_that_cannot_be_continued_starts_again(server: Server, get: Get, tmp_path: Path, why: str) -> None:
    server.faults["hau/dev.txt"] = ["cut"] * fetch.TRIES
    server.etag = {"no etag": None, "weak etag": 'W/"v1"'}.get(why, '"v1"')
    with pytest.raises(UserError):
        get()
    if why == "no ranges":
        server.ranges = False
    elif why == "changed file":
        server.etag, server.files["hau/dev.txt"] = '"v2"', b"new O\n\n" * 100
    elif why == "wrong range":
        server.faults["hau/dev.txt"] = ["wrong range"]
    elif why == "part is whole":
        (tmp_path / "hau/dev.txt.part").write_bytes(server.files["hau/dev.txt"])
    server.seen.clear()
    get()
    assert (tmp_path / "hau/dev.txt").read_bytes() == server.files["hau/dev.txt"]
    asked = ["Range" in headers for headers in server.asked("hau/dev.txt")]
    assert asked == {"wrong range": [True, False], "part is whole": [True, False]}.get(why, ["etag" not in why])
    assert leftovers(tmp_path) == []


def test_a_file_in_chunks_is_taken_and_its_cut_is_seen(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults = {"hau/train.txt": ["chunked"], "hau/dev.txt": ["chunked cut", "chunked cut", "chunked"]}
    get()
    assert all((tmp_path / path).read_bytes() == server.files[path] for path in HAU)
    assert len(server.asked("hau/dev.txt")) > 1


def test_an_answer_without_a_length_is_refused(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults["hau/train.txt"] = ["no length"]
    with pytest.raises(UserError, match="without a length"):
        get()
    assert not (tmp_path / "hau/train.txt").exists()


def test_a_server_in_trouble_is_asked_again(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults["hau/train.txt"] = ["500", "503"]
    pauses: list[float] = []
    get(sleep=pauses.append)
    assert pauses == [1.0, 2.0]
    assert (tmp_path / "hau/train.txt").read_bytes() == server.files["hau/train.txt"]


def test_a_server_that_stays_in_trouble_is_one_line(server: Server, get: Get) -> None:
    server.faults["hau/train.txt"] = ["500"] * fetch.TRIES
    with pytest.raises(UserError) as error:
        get()
    assert str(error.value).startswith(f"{server.base}/hau/train.txt: the server answers 500 Internal Server Error")
    assert "\n" not in str(error.value)
    assert len(server.seen) == fetch.TRIES


def test_nobody_listens(get: Get) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UserError, match=rf"^http://127.0.0.1:{port}/hau/train.txt: .*refused"):
        get(base=f"http://127.0.0.1:{port}")


def test_not_found_names_the_address_and_is_not_repeated(server: Server, get: Get, tmp_path: Path) -> None:
    del server.files["hau/dev.txt"]
    with pytest.raises(UserError) as error:
        get()
    assert str(error.value).startswith(f"{server.base}/hau/dev.txt: the server answers 404 ")
    assert len(server.asked("hau/dev.txt")) == 1
    assert (tmp_path / "hau/train.txt").is_file()
    assert not (tmp_path / "hau/dev.txt").exists()


def test_nothing_is_overwritten(server: Server, get: Get, tmp_path: Path) -> None:
    (tmp_path / "hau").mkdir()
    (tmp_path / "hau/dev.txt").write_text("mine O\n")
    assert len(get()) == 3
    assert (tmp_path / "hau/dev.txt").read_text() == "mine O\n"
    assert server.asked("hau/dev.txt") == []
    entry = record(tmp_path)["files"]["hau/dev.txt"]
    assert entry == {"sha256": hashlib.sha256(b"mine O\n").hexdigest(), "note": "was there before, not fetched"}
    before = record(tmp_path)
    server.seen.clear()
    get()
    assert server.seen == []
    assert record(tmp_path) == before


def test_a_folder_of_another_corpus_is_left_alone(server: Server, get: Get, tmp_path: Path) -> None:
    get()
    server.seen.clear()
    with pytest.raises(UserError, match=r"SOURCE.json: belongs to another corpus"):
        get("masakhaner2", languages=["hau"])
    assert server.seen == []


@pytest.mark.parametrize("text", ["[]", '{"name": "masakhaner1", "files": {"hau/train.txt": 1}}', "{"])
def test_a_damaged_record_is_one_line(get: Get, tmp_path: Path, text: str) -> None:
    (tmp_path / "SOURCE.json").write_text(text)
    with pytest.raises(UserError, match=r"SOURCE\.json"):
        get()


def test_a_folder_that_cannot_be_written(get: Get, tmp_path: Path) -> None:
    (tmp_path / "hau").write_text("a file where a folder should be")
    with pytest.raises(UserError, match=r"hau"):
        get()


def test_unknown_names_list_the_choices(server: Server, get: Get) -> None:
    with pytest.raises(UserError, match=r"conll: .*choose one of masakhaner1, masakhaner2, msra"):
        get("conll")
    with pytest.raises(UserError, match=r"masakhaner1: no language 'deu'; choose from amh, hau, .*, yor"):
        get(languages=["hau", "deu"])
    assert server.seen == []


@pytest.mark.parametrize(
    "base", ["file:///etc", "ftp://127.0.0.1/", "127.0.0.1/data", "http://", "", "http://me:pw@host/", "http://h/\x1b["]
)
def test_other_addresses_are_refused(server: Server, get: Get, base: str) -> None:
    with pytest.raises(UserError, match="not an address to fetch from"):
        get(base=base)


@pytest.mark.parametrize("base", ["http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://a..b/"])
def test_an_impossible_host_or_port_is_one_line(get: Get, base: str) -> None:
    with pytest.raises(UserError, match=r"hau/train.txt: ") as error:
        get(base=base)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/train.txt", "data:text/plain,x%20O"])
def test_a_redirect_to_another_scheme_is_not_followed(server: Server, get: Get, tmp_path: Path, to: str) -> None:
    server.faults["hau/train.txt"] = [f"to {to}"]
    with pytest.raises(UserError) as error:
        get()
    assert f"{server.base}/hau/train.txt" in str(error.value)
    assert to in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "hau/train.txt").exists()


def test_a_redirect_within_http_is_followed_and_a_circle_ends(server: Server, get: Get, tmp_path: Path) -> None:
    server.faults["hau/train.txt"] = [f"to {server.base}/yor/train.txt"]
    get()
    assert (tmp_path / "hau/train.txt").read_bytes() == server.files["yor/train.txt"]
    server.faults["yor/train.txt"] = [f"to {server.base}/yor/train.txt"] * 30
    with pytest.raises(UserError) as error:
        get(languages=["yor"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("fault", ["huge", "", "chunked"])
def test_a_file_that_is_too_large_is_not_kept(
    server: Server, get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(fetch, "MAX_BYTES", 1000)
    server.faults["hau/train.txt"] = [fault] if fault else []
    with pytest.raises(UserError, match=r"hau/train.txt: more than 1,000 bytes"):
        get()
    assert not (tmp_path / "hau/train.txt").exists()
    assert leftovers(tmp_path) == []


def test_a_wrong_hash_removes_the_part(
    server: Server, get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "masakhaner1", {"hau/train.txt": "0" * 64})
    with pytest.raises(UserError, match=rf"hau/train.txt: sha256 [0-9a-f]{{64}} is not {'0' * 64}, given by a list"):
        get()
    assert not (tmp_path / "hau/train.txt").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("digits", [64, 32])
def test_a_published_hash_verifies(
    server: Server, get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: int
) -> None:
    digest = hashlib.sha256(server.files["hau/train.txt"]).hexdigest()
    publish(monkeypatch, "masakhaner1", {"hau/train.txt": digest[:digits]})
    get()
    files = record(tmp_path)["files"]
    assert files["hau/train.txt"]["verified_by"] == "a list of hashes"
    assert files["hau/dev.txt"]["verified_by"] is None


def test_msra_gets_a_dev_file_from_the_tail_of_train(
    server: Server, get: Get, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = server.files["msra_train_bio.txt"].replace(b"7\tO\n", b"7\n").replace(b"8\tO\n", b"8\t\n")
    server.files["msra_train_bio.txt"] = body
    paths = get("msra")
    assert [path.name for path in paths] == ["train.txt", "dev.txt", "test.txt"]
    train, dev, _ = (corpus.read(path) for path in paths)
    assert [sentence.tokens[0] for sentence in dev] == ["57", "58", "59"]
    assert [sentence.tokens[0] for sentence in train] == [str(i) for i in range(57)]
    assert all(sentence.tags == ("O", "B-LOC") for sentence in train + dev)
    assert (tmp_path / "zho/test.txt").read_bytes() == server.files["msra_test_bio.txt"]
    files = record(tmp_path)["files"]
    what = "the last 3 of 60 sentences became dev; 12 tokens without a tag got O"
    assert files["zho/train.txt"]["changed"] == what
    assert what in capsys.readouterr().err
    assert files["zho/train.txt"]["sha256_received"] == hashlib.sha256(body).hexdigest()
    assert files["zho/train.txt"]["sha256"] == hashlib.sha256(paths[0].read_bytes()).hexdigest()
    assert files["zho/dev.txt"]["cut_from"] == f"{server.base}/msra_train_bio.txt"
    assert leftovers(tmp_path) == []
    before = [path.read_bytes() for path in paths]
    server.seen.clear()
    assert get("msra") == paths
    assert server.seen == []
    assert [path.read_bytes() for path in paths] == before


def test_msra_goes_on_when_it_was_stopped_between_dev_and_train(server: Server, get: Get, tmp_path: Path) -> None:
    paths = get("msra")
    before = [path.read_bytes() for path in paths]
    paths[0].unlink()
    get("msra")
    assert [path.read_bytes() for path in paths] == before


def test_msra_does_not_cut_a_train_file_that_was_there(
    server: Server, get: Get, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "zho").mkdir()
    (tmp_path / "zho/train.txt").write_text("中\tO\n\n")
    assert [path.name for path in get("msra")] == ["train.txt", "test.txt"]
    assert (tmp_path / "zho/train.txt").read_text() == "中\tO\n\n"
    assert "dev.txt was not cut" in capsys.readouterr().err


def test_something_that_is_not_msra_is_not_cut(server: Server, get: Get, tmp_path: Path) -> None:
    server.files["msra_train_bio.txt"] = b"<html><body>log in</body></html>\n"
    with pytest.raises(UserError, match=r"msra_train_bio.txt: 1 sentences are too few"):
        get("msra")
    assert leftovers(tmp_path) == []
    assert not (tmp_path / "zho/train.txt").exists()


def test_the_table_of_sources_is_sound() -> None:
    for name, source in fetch.SOURCES.items():
        assert source.name == name
        assert source.base.startswith("https://raw.githubusercontent.com/")
        assert {local.split("/")[0] for local in source.files.values()} == set(source.languages)
        assert set(source.sha256) <= set(source.files)
        assert all(len(digest) in (32, 64) and int(digest, 16) for digest in source.sha256.values())
    assert len(fetch.SOURCES["masakhaner1"].languages) == 10
    assert len(fetch.SOURCES["masakhaner1"].sha256) == 21
    assert len(fetch.SOURCES["masakhaner2"].languages) == 20
    assert not fetch.SOURCES["masakhaner2"].sha256
