"""Texts that the starter never saw: the test part of each corpus, and three sets of dialogues from elsewhere."""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from corpora import CORPORA, part_of
from prepare import as_text

from mynah.core.errors import Undecided
from mynah.core.types import Conversation
from mynah.data.files import inputs
from mynah.data.sources import whatsapp

PIECE = 1200  # characters; the texts are cut, so that every model sees the same, whatever its tokenizer
MOST = 250  # pieces of one set
LINE = re.compile(r"\[\d\d:\d\d\] <([^>]+)> (.+)")
TURN = re.compile(r"(?=<\|(?:user|assistant)\|>)")

Said = tuple[str, str]  # speaker, text


def corpora(data: Path) -> Iterator[tuple[str, list[str]]]:
    """The test part of each corpus."""
    for name, corpus in CORPORA.items():
        chance = random.Random(2)
        test = [d for d in corpus.read(data / corpus.path) if part_of(d.key) == "test"]
        pieces = [piece for document in test for piece in cut(as_text(document, corpus, chance))]
        chance.shuffle(pieces)
        if pieces:
            yield name, pieces[:MOST]


def dialogues(data: Path) -> Iterator[tuple[str, list[str]]]:
    """The dialogues of other places, none of which is ever trained on."""
    for name, chats in (("#ubuntu", ubuntu(data)), ("Reddit threads", reddit(data)), ("chat exports", exports(data))):
        pieces = [piece for chat in chats for piece in cut(as_dialogue(chat))]
        random.Random(2).shuffle(pieces)
        yield name, pieces[:MOST]


def cut(text: str) -> Iterator[str]:
    """Pieces of up to PIECE characters, of a dialogue between its turns."""
    piece = ""
    for part in TURN.split(text):
        for start in range(0, len(part), PIECE):
            some = part[start : start + PIECE]
            if len(piece) + len(some) > PIECE:
                yield piece
                piece = ""
            piece += some
    yield piece


def as_dialogue(chat: list[Said]) -> str:
    """Who speaks and who answers take turns; several messages of one person are one turn."""
    text, last, role = "", None, "assistant"
    for speaker, said in chat:
        if speaker == last:
            text = text.removesuffix("<|end|>") + f"\n{said}<|end|>"
        else:
            role = "assistant" if role == "user" else "user"
            text += f"<|{role}|>{said}<|end|>"
        last = speaker
    return text


def ubuntu(data: Path) -> Iterator[list[Said]]:
    """Every tenth log."""
    for log in sorted(data.glob("1_ubuntu_irc/*/**/*.raw.txt"))[::10]:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        yield [(m[1], m[2].strip()) for m in map(LINE.fullmatch, lines) if m]


def reddit(data: Path) -> Iterator[list[Said]]:
    """Each comment that nobody answered, with the comments above it."""
    rows = [json.loads(line) for line in (data / "3_reddit/praw_comment_threads/comments.ndjson").open()]
    of = {f"t1_{row['id']}": row for row in rows}
    answered = {row["parent_id"] for row in rows}
    for name, row in of.items():
        chain = [row]
        while chain[-1]["parent_id"] in of:
            chain.append(of[chain[-1]["parent_id"]])
        if name not in answered and len(chain) > 1:
            yield [(each["author"], each["body"].strip()) for each in reversed(chain)]


def exports(data: Path) -> Iterator[list[Said]]:
    """Chats of WhatsApp, Slack and Telegram."""
    for path in sorted(data.glob("5_chat_exports/whatsapp_*/*")):
        if path.suffix in (".txt", ".zip"):
            yield list(of_whatsapp(path))
    channels: dict[str, list[Said]] = defaultdict(list)
    with zipfile.ZipFile(data / "5_chat_exports/slack_export/testarchive.zip") as archive:
        for name in sorted(n for n in archive.namelist() if re.fullmatch(r".+/\d{4}-\d\d-\d\d\.json", n)):
            for row in json.loads(archive.read(name)):
                if row.get("user") and "subtype" not in row and row.get("text"):
                    channels[name.split("/")[0]].append((row["user"], row["text"]))
    yield from channels.values()
    for path in sorted(data.glob("5_chat_exports/multi_platform_chatpack/telegram_*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))["messages"]
        yield [(r["from"], r["text"]) for r in rows if r.get("from") and isinstance(r.get("text"), str) and r["text"]]


def of_whatsapp(path: Path) -> Iterator[Said]:
    for file in inputs(path):
        if whatsapp.sniff(file.head(), file.name) > 0.5:
            try:
                items = list(whatsapp.read(file, whatsapp.Options()))
            except Undecided:
                items = list(whatsapp.read(file, whatsapp.Options(date_order="mdy")))
            for item in items:
                for message in item.messages if isinstance(item, Conversation) else ():
                    if message.kind == "text" and message.speaker and message.text.strip():
                        yield message.speaker, message.text.strip()
