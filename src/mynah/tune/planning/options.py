"""The options of `train` that only the plan understands so far: they move to tune/train.py with their training."""

from __future__ import annotations

from typing import Literal

from mynah.core.options import option
from mynah.models import load
from mynah.tune import train

Optimizer = Literal["adamw_torch", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "adafactor", "sgd"]


class TrainOptions(train.Options):
    """How it is trained."""

    rows: int = option(0, "rows of one step, whatever their length; 0: batch_tokens decides", ge=0)
    accumulation: int = option(1, "steps whose gradients are added up before the weights change", ge=1)
    optimizer: Optimizer = option("adamw_torch", "the optimizer, by transformers' name")
    schedule: Literal["cosine", "linear", "constant"] = option("cosine", "how the learning rate goes down")
    warmup_steps: int = option(0, "steps in which the learning rate rises; 0: warmup decides", ge=0)


class ModelOptions(load.Options):
    """The base and its adapter."""

    rslora: bool = option(False, "scale by alpha / sqrt(rank) (Kalajdzievski 2023, arXiv:2312.03732)")
    dora: bool = option(False, "learn length and direction apart (DoRA, Liu et al. 2024, arXiv:2402.09353)")
