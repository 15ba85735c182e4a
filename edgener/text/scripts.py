"""The script of a letter."""

import unicodedata
from functools import cache


@cache
def script_of(char: str) -> str:
    """LATIN, ETHIOPIC, NKO, CJK and so on: the first word of a letter's Unicode name; "" for what is no letter."""
    if not unicodedata.category(char).startswith("L"):
        return ""
    return unicodedata.name(char, "?").split()[0].split("-")[0]
