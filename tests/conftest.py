"""What several tests share: invented chats, and the real data where this machine has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from mynah.core.tables import span
from mynah.core.types import Conversation, Message, Origin
from mynah.data.sources import whatsapp

settings.register_profile("mynah", deadline=None)  # a busy machine breaks no law
settings.load_profile("mynah")

SHARED = Path(__file__).parents[2] / "shared" / "data"
EVENING = ("Otto: home?", "Ida: almost", "Ida: the tram is late 🙈", "Ida: soon", "Otto: shall I cook?", "Ida: yes!")
DIRT = (
    ": Messages and calls are end-to-end encrypted. Tap to learn more.",
    "Ida: <Media omitted>",
    "Otto: This message was deleted",
    "Ida: https://example.org/tram",
    "Otto: hello?",
    "+-1",
    "Otto: hello?",
    "Ida: this has\ntwo lines",
    "Otto: 😂",
)
"""One of everything that is dropped, a line that continues another, and an emoji, which is kept."""


def said(*lines: str) -> Conversation:
    """A conversation of `Name: text`, a minute each; `+61` lets so many more minutes pass."""
    at = datetime(2024, 1, 20, 19, 0)
    messages: list[Message] = []
    for line in lines:
        if line.startswith("+"):
            at += timedelta(minutes=int(line[1:]))
            continue
        speaker, _, text = line.partition(": ")
        messages.append(Message(speaker, text, at, Origin("chat.txt", len(messages) + 1)))
        at += timedelta(minutes=1)
    return Conversation(tuple(messages), span(messages))


def evenings(count: int) -> list[str]:
    """Six messages an evening, four of them Ida's, in two turns."""
    return [line for _ in range(count) for line in (*EVENING, "+1434")]


def export(path: Path, *lines: str) -> Path:
    """The conversation as WhatsApp would export it."""
    path.write_text(whatsapp.write(said(*lines)), encoding="utf-8")
    return path


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """An export of Ida and Otto: the dirt, and 50 evenings (300 messages)."""
    return export(tmp_path / "WhatsApp Chat with Ida.txt", *DIRT, "+1434", *evenings(50))


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """The path of real data by its name below shared/data; skips where it is not there."""

    def find(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"{SHARED / name} is not on this machine")
        return SHARED / name

    return find
