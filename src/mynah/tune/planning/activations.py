"""Activations: what a training step holds from the forward pass for the backward pass, counted and not estimated.

One forward pass over the model on the meta device costs no memory, and autograd says there what it would save: every
tensor that a hook sees, each storage once, weights left out. That is what Korthikanti et al. 2022, "Reducing Activation
Recomputation in Large Transformer Models" (arXiv:2205.05198), derive by hand for one architecture (34 bytes a token and
hidden unit of a layer, and 5 a pair of tokens and head), here for any architecture, adapter and attention. With
checkpointing, as there, only the input of each layer is held, and one layer's activations while it is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

FUSED = "mynah_plan_fused"  # the attention that is counted where it is not ours
OUTSIDE = ""


@dataclass
class Activations:
    """Bytes that are held, of the layers, of their inputs, and of everything else."""

    layers: dict[str, int] = field(default_factory=dict)
    inputs: int = 0
    outside: int = 0

    @property
    def whole(self) -> int:
        """Without checkpointing."""
        return self.outside + sum(self.layers.values())

    @property
    def checkpointed(self) -> int:
        """With checkpointing: the layers' inputs and the largest layer."""
        return self.outside + self.inputs + max(self.layers.values(), default=0)


def count(
    model: Any, rows: int, tokens: int, *, autocast: bool = False, quick: bool = False, packed: bool = False
) -> Activations | None:
    """What a forward pass over `rows` rows of `tokens` tokens holds; an encoder-decoder gets as many on both sides.
    `autocast`: in 16 bits where torch's autocast computes in them; the copies of weights that it makes are among what
    is held. `quick`: by the kernels that a CPU trains with; `packed`: as if the weights were of 4 bits. None where the
    architecture decides on the values of tensors, of which there are none."""
    import torch

    from mynah.models.kernels import quickened

    found = Activations()
    with ExitStack() as inside:
        device = "meta"
        if autocast:
            device = inside.enter_context(_as_if_on_a_cpu(model))
        inputs = {"input_ids": torch.zeros((rows, tokens), dtype=torch.long, device=device)}
        if model.config.is_encoder_decoder:
            inputs["decoder_input_ids"] = inputs["input_ids"]
        inside.enter_context(_attention(model))
        if quick:
            inside.enter_context(quickened(model, packed))
        inside.enter_context(_watched(model, found))
        try:
            model(**inputs, use_cache=False)
        except (NotImplementedError, RuntimeError):  # a mixture of experts sends tokens where their values say
            return None
    return found


@contextmanager
def _as_if_on_a_cpu(model: Any) -> Iterator[str]:
    """Inside it the weights of a model on the meta device are fake tensors of a CPU, which autocast takes for real ones
    (on the meta device it does nothing). They stay so: the model is of no other use. Adapters are computed as
    `mynah train` has them computed, without turning their input to 32 bits."""
    import torch
    from peft.helpers import disable_input_dtype_casting
    from torch._subclasses.fake_tensor import FakeTensorMode

    with ExitStack() as inside, FakeTensorMode():
        made: dict[int, Any] = {}  # shared weights stay shared

        def fake(tensor: Any) -> Any:
            if id(tensor) not in made:
                like = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
                weight = isinstance(tensor, torch.nn.Parameter)
                made[id(tensor)] = torch.nn.Parameter(like, tensor.requires_grad) if weight else like
            return made[id(tensor)]

        for module in list(model.modules()):
            for held in (module._parameters, module._buffers):
                held.update({name: fake(tensor) for name, tensor in held.items() if tensor is not None})
        if hasattr(model, "get_base_model"):
            inside.enter_context(disable_input_dtype_casting(model))
        inside.enter_context(torch.autocast("cpu", dtype=torch.bfloat16))
        yield "cpu"


@contextmanager
def _watched(model: Any, found: Activations) -> Iterator[None]:
    """Inside it what autograd saves is noted, by the layer in which it is saved."""
    import torch
    from transformers.modeling_layers import GradientCheckpointingLayer

    seen = {_storage(weight) for weight in (*model.parameters(), *model.buffers())}
    alive: list[Any] = []  # a storage that is freed could come again under the same number
    inside = [OUTSIDE]

    def fresh(tensor: Any) -> int:
        """Bytes of the tensor's storage, the first time that it is seen."""
        if _storage(tensor) in seen:
            return 0
        seen.add(_storage(tensor))
        alive.append(tensor)
        return int(tensor.untyped_storage().nbytes())

    def saved(tensor: Any) -> Any:
        size = fresh(tensor)
        if inside[-1] == OUTSIDE:
            found.outside += size
        else:
            found.layers[inside[-1]] = found.layers.get(inside[-1], 0) + size
        return tensor

    def enter(name: str) -> Any:
        def hook(module: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
            inside.append(name)
            found.inputs += sum(_bytes(value) for value in positional[:1])

        return hook

    def leave(module: Any, positional: Any, made: Any) -> None:
        inside.pop()

    handles = []
    for name, module in model.named_modules():
        if isinstance(module, GradientCheckpointingLayer):
            handles.append(module.register_forward_pre_hook(enter(name), with_kwargs=True))
            handles.append(module.register_forward_hook(leave))
    try:
        with torch.autograd.graph.saved_tensors_hooks(saved, lambda tensor: tensor):
            yield
    finally:
        for handle in handles:
            handle.remove()


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)


def _bytes(value: Any) -> int:
    return int(value.numel() * value.element_size()) if hasattr(value, "element_size") else 0


@contextmanager
def _attention(model: Any) -> Iterator[None]:
    """Inside it the model attends by a stand-in, which holds what the real one would and needs no mask."""
    from transformers import AttentionInterface

    AttentionInterface.register(FUSED, _fused)
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    before = base.config._attn_implementation
    base.set_attn_implementation(FUSED)
    try:
        yield
    finally:
        base.set_attn_implementation(before)


def _fused(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any) -> tuple[Any, None]:
    """What a fused kernel holds: its inputs, its output and a number a token and head (FlashAttention, Dao et al. 2022,
    arXiv:2205.14135). query: [rows, heads, tokens, head size]; the result is [rows, tokens, heads, head size]."""
    import torch

    class Fused(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
            rows, heads, tokens, _ = query.shape
            made = query.new_empty(rows, tokens, heads, value.shape[-1])
            sums = query.new_empty(rows, heads, tokens, dtype=torch.float32)
            held = (query, key, value, made, sums) if mask is None else (query, key, value, made, sums, mask)
            context.save_for_backward(*held)
            return made

        @staticmethod
        def backward(context: Any, *gradients: Any) -> Any:
            raise NotImplementedError("counted, never trained")

    return Fused.apply(query, key, value, attention_mask), None  # type: ignore[no-untyped-call]
