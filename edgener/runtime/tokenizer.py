"""The tokenizer of a bundle: whatever a bad tokenizer.json makes the library do comes out as one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from edgener.errors import UserError
from edgener.text.pieces import load_tokenizer


class BundleTokenizer:
    """A `tokenizers.Tokenizer` that raises UserError for a text it cannot encode."""

    def __init__(self, path: Path, prepare: Callable[[Tokenizer], Tokenizer] = lambda tokenizer: tokenizer) -> None:
        self.path = path
        with _one_line(path):
            self.inner = prepare(load_tokenizer(path))

    def encode(self, *arguments: Any, **options: Any) -> Any:
        with _one_line(self.path):
            encoding = self.inner.encode(*arguments, **options)
        if max(encoding.ids, default=0) >= 2**31:
            raise UserError(f"{self.path}: piece id {max(encoding.ids)} is larger than any vocabulary")
        return encoding

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except BaseException as error:  # a panic of the Rust library is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UserError(f"{path}: the tokenizer fails ({' '.join(str(error).split())[:200]})") from None
