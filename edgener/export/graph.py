"""The torch model, its graph in ONNX, and the logits the graph is held to: the one file of this stage to meet torch."""

import contextlib
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgener.errors import UserError
from edgener.export.network.weights import Encoder, is_known, read
from edgener.text.decode import Array
from edgener.train.model import Network, TorchForward, load_classifier
from edgener.train.source import locate

__all__ = ["Network", "encoder_of", "export_graph", "load_classifier", "locate", "torch_logits"]

TRACED_OPSET = 17  # the first with LayerNormalization as an operator of its own


def export_graph(source: str, folder: Path) -> Path:
    """Write the fp32 graph of `source` into `folder`, by optimum: dynamic batch and sequence. Returns its path.

    Inputs int64 [batch, sequence]: input_ids, attention_mask and, where the architecture has them, token_type_ids.
    Output float32 [batch, sequence, labels]: logits. Over 2 GB the weights are in a file beside the graph. UserError
    without optimum, and for an architecture that it does not know either.
    """
    try:
        from optimum.exporters.onnx import main_export
    except ImportError:
        raise UserError(
            f"{source}: edgener builds no graph for this architecture itself; pip install 'edgener[optimum]' for more"
        ) from None

    try:
        with _quiet():
            main_export(
                source,
                output=folder,
                task="token-classification",
                opset=TRACED_OPSET,
                device="cpu",
                framework="pt",
                library_name="transformers",
                do_validation=False,
                no_post_process=True,
                trust_remote_code=False,
            )
    except ValueError as error:  # its answer to an architecture without an export configuration
        raise UserError(f"{source}: optimum cannot export it ({' '.join(str(error).split())[:200]})") from None
    return folder / "model.onnx"


def encoder_of(classifier: Network) -> Encoder | None:
    """The weights for edgener.export.network; None for an architecture that it does not know."""
    config = classifier.model.config.to_dict()
    if not is_known(config):
        return None
    try:
        return read(config, {name: one.float().numpy() for name, one in classifier.model.state_dict().items()})
    except KeyError:  # a class of the same name with other parts
        return None


def torch_logits(classifier: Network, batches: Sequence[tuple[Array, Array]]) -> list[Array]:
    """float32 [batch, length, labels] for each (ids, mask), from the torch model."""
    forward = TorchForward(classifier.model)
    return [np.asarray(forward(ids, mask)) for ids, mask in batches]


@contextlib.contextmanager
def _quiet():  # type: ignore[no-untyped-def]
    """The tracer and its libraries warn about Python control flow that has no effect on this graph."""
    loggers = [logging.getLogger(name) for name in ("optimum", "transformers", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(None):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
