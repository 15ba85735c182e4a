"""What a bundle is compared with: torch fp32, torch dynamic int8, and LLM.int8() (Dettmers et al. 2022).

In `edgener evaluate --engine NAME`, and as contestants of `edgener benchmark`: `python -m edgener.compress.baselines
NAME MODEL --threads N`.
"""

import argparse
import contextlib
import logging
import warnings
from typing import TYPE_CHECKING, Any

from edgener.benchmark.protocol import serve
from edgener.errors import MissingExtra

if TYPE_CHECKING:
    from edgener.text.tagger import Tagger


class TorchEngine:
    """torch fp32: inference_mode, SDPA attention."""

    def __init__(self, model: str, threads: int, batch_size: int = 1) -> None:
        self.name, self.threads, self.batch_size = model, threads, batch_size
        self.model: Any = None
        self.device = "cpu"

    def imports(self) -> None:
        try:
            import torch

            import edgener.train.model  # noqa: F401  # transformers, too, is imported before loading is timed

            self.import_more()
        except ImportError as error:
            raise MissingExtra(f"a baseline ({error.name} not installed)", "train") from None
        if self.threads:
            torch.set_num_threads(self.threads)
            with contextlib.suppress(RuntimeError):  # it can be set once in a process, and before any work
                torch.set_num_interop_threads(1)

    def import_more(self) -> None:
        """What only this engine needs."""

    def load(self) -> "Tagger":
        from edgener.train.model import load_classifier
        from edgener.train.source import locate

        classifier = load_classifier(self.name, source=locate(self.name, hashed=False), model_kwargs=self.settings())
        self.model = classifier.model
        self.quantise()
        return classifier.tagger(batch_size=self.batch_size, device=self.device)

    def settings(self) -> dict[str, Any]:
        """Arguments of from_pretrained."""
        return {"attn_implementation": "sdpa"}

    def quantise(self) -> None:
        """Change the loaded model in place."""

    def facts(self) -> dict[str, Any]:
        return {"memory_bytes": memory_bytes(self.model)}


class TorchInt8Engine(TorchEngine):
    """torch's dynamic quantisation of every Linear; embeddings stay fp32."""

    def quantise(self) -> None:
        import torch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated in favour of torchao, and still what people compare with
            torch.ao.quantization.quantize_dynamic(self.model, {torch.nn.Linear}, inplace=True)


class LlmInt8Engine(TorchEngine):
    """bitsandbytes through transformers: outlier columns in 16 bits, the rest int8; on CUDA when there is one.

    The classifier is left as it is: its few outputs cost nothing, and quantising it costs F1. The outlier threshold is
    the paper's and bitsandbytes' default.
    """

    threshold = 6.0

    def import_more(self) -> None:
        # It warns of kernels that LLM.int8() has no use for, and in every layer of every pass that inputs are cast;
        # writing that would be timed.
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
        import accelerate  # noqa: F401
        import bitsandbytes  # noqa: F401

    def settings(self) -> dict[str, Any]:
        import torch
        from transformers import BitsAndBytesConfig

        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        return {
            "quantization_config": BitsAndBytesConfig(
                load_in_8bit=True, llm_int8_threshold=self.threshold, llm_int8_skip_modules=["classifier"]
            ),
            "dtype": torch.float16 if self.device == "cuda" else torch.float32,
            "device_map": {"": self.device},
        }

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "device": self.device, "settings": {"llm_int8_threshold": self.threshold}}


ENGINES = {"torch-fp32": TorchEngine, "torch-int8": TorchInt8Engine, "llm-int8": LlmInt8Engine}


def memory_bytes(model: Any) -> int:
    """Bytes of parameters and buffers, and of the packed layers of dynamic quantisation, which are neither."""
    tensors = [*model.parameters(), *model.buffers()]
    for module in model.modules():
        packed: Any = getattr(module, "_packed_params", None)
        if hasattr(packed, "_weight_bias"):
            tensors += [tensor for tensor in packed._weight_bias() if tensor is not None]
    return sum(_bytes(tensor) for tensor in tensors)


def _bytes(tensor: Any) -> int:
    total: int = tensor.numel() * tensor.element_size()
    if tensor.is_quantized:  # a float32 scale and an int32 zero point for the tensor, or for each row of it
        total += 8 * (tensor.shape[0] if "channel" in str(tensor.qscheme()) else 1)
    scales = getattr(tensor, "SCB", None)  # of bitsandbytes' Int8Params, a float32 for each row
    return total + (scales.numel() * scales.element_size() if scales is not None else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    serve(ENGINES[arguments.name](arguments.model, arguments.threads))


if __name__ == "__main__":
    main()
