"""How the starter adapts to real people: tuned on 200, 600 and 1,200 of their messages, measured on later ones.

    python starter/adapt.py DATA OUT [--base src/mynah/models/starter]

DATA is the folder of the corpora, OUT keeps the projects, so that a killed run goes on. Each person's export goes
through the product's own commands at their defaults. Every row of the table is measured on the same later messages:
those of the test part of the person's whole export that lie behind the first 1,200. Beside the tuned starter stand
the untuned one, the untuned one shown 20 of the person's messages, and the same architecture with random weights,
trained in full on the same messages by the same command. Prints a table and writes it into the model card.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from card import put, table

from mynah.core.folder import MODEL, Project
from mynah.core.tables import read_examples
from mynah.core.types import Conversation, Example, Message, Origin
from mynah.data.sources import whatsapp
from mynah.measure.answers import persona_prompt
from mynah.models.engines.transformers import Engine

ROOT = Path(__file__).parents[1]
IRC = ("ActionParsnip", "Dr_Willis", "Seveas", "ikonia")
REDDIT = "redditor_01072"
COUNTS = (200, 600, 1200)
SHOWN = 20  # messages in the prompt of the prompted base
HEAD = ("person", "messages", "at random, trained on them", "the starter", "shown 20 of them", "tuned on them", "gain")


def chats(data: Path) -> Iterator[tuple[str, list[Message]]]:
    """Each person with everything that was said around them, in order."""
    sys.path.insert(0, str(ROOT))
    from tests import ubuntu

    logs = sorted((data / "1_ubuntu_irc/irc_disentanglement_train").glob("*.raw.txt"))
    read = {log: ubuntu.messages_of(log) for log in logs}
    for nick in IRC:
        with_them = [found for found in read.values() if sum(m.speaker == nick for m in found) >= 5]
        yield nick, sorted((m for found in with_them for m in found), key=lambda m: m.at or datetime.min)
    yield REDDIT, list(comments(data / "3_reddit/praw_comment_threads"))


def comments(folder: Path) -> Iterator[Message]:
    """The comments of one user, a day apart, below the title of the post where that is known."""
    rows = [json.loads(line) for line in (folder / "comments.ndjson").open(encoding="utf-8")]
    posts = {f"t3_{row['id']}": row for row in map(json.loads, (folder / "submissions.ndjson").open(encoding="utf-8"))}
    own = sorted((row for row in rows if row["author"] == REDDIT), key=lambda row: row["created_utc"])
    for day, row in enumerate(own):
        at = datetime(2010, 1, 1, 12) + timedelta(days=day)
        if row["link_id"] in posts:
            yield Message("post", posts[row["link_id"]]["title"], at, Origin("reddit", 1))
        yield Message(REDDIT, row["body"].strip(), at + timedelta(minutes=1), Origin("reddit", 1))


def first(messages: list[Message], person: str, count: int) -> list[Message]:
    """All up to the person's message number `count`."""
    own = [place for place, m in enumerate(messages) if m.speaker == person]
    return messages[: own[count - 1] + 1]


def after(message: Message, project: Project) -> list[Example]:
    """The test part without conversations that began before this message."""
    test = read_examples(project.folder("split") / "test.parquet")
    return [example for example in test if example.at and message.at and example.at > message.at]


def mynah(*arguments: str | Path) -> dict[str, Any]:
    """The account of one command of the product."""
    command = [sys.executable, "-m", "mynah", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def split(folder: Path, messages: list[Message], person: str) -> Project:
    """A project with the export of these messages, up to the split."""
    folder.mkdir(parents=True, exist_ok=True)
    export = folder / "WhatsApp Chat.txt"
    export.write_text(whatsapp.write(Conversation(tuple(messages), Origin("chat", 1))), encoding="utf-8")
    mynah("ingest", export, "--project", folder / "project")
    mynah("clean", "--project", folder / "project")
    mynah("pseudonymize", "--no-pseudonyms", "--project", folder / "project")  # names are the same in every project
    mynah("pair", "--as", person, "--consent", "--project", folder / "project")
    mynah("split", "--project", folder / "project")
    return Project.find(folder / "project")


def bits_per_byte(engine: Engine, examples: list[Example]) -> float:
    nats = sum(found.nll for found in engine.likelihoods(examples))
    return nats / math.log(2) / sum(len(t.text.encode()) for e in examples for t in e.turns if t.learn)


def at_random(base: Path, folder: Path) -> Path:
    """The same architecture with random weights, as a base of its own."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    if not (folder / "config.json").exists():
        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig.from_pretrained(base)).save_pretrained(folder)
        AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def trained(project: Project, base: Path, *more: str) -> Engine:
    rate = ("--lr", "4e-3")  # the default for the starter by its name
    run = mynah("train", "--base", base, *rate, *more, "--project", project.path)["run"]
    return Engine(str(base), project.tuned(run)[0] / MODEL)


def rows_of(person: str, messages: list[Message], base: Path, out: Path) -> Iterator[list[str]]:
    """One row a count of messages."""
    later = after(first(messages, person, COUNTS[-1])[-1], split(out / person / "all", messages, person))
    engine, random = Engine(str(base)), at_random(base, out / "at random")
    untuned = cache(lambda: bits_per_byte(engine, later))
    for count in COUNTS:
        project = split(out / person / str(count), first(messages, person, count), person)
        shown = persona_prompt(person, read_examples(project.folder("split") / "train.parquet"), SHOWN)
        prompted = bits_per_byte(engine, [replace(example, system=shown) for example in later])
        tuned = bits_per_byte(trained(project, base), later)
        scratch = bits_per_byte(trained(project, random, "--adapter", "none"), later)
        gain = 1 - tuned / untuned()
        yield [person, f"{count:,}", *(f"{b:.2f}" for b in (scratch, untuned(), prompted, tuned)), f"{gain:.0%}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", type=Path, default=ROOT / "src/mynah/models/starter")
    parser.add_argument("--print", dest="only_print", action="store_true", help="leave the model card as it is")
    options = parser.parse_args()
    rows = []
    for person, messages in chats(options.data):
        for row in rows_of(person, messages, options.base.resolve(), options.out):
            rows.append(row)
            print(*row, flush=True)
    text = table(HEAD, rows) + "\n\nBits per byte on the person's later messages; smaller is better."
    print(text)
    if not options.only_print:
        put("adapt", text)


if __name__ == "__main__":
    main()
