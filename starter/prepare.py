"""Corpora in, tokens out: what the starter learns, and its tokenizer.

In:  a folder with the corpora, laid out as CORPORA in corpora.py says.
Out: OUT/tokenizer/, OUT/tokens/CORPUS.PART.npz (`ids`: uint16 tokens, `ends`: where each document ends), and
     OUT/corpora.json (documents, tokens and bytes of each).

    python starter/prepare.py DATA OUT

A hash decides the part of a document, and nothing of the test part is ever trained on, by the tokenizer either. What
is the same but for case and punctuation is kept once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from corpora import CORPORA, Corpus, Document, documents, part_of
from scenes import bare
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 6144
SPECIALS = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
TOKENIZED = {"books": 0.15, "posts": 0.4}  # the share that the tokenizer sees of what would drown the dialogues


def bubbles(text: str) -> str:
    """A turn as a messenger shows it: one sentence a bubble, without the full stop."""
    return "\n".join(p.rstrip(".") for p in re.split(r"(?<=[.!?])\s+", text) if p.rstrip("."))


def typed(text: str) -> str:
    """A line as people type it in haste: lower case, nothing at its end."""
    return text.lower().rstrip(".?!")


def as_text(document: Document, corpus: Corpus, chance: random.Random) -> str:
    """A document as the model reads it. Of the dialogues a quarter is in lower case and a fifth in bubbles, as people
    write to each other; of the scenes, some of the user's lines are typed in haste."""
    if not document.turns:
        return re.sub(r"[ \t]+", " ", document.text).strip() + "<|end|>"
    names = list(dict.fromkeys(speaker for speaker, _ in document.turns))
    if corpus.swap and chance.random() < 0.5:
        names.reverse()
    role = {name: "user" if i == 0 else "assistant" for i, name in enumerate(names)}
    lower, split = (not corpus.plain and chance.random() < share for share in (0.25, 0.2))
    hasty = corpus.plain and chance.random() < 0.15
    joined: list[tuple[str, str]] = []
    for speaker, text in document.turns:
        text = re.sub(r"[^\S\n]+" if corpus.plain else r"\s+", " ", text).strip()
        if split and chance.random() < 0.8:
            text = bubbles(text)
        if lower:
            text = text.lower()
        if hasty and role[speaker] == "user":
            text = typed(text) or text
        if text and joined and joined[-1][0] == role[speaker]:
            joined[-1] = (role[speaker], joined[-1][1] + "\n" + text)
        elif text:
            joined.append((role[speaker], text))
    if document.system:
        joined.insert(0, ("system", document.system))
    return "".join(f"<|{role}|>{text}<|end|>" for role, text in joined)


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
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
    mark = re.compile(r"<\|\w+\|>")
    tokenizer.train_from_iterator((piece for text in texts for piece in mark.split(text) if piece), trainer)
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


def texts_of(name: str, data: Path, chance: random.Random) -> dict[str, list[str]]:
    """The texts of a corpus by part, each once."""
    corpus = CORPORA[name]
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    seen: set[str] = set()
    for document in documents(name, data):
        text = as_text(document, corpus, chance)
        if bare(text) not in seen:
            seen.add(bare(text))
            parts[part_of(document.key)].append(text)
    return parts


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument(
        "--again", nargs="+", choices=CORPORA, help="only these corpora, with the tokenizer of before"
    )
    options = arguments.parse_args()
    (options.out / "tokens").mkdir(parents=True, exist_ok=True)

    chance = random.Random(1)
    texts = {name: texts_of(name, options.data, chance) for name in options.again or CORPORA}
    if options.again:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(options.out / "tokenizer")
    else:
        seen = (t for name in texts for t in texts[name]["train"] if chance.random() < TOKENIZED.get(name, 1.0))
        tokenizer = train_tokenizer(seen)
        tokenizer.save_pretrained(options.out / "tokenizer")

    account = options.out / "corpora.json"
    counts = json.loads(account.read_text()) if options.again else {}
    for name, parts in texts.items():
        counts[name] = {
            part: tokenized(found, tokenizer, options.out / "tokens" / f"{name}.{part}.npz")
            for part, found in parts.items()
        }
        print(name, counts[name]["train"], flush=True)
    account.write_text(json.dumps(counts, indent=1))


def tokenized(texts: list[str], tokenizer: PreTrainedTokenizerFast, path: Path) -> dict[str, int]:
    """Write the tokens of the texts; the account of them."""
    rows = [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(texts)]
    ids = np.array([token for row in rows for token in row], dtype=np.uint16)
    np.savez(path, ids=ids, ends=np.cumsum([len(row) for row in rows]))
    return {"documents": len(texts), "tokens": len(ids), "bytes": sum(len(text.encode()) for text in texts)}


if __name__ == "__main__":
    main()
