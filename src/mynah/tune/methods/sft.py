"""Supervised fine-tuning: the likelihood of the persona's turns, given what stands before them.

Over TRL's SFTTrainer. What is ours: the token ids and labels (models.render), and batches by a budget of tokens.
"""

from __future__ import annotations

from typing import Any

from mynah.tune.batches import TokenBatches


def trainer(
    model: Any, tokenizer: Any, train: list[dict[str, Any]], valid: list[dict[str, Any]], arguments: dict[str, Any],
    batch_tokens: int, callbacks: list[Any], adapter: Any,
) -> Any:  # fmt: skip
    """A TRL trainer over rows of `input_ids` and `labels`. `arguments` are transformers' training arguments."""
    from datasets import Dataset
    from torch.utils.data import DataLoader
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    class Trainer(SFTTrainer):  # type: ignore[misc]
        """SFTTrainer whose batches hold a number of tokens, not of rows."""

        def _loader(self, rows: Any, shuffled: bool) -> Any:
            sampler = TokenBatches([len(row["input_ids"]) for row in rows], batch_tokens, arguments["seed"], shuffled)
            return self.accelerator.prepare(DataLoader(rows, batch_sampler=sampler, collate_fn=self.data_collator))

        def get_train_dataloader(self) -> Any:
            return self._loader(self.train_dataset, shuffled=True)

        def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
            return self._loader(self.eval_dataset, shuffled=False)

    return Trainer(
        model=model,
        args=SFTConfig(**arguments, dataset_kwargs={"skip_prepare_dataset": True}, max_length=None),
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(valid),
        processing_class=tokenizer,
        callbacks=callbacks,
        peft_config=adapter,
    )
