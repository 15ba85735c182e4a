"""The download against a server that cuts, refuses, redirects and exaggerates."""

import socket
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.text import fetch
from tests.helpers.corpus_server import HAU, Get, Server, leftovers, record


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
