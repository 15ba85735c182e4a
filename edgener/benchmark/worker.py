"""A bundle as a contestant: `python -m edgener.benchmark.worker BUNDLE --threads N`."""

import argparse
from typing import TYPE_CHECKING, Any

from edgener.benchmark.protocol import serve

if TYPE_CHECKING:
    from edgener.text.tagger import Tagger


class BundleEngine:
    """The bundle runtime. Loading verifies every hash, as it does in any program that uses the bundle."""

    def __init__(
        self, bundle: str, threads: int, optimisation: str = "all", spinning: bool = True, variant: str = ""
    ) -> None:
        self.bundle, self.settings = bundle, (threads, optimisation, spinning, variant)

    def imports(self) -> None:
        import edgener.runtime  # noqa: F401

    def load(self) -> "Tagger":
        from edgener.runtime import Ner
        from edgener.runtime.settings import Settings

        return Ner.load(self.bundle, settings=Settings(*self.settings))

    def facts(self) -> dict[str, Any]:
        return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--optimisation", default="all")
    parser.add_argument("--no-spinning", action="store_true")
    parser.add_argument("--variant", default="")
    given = parser.parse_args()
    serve(BundleEngine(given.bundle, given.threads, given.optimisation, not given.no_spinning, given.variant))


if __name__ == "__main__":
    main()
