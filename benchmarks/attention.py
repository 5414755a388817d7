"""Attention in training on a CPU: torch's fused kernel beside plain matrix products (`mynah.models.attention`).

    python benchmarks/attention.py

Forward and backward in milliseconds, the best of several rounds, for batches of about 1,024 tokens in rows of several
lengths; 4 heads of 64. The outputs are compared first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from mynah.models.attention import products

SHAPES = ((2, 460), (3, 330), (8, 128))
HEADS, SIZE, ROUNDS, TIMES = 4, 64, 5, 8


def fused(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """torch's kernel."""
    return scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2)


def plain(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Ours."""
    size = query.shape[2]
    mask = torch.full((size, size), torch.finfo(query.dtype).min).triu(1)
    return products(SimpleNamespace(training=True), query, key, value, mask, SIZE**-0.5)[0]  # type: ignore[no-any-return]


def milliseconds(attend: Callable[..., Tensor], inputs: list[Tensor]) -> float:
    """Forward and backward."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(TIMES):
            attend(*inputs).sum().backward()
        best = min(best, (time.perf_counter() - started) / TIMES)
    return best * 1000


def main() -> None:
    """Print the table."""
    torch.manual_seed(0)
    print("| numbers | rows x tokens | fused | plain |\n|---|---|--:|--:|")
    for kind in (torch.float32, torch.bfloat16):
        for rows, tokens in SHAPES:
            drawn = [torch.randn(rows, HEADS, tokens, SIZE, dtype=kind).requires_grad_() for _ in range(3)]
            torch.testing.assert_close(plain(*drawn), fused(*drawn), atol=0.05, rtol=0.05)
            times = [milliseconds(attend, drawn) for attend in (fused, plain)]
            print(f"| {kind} | {rows} x {tokens} | {times[0]:.1f} ms | {times[1]:.1f} ms |")


if __name__ == "__main__":
    main()
