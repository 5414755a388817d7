"""Bytes: of weights in every precision, of a training step by part, and of the cache while it replies.

In full precision a trained parameter takes 4 bytes of weight, 4 of gradient and 8 of AdamW's two moments (Rajbhandari
et al. 2020, "ZeRO", arXiv:1910.02054, section 3, where 16-bit copies come on top); a frozen one takes its weight only.
In the backward pass gradients come while activations go, so that not all of both are there at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mynah.tune.planning.activations import Activations
from mynah.tune.planning.machines import GIB
from mynah.tune.planning.meta import quantizable

BLOCK, SECOND_BLOCK = 64, 256  # weights a constant, constants a second constant (Dettmers et al. 2023, section 3)
CODE_BOOK = 16 * 4  # the values that 4 bits stand for, of each layer
SECOND_CODE_BOOK, OFFSET = 256 * 4, 4  # those of the quantized constants
WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}
LOGITS = 12
"""Bytes of a logit while the backward pass begins: its logarithmic probability, the gradient of that, and its own
gradient, each in 32 bits. In the forward pass there are 8, in 16 bits 10: itself, in 32 bits, and the first of them."""

GIVEN_BACK = 32 * 1024**2  # bytes from which on glibc gives back at once what is freed (mallopt(3), M_MMAP_THRESHOLD)
GAPS = {2: 0.6, 4: 1.1}
"""Share of what comes and goes with each batch that a CPU's heap keeps beside it, in arithmetic of 2 or 4 bytes. What a
layer makes and does not hold leaves holes between what it holds. Measured as the difference to
MALLOC_MMAP_THRESHOLD_=65536, with which the holes are gone: a forward pass of the starter in 32 bits then takes 231 MB,
of which 222 are counted, and not 484."""

# Bytes of state a trained parameter: two moments, in 32 bits or in 8 with a constant of 4 bytes each 256 of them
# (Dettmers et al. 2022, arXiv:2110.02861); Adafactor's rows and columns are few (Shazeer and Stern 2018).
STATES = {
    "adamw_torch": 8.0,
    "paged_adamw_32bit": 8.0,
    "adamw_8bit": 2 * (1 + 4 / 256),
    "paged_adamw_8bit": 2 * (1 + 4 / 256),
    "adafactor": 0.0,
    "sgd": 0.0,
}


@dataclass(frozen=True, slots=True)
class Weights:
    """Bytes of a base's weights in each precision, of its layers that can be quantized, and of the largest of them."""

    fp32: int
    bits16: int
    bits8: int
    nf4: int
    linear: int
    """Parameters of the layers that can be quantized."""
    largest: int
    """Parameters of the largest such layer, which is unpacked while it is used."""
    head: int
    """Parameters of the output layer, whose gradient is the first."""

    def stored(self, quant: str, width: int) -> int:
        """Bytes as they are loaded: in 4 bits, or in `width` bytes."""
        return self.nf4 if quant == "nf4" else self.fp32 * width // 4

    def as_json(self) -> dict[str, int]:
        """By the names that people use."""
        return {"fp32": self.fp32, "16 bits": self.bits16, "8 bits": self.bits8, "nf4": self.nf4}


def weights(model: Any) -> Weights:
    """What the weights of a base take, before it has an adapter."""
    sizes = [module.weight.numel() for module in quantizable(model).values()]
    rows = sum(module.weight.shape[0] for module in quantizable(model).values())
    every, linear = int(model.num_parameters()), sum(sizes)
    rest = 2 * (every - linear)
    return Weights(
        fp32=4 * every, bits16=2 * every, bits8=rest + linear + 4 * rows, nf4=rest + sum(map(nf4_bytes, sizes)),
        linear=linear, largest=max(sizes, default=0), head=int(model.get_output_embeddings().weight.numel()),
    )  # fmt: skip


