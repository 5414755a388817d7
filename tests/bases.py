"""Bases that are there without a network and train in seconds: small ones of every architecture, that know nothing."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerBase,
    T5Tokenizer,
)

from mynah.demo import CHAT
from mynah.models.load import STARTER
from mynah.tune.planning import bases

# How each is called, and the published base whose figures it has but for those of SMALL, or its kind.
ARCHITECTURES = {
    "Llama": "meta-llama/Llama-2-7b-hf",
    "Mistral": "mistralai/Mistral-7B-v0.1",
    "Qwen2": "qwen2",
    "Qwen3": "qwen3",
    "Gemma": "gemma",
    "Gemma 2": "gemma2",
    "Gemma 3": "gemma3_text",
    "Phi": "phi",
    "Phi-3": "phi3",
    "DialoGPT": "microsoft/DialoGPT-small",
    "Pythia": "EleutherAI/pythia-1.4b",
    "Dolly": "databricks/dolly-v2-3b",
    "OPT": "opt",
    "FLAN-T5": "google/flan-t5-base",
    "T5": "t5",
    "mT5": "mt5",
}
T5 = {"d_model": 64, "d_ff": 128, "d_kv": 32, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 2,
      "decoder_start_token_id": 0}  # fmt: skip
SMALL: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 2},
    "t5": T5,
    "mt5": T5,
    "gemma2": {"query_pre_attn_scalar": 32, "sliding_window": 64},
    "gemma3_text": {"query_pre_attn_scalar": 32, "sliding_window": 64},
    "opt": {"ffn_dim": 128, "word_embed_proj_dim": 64},
}
USUAL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
         "num_key_value_heads": 1, "head_dim": 32, "max_position_embeddings": 1024}  # fmt: skip
OWN_TEMPLATE = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3")


def small(folder: Path) -> Path:
    """A Llama of two layers with random weights and the starter's tokenizer; written to `folder`."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=1024, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def of(name: str, folder: Path, **figures: Any) -> Path:
    """A small base of an architecture, by its name above, its published base or its kind, with random weights and a
    tokenizer of its sort; written to `folder`. `figures` go before those of SMALL."""
    torch.manual_seed(0)
    asked = ARCHITECTURES.get(name, name)
    values = {"model_type": asked} if asked in CONFIG_MAPPING else bases.find(asked).values
    kind = values["model_type"]
    tokenizer = tokenizer_of(kind)
    own = {"vocab_size": len(tokenizer), "bos_token_id": None, "dtype": "float32"}
    own |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = CONFIG_MAPPING[kind].from_dict({**values, **SMALL.get(kind, {}), **unless_t5(kind), **own, **figures})
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    model = family.from_config(config)
    if values.get("tie_word_embeddings") is False and config.is_encoder_decoder:  # as FLAN-T5's checkpoints are
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) / 8)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def unless_t5(kind: str) -> dict[str, Any]:
    """The usual figures, which some architectures call otherwise."""
    return {} if kind in ("t5", "mt5", "gpt2") else USUAL


def tokenizer_of(kind: str) -> PreTrainedTokenizerBase:
    """The starter's tokenizer, without its template where bases of this kind have none; for T5 one that, like T5's,
    writes neither line feeds nor what it does not know."""
    if kind in ("t5", "mt5"):
        return T5Tokenizer(vocab=[(piece, score) for piece, score in pieces()], extra_ids=100)
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    if kind not in OWN_TEMPLATE:
        tokenizer.chat_template = None
    return tokenizer


@cache
def pieces() -> list[tuple[str, float]]:
    """A vocabulary of the demo's chat, with the probabilities that T5's kind of tokenizer needs."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    trainer = trainers.UnigramTrainer(
        vocab_size=1000, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(CHAT.read_text(encoding="utf-8").splitlines(), trainer)
    return [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
