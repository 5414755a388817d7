"""The kernels of `mynah.models.kernels` beside what they stand for, in training on a CPU in 16 bits.

    python benchmarks/operations.py

Forward and backward in milliseconds, the best of several rounds, with the starter's figures and about 1,024 tokens:
attention beside torch's fused kernel, the others beside transformers' and PEFT's modules under autocast. The outputs
are compared first. The last row is a step of the starter with LoRA of rank 16, all of them together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from page import machine, put
from peft import LoraConfig, get_peft_model
from peft.helpers import disable_input_dtype_casting
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.llama import modeling_llama

from mynah.core import allocator
from mynah.models.kernels import adapter, attention, norm, quickened, rotary
from mynah.models.load import load

ROUNDS, TIMES, HEADS, SIZE = 6, 8, 5, 64
HEAD = "| what | rows x tokens | the libraries | the kernel | times |\n|---|---|--:|--:|--:|"


def milliseconds(compute: Callable[[], Tensor]) -> float:
    """Forward and backward."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(TIMES):
            compute().float().square().mean().backward()
        best = min(best, (time.perf_counter() - started) / TIMES)
    return best * 1000


def line(
    what: str, rows: int, tokens: int, theirs: Callable[[], Tensor], ours: Callable[[], Tensor],
    within: AbstractContextManager[Any] | None = None,
) -> str:  # fmt: skip
    """A row of the table. `within`: where ours is computed."""
    expected, before = theirs().float(), milliseconds(theirs)
    with within or nullcontext():
        off, now = (ours().float() - expected).norm() / expected.norm(), milliseconds(ours)
    assert off < 0.02, f"{what} differs by {off:.1%}"
    return f"| {what} | {rows} x {tokens} | {before:.1f} ms | {now:.1f} ms | {before / now:.1f} |"


def drawn(*shape: int) -> Tensor:
    """Numbers in 16 bits."""
    return torch.randn(*shape, dtype=torch.bfloat16).requires_grad_()


def attended(rows: int, tokens: int) -> str:
    """Attention."""
    heads = [drawn(rows, HEADS, tokens, SIZE) for _ in range(3)]
    module = torch.nn.Module()

    def fused() -> Tensor:
        return scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2)

    return line("attention", rows, tokens, fused, lambda: attention.attend(module, *heads, None, SIZE**-0.5)[0])


def layers(model: Any, rows: int, tokens: int) -> Iterator[str]:
    """The parts of a layer."""
    width = model.config.hidden_size
    x = torch.randn(rows, tokens, width, requires_grad=True)
    one = model.get_base_model().model.layers[0]

    def adapted() -> Tensor:
        return one.mlp.up_proj(x)  # type: ignore[no-any-return]

    def normed() -> Tensor:
        return one.input_layernorm(x).bfloat16()  # type: ignore[no-any-return]

    yield line("a layer with LoRA", rows, tokens, adapted, adapted, trained(model, adapter.used))
    yield line("RMSNorm", rows, tokens, normed, normed, norm.used(model))
    cos, sin = model.get_base_model().model.rotary_emb(x, torch.arange(tokens)[None])
    heads = drawn(rows, HEADS, tokens, SIZE)

    def turned() -> Tensor:
        return modeling_llama.apply_rotary_pos_emb(heads, heads, cos, sin)[0].bfloat16()

    yield line("rotary embedding", rows, tokens, turned, lambda: rotary.rotated(heads, heads, cos, sin)[0])


@contextmanager
def trained(model: Any, used: Any) -> Iterator[None]:
    """Inside it a kernel computes, with frozen weights in 16 bits."""
    with adapter.halved(model), used(model):
        yield


def step(model: Any, rows: int, tokens: int) -> str:
    """The whole model, of whose tokens every eighth is learned."""
    ids = torch.randint(0, model.config.vocab_size, (rows, tokens))

    base = model.get_base_model()

    def computed() -> Tensor:
        hidden = base.model(input_ids=ids, use_cache=False).last_hidden_state
        return base.lm_head(hidden[:, ::8])  # type: ignore[no-any-return]

    return line("a step", rows, tokens, computed, computed, trained(model, quickened))


def main() -> None:
    """Print the table and put it into docs/benchmarks.md."""
    allocator.keep()
    torch.manual_seed(0)
    model = get_peft_model(load("starter")[0], LoraConfig(r=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    rows = [HEAD, *(attended(*shape) for shape in ((8, 128), (4, 256), (2, 480), (1, 1024)))]
    with torch.autocast("cpu", torch.bfloat16), disable_input_dtype_casting(model):
        rows += [*layers(model, 2, 480), step(model, 2, 480)]
    page = "\n".join([*rows, "", f"Measured on {machine()}."])
    print(page)
    put("benchmarks.md", "operations", page)


if __name__ == "__main__":
    main()
