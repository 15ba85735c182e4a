"""ONNX Runtime behind the forward signature of edgener.text.tagger."""

import re
from pathlib import Path

import numpy as np
import onnxruntime

from edgener.bundle.layout import MAX_WINDOW
from edgener.errors import UserError
from edgener.text.decode import Array

_LEVELS = {
    "none": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def require_version(minimum: object, where: Path) -> None:
    """UserError when the installed ONNX Runtime is older than the bundle asks for."""
    wanted = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,6})?", str(minimum))
    have = re.match(r"(\d+)\.(\d+)", onnxruntime.__version__)
    if wanted is None or have is None:
        raise UserError(f"{where}: min_onnxruntime is {minimum!r}; expected a version such as 1.18.0")
    if tuple(map(int, have.groups())) < tuple(map(int, wanted.groups())):
        raise UserError(f"{where}: needs ONNX Runtime {minimum}, {onnxruntime.__version__} is installed; update it")


class OnnxForward:
    """(ids, mask) -> logits with one CPU session.

    threads: intra-op threads; 0 leaves the choice to ONNX Runtime (one a physical core). optimisation: of the graph
    when it is loaded: none, basic or all. spinning: threads wait for work busily.
    """

    def __init__(self, path: Path, threads: int = 0, optimisation: str = "all", spinning: bool = True) -> None:
        self.path = path
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = _LEVELS[optimisation]
        if not spinning:
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4  # what goes wrong is raised; the log would only repeat it on stderr
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a class of its own for each kind of trouble
            raise UserError(f"{path}: ONNX Runtime {onnxruntime.__version__} cannot load it ({_line(error)})") from None
        self.inputs = tuple(node.name for node in self.session.get_inputs())
        outputs = self.session.get_outputs()
        strange = [name for name in self.inputs if name not in INPUTS]
        if strange or "input_ids" not in self.inputs or len(outputs) != 1:
            raise UserError(f"{path}: not a token classifier (inputs {', '.join(self.inputs)})")
        types = {node.type for node in self.session.get_inputs()}
        if types != {"tensor(int64)"} or outputs[0].type != "tensor(float)" or len(outputs[0].shape) != 3:
            raise UserError(f"{path}: not a token classifier (int64 ids in, float32 [batch, length, labels] out)")
        # None when the graph leaves it open.
        last = outputs[0].shape[2]
        self.labels = last if isinstance(last, int) else None
        batch, length = (size if isinstance(size, int) else None for size in self.session.get_inputs()[0].shape)
        if (length or 1) > MAX_WINDOW or batch not in (None, 1):
            raise UserError(f"{path}: takes {batch or 'any number of'} windows of {length} pieces; not of a bundle")
        self.alone, self.length = batch == 1, length

    def __call__(self, ids: Array, mask: Array) -> Array:
        if self.alone and len(ids) > 1:
            return np.concatenate([self(ids[row : row + 1], mask[row : row + 1]) for row in range(len(ids))])
        if self.length is not None and ids.shape[1] < self.length:  # a graph of one length: what is added is not read
            added = ((0, 0), (0, self.length - ids.shape[1]))
            return self(np.pad(ids, added), np.pad(mask, added))[:, : ids.shape[1]]
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        try:
            logits: Array = self.session.run(None, {name: given[name] for name in self.inputs})[0]
        except Exception as error:
            raise UserError(f"{self.path}: ONNX Runtime cannot run it ({_line(error)})") from None
        # A graph may declare one shape and answer with another.
        if logits.ndim != 3 or logits.shape[:2] != ids.shape or self.labels not in (None, logits.shape[2]):
            raise UserError(f"{self.path}: answers {ids.shape} ids with logits of shape {logits.shape}")
        if not np.isfinite(logits).all():
            raise UserError(f"{self.path}: its logits are not finite numbers; this model cannot be used")
        return logits


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
