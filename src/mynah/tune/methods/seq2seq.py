"""Supervised fine-tuning of an encoder-decoder: the likelihood of each reply, given what stands before it.

Over transformers' Seq2SeqTrainer. The encoder sees the conversation as a prompt is rendered, the decoder learns the
reply with the token that ends it. What is ours: the token ids (models.render) and batches by a budget of tokens.
"""

from __future__ import annotations

from typing import Any

from mynah.core.errors import UserError
from mynah.models.load import Adapter
from mynah.models.render import IGNORED
from mynah.tune.batches import Step
from mynah.tune.methods._trainer import MULTIPLE, Loss, Shared, negative_log_likelihood


def trainer(
    model: Any, tokenizer: Any, train: list[dict[str, Any]], valid: list[dict[str, Any]], arguments: dict[str, Any],
    step: Step, callbacks: list[Any], adapter: Adapter | None, loss: Loss = negative_log_likelihood,
) -> Any:  # fmt: skip
    """A trainer of transformers over rows of `input_ids`, which the encoder sees, and `labels`, which the decoder
    learns. `arguments` are transformers' training arguments; without an `adapter` every weight is trained. Raises
    UserError for a base that is no encoder-decoder."""
    from datasets import Dataset
    from peft import get_peft_model
    from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

    if not model.config.is_encoder_decoder:
        raise UserError("an encoder-decoder for the method seq2seq", "a decoder", "Take --set train.method=sft")

    def mean(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        """The mean over the tokens of the replies, in nats."""
        learned = labels != IGNORED
        return loss(outputs.logits[learned].float(), labels[learned]) / made.divisor(labels, num_items_in_batch)

    class Trainer(Shared, Seq2SeqTrainer):  # type: ignore[misc]
        """Seq2SeqTrainer whose batches hold a number of tokens, not of rows."""

        def compute_loss(self, model: Any, inputs: dict[str, Any], *words: Any, **settings: Any) -> Any:
            return super().compute_loss(model, {**inputs, "use_cache": False}, *words, **settings)

    tokenizer.padding_side = "right"  # the collator pads replies as the tokenizer pads prompts
    collator = DataCollatorForSeq2Seq(tokenizer, model=model, pad_to_multiple_of=MULTIPLE)
    if adapter:
        model = get_peft_model(model, adapter.config(model))
        if arguments["gradient_checkpointing"]:
            model.enable_input_require_grads()  # or nothing would lead back to the adapter
    made = Trainer(
        model=model,
        args=Seq2SeqTrainingArguments(
            **arguments, remove_unused_columns=False, prediction_loss_only=True, label_names=["labels"]
        ),
        data_collator=collator,
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(valid),
        processing_class=tokenizer,
        callbacks=callbacks,
        compute_loss_func=mean,
    )
    made.shares(step, adapter)
    return made
