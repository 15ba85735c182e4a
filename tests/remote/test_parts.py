"""Addresses, and the wheel of this very edgener."""

import csv
import io
import zipfile
from base64 import urlsafe_b64encode
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgener.errors import UserError
from edgener.remote.address import Address, address
from edgener.remote.setup import check
from edgener.remote.wheel import wheel


@pytest.mark.parametrize(
    ("text", "expected", "ssh"),
    [
        ("ssh://pi@raspberrypi.local", Address("raspberrypi.local", "pi"), "ssh pi@raspberrypi.local"),
        ("ssh://pi@10.0.0.7:2222", Address("10.0.0.7", "pi", 2222), "ssh -p 2222 pi@10.0.0.7"),
        ("ssh://MyPi", Address("MyPi"), "ssh MyPi"),
        ("ssh://pi@[fe80::1]:22", Address("fe80::1", "pi", 22), "ssh -p 22 pi@fe80::1"),
    ],
)
def test_addresses(text: str, expected: Address, ssh: str) -> None:
    assert address(text) == expected
    assert str(expected) == text
    assert expected.ssh == ssh


@pytest.mark.parametrize(
    "text",
    [
        *("pi@host", "ssh://", "ssh://pi@", "http://host", "ssh://host/path", "ssh://host:x", "ssh://host:0"),
        *("ssh://h?q", "ssh://-oProxyCommand=x", "ssh://[::1", "ssh://host:70000"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UserError, match="expected ssh://user@host"):
        address(text)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserError) as found:
        address("ssh://pi:secret@host")
    assert "secret" not in str(found.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with suppress(UserError):
        assert str(address("ssh://" + text)).startswith("ssh://")


def test_the_wheel_is_whole() -> None:
    name, data = wheel()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        (record,) = [one for one in names if one.endswith("RECORD")]
        lines = {line[0]: line[1:] for line in csv.reader(archive.read(record).decode().splitlines())}
        assert set(lines) == set(names)
        for one in names:
            if one != record:
                content = archive.read(one)
                digest = urlsafe_b64encode(sha256(content).digest()).decode().rstrip("=")
                assert lines[one] == [f"sha256={digest}", str(len(content))]
    assert name.endswith("-py3-none-any.whl")
    assert "edgener/benchmark/on_device.py" in names
    assert not [one for one in names if "__pycache__" in one]
    assert wheel() == (name, data)


FACTS = {"python": "3.13.1", "machine": "aarch64", "bits": 64, "libc": "glibc 2.41", "free_bytes": 10**10}


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"bits": 32}, "32-bit"), ({"python": "3.9.2"}, "Python 3.9.2"), ({"free_bytes": 10**8}, "100 MB free")],
)
def test_devices_that_cannot_run_it(changed: dict[str, object], said: str) -> None:
    check("ssh://pi@host", FACTS, 30_000_000)
    with pytest.raises(UserError, match=said):
        check("ssh://pi@host", FACTS | changed, 30_000_000)
