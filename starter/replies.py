"""What the starter says: the thirty opening lines, answered once, and 500 replies counted for what must not happen.

    python starter/replies.py openings src/mynah/models/starter [--tuned mynah-demo]
    python starter/replies.py count src/mynah/models/starter

Prints tables and writes them into the model card. The lines of openings.txt were fixed before the training, the seed is
fixed, and no reply is edited or drawn again. Whether a reply is grammatical, on the topic, and ends its turn was judged
by hand and stands in marks.json, by line and reply: where a reply has changed, the marks are missing and the table says
so.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from pathlib import Path

import corpora
import torch
from card import put, table

from mynah.core.types import Prompt, Turn
from mynah.models.decoding import Options as Decoding
from mynah.models.engines.transformers import Engine
from mynah.talk import bot as bots

HERE = Path(__file__).parent
MARKS = HERE / "marks.json"
ASKED = ("grammatical", "on topic", "ends its turn")
SAMPLED = 500
BATCH = 50


def openings() -> list[str]:
    lines = (HERE / "openings.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def answered(engine: Engine, lines: list[str], decoding: Decoding, seed: int = 0) -> list[str]:
    """A reply to each line as the first of a chat, each by itself, so that no line depends on its neighbours."""
    found = []
    for number, line in enumerate(lines):
        prompt = Prompt("", 1, "", (Turn("user", (line,)),), Turn("assistant", ("",)))
        (bubbles,) = engine.replies([prompt], decoding.model_copy(update={"seed": seed + number}))
        found.append("\n".join(bubbles))
    return found


def thirty(starter: Path, tuned: Path | None) -> str:
    """The table of the opening lines, and how many replies have three times yes."""
    lines, marks = openings(), json.loads(MARKS.read_text(encoding="utf-8")) if MARKS.exists() else {}
    alone = Engine(str(starter))
    columns = {"the starter": answered(alone, lines, alone.alone(Decoding()))}
    if tuned:
        columns["the demo's bot"] = answered(bots.load(bots.find(tuned)).engine, lines, Decoding())
    rows, full = [], Counter[str]()
    for number, line in enumerate(lines):
        row = [line]
        for name, replies in columns.items():
            given = marks.get(f"{line} → {replies[number]}", "???")
            full[name] += given == "yyy"
            row += [replies[number].replace("\n", " / "), given]
        rows.append(row)
    head = ["opening line"] + [cell for name in columns for cell in (name, "g t e")]
    counts = ", ".join(f"{name} {full[name]} of {len(lines)}" for name in columns)
    legend = f"g t e: {', '.join(ASKED)}? y or n, judged by hand. Three times yes: {counts}."
    return f"{table(head, rows)}\n\n{legend}"


def repeats(reply: str) -> bool:
    """Does it say the same four words three times?"""
    words = reply.lower().split()
    return max(Counter(zip(*(words[i:] for i in range(4)), strict=False)).values(), default=0) >= 3


def first_lines() -> list[str]:
    """The thirty opening lines, and first lines of scenes that were held out."""
    held = {d.turns[0][1] for d in corpora.scenes(HERE / "scenes") if corpora.part_of(d.key) != "train"}
    lines = openings()
    return lines + random.Random(1).sample(sorted(held), SAMPLED - len(lines))


def raw(engine: Engine, lines: list[str], decoding: Decoding) -> list[str]:
    """All that the model writes after each line, marks included, to the mark that ends it or to the limit."""
    tokenizer = engine.tokenizer
    tokenizer.padding_side = "left"
    found = []
    for start in range(0, len(lines), BATCH):
        chats = [[{"role": "user", "content": line}] for line in lines[start : start + BATCH]]
        texts = [tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for chat in chats]
        given = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        torch.manual_seed(decoding.seed + start)
        made = engine.model.generate(
            input_ids=given["input_ids"], attention_mask=given["attention_mask"],
            **engine.settings(decoding, given["input_ids"].shape[1], decoding.max_tokens),
        )  # fmt: skip
        found += [
            text.replace("<|pad|>", "") for text in tokenizer.batch_decode(made[:, given["input_ids"].shape[1] :])
        ]
    return found


def count(starter: Path) -> str:
    """500 replies at the default settings, and how many do what none should: of the starter by itself, and drawn as a
    bot's are."""
    engine, lines = Engine(str(starter)), first_lines()
    ways = {"by itself": engine.alone(Decoding()), "drawn": Decoding()}
    told = {name: told_of(raw(engine, lines, decoding)) for name, decoding in ways.items()}
    rows = [[what, *(f"{told[name][what] / len(lines):.1%}" for name in ways)] for what in told["drawn"]]
    return table([f"of {len(lines)} replies", *ways], rows)


def told_of(replies: list[str]) -> dict[str, int]:
    """How many of these raw replies do what is counted."""
    return {
        "contain the same four words three times": sum(map(repeats, replies)),
        f"end by themselves within {Decoding().max_tokens} tokens": sum(text.endswith("<|end|>") for text in replies),
        "are empty": sum(not text.removesuffix("<|end|>").strip() for text in replies),
        "go on with the user's next line": sum("<|user|>" in text for text in replies),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("openings", "count"))
    parser.add_argument("starter", type=Path)
    parser.add_argument("--tuned", type=Path, help="a project with a tuned bot, such as mynah-demo")
    parser.add_argument("--print", dest="only_print", action="store_true", help="leave the model card as it is")
    options = parser.parse_args()
    text = thirty(options.starter, options.tuned) if options.what == "openings" else count(options.starter)
    print(text)
    if not options.only_print:
        put(f"replies.{options.what}", text)


if __name__ == "__main__":
    main()
