"""What may be the name of a model on a hub: decided without a connection, so that a mistyped folder is told at once."""

from pathlib import Path


def may_be_hub_id(name: str) -> bool:
    """`owner/model`, or a `model` of old; not a path, nor anything in a folder that is here."""
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or Path(name).exists():
        return False
    return "/" not in name or not Path(name).parent.exists()
