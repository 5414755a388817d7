"""The corpora of the starter: where each lies, how it is read, and how much of each phase of the training it makes up.

A document is either a text (prose) or a dialogue. Each names the part it belongs to by a key: what has the same key
lands in the same part, so that no duplicate, no phrasing of the same question and no chapter of the same book is on
both sides.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from backports import zstd
from scenes import bare, read_scenes

Turn = tuple[str, str]  # speaker, text
HERE = Path(__file__).parent
DRAWN = 30  # times that a scene is drawn: with fewer, the model learns the drawings by heart
LONGEST_ANSWER = 400  # letters; longer answers are essays, and the starter is made for talk


@dataclass(frozen=True)
class Document:
    """One text (turns empty) or one dialogue."""

    key: str
    text: str = ""
    turns: tuple[Turn, ...] = ()
    system: str = ""


@dataclass(frozen=True)
class Corpus:
    """`swap`: either speaker may be the assistant. `plain`: written as people speak to each other already, so
    letters and sentences stay as they are."""

    path: str
    read: Callable[[Path], Iterator[Document]]
    licence: str
    origin: str
    swap: bool = False
    plain: bool = False


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file, compressed or not."""
    if path.suffix == ".zst":
        with zstd.open(path, "rt", encoding="utf-8") as text:
            yield from (json.loads(line) for line in text if line.strip())
    else:
        with path.open(encoding="utf-8") as stream:
            yield from (json.loads(line) for line in stream if line.strip())


def dialogue(turns: list[Turn], system: str = "") -> Document:
    return Document(json.dumps(turns), turns=tuple(turns), system=system)


def turns(path: Path) -> Iterator[Document]:
    for row in lines(path):
        yield dialogue([(t["speaker"], t["text"]) for t in row["turns"]])


def personas(path: Path) -> Iterator[Document]:
    """The second speaker is the assistant, and what is known of them is the system text."""
    for row in lines(path):
        yield dialogue([(t["speaker"], t["text"]) for t in row["turns"]], " ".join(row["persona_2"]))


def questions(path: Path) -> Iterator[Document]:
    for row in lines(path):
        if len(row["response"]) <= LONGEST_ANSWER:
            yield dialogue([("user", row["instruction"]), ("assistant", row["response"])])


def chitchat(path: Path) -> Iterator[Document]:
    """The phrasings of a question have one answer, which is the key of them all."""
    for row in lines(path):
        for phrasing in [row["question"], *row["alternatives"][:20]]:
            yield Document(row["answer"], turns=(("user", phrasing), ("assistant", row["answer"])))


def conversations(path: Path) -> Iterator[Document]:
    for file in sorted(path.glob("*.yml")):
        for said in yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]:
            if len(said) > 1:
                yield dialogue([("user" if i % 2 == 0 else "assistant", str(text)) for i, text in enumerate(said)])


STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "—": " - ", "–": "-", "…": "..."})


def books(path: Path) -> Iterator[Document]:
    """Chapters are not marked, so a book is one document; printers' quotation marks become those of a keyboard."""
    for row in lines(path):
        yield Document(row["title"], row["text"].translate(STRAIGHT))


def posts(path: Path) -> Iterator[Document]:
    for row in lines(path):
        yield Document(row["text"], f"{row['title']}\n\n{row['text']}")


def part_of(key: str) -> str:
    """The part of what has this key: 2 % test, 1 % valid."""
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2])
    return "test" if place < 1311 else "valid" if place < 1966 else "train"


def asked() -> set[str]:
    """The lines that the starter is judged by, if they have more than two words: nobody learns without "hi"."""
    lines = (HERE / "openings.txt").read_text(encoding="utf-8").splitlines()
    return {bare(line) for line in lines if not line.startswith("#") and len(line.split()) > 2}


def documents(name: str, data: Path) -> Iterator[Document]:
    """The documents of a corpus, but for dialogues in which somebody says a line that the starter is judged by."""
    judged = asked()
    for document in CORPORA[name].read(data / CORPORA[name].path):
        if not any(bare(text) in judged for _, text in document.turns):
            yield document


