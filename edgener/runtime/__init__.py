"""The runtime: `Ner.load(path)`, `ner(text)`, `ner.batch(texts)`. Needs onnxruntime, tokenizers and numpy only."""

from edgener.runtime.ner import Ner
from edgener.text.decode import Entity

__all__ = ["Entity", "Ner"]
