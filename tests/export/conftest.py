"""Token classifiers of every architecture that the builder knows, with random weights."""

from collections.abc import Callable
from typing import Any

import pytest

KINDS = ["bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert"]


@pytest.fixture
def build_model() -> Callable[..., Any]:
    """(architecture, **changes of its config) -> a model of 2 layers with 4 heads, 32 channels and 64 neurons."""

    def make(kind: str, **changes: Any) -> Any:
        import torch
        from transformers import AutoConfig, AutoModelForTokenClassification

        torch.manual_seed(3)
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
        if kind == "distilbert":
            shape = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
        if kind == "electra":
            shape["embedding_size"] = 16
        # So large that every part has a say.
        base = {"vocab_size": 90, "num_labels": 5, "max_position_embeddings": 40, "initializer_range": 0.3}
        return AutoModelForTokenClassification.from_config(AutoConfig.for_model(kind, **base | shape | changes)).eval()

    return make


@pytest.fixture
def batch() -> dict[str, Any]:
    """Three sentences, two of them padded; int64."""
    import numpy as np

    ids = np.random.default_rng(5).integers(5, 90, (3, 12))
    mask = np.ones_like(ids)
    mask[1, 9:] = mask[2, 4:] = 0
    return {"input_ids": np.where(mask == 1, ids, 1), "attention_mask": mask}
