"""Floating-point operations: those that a training needs, and those that this machine makes in a second.

    python benchmarks/flops.py

prints the peak of matrix products as JSON: operations a second by kind of number. `benchmarks/train.py` calls it in a
process of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from mynah.models.render import IGNORED

Row = dict[str, list[int]]
ROUNDS, LEAST = 3, 0.5  # rounds of at least so many seconds


def needed(base: str, rank: int, rows: Sequence[Row]) -> float:
    """Operations of one pass over the rows with LoRA of this rank on all linear layers but the output layer.

    A product of a token with n weights takes 2n forward and 2n for the gradient of its input; weights that are trained
    take 2n more, and those of the base are not (the usual 6N, Kaplan et al. 2020, arXiv:2001.08361, section 2.1, would
    count them). The output layer counts for learned tokens only, attention for the tokens that are seen: 2 and 4 times
    hidden size, tokens and tokens / 2 twice (scores, and their product with the values). Padding, statistics, what is
    computed twice because of checkpointing and everything that is no product count nothing.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config: Any = AutoConfig.from_pretrained(base)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    tokens = sum(len(row["input_ids"]) for row in rows)
    pairs = sum(len(row["input_ids"]) ** 2 for row in rows) / 2
    learned = sum(label != IGNORED for row in rows for label in row["labels"])
    head = model.get_output_embeddings()
    inner = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear) and layer is not head]
    weights = sum(layer.weight.numel() for layer in inner)
    trained = rank * sum(layer.in_features + layer.out_features for layer in inner)
    width = config.num_hidden_layers * config.num_attention_heads * config.head_dim
    return float(tokens * (4 * weights + 6 * trained) + 4 * head.weight.numel() * learned + 3 * 4 * width * pairs)


def peak() -> dict[str, float]:
    """The most operations a second in a product of two large square matrices, by kind of number."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = 8192 if device == "cuda" else 2048
    return {kind: _best(device, size, getattr(torch, kind)) for kind in ("float32", "bfloat16")}


def _best(device: str, size: int, kind: Any) -> float:
    import torch

    left, right = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    best = 0.0
    for _ in range(ROUNDS + 1):  # the first one warms up
        started, times = time.perf_counter(), 0
        while time.perf_counter() - started < LEAST:
            product = left @ right
            times += 1
            product[0, 0].item()  # which waits for a GPU
        best = max(best, times * 2 * size**3 / (time.perf_counter() - started))
    return best


if __name__ == "__main__":
    print(json.dumps(peak()))
