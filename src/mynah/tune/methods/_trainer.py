"""What the trainers of all methods share, whatever library's trainer stands behind: batches by a budget of tokens, the
learning rates of LoRA+, and in 16 bits attention and adapters that lose no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from mynah.models import architectures
from mynah.models.architectures import Architecture
from mynah.models.load import Adapter
from mynah.models.render import IGNORED
from mynah.tune.batches import Share, Step, TokenBatches, loader

MULTIPLE = 32  # rows are padded to multiples of this many tokens: kernels are chosen, or compiled, once a shape

Loss = Callable[[Any, Any], Any]


def negative_log_likelihood(logits: Any, labels: Any) -> Any:
    """The sum of the learned tokens' losses, in nats. logits: [learned, vocabulary], labels: [learned]."""
    from torch.nn import functional

    return functional.cross_entropy(logits, labels, reduction="sum")


class Shared:
    """Goes before a library's trainer among the bases of a class; `shares` says what it needs to know."""

    args: Any
    model: Any
    optimizer: Any
    step: Step
    adapter: Adapter | None
    scored: float = 0.0
    """Learned tokens of the validation part, a batch on average; 0 until it is asked for."""

    def shares(self, step: Step, adapter: Adapter | None) -> None:
        """Take the budget of a batch and the adapter, of which what is trained is kept in 32 bits: in 16, in which
        libraries train the adapter of a 4-bit base, small steps vanish."""
        import torch

        self.step, self.adapter = step, adapter
        self.model_accepts_loss_kwargs = True  # the loss is ours: it takes the number of learned tokens for any base
        for weight in self.model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.to(torch.float32)

    def get_train_dataloader(self) -> Any:
        return self._loader(self.train_dataset, self.step, shuffled=True)  # type: ignore[attr-defined]

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        rows = self.eval_dataset  # type: ignore[attr-defined]
        made = self._loader(rows, Step(self.step.tokens), shuffled=False)
        self.scored = sum(map(learned, rows["labels"])) / (len(made) * self.args.world_size)
        return made

    def divisor(self, labels: Any, items: Any) -> Any:
        """What the losses of a batch are divided by: the learned tokens of its step, which the library counts, or its
        own. While the validation part is scored it is their number a batch on average: the mean over batches, which
        the library makes, is then that over tokens."""
        if items is not None:
            return items
        return self.scored if self.scored and not self.model.training else (labels != IGNORED).sum()

    def _loader(self, rows: Any, step: Step, shuffled: bool) -> Any:
        share = Share(self.args.world_size, self.args.process_index)
        architecture = architectures.of(self.model.config)
        sampler = TokenBatches([size(row, architecture) for row in rows], step, self.args.seed, shuffled, share)
        return loader(rows, sampler, self.data_collator, self.accelerator)  # type: ignore[attr-defined]

    def floating_point_ops(self, inputs: Any) -> int:
        """None are counted: for that the library walks over all weights in each step, and nothing reads it."""
        return 0

    def create_optimizer(self, model: Any = None) -> Any:
        """The library's, but for LoRA+."""
        if self.adapter is None or self.adapter.options.loraplus == 1 or self.optimizer is not None:
            return super().create_optimizer(model)  # type: ignore[misc]
        trained = self.model if model is None else model
        kind, settings = self.get_optimizer_cls_and_kwargs(self.args, trained)  # type: ignore[attr-defined]
        self.optimizer = self.adapter.optimizer(trained, kind, self.args.weight_decay, **settings)
        return self.optimizer

    def train(self, *words: Any, **settings: Any) -> Any:
        """As the library does; in 16 bits by kernels that are fast in them, and without turning each adapter's input to
        32 bits and, by autocast, back again."""
        from peft.helpers import disable_input_dtype_casting

        from mynah.models.kernels import quickened
        from mynah.models.kernels.adapter import halved

        with ExitStack() as inside:
            inside.enter_context(_packed(self.model))
            if self.args.bf16:
                if self.args.device.type == "cpu" and not self.is_fsdp_enabled:  # type: ignore[attr-defined]
                    inside.enter_context(halved(self.model))  # FSDP shares out weights of one kind; a GPU casts quickly
                inside.enter_context(quickened(self.model))
                inside.enter_context(disable_input_dtype_casting(self.model))
            return super().train(*words, **settings)  # type: ignore[misc]


@contextmanager
def _packed(model: Any) -> Iterator[None]:
    """Inside it layers of 4 bits stay as they are, and their state is their weight alone. When they first evaluate on a
    CPU, bitsandbytes packs their weights for a kernel that gradients do not pass, and leaves them so when the training
    goes on. What it adds to their state, torch's FSDP2 does not find again where it reads an adapter."""
    from torch.nn import Linear

    layers = [layer for layer in model.modules() if hasattr(layer, "support_avx512bf16_for_cpu")]  # bitsandbytes'
    quick = [layer.support_avx512bf16_for_cpu for layer in layers]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
        layer._save_to_state_dict = partial(Linear._save_to_state_dict, layer)
    try:
        yield
    finally:
        for layer, was in zip(layers, quick, strict=True):
            layer.support_avx512bf16_for_cpu = was
            del layer._save_to_state_dict


def learned(labels: list[int]) -> int:
    """The tokens of a row that the loss sees."""
    return sum(label != IGNORED for label in labels)


def size(row: dict[str, list[int]], architecture: Architecture) -> int:
    """The padded tokens of a row, on all sides that the model computes."""
    return sum(rounded(len(row[side])) for side in architecture.SIDES)


def rounded(tokens: int) -> int:
    """So many tokens when they are padded."""
    return -(-tokens // MULTIPLE) * MULTIPLE
