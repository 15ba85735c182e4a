"""OpenVINO over a folder that prepare.py made: model.xml, model.bin, config.json, tokenizer.json.

    python -m benchmarks.peers.openvino_folder FOLDER --threads N

Latency hint, f32 inference precision: on CPUs with AVX512-BF16 the default computes in bf16, which is another model.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.common import files_of, run

if TYPE_CHECKING:
    from edgener.text.decode import Array
    from edgener.text.tagger import Tagger


class OpenVinoFolder:
    """Tokenised and decoded by edgener, so that nothing but the network differs."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.folder, self.threads = folder, threads

    def imports(self) -> None:
        import openvino  # noqa: F401

        import edgener.runtime.folder  # noqa: F401

    def load(self) -> "Tagger":
        import numpy as np
        import openvino

        from edgener.runtime.folder import tagger_of

        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1}
        settings |= {"INFERENCE_NUM_THREADS": self.threads} if self.threads else {}
        model = openvino.Core().compile_model(self.folder / "model.xml", "CPU", settings)
        names, request = {one.any_name for one in model.inputs}, model.create_infer_request()

        def forward(ids: "Array", mask: "Array") -> "Array":
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            found: Array = request.infer({name: given[name] for name in names})[0]
            return found.copy()

        return tagger_of(self.folder, forward)

    def facts(self) -> dict[str, Any]:
        import openvino

        return {"files": files_of(self.folder), "settings": {"openvino": openvino.__version__, "precision": "f32"}}


if __name__ == "__main__":
    run(OpenVinoFolder, __doc__ or "")
