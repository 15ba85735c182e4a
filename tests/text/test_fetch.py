"""The download against a server on the loopback interface: what arrives, what is kept, what is recorded."""

import hashlib
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.text import corpus, fetch
from tests.helpers.corpus_server import HAU, Get, Server, leftovers, publish, record


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
