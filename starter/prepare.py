"""Corpora in, tokens out: the dialogues that the starter learns, and its tokenizer.

In:  a folder with the corpora listed in CORPORA (JSONL, JSONL.zst, YAML).
Out: OUT/tokenizer/, OUT/{train,valid,test}.npz (`ids`: uint16 tokens, `ends`: where each dialogue ends),
     OUT/corpora.json (what came in and what went out, by corpus).

    python starter/prepare.py DATA OUT

The part of a dialogue is decided by a hash of its text, so that a duplicate lands where its twin is, and nothing of
the test part is ever trained on, by the tokenizer either.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
import zstandard
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 4096
LONGEST = 512  # tokens of one training row
SPECIALS = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

Turn = tuple[str, str]  # speaker, text
Dialogue = tuple[str, list[Turn]]  # system text, turns


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file, compressed or not."""
    if path.suffix == ".zst":
        with path.open("rb") as raw:
            text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8")
            yield from (json.loads(line) for line in text if line.strip())
    else:
        with path.open(encoding="utf-8") as stream:
            yield from (json.loads(line) for line in stream if line.strip())


def turns(path: Path) -> Iterator[Dialogue]:
    for row in lines(path):
        yield "", [(t["speaker"], t["text"]) for t in row["turns"]]


def personas(path: Path) -> Iterator[Dialogue]:
    """The second speaker is the assistant, and what is known of them is the system text."""
    for row in lines(path):
        yield " ".join(row["persona_2"]), [(t["speaker"], t["text"]) for t in row["turns"]]


def questions(path: Path) -> Iterator[Dialogue]:
    for row in lines(path):
        if len(row["response"]) <= 400:
            yield "", [("user", row["instruction"]), ("assistant", row["response"])]


def chitchat(path: Path) -> Iterator[Dialogue]:
    for row in lines(path):
        for phrasing in [row["question"], *row["alternatives"][:12]]:
            yield "", [("user", phrasing), ("assistant", row["answer"])]


def conversations(path: Path) -> Iterator[Dialogue]:
    for file in sorted(path.glob("*.yml")):
        for dialogue in yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]:
            yield "", [("user" if i % 2 == 0 else "assistant", str(text)) for i, text in enumerate(dialogue)]


# name: (path, reader, share that is used, may the roles be swapped?)
CORPORA = {
    "self_dialogue": ("6_pretrain/self_dialogue/self_dialogue.jsonl.zst", turns, 1.0, True),
    "topical_chat": ("6_pretrain/topical_chat/topical_chat.jsonl.zst", turns, 1.0, True),
    "synthetic_persona_chat": (
        "6_pretrain/synthetic_persona_chat/synthetic_persona_chat.jsonl.zst", personas, 1.0, False),
    "schema_guided": ("6_pretrain/schema_guided/schema_guided.jsonl.zst", turns, 0.45, False),
    "multiwoz": ("6_pretrain/multiwoz/multiwoz.jsonl.zst", turns, 1.0, False),
    "taskmaster4": ("6_pretrain/taskmaster4/taskmaster4.jsonl.zst", turns, 0.5, False),
    "dolly": ("4_faq_dialogue_instruct/dolly_no_context/dolly.jsonl", questions, 1.0, False),
    "chitchat": ("4_faq_dialogue_instruct/ms_chitchat_en-us/chitchat.jsonl", chitchat, 1.0, False),
    "chatterbot": ("4_faq_dialogue_instruct/chatterbot_corpus/english", conversations, 1.0, False),
}  # fmt: skip


def part_of(dialogue: Dialogue) -> tuple[str, float]:
    """The part of a dialogue (2 % test, 1 % valid) and a number in [0, 1) to sample by."""
    digest = hashlib.sha256(json.dumps(dialogue[1]).encode()).digest()
    place = digest[0] * 256 + digest[1]
    part = "test" if place < 1311 else "valid" if place < 1966 else "train"
    return part, int.from_bytes(digest[2:6]) / 2**32


def bubbles(text: str, chance: random.Random) -> str:
    """A turn as a messenger shows it: one sentence a bubble, without the full stop."""
    parts = re.split(r"(?<=[.!?])\s+", text)
    return "\n".join(p.rstrip(".") for p in parts if p.rstrip(".")) if chance.random() < 0.8 else text


def as_messages(dialogue: Dialogue, swap: bool, chance: random.Random) -> list[dict[str, str]]:
    """Roles for the speakers; some dialogues in lower case or in bubbles, as people write to each other."""
    system, turns = dialogue
    names = list(dict.fromkeys(speaker for speaker, _ in turns))
    if swap and chance.random() < 0.5:
        names.reverse()
    role = {name: "user" if i == 0 else "assistant" for i, name in enumerate(names)}
    lower, split = chance.random() < 0.25, chance.random() < 0.2
    messages = [{"role": "system", "content": system}] if system else []
    for speaker, text in turns:
        text = re.sub(r"\s+", " ", text).strip()
        if split:
            text = bubbles(text, chance)
        if lower:
            text = text.lower()
        if not text:
            continue
        if messages and messages[-1]["role"] == role[speaker]:
            messages[-1]["content"] += "\n" + text
        else:
            messages.append({"role": role[speaker], "content": text})
    return messages


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE: every byte has a token, so that any language and emoji survive; digits stand apart."""
    tokenizer = Tokenizer(models.BPE())
    words = Regex(r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIALS[0],
        eos_token=SPECIALS[1],
        additional_special_tokens=SPECIALS[2:],
        clean_up_tokenization_spaces=False,
        model_max_length=2048,
    )
    fast.chat_template = TEMPLATE
    return fast


def rows(messages: list[dict[str, str]], tokenizer: PreTrainedTokenizerFast) -> Iterator[list[int]]:
    """The tokens of a dialogue, cut between turns where it is longer than LONGEST."""
    row: list[int] = []
    for message in messages:
        text = f"<|{message['role']}|>{message['content']}<|end|>"
        tokens = tokenizer.encode(text, add_special_tokens=False)[:LONGEST]
        if len(row) + len(tokens) > LONGEST:
            yield row
            row = []
        row += tokens
    yield row


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("out", type=Path)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    chance = random.Random(1)
    parts: dict[str, list[list[dict[str, str]]]] = {"train": [], "valid": [], "test": []}
    counts: Counter[str] = Counter()
    for name, (path, read, share, swap) in CORPORA.items():
        for dialogue in read(options.data / path):
            part, place = part_of(dialogue)
            if place < share and len(dialogue[1]) > 1:
                counts[f"{name}/{part}"] += 1
                parts[part].append(as_messages(dialogue, swap, chance))
    chance.shuffle(parts["train"])

    tokenizer = train_tokenizer([m["content"] for d in parts["train"] for m in d])
    tokenizer.save_pretrained(options.out / "tokenizer")
    for part, dialogues in parts.items():
        table = [row for messages in dialogues for row in rows(messages, tokenizer)]
        ids = np.array([t for row in table for t in row], dtype=np.uint16)
        np.savez(options.out / f"{part}.npz", ids=ids, ends=np.cumsum([len(row) for row in table]))
        characters = sum(len(m["content"]) for d in dialogues for m in d)
        counts[f"{part}/tokens"], counts[f"{part}/characters"] = len(ids), characters
    (options.out / "corpora.json").write_text(json.dumps(counts, indent=1))
    print(json.dumps(counts, indent=1))


if __name__ == "__main__":
    main()
