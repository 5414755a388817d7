"""A base that is there without a network and trains in seconds: a Llama of two layers that knows nothing."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from mynah.models.load import STARTER


def small(folder: Path) -> Path:
    """Random weights, the starter's tokenizer; written to `folder`."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=1024, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
