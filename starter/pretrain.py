"""Tokens in, a base model out: pretraining of the starter, on whatever is there (CPU or GPU), going on where it was.

In:  the folder that `prepare.py` wrote.
Out: OUT/model/ (bf16 safetensors, configuration and tokenizer), OUT/curve.jsonl, OUT/checkpoint.pt (for going on).

    python starter/pretrain.py DATA OUT --tokens 6300000

Muon for the matrices, AdamW for embeddings and norms; warm-up, plateau, linear decay. A row is one dialogue: nothing
attends across dialogues. Batches are rows of like length up to a budget of tokens, a pure function of seed and step.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

BUDGET = 6144  # tokens of one step, padding counted
IGNORED = -100


def load_rows(path: Path) -> list[np.ndarray]:
    table = np.load(path)
    return [row for row in np.split(table["ids"], table["ends"][:-1]) if len(row) > 1]


def batches(rows: list[np.ndarray], seed: int) -> list[list[int]]:
    """Rows of like length together, each batch within BUDGET padded tokens, the batches in random order."""
    chance = np.random.default_rng(seed)
    lengths = np.array([len(row) for row in rows])
    order = np.argsort(lengths + chance.uniform(0, 16, len(rows)))
    found: list[list[int]] = [[]]
    longest = 0
    for i in order:
        longest = max(longest, lengths[i])
        if found[-1] and (len(found[-1]) + 1) * longest > BUDGET:
            found.append([])
            longest = lengths[i]
        found[-1].append(int(i))
    return [found[i] for i in chance.permutation(len(found))]


def collate(rows: list[np.ndarray], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and labels, both [rows, longest]. Padding is on the right, so causal attention never sees it."""
    longest = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    labels = torch.full((len(rows), longest), IGNORED)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = labels[i, : len(row)] = torch.from_numpy(row.astype(np.int64))
    return ids.to(device), labels.to(device)


def new_model(tokenizer: PreTrainedTokenizerFast, width: int, layers: int) -> LlamaForCausalLM:
    """A Llama with tied embeddings; heads of 64, a size that CPU attention kernels like."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=width * 11 // 4 // 64 * 64,
            num_hidden_layers=layers,
            num_attention_heads=width // 64,
            num_key_value_heads=width // 64,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            attn_implementation="sdpa",
        )
    )


def optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=0.02, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def rate(done: float) -> float:
    """The share of the full learning rate after `done` of the training: 2 % warm-up, 45 % linear decay."""
    return min(1.0, (done + 1e-3) / 0.02, max(0.02, (1 - done) / 0.45))


def loss_of(model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        hidden = model.model(ids, use_cache=False).last_hidden_state[:, :-1]
        seen = labels[:, 1:] != IGNORED
        logits = model.lm_head(hidden[seen])
    return torch.nn.functional.cross_entropy(logits.float(), labels[:, 1:][seen])


@torch.inference_mode()
def validate(model: LlamaForCausalLM, rows: list[np.ndarray], device: str) -> float:
    total = count = 0.0
    for batch in batches(rows, seed=0):
        ids, labels = collate([rows[i] for i in batch], device)
        seen = float((labels[:, 1:] != IGNORED).sum())
        total += float(loss_of(model, ids, labels)) * seen
        count += seen
    return total / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokens", type=int, default=6_300_000)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=300, help="seconds between checkpoints")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(options.seed)
    tokenizer = AutoTokenizer.from_pretrained(options.data / "tokenizer")
    model = new_model(tokenizer, options.width, options.layers).to(device)
    steppers = optimizers(model)
    full_rates = [[group["lr"] for group in stepper.param_groups] for stepper in steppers]
    train, valid = load_rows(options.data / "train.npz"), load_rows(options.data / "valid.npz")
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters on {device}, {len(train):,} rows", flush=True)

    step = seen = 0
    saved = options.out / "checkpoint.pt"
    if saved.exists():
        state = torch.load(saved, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for stepper, held in zip(steppers, state["steppers"], strict=True):
            stepper.load_state_dict(held)
        step, seen = state["step"], state["seen"]

    def save() -> None:
        held = [stepper.state_dict() for stepper in steppers]
        torch.save(
            {"model": model.state_dict(), "steppers": held, "step": step, "seen": seen}, saved.with_suffix(".new")
        )
        os.replace(saved.with_suffix(".new"), saved)

    started, last_save, first = time.monotonic(), time.monotonic(), seen
    epoch, skip = 0, step
    while seen < options.tokens:
        order = batches(train, options.seed + epoch)
        epoch += 1
        if skip >= len(order):
            skip -= len(order)
            continue
        for batch in order[skip:]:
            scale = rate(seen / options.tokens)
            for stepper, rates in zip(steppers, full_rates, strict=True):
                for group, full in zip(stepper.param_groups, rates, strict=True):
                    group["lr"] = full * scale
            ids, labels = collate([train[i] for i in batch], device)
            loss = loss_of(model, ids, labels)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for stepper in steppers:
                stepper.step()
                stepper.zero_grad(set_to_none=True)
            step, seen = step + 1, seen + sum(len(train[i]) for i in batch)
            if step % 20 == 0:
                speed = (seen - first) / (time.monotonic() - started)
                line = {"step": step, "tokens": seen, "loss": round(float(loss.detach()), 4), "speed": round(speed)}
                if step % 200 == 0:
                    line["valid"] = round(validate(model, valid, device), 4)
                with (options.out / "curve.jsonl").open("a") as curve:
                    curve.write(json.dumps(line) + "\n")
                print(line, f"{(options.tokens - seen) / speed / 60:.1f} min left", flush=True)
            if time.monotonic() - last_save > options.save_every:
                save()
                last_save = time.monotonic()
            if seen >= options.tokens:
                break
        skip = 0
    save()

    final = validate(model, valid, device)
    print(f"validation loss {final:.4f} a token ({final / math.log(2):.3f} bits)")
    model.to(torch.bfloat16).save_pretrained(options.out / "model")
    tokenizer.save_pretrained(options.out / "model")


if __name__ == "__main__":
    main()
