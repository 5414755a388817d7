"""Tokens in, a base model out: the training of the starter, on whatever is there (CPU or GPU), going on where it was.

In:  the folder that `prepare.py` wrote.
Out: OUT/model/ (bf16 safetensors, configuration and tokenizer), OUT/curve.jsonl, OUT/checkpoint.pt (for going on).

    python starter/pretrain.py DATA OUT --tokens 40000000

Two phases: broad text in rows of 256 tokens at a constant learning rate, then the chat stage, mostly talk in rows of
512 tokens, while the rate falls to nothing. Muon (Jordan et al. 2024) for the matrices, AdamW for embeddings and norms.
On a CPU the step is compiled, and memory is kept between steps rather than given back to the system: the pages of
large tensors would be zeroed anew each time, which costs more than the arithmetic.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from batches import BROAD, IGNORED, REPLIES, TALK, Streams, heard, inputs
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mynah.core import allocator
from mynah.models.kernels import attention

STEP = 8192  # tokens
BEAMS = 4  # with which the model replies by itself: its likeliest replies are its most grammatical ones
PAUSE = 30  # seconds: a longer step was the machine asleep, and is no training time
ROLES = ("system", "user", "assistant")


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


def optimizers(model: LlamaForCausalLM, scale: float = 1.0) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=0.02 * scale, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=4e-3 * scale, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def rate(done: float, chat_stage: float) -> float:
    """The share of the full learning rate: it rises for 1 % of the training, and falls linearly in the chat stage."""
    return min(1.0, (done + 1e-4) / 0.01, max(0.01, (1 - done) / chat_stage))


def loss_of(model: LlamaForCausalLM, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """The summed loss of the labelled tokens, in nats."""
    with torch.autocast(given["ids"].device.type, dtype=torch.bfloat16):
        hidden = model.model(
            given["ids"], attention_mask=given["mask"], position_ids=given["positions"], use_cache=False
        ).last_hidden_state
        logits = model.lm_head(hidden)
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), given["labels"].flatten(), ignore_index=IGNORED, reduction="sum"
    )


class Training:
    """The model, its optimizers and how far they are."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(options.seed)
        self.tokenizer = AutoTokenizer.from_pretrained(options.data / "tokenizer")
        self.model = new_model(self.tokenizer, options.width, options.layers).to(self.device)
        if options.base:
            self.model.load_state_dict(LlamaForCausalLM.from_pretrained(options.base, dtype=torch.float32).state_dict())
        self.steppers = optimizers(self.model, options.rate)
        self.full_rates = [[group["lr"] for group in stepper.param_groups] for stepper in self.steppers]
        self.train = Streams(options.data / "tokens", "train", options.seed)
        self.loss_of = torch.compile(loss_of) if options.compile else loss_of
        self.marks = {role: self.tokenizer.convert_tokens_to_ids(f"<|{role}|>") for role in ROLES}
        self.step = self.seen = 0
        self.spent = 0.0  # seconds, over all sittings

    @property
    def done(self) -> float:
        """The share of the training that is behind us, in tokens or in minutes."""
        minutes, tokens = float(self.options.minutes), int(self.options.tokens)
        return self.spent / 60 / minutes if minutes else self.seen / tokens

    def given(self, streams: Streams, mixture: dict[str, float], length: int, draw: int) -> dict[str, torch.Tensor]:
        ids, documents = streams.batch(mixture, STEP // length, length, draw)
        return inputs(ids.to(self.device), documents.to(self.device), torch.bfloat16)

    def replies_of(self, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The same, with the assistant's turns and prose as the only labels."""
        silent = heard(given["ids"], given["documents"], self.marks)
        labels = given["labels"].clone()
        labels[:, :-1] = labels[:, :-1].masked_fill(silent[:, 1:], IGNORED)
        return {**given, "labels": labels}

    def one_step(self) -> float:
        """One step of the optimizers; the mean loss of its tokens."""
        chat = self.done >= 1 - self.options.chat_stage
        scale = rate(self.done, self.options.chat_stage)
        for stepper, rates in zip(self.steppers, self.full_rates, strict=True):
            for group, full in zip(stepper.param_groups, rates, strict=True):
                group["lr"] = full * scale
        replies_only = chat and self.options.replies_only
        mixture = REPLIES if replies_only else TALK if chat else BROAD
        given = self.given(self.train, mixture, 512 if chat else 256, self.step)
        if replies_only:
            given = self.replies_of(given)
        loss = self.loss_of(self.model, given) / (given["labels"] != IGNORED).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for stepper in self.steppers:
            stepper.step()
            stepper.zero_grad(set_to_none=True)
        self.step, self.seen = self.step + 1, self.seen + STEP
        return float(loss.detach())

    def warm(self) -> None:
        """Compile for both lengths of rows before the clock runs."""
        streams = Streams(self.options.data / "tokens", "valid", 0)
        for length in (256, 512) if self.options.compile else ():
            self.loss_of(self.model, self.given(streams, TALK, length, 0)).backward()  # type: ignore[no-untyped-call]
            self.model.zero_grad(set_to_none=True)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Nats a token on a fixed piece of the validation part: of both mixtures, and of prose and talk apart."""
        found = {}
        alone = {name: {name: 1.0} for name in ("posts", "self_dialogue", "scenes")}
        mixtures = {"broad": BROAD, "talk": TALK, **alone}
        for name, mixture in mixtures.items():
            streams = Streams(self.options.data / "tokens", "valid", 0)
            total = count = 0.0
            for draw in range(4):
                given = self.given(streams, mixture, 256, draw)
                total += float(self.loss_of(self.model, given))
                count += float((given["labels"] != IGNORED).sum())
            found[name] = round(total / count, 4)
        return found

    def save(self) -> None:
        saved = self.options.out / "checkpoint.pt"
        state = {
            "model": self.model.state_dict(),
            "steppers": [stepper.state_dict() for stepper in self.steppers],
            "read": self.train.state(),
            "progress": [self.step, self.seen, self.spent],
        }
        torch.save(state, saved.with_suffix(".new"))
        os.replace(saved.with_suffix(".new"), saved)

    def restore(self) -> None:
        saved = self.options.out / "checkpoint.pt"
        if not saved.exists():
            return
        state = torch.load(saved, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        for stepper, held in zip(self.steppers, state["steppers"], strict=True):
            stepper.load_state_dict(held)
        self.train.load_state(state["read"])
        self.step, self.seen, self.spent = state["progress"]

    def note(self, line: dict[str, object]) -> None:
        with (self.options.out / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(line) + "\n")
        print(line, flush=True)

    def run(self) -> None:
        self.restore()
        size = sum(p.numel() for p in self.model.parameters())
        print(f"{size:,} parameters on {self.device}", flush=True)
        self.warm()
        clock = last_save = time.monotonic()
        while self.done < 1:
            loss = self.one_step()
            now = time.monotonic()
            self.spent, clock = self.spent + min(now - clock, PAUSE), now
            if self.step % 50 == 0:
                self.note({"step": self.step, "tokens": self.seen, "loss": round(loss, 3), "done": round(self.done, 3)})
            if self.step % self.options.validate_every == 0:
                self.note({"step": self.step, "valid": self.validate(), "seconds": round(self.spent)})
                clock = time.monotonic()
            if now - last_save > self.options.save_every:
                self.save()
                clock = last_save = time.monotonic()
        self.save()
        self.note({"step": self.step, "tokens": self.seen, "valid": self.validate(), "seconds": round(self.spent)})
        self.model.generation_config.num_beams = BEAMS
        self.model.to(torch.bfloat16).save_pretrained(self.options.out / "model")
        self.tokenizer.save_pretrained(self.options.out / "model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokens", type=int, default=40_000_000)
    parser.add_argument(
        "--minutes", type=float, default=0, help="train for a time instead, as the comparison of sizes does"
    )
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.0, help="the learning rates, as a multiple of the usual ones")
    parser.add_argument("--base", type=Path, help="go on from a trained model of the same size and tokenizer")
    parser.add_argument("--chat-stage", type=float, default=0.35, help="the share of the training that is mostly talk")
    parser.add_argument("--replies-only", action="store_true", help="learn the assistant's turns only in that stage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=300, help="seconds between checkpoints")
    parser.add_argument("--validate-every", type=int, default=500, help="steps between validations")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    allocator.keep()
    training = Training(options)
    with attention.used(training.model) if training.model.device.type == "cpu" else nullcontext():
        training.run()


if __name__ == "__main__":
    main()
