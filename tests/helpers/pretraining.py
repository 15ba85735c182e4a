"""Settings of a pretraining run that takes seconds, and a vocabulary to mask."""

import torch

from edgener.train.pretrain.language_model import Maskable
from edgener.train.pretrain.presets import PretrainConfig

CONFIG = PretrainConfig(
    languages=("hau", "swa"),
    vocabulary=400,
    layers=2,
    hidden=32,
    heads=2,
    ffn=64,
    length=32,
    learning_rate=5e-3,
    steps=60,
    batch_size=8,
)


def pieces_of(size: int = 50) -> Maskable:
    special = torch.zeros(size, dtype=torch.bool)
    special[:5] = True
    return Maskable(4, special, torch.arange(5, size))
