"""The transformers pipeline for token classification, as its documentation shows it, over torch or over ONNX.

    python -m benchmarks.peers.pipeline FOLDER --threads N        a torch model, or a folder with model.onnx by optimum

End to end only ("text"): the pipeline has tokenisation, aggregation (`simple`) and all else of its own.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.common import files_of, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgener.text.decode import Entity
    from edgener.text.tagger import Tagger


class Pipeline:
    """The folder decides between torch and optimum's ONNX classes."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.folder, self.threads = folder, threads
        self.onnx = (folder / "model.onnx").is_file()

    def imports(self) -> None:
        import torch
        import transformers  # noqa: F401

        if self.onnx:
            import optimum.onnxruntime  # noqa: F401
        if self.threads:
            torch.set_num_threads(self.threads)

    def load(self) -> "Tagger":
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

        from edgener.runtime.folder import tagger_of
        from edgener.text.tagger import Tagger

        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        if self.onnx:
            import onnxruntime
            from optimum.onnxruntime import ORTModelForTokenClassification

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self.threads
            model = ORTModelForTokenClassification.from_pretrained(self.folder, session_options=options)
        else:
            model = AutoModelForTokenClassification.from_pretrained(self.folder)
        whole = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple")
        ours = tagger_of(self.folder, _Windows(model))

        class Piped(Tagger):
            """The pipeline where a text goes in; its model alone for windows of ids."""

            def batch(self, texts: "Sequence[str]") -> "list[list[Entity]]":
                return list(whole(list(texts), batch_size=self.batch_size))

        return Piped(ours.forward, ours.tokenizer, ours.decoder.labels, ours.spec)

    def facts(self) -> dict[str, Any]:
        return {"files": files_of(self.folder)}


class _Windows:
    """(ids, mask) -> logits with the model that the pipeline has."""

    labels = None

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, ids: Any, mask: Any) -> Any:
        import torch

        with torch.inference_mode():
            given = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            return self.model(**given).logits.numpy()


if __name__ == "__main__":
    run(Pipeline, __doc__ or "")
