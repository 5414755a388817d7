"""#ubuntu logs as a WhatsApp group export: real people in the format that the product reads first."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from mynah.core.types import Conversation, Message, Origin
from mynah.data.sources import whatsapp

LINE = re.compile(r"\[(\d\d):(\d\d)\] <([^>]+)> (.*)")


def messages_of(log: Path) -> list[Message]:
    """The messages of one log; its file name gives the day."""
    day, last, found = datetime.strptime(log.name[:10], "%Y-%m-%d"), None, []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = LINE.match(line)
        if not parts or not parts[4].strip():
            continue
        at = day + timedelta(hours=int(parts[1]), minutes=int(parts[2]))
        if last and at < last - timedelta(hours=12):
            day, at = day + timedelta(days=1), at + timedelta(days=1)
        last = max(at, last or at)
        found.append(Message(parts[3], parts[4].strip(), last, Origin(log.name, 1)))
    return found


def export(logs: Path, persona: str, most: int) -> str:
    """A group export of the logs in which the persona speaks, up to `most` of the persona's messages."""
    messages: list[Message] = []
    for log in sorted(logs.glob("*.raw.txt")):
        found = messages_of(log)
        if sum(m.speaker == persona for m in found) >= 5 and sum(m.speaker == persona for m in messages) < most:
            messages += found
    messages.sort(key=lambda m: m.at or datetime.min)
    return whatsapp.write(Conversation(tuple(messages), Origin("irc", 1)))
