"""One classifier's graph in any mode, each compared with the torch model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from edgener.console import say
from edgener.errors import CheckFailed
from edgener.export import graph, modes, ort_format, others
from edgener.export.config import ExportConfig
from edgener.export.graph import Network
from edgener.export.inputs import GateData
from edgener.export.network.activations import Batch
from edgener.export.network.build import OPSET, build
from edgener.export.network.writer import Weights, save
from edgener.export.parity import LOGIT_TOLERANCE, Parity, batches_for, compare
from edgener.runtime.session import OnnxForward
from edgener.text import sample
from edgener.text.normalise import normalise_word
from edgener.text.pieces import encode


@dataclass(frozen=True)
class Made:
    """parity: with the torch model. found: what the mode measured. opset: of ONNX's own operators."""

    parity: Parity
    found: dict[str, Any]
    opset: int


class Maker:
    """The weights are read, and the fp32 graph is held to the torch model, once for all modes.

    CheckFailed when that graph is not the model.
    """

    def __init__(self, classifier: Network, model: str, measured_on: GateData, folder: Path) -> None:
        self.classifier, self.measured_on = classifier, measured_on
        encoder = graph.encoder_of(classifier)
        longest = classifier.spec.max_length
        # The runtime sends no longer window, so that no later position is ever read.
        self.encoder = replace(encoder, positions=encoder.positions[:longest]) if encoder else None
        self.architecture = str(classifier.model.config.model_type)
        texts = _parity_texts(measured_on)
        pieces = [list(encode(classifier.backend, words).ids) for words in texts]
        self.batches = batches_for(classifier.spec, pieces, classifier.backend.get_vocab_size())
        self.reference = graph.torch_logits(classifier, self.batches)
        say(f"exporting {classifier.source.name} to ONNX")
        if self.encoder is not None:
            self.fp32 = save(build(self.encoder), folder / "fp32.onnx")
        else:
            self.fp32 = graph.export_graph(model, folder)
        self.parity = compare(OnnxForward(self.fp32), self.batches, self.reference)
        if self.parity.max_logit_difference > LOGIT_TOLERANCE:
            raise CheckFailed(
                f"{model}: the ONNX graph differs from torch by {self.parity.max_logit_difference:.2g} in a logit (at "
                f"most {LOGIT_TOLERANCE:g} is allowed); this architecture cannot be exported faithfully"
            )

    def write(self, config: ExportConfig, out: Path, weights: Weights) -> Made:
        """The graph in this mode at `out`, its large tensors in `weights`. UserError for a mode that it cannot have."""
        if config.quant != modes.NONE:
            say(f"quantising: {config.quant}")
        if config.format == modes.ORT:
            with TemporaryDirectory(dir=self.fp32.parent) as folder:
                source = Path(folder) / "model.onnx"
                opset, found = self._write(config, source, Weights(source.with_name("weights.bin")))
                found["usability"] = ort_format.usability(source)
                ort_format.convert(source, out)
                ort_format.write_operators(out)
        else:
            opset, found = self._write(config, out, weights)
        parity = compare(OnnxForward(out), self.batches, self.reference)
        return Made(parity, found, opset)

    def _write(self, config: ExportConfig, out: Path, weights: Weights) -> tuple[int, dict[str, Any]]:
        if self.encoder is None:
            others.check(config, self.architecture)
            return others.write(self.fp32, config.quant, out, weights), {}
        network, form, found = modes.quantised(self.encoder, config, lambda: self.sample(config.sentences))
        save(build(network, form), out, weights)
        if config.sparse:
            found["dense_bytes"] = self._bytes_without_sparse(config)
        return OPSET, found

    def _bytes_without_sparse(self, config: ExportConfig) -> int:
        with TemporaryDirectory(dir=self.fp32.parent) as folder:
            graph_ = Path(folder) / "model.onnx"
            self._write(replace(config, sparse=False), graph_, Weights(graph_.with_name("weights.bin")))
            return sum(file.stat().st_size for file in Path(folder).iterdir())

    def sample(self, sentences: int) -> Iterator[Batch]:
        """(ids, mask) of one sentence at a time, cut to the window."""
        spec = self.classifier.spec
        for words in self.measured_on.texts(sentences):
            ids = encode(self.classifier.backend, [normalise_word(word) for word in words]).ids[: spec.capacity]
            row = np.array([[*spec.prefix, *ids, *spec.suffix]], np.int64)
            yield row, np.ones_like(row)

    def alternatives(self, config: ExportConfig) -> Iterator[ExportConfig]:
        """What may keep more F1 than this, the smallest first."""
        if config.embeddings in ("int4", "int8") and config.embeddings != modes.MODES[config.quant].embeddings:
            yield replace(config, embeddings=None)
        if self.encoder is not None:
            for quant in (modes.INT8_STATIC, modes.INT8, modes.INT8_MIXED, modes.FP16):
                if quant != config.quant:
                    yield replace(config, quant=quant, embeddings=None)
        elif config.quant != modes.NONE:
            yield replace(config, quant=modes.NONE)


def folder_for(scratch: Path) -> TemporaryDirectory[str]:
    """Where graphs that are not shipped live, on the disk of those that are."""
    return TemporaryDirectory(dir=scratch, prefix="fp32-")


def _parity_texts(measured_on: GateData) -> list[Sequence[str]]:
    dev = [sentence.tokens for part in measured_on.dev.values() for sentence in part[:10]]
    return [*dev, *[text.split() for texts in sample.sentences().values() for text in texts]]