def nf4_bytes(parameters: int) -> int:
    """Bytes of a layer in NF4 with double quantization, as bitsandbytes holds it: half a byte a weight, a byte for each
    64 weights, 4 bytes for each 256 of those, and the code books (Dettmers et al. 2023, arXiv:2305.14314)."""
    constants = math.ceil(parameters / BLOCK)
    second = 4 * math.ceil(constants / SECOND_BLOCK)
    return math.ceil(parameters / 2) + constants + second + CODE_BOOK + SECOND_CODE_BOOK + OFFSET


@dataclass(frozen=True, slots=True)
class Setup:
    """A way to train: what is trained, how the base is held, what is computed twice. Widths are bytes a number."""

    adapter: str
    quant: str
    stored: int
    computed: int
    checkpointing: bool
    optimizer: str = "adamw_torch"
    pieces: int = 1
    """In how many pieces a batch is computed, one after the other."""

    @property
    def name(self) -> str:
        """As people call it."""
        kind = "full" if self.adapter == "none" else "QLoRA" if self.quant == "nf4" else "LoRA"
        name = f"{kind} with checkpointing" if self.checkpointing else kind
        return name if self.pieces == 1 else f"{name}, in {self.pieces} pieces"


def step(
    setup: Setup, held: Weights, stored: int, trained: int, activations: Activations, logits: int, batches: int = 1,
    processes: int = 1,
) -> dict[str, int]:  # fmt: skip
    """Bytes of a training step by part. stored: bytes of the base's weights; trained: parameters that are trained,
    which are held in 32 bits; logits: tokens that are learned times the size of the vocabulary; batches: those whose
    gradients are added up; processes: those that share out what is held from step to step."""
    full = setup.adapter == "none"
    # Without checkpointing the copies that autocast makes of the weights are among the activations; with it those of
    # frozen weights go with their layer, but those of trained ones are kept until the forward pass ends.
    mixed = full and setup.checkpointing and setup.stored > setup.computed and processes == 1
    parts = {
        "weights": stored // processes,
        "adapter": 0 if full else 4 * trained // processes,
        "copies in 16 bits": setup.computed * held.linear if mixed else 0,
        "unpacked layer": setup.computed * held.largest if setup.quant == "nf4" else 0,
        "gradients": 4 * trained // processes,
        "optimizer": round(STATES[setup.optimizer] * trained) // processes,
        "activations": activations.checkpointed if setup.checkpointing else activations.whole,
        "logits": LOGITS * logits,
    }
    if full and batches * setup.pieces == 1:  # the first gradient is there with all activations, the last with none
        before = sum(parts[part] for part in ("copies in 16 bits", "activations", "logits"))
        parts["not at once"] = -min(4 * (trained - held.head) // processes, before)
    return {part: size for part, size in parts.items() if size}


def gathered(setup: Setup, held: Weights, layers: int) -> int:
    """Bytes of what is shared out and there as a whole while it is used, in the precision that is computed in: a layer
    and the next one, the embeddings and the output layer (Zhao et al. 2023, "PyTorch FSDP", arXiv:2304.11277)."""
    every = held.fp32 // 4
    return round(held.stored(setup.quant, setup.computed) * (every - held.head) / every * 2 / layers) + 2 * (
        setup.computed * held.head
    )


def cache(config: Any, head_size: int, rows: int, tokens: int, width: int = 2) -> int:
    """Bytes of keys and values while it replies: two numbers a layer, key-value head, unit of the head and token (Pope
    et al. 2022, arXiv:2211.05102, section 3.3); a layer with a sliding window holds no more tokens than it is wide, and
    a decoder with an encoder holds those of the encoder, too."""
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    window = getattr(config, "sliding_window", None) or tokens
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"] * config.num_hidden_layers
    held = sum(min(tokens, window) if kind == "sliding_attention" else tokens for kind in kinds)
    sides = 2 if config.is_encoder_decoder else 1
    return int(2 * sides * heads * head_size * held * rows * width)


def gib(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / GIB:,.2f} GiB"
