"""Bits per byte of the starter on texts that it never saw, against the same architecture at random and other models.

    python starter/evaluate.py DATA src/mynah/models/starter [MODEL ...]

Prints a table and writes it into the model card. A MODEL is a folder with weights and tokenizer, such as an earlier
version of the starter. Every model sees the same texts; what stands in a text without being said (roles, ends of turns)
costs bits and counts no bytes.
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import Any

import heldout
import torch
from card import put, table
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

BATCH = 6144  # padded tokens of one forward pass
MARK = re.compile(r"<\|\w+\|>")


@torch.inference_mode()
def bits_per_byte(model: Any, tokenizer: Any, texts: list[str]) -> float:
    """Of all tokens but the first of each text."""
    rows = sorted((tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts), key=len)
    nats, size = 0.0, sum(len(MARK.sub("", text).encode()) for text in texts)
    while rows:
        some = [rows.pop()]
        while rows and len(some[0]) * (len(some) + 1) <= BATCH:
            some.append(rows.pop())
        ids = torch.zeros(len(some), len(some[0]), dtype=torch.long)
        labels = torch.full_like(ids, -100)
        for i, row in enumerate(some):
            ids[i, : len(row)] = labels[i, : len(row)] = torch.tensor(row)
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
        nats += float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), reduction="sum"))
    return nats / math.log(2) / size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of the corpora")
    parser.add_argument("starter", type=Path)
    parser.add_argument("others", type=Path, nargs="*")
    parser.add_argument("--print", dest="only_print", action="store_true", help="leave the model card as it is")
    options = parser.parse_args()

    models: dict[str, tuple[Any, Any]] = {}
    for path in (*options.others, options.starter):
        name = "the starter" if path == options.starter else path.name
        models[name] = (
            AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32),
            AutoTokenizer.from_pretrained(path),
        )
    torch.manual_seed(0)
    models = {"at random": (LlamaForCausalLM(models["the starter"][0].config), models["the starter"][1]), **models}

    rows, dialogues = [], []
    for kind, sets in (("test part", heldout.corpora(options.data)), ("never seen", heldout.dialogues(options.data))):
        for name, texts in sets:
            found = [bits_per_byte(model.eval(), tokenizer, texts) for model, tokenizer in models.values()]
            rows.append([name, kind, f"{sum(map(len, texts)):,}", *(f"{bits:.3f}" for bits in found)])
            print(*rows[-1], flush=True)
            if kind == "never seen":
                dialogues.append(found)
    means = [sum(column) / len(dialogues) for column in zip(*dialogues, strict=True)]
    rows.append(["mean of the three", "never seen", "", *(f"{mean:.3f}" for mean in means)])
    text = table(["texts", "part", "characters", *models], rows)
    print(text)
    if not options.only_print:
        put("evaluate", text)


if __name__ == "__main__":
    main()
