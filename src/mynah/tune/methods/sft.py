"""Supervised fine-tuning: the likelihood of the persona's turns, given what stands before them.

Over TRL's SFTTrainer. What is ours: the token ids and labels (models.render), batches by a budget of tokens, and a loss
that computes logits only where a token is learned, no statistics on them, and no attention from padding: rows are
padded on the right, where causal attention does not see it, so that no mask is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mynah.core.errors import UserError
from mynah.models.architectures import only
from mynah.models.load import Adapter
from mynah.models.render import IGNORED
from mynah.tune.batches import Step
from mynah.tune.methods._trainer import MULTIPLE, Loss, Shared, negative_log_likelihood, rounded


def trainer(
    model: Any, tokenizer: Any, train: list[dict[str, Any]], valid: list[dict[str, Any]], arguments: dict[str, Any],
    step: Step, callbacks: list[Any], adapter: Adapter | None, loss: Loss = negative_log_likelihood,
) -> Any:  # fmt: skip
    """A TRL trainer over rows of `input_ids` and `labels`. `arguments` are transformers' training arguments; without an
    `adapter` every weight is trained. Raises UserError for a base that is no decoder."""
    from datasets import Dataset
    from torch.nn import functional
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    if model.config.is_encoder_decoder:
        raise UserError("a decoder for the method sft", "an encoder-decoder", "Take --set train.method=seq2seq")

    class Trainer(Shared, SFTTrainer):  # type: ignore[misc]
        """SFTTrainer whose loss computes what is learned and no more."""

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """The mean over the learned tokens of the batch, in nats."""
            labels = functional.pad(inputs["labels"][:, 1:], (0, 1), value=IGNORED)  # what each position is to foretell
            learned = labels.flatten().ne(IGNORED).nonzero().squeeze(1)
            count = len(learned)
            few = functional.pad(learned, (0, rounded(count) - count))  # so that there are few shapes of them
            with only(self.model, few):
                made = model(input_ids=inputs["input_ids"], use_cache=False)
            made.logits = made.logits[:count]  # [learned, vocabulary]
            mean = loss(made.logits.float(), labels.flatten()[learned]) / self.divisor(labels, num_items_in_batch)
            if num_items_in_batch is not None:  # which are those of all processes, whose gradients are then averaged
                mean = mean * self.args.world_size
            return (mean, made) if return_outputs else mean

    with _bare(model):
        made = Trainer(
            model=model,
            args=SFTConfig(
                **arguments, dataset_kwargs={"skip_prepare_dataset": True}, max_length=None, pad_to_multiple_of=MULTIPLE
            ),
            train_dataset=Dataset.from_list(train),
            eval_dataset=Dataset.from_list(valid),
            processing_class=tokenizer,
            callbacks=callbacks,
            peft_config=adapter and adapter.config(model),
        )
    made.shares(step, adapter)
    return made


@contextmanager
def _bare(model: Any) -> Iterator[None]:
    """Inside it the output layer is shown as it is without an adapter: TRL refuses one there, which its own loss would
    pass by, but ours does not."""
    head = model.get_output_embeddings()
    model.get_output_embeddings = lambda: head
    try:
        yield
    finally:
        del model.get_output_embeddings
