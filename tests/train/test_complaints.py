"""One cause is not taken for another: memory, Lightning's options, torch's, and bugs."""

from collections.abc import Callable

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from omegaconf import OmegaConf

from aevb.errors import UserError, out_of_memory
from aevb.losses import IWAE
from aevb.models import VAE
from aevb.train.complaints import plain_complaints
from aevb.train.memory import check_memory, memory_of


def test_what_lightning_says_is_a_message() -> None:
    trainer = Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, max_epochs=1)
    with pytest.raises(UserError, match="Lightning, of the options trainer or callbacks"), plain_complaints():
        trainer.fit(LightningModule())


def test_what_an_optimiser_of_torch_says_is_a_message() -> None:
    weight = torch.zeros(1, requires_grad=True)
    weight.sum().backward()
    with pytest.raises(UserError, match="torch, of the options optimizer or scheduler: SparseAdam"), plain_complaints():
        torch.optim.SparseAdam([weight]).step()


@pytest.mark.parametrize("bug", [lambda: torch.zeros(2) @ torch.zeros(3), lambda: int("x"), lambda: [][0]])
def test_a_bug_stays_one(bug: Callable[[], object]) -> None:
    with pytest.raises((RuntimeError, ValueError, IndexError)) as raised, plain_complaints():
        bug()
    assert not isinstance(raised.value, UserError)


def test_memory_that_is_missing_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(10**17)
    assert out_of_memory(raised.value) is not None
    assert out_of_memory(MemoryError()) is not None
    assert out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) is None
    assert out_of_memory(ValueError("out of memory")) is None


def test_samples_are_refused_where_they_need_more_than_all_memory(small_vae: Callable[..., VAE]) -> None:
    data = {"batch_size": 100, "limit": None, "stream": None}

    def check(num_samples: int, seeds: int = 1) -> None:
        options = {
            "loss": {"num_samples": num_samples},
            "data": data,
            "seeds": seeds,
            "trainer": {"accelerator": "cpu"},
        }
        check_memory(small_vae(IWAE(1)), OmegaConf.create(options))

    # 8 numbers of each of the hidden layer and its activation, 16 of the output, and 5 · 16 for the likelihood.
    fits = int(memory_of("cpu") / (100 * (8 + 8 + 16 + 5 * 16) * 4))
    check(fits)
    with pytest.raises(UserError, match=rf"loss\.num_samples={fits + 1}: the decoded samples of 100 images need"):
        check(fits + 1)
    with pytest.raises(UserError, match=r"data\.batch_size"):
        check(fits, seeds=2)
