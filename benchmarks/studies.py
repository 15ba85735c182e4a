"""Tables of studies: what `edgener study` wrote, as the README shows it."""

from benchmarks.documents import read, source
from edgener.study import tables

PREFIX = "study-"


def table(name: str, *parts: str) -> str:
    """Sections (edgener.study.tables) of a study's document, and what made it."""
    found = tables.sections(read(PREFIX + name))
    return "\n".join(found[part] for part in parts if found[part]) + source(PREFIX + name)
