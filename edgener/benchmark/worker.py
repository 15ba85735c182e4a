"""A bundle as a contestant: `python -m edgener.benchmark.worker BUNDLE --threads N`."""

import argparse
from typing import TYPE_CHECKING, Any

from edgener.benchmark.protocol import serve

if TYPE_CHECKING:
    from edgener.text.tagger import Tagger


class BundleEngine:
    """The bundle runtime. Loading verifies every hash, as it does in any program that uses the bundle."""

    def __init__(self, bundle: str, threads: int) -> None:
        self.bundle, self.threads = bundle, threads

    def imports(self) -> None:
        import edgener.runtime  # noqa: F401

    def load(self) -> "Tagger":
        from edgener.runtime import Ner

        return Ner.load(self.bundle, threads=self.threads)

    def facts(self) -> dict[str, Any]:
        return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    serve(BundleEngine(arguments.bundle, arguments.threads))


if __name__ == "__main__":
    main()
