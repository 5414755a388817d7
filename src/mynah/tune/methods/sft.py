"""Supervised fine-tuning: the likelihood of the persona's turns, given what stands before them.

Over TRL's SFTTrainer. What is ours: the token ids and labels (models.render), batches by a budget of tokens, and a loss
that computes logits only where a token is learned, no statistics on them, and no attention from padding: rows are
padded on the right, where causal attention does not see it, so that no mask is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mynah.models.attention import quickened
from mynah.models.render import IGNORED
from mynah.tune.batches import Share, Step, TokenBatches, loader

MULTIPLE = 32  # rows are padded to multiples of this many tokens: kernels are chosen, or compiled, once a shape


@contextmanager
def _unpacked(model: Any) -> Iterator[None]:
    """Inside it layers of 4 bits stay as they are: when they first evaluate on a CPU, bitsandbytes packs their weights
    for a kernel that gradients do not pass, and leaves them so; a training that went on at a checkpoint would then
    differ from one that was not interrupted."""
    layers = [layer for layer in model.modules() if getattr(layer, "support_avx512bf16_for_cpu", False)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
    try:
        yield
    finally:
        for layer in layers:
            layer.support_avx512bf16_for_cpu = True


def negative_log_likelihood(logits: Any, labels: Any) -> Any:
    """The sum of the learned tokens' losses, in nats. logits: [learned, vocabulary], labels: [learned]."""
    from torch.nn import functional

    return functional.cross_entropy(logits, labels, reduction="sum")


def trainer(
    model: Any, tokenizer: Any, train: list[dict[str, Any]], valid: list[dict[str, Any]], arguments: dict[str, Any],
    step: Step, callbacks: list[Any], adapter: Any, loss: Callable[[Any, Any], Any] = negative_log_likelihood,
) -> Any:  # fmt: skip
    """A TRL trainer over rows of `input_ids` and `labels`. `arguments` are transformers' training arguments; without an
    `adapter` every weight is trained."""
    import torch
    from datasets import Dataset
    from peft.helpers import disable_input_dtype_casting
    from torch.nn import functional
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    class Trainer(SFTTrainer):  # type: ignore[misc]
        """SFTTrainer whose batches hold a number of tokens, not of rows."""

        def _loader(self, rows: Any, shuffled: bool) -> Any:
            lengths = [-(-len(row["input_ids"]) // MULTIPLE) * MULTIPLE for row in rows]
            share = Share(self.args.world_size, self.args.process_index)
            sampler = TokenBatches(lengths, step if shuffled else Step(step.tokens), arguments["seed"], shuffled, share)
            return loader(rows, sampler, self.data_collator, self.accelerator)

        def get_train_dataloader(self) -> Any:
            return self._loader(self.train_dataset, shuffled=True)

        def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
            return self._loader(self.eval_dataset, shuffled=False)

        def train(self, *words: Any, **settings: Any) -> Any:
            """As the library does; in 16 bits with attention that is fast in them, and without turning each adapter's
            input to 32 bits and, by autocast, back again."""
            with _unpacked(self.model):
                if not arguments["bf16"]:
                    return super().train(*words, **settings)
                with quickened(model), disable_input_dtype_casting(self.model):
                    return super().train(*words, **settings)

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """The mean over the learned tokens of the batch, in nats."""
            labels = functional.pad(inputs["labels"][:, 1:], (0, 1), value=IGNORED)  # what each position is to foretell
            learned = labels != IGNORED
            head = self.accelerator.unwrap_model(model).get_output_embeddings()
            only = head.register_forward_pre_hook(lambda _, hidden: (hidden[0][learned],))  # [learned, hidden size]
            try:
                made = model(input_ids=inputs["input_ids"], use_cache=False)
            finally:
                only.remove()
            count = learned.sum() if num_items_in_batch is None else num_items_in_batch
            mean = loss(made.logits.float(), labels[learned]) / count
            if num_items_in_batch is not None:  # which are those of all processes, whose gradients are then averaged
                mean = mean * self.args.world_size
            return (mean, made) if return_outputs else mean

    made = Trainer(
        model=model,
        args=SFTConfig(
            **arguments, dataset_kwargs={"skip_prepare_dataset": True}, max_length=None, pad_to_multiple_of=MULTIPLE
        ),
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(valid),
        processing_class=tokenizer,
        callbacks=callbacks,
        peft_config=adapter,
    )
    made.model_accepts_loss_kwargs = True  # the loss is ours: it takes the number of learned tokens for any base
    for weight in made.model.parameters():
        if weight.requires_grad:  # TRL trains the adapter of a 4-bit base in 16 bits, where small steps vanish
            weight.data = weight.data.to(torch.float32)
    return made
