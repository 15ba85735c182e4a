"""ONNX Runtime with its defaults over a stock folder: model.onnx, config.json, tokenizer.json.

python -m benchmarks.peers.onnx_folder FOLDER --threads N
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.common import files_of, run

if TYPE_CHECKING:
    from edgener.text.tagger import Tagger


class OnnxFolder:
    """Tokenised and decoded by edgener, so that nothing but the network differs."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.folder, self.threads = folder, threads

    def imports(self) -> None:
        import edgener.runtime.folder  # noqa: F401

    def load(self) -> "Tagger":
        from edgener.runtime.folder import load_folder

        return load_folder(self.folder, threads=self.threads)

    def facts(self) -> dict[str, Any]:
        return {"files": files_of(self.folder)}


if __name__ == "__main__":
    run(OnnxFolder, __doc__ or "")