def scenes(path: Path) -> Iterator[Document]:
    """DRAWN drawings of each scene; some follow one another, as the subject changes in a chat."""
    chance = random.Random(1)
    read = read_scenes(path)
    openers = {
        part: [s for s in read if part_of(s.text) == part and not s.system] for part in ("train", "valid", "test")
    }
    for scene in read * DRAWN:
        system, turns = scene.draw(chance)
        for _ in range(0 if system else chance.choice((0, 0, 0, 1, 2))):
            turns += chance.choice(openers[part_of(scene.text)]).draw(chance)[1]
        yield Document(scene.text, turns=tuple(turns), system=system)


PRETRAIN, FAQ = "6_pretrain", "4_faq_dialogue_instruct"
CORPORA = {
    "books": Corpus(
        f"{PRETRAIN}/classic_books/classic_books.jsonl.zst", books,
        "public domain", "mlschmitt/classic-books-markdown"),
    "posts": Corpus(
        f"{PRETRAIN}/reddit_posts_pddl/reddit_posts_pddl.jsonl.zst", posts,
        "PDDL-1.0", "umbrae/reddit-top-2.5-million, 72 subreddits", plain=True),
    "self_dialogue": Corpus(
        f"{PRETRAIN}/self_dialogue/self_dialogue.jsonl.zst", turns,
        "BSD-3-Clause", "jfainberg/self_dialogue_corpus", swap=True),
    "topical_chat": Corpus(
        f"{PRETRAIN}/topical_chat/topical_chat.jsonl.zst", turns,
        "CDLA-Sharing-1.0", "alexa/Topical-Chat, without its train.json", swap=True),
    "synthetic_persona_chat": Corpus(
        f"{PRETRAIN}/synthetic_persona_chat/synthetic_persona_chat.jsonl.zst", personas,
        "CC-BY-4.0", "google-research-datasets/Synthetic-Persona-Chat, valid and test files"),
    "schema_guided": Corpus(
        f"{PRETRAIN}/schema_guided/schema_guided.jsonl.zst", turns,
        "CC-BY-SA-4.0", "google-research-datasets/dstc8-schema-guided-dialogue"),
    "multiwoz": Corpus(
        f"{PRETRAIN}/multiwoz/multiwoz.jsonl.zst", turns,
        "MIT", "budzianowski/multiwoz, by way of thu-coai/ConvLab-2, val and test files"),
    "taskmaster4": Corpus(
        f"{PRETRAIN}/taskmaster4/taskmaster4.jsonl.zst", turns,
        "CC-BY-4.0", "google-research-datasets/Taskmaster"),
    "dolly": Corpus(
        f"{FAQ}/dolly_no_context/dolly.jsonl", questions,
        "CC-BY-SA-3.0", "databricks-dolly-15k, by way of nayohan/dolly-15k-analysis; answers of up to 400 letters"),
    "chitchat": Corpus(
        f"{FAQ}/ms_chitchat_en-us/chitchat.jsonl", chitchat, "MIT", "microsoft/BotBuilder-Samples"),
    **{
        f"chitchat_{tongue[:2]}": Corpus(
            f"{FAQ}/ms_chitchat_{tongue}/chitchat.jsonl", chitchat, "MIT", "microsoft/BotBuilder-Samples", plain=True)
        for tongue in ("de-de", "es-es", "fr-fr")
    },
    **{
        f"chatterbot_{tongue}": Corpus(
            f"{FAQ}/chatterbot_corpus/{tongue}", conversations, "BSD-3-Clause", "gunthercox/chatterbot-corpus",
            plain=tongue != "english")
        for tongue in ("english", "french", "german", "portuguese", "russian", "spanish")
    },
    "scenes": Corpus(str(HERE / "scenes"), scenes, "this project's", "written for the starter", plain=True),
}  # fmt: skip
