"""One classifier's graph in any mode, each compared with the torch model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from edgener.console import say
from edgener.errors import CheckFailed, UserError
from edgener.export import graph, modes, ort_format, others
from edgener.export.config import ExportConfig
from edgener.export.graph import Network
from edgener.export.inputs import GateData
from edgener.export.network.activations import Batch
from edgener.export.network.build import build
from edgener.export.network.writer import Weights, save
from edgener.export.parity import LOGIT_TOLERANCE, Parity, batches_for, compare
from edgener.export.requirements import asked_of_runtime
from edgener.runtime.session import OnnxForward
from edgener.text import sample
from edgener.text.normalise import normalise_word
from edgener.text.pieces import encode

_PHONES = ("android", "ios")
# Even random weights agree with themselves rounded in most tags; a graph below that computes something else.
LEAST_AGREEMENT = 0.5


@dataclass(frozen=True)
class Made:
    """parity: with the torch model. found: what the mode measured. asked: of ONNX Runtime, see asked_of_runtime."""

    parity: Parity
    found: dict[str, Any]
    asked: tuple[int, str]


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
                found = self._write(config, source, Weights(source.with_name("weights.bin")))
                found["usability"], asked = ort_format.usability(source), asked_of_runtime(source)
                ort_format.convert(source, out)
                ort_format.write_operators(out)
        else:
            found = self._write(config, out, weights)
            asked = asked_of_runtime(out)
            if (config.target or "").startswith(_PHONES):
                found["usability"] = ort_format.usability(out)
        parity = compare(OnnxForward(out), self.batches, self.reference)
        if parity.tag_agreement < LEAST_AGREEMENT and not self.measured_on.dev:  # else the gate says it better
            raise CheckFailed(
                f"{config.quant}: only {100 * parity.tag_agreement:.0f} % of tags are the torch model's, too few to be "
                "rounding; choose another --quant"
            )
        return Made(parity, found, asked)

    def _write(self, config: ExportConfig, out: Path, weights: Weights) -> dict[str, Any]:
        if self.encoder is None:
            others.check(config, self.architecture)
            others.write(self.fp32, config, out, weights)
            return {}
        network, form, found = modes.quantised(self.encoder, config, lambda: self.sample(config.sentences))
        if modes.measures(config):
            found["measured_on"] = self.measured_on.sampled
            if not self.measured_on.train:
                say("warning: activations are measured on the built-in sample; --data gives sentences of your own")
        save(build(network, form), out, weights)
        if "saved" in found:
            found["dense_bytes"] = sum([*found.pop("saved"), out.stat().st_size, weights.path.stat().st_size])
        return found

    def sample(self, sentences: int) -> Iterator[Batch]:
        """(ids, mask) of one sentence at a time, cut to the window; those without a piece are left out."""
        spec, empty = self.classifier.spec, True
        for words in self.measured_on.texts(sentences):
            ids = encode(self.classifier.backend, [normalise_word(word) for word in words]).ids[: spec.capacity]
            if not ids:
                continue
            empty = False
            row = np.array([[*spec.prefix, *ids, *spec.suffix]], np.int64)
            yield row, np.ones_like(row)
        if empty:
            raise UserError(f"{self.measured_on.sampled}: no sentence has a piece to calibrate on; give other --data")


def folder_for(scratch: Path) -> TemporaryDirectory[str]:
    """Where graphs that are not shipped live, on the disk of those that are."""
    return TemporaryDirectory(dir=scratch, prefix="fp32-")


def _parity_texts(measured_on: GateData) -> list[Sequence[str]]:
    dev = [sentence.tokens for part in measured_on.dev.values() for sentence in part[:10]]
    return [*dev, *[text.split() for texts in sample.sentences().values() for text in texts]]
