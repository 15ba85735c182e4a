"""Masking and the loss."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import BertConfig, BertForMaskedLM, RobertaConfig, RobertaForMaskedLM

from edgener.train.features import IGNORED
from edgener.train.network import load_network
from edgener.train.pretrain.language_model import (
    begin_with_sinusoids,
    generator_for,
    mask_pieces,
    masked_lm_logits,
    masked_lm_loss,
)
from tests.helpers.pretraining import pieces_of


def test_masking_hides_the_share_asked_for_and_never_a_special() -> None:
    ids = torch.randint(0, 50, (200, 100), generator=generator_for(1))
    inputs, labels = mask_pieces(ids, generator_for(2), pieces_of(), 0.3)
    chosen = labels != IGNORED
    assert not chosen[ids < 5].any()
    assert torch.equal(labels[chosen], ids[chosen])
    assert torch.equal(inputs[~chosen], ids[~chosen])
    ordinary = ids >= 5
    assert chosen[ordinary].float().mean().item() == pytest.approx(0.3, abs=0.02)
    shares = [float((inputs[chosen] == 4).float().mean()), float((inputs[chosen] == ids[chosen]).float().mean())]
    assert shares == pytest.approx([0.8, 0.1 + 0.1 / 45], abs=0.02)
    assert not (inputs[chosen] < 4).any()  # what takes a piece's place is no special either


def test_masks_are_a_function_of_the_key() -> None:
    ids = torch.full((4, 50), 7)
    one, same, other = (mask_pieces(ids, generator_for(*key), pieces_of())[0] for key in ((3, 5), (3, 5), (5, 3)))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("width", [32, 33])
def test_positions_begin_as_waves_of_the_size_of_what_was_there(width: int) -> None:
    torch.manual_seed(0)
    table = torch.nn.Embedding(66, width, padding_idx=1)
    table.weight.data.normal_(0, 0.02)
    table.weight.data[1] = 0
    begin_with_sinusoids(table)
    rows = table.weight.detach()
    assert float(rows.std()) == pytest.approx(0.02, rel=0.25)
    assert not rows[1].any()
    products = rows[2:] @ rows[2:].T
    # The nearer, the more alike, wherever in the sequence.
    assert all(products[place, place + 1] > products[place, place + 5] for place in range(50))
    assert torch.allclose(products[3, 7], products[40, 44], rtol=0.05)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_the_loss_is_that_of_the_whole_model_at_the_masked_positions(kind: str, encoder: Path) -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    shape |= {"intermediate_size": 32, "max_position_embeddings": 40}
    model = {
        "bert": lambda: BertForMaskedLM(BertConfig(**shape)),
        "roberta": lambda: RobertaForMaskedLM(RobertaConfig(**shape)),
        "xlm-roberta": lambda: load_network(str(encoder)).model,
    }[kind]().eval()
    ids = torch.randint(5, 50, (3, 20), generator=generator_for(1))
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    inputs, labels = mask_pieces(ids, generator_for(2), pieces_of(), 0.3)
    labels[mask == 0] = IGNORED
    batch = {"input_ids": inputs, "attention_mask": mask, "labels": labels}
    whole = model(**batch)
    torch.testing.assert_close(masked_lm_loss(model, batch), whole.loss)
    positions = labels != IGNORED
    torch.testing.assert_close(masked_lm_logits(model, batch, positions), whole.logits[positions])
    nothing = masked_lm_loss(model, {**batch, "labels": torch.full_like(ids, IGNORED)})
    assert nothing.item() == 0
