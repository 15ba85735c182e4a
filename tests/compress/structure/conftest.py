"""Token classifiers with random weights, of each architecture that can be cut; a trained one, cut in two rounds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(params=["bert", "roberta", "xlm-roberta"])
def classifier(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("build")(request.param)


@pytest.fixture
def build() -> Callable[..., Any]:
    """(architecture, **changes of its config) -> a model of 3 layers with 4 heads and 64 neurons each."""

    def make(kind: str, **changes: Any) -> Any:
        import torch
        from transformers import AutoConfig, AutoModelForTokenClassification

        torch.manual_seed(3)
        config = AutoConfig.for_model(
            kind,
            **{
                "vocab_size": 90,
                "hidden_size": 32,
                "num_hidden_layers": 3,
                "num_attention_heads": 4,
                "intermediate_size": 64,
                "max_position_embeddings": 40,
                "num_labels": 5,
                "layer_norm_eps": 1e-12,
                "initializer_range": 0.3,  # so that every part has a say
                **changes,
            },
        )
        return AutoModelForTokenClassification.from_config(config).eval()

    return make


@pytest.fixture
def batch() -> dict[str, Any]:
    """Three sentences, two of them padded."""
    import torch

    random = torch.Generator().manual_seed(5)
    ids = torch.randint(5, 90, (3, 12), generator=random)
    mask = torch.ones_like(ids)
    mask[1, 9:], mask[2, 4:] = 0, 0
    return {"input_ids": ids.masked_fill(mask == 0, 1), "attention_mask": mask}


@pytest.fixture(scope="session")
def config() -> Any:
    """Two rounds, each with recovery."""
    from edgener.compress.structure.config import StructureConfig

    return StructureConfig(
        languages=("hau",), epochs=2, learning_rate=2e-3, heads=0.5, ffn=0.5, layers=1, steps=2, examples=64
    )


@pytest.fixture(scope="session")
def smaller(tiny_model: Path, config: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What they make of the tiny model."""
    from edgener.compress.structure.stage import structure

    return structure(str(tiny_model), config, tmp_path_factory.mktemp("runs") / "smaller")
