"""Lines of text as they come from users: up to a cap, and none is lost."""

from io import BytesIO
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.text.lines import lines_of, read_texts

CAP = 4 * 2**20


def test_a_line_of_more_than_4_mib_is_refused_and_the_next_one_read() -> None:
    stream = BytesIO(b"a" * (CAP - 1) + b"\n" + b"a" * (CAP + 1) + b"\nKano\n")
    longest, refused, last = lines_of(stream, jsonl=False)
    assert (len(longest.text), longest.problem) == (CAP - 1, None)
    assert (refused.number, refused.text, refused.problem) == (2, "", "longer than 4 MiB; one text a line is expected")
    assert (last.number, last.text, last.problem) == (3, "Kano", None)


def test_a_file_with_such_a_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(b"Kano\n" + b"a" * (CAP + 1))
    with pytest.raises(UserError, match=r"texts\.txt:2: longer than 4 MiB"):
        read_texts(path)
