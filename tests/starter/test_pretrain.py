"""Pretraining: packed documents cost what they cost alone, and a killed training ends where an undisturbed one ends."""

from __future__ import annotations

import argparse
from pathlib import Path

import batches
import numpy as np
import pretrain
import pytest
import torch
from batches import inputs
from pretrain import Training, loss_of, new_model
from transformers import AutoTokenizer

from mynah.models.kernels import attention

STARTER = Path(__file__).parents[2] / "src/mynah/models/starter"


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setattr(pretrain, "STEP", 1024)
    chance = np.random.default_rng(0)
    (tmp_path / "tokens").mkdir()
    for name in batches.TALK:
        for part in ("train", "valid"):
            ends = np.cumsum(chance.integers(5, 60, 50))
            ids = chance.integers(5, 500, ends[-1]).astype(np.uint16)
            np.savez(tmp_path / "tokens" / f"{name}.{part}.npz", ids=ids, ends=ends)
    AutoTokenizer.from_pretrained(STARTER).save_pretrained(tmp_path / "tokenizer")
    (tmp_path / "out").mkdir()
    return argparse.Namespace(
        data=tmp_path, out=tmp_path / "out", width=64, layers=2, rate=1.0, base=None, chat_stage=0.35, seed=1,
        minutes=0.0, tokens=8 * 1024, save_every=1e9, validate_every=10**9, compile=False, replies_only=True,
    )  # fmt: skip


def test_documents_of_one_row_cost_what_they_cost_alone() -> None:
    torch.manual_seed(0)
    model = new_model(AutoTokenizer.from_pretrained(STARTER), 64, 2)
    one, two = torch.randint(5, 500, (1, 20)), torch.randint(5, 500, (1, 30))
    together = inputs(torch.cat([one, two], 1), torch.tensor([[0] * 20 + [1] * 30]), torch.bfloat16)
    alone = [inputs(ids, torch.zeros_like(ids), torch.bfloat16) for ids in (one, two)]
    for quick in (False, True):
        with attention.used(model) if quick else torch.no_grad():
            apart = sum(float(loss_of(model, given)) for given in alone)
            assert float(loss_of(model, together)) == pytest.approx(apart, rel=2e-3)


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(options: argparse.Namespace) -> None:
    whole = Training(options)
    while whole.done < 1:
        whole.one_step()
    first = Training(options)
    for _ in range(5):
        first.one_step()
    first.save()
    second = Training(options)
    second.restore()
    assert second.step == 5
    while second.done < 1:
        second.one_step()
    for (name, expected), (_, found) in zip(
        whole.model.named_parameters(), second.model.named_parameters(), strict=True
    ):
        assert torch.equal(expected, found), name


def test_the_rate_rises_stays_and_falls() -> None:
    assert pretrain.rate(0, 0.35) < 0.02
    assert pretrain.rate(0.01, 0.35) == pretrain.rate(0.6, 0.35) == 1
    assert 0.4 < pretrain.rate(1 - 0.35 / 2, 0.35) < 0.6
    assert pretrain.rate(1, 0.35) == 0.01
    assert pretrain.rate(0.5, 1.0) == 0.5
