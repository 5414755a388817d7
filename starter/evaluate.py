"""Bits per byte of a base on held-out dialogues, against the same architecture with random weights.

    python starter/evaluate.py DATA MODEL

DATA is the folder that `prepare.py` wrote; its test part was never trained on.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from pretrain import load_rows, validate  # type: ignore[import-not-found]
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    options = parser.parse_args()

    rows = load_rows(options.data / "test.npz")
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    size = sum(len(tokenizer.decode(row, skip_special_tokens=True).encode()) for row in rows)
    tokens = sum(len(row) - 1 for row in rows)
    trained = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    torch.manual_seed(0)
    models = {"random weights": LlamaForCausalLM(trained.config), str(options.model): trained}
    print(f"{tokens:,} tokens, {size:,} bytes of held-out dialogue")
    for name, model in models.items():
        loss = validate(model.eval(), rows, "cpu")
        print(f"{name}: {loss:.3f} nats a token, {loss * tokens / math.log(2) / size:.3f} bits a byte")


if __name__ == "__main__":
    main()
