"""Demo: a bot of an invented person, made on this machine from a chat that comes along.

mynah demo
"""

from __future__ import annotations

import sys
from pathlib import Path

from mynah import create
from mynah.core.command import Call
from mynah.core.options import Options
from mynah.talk import bot as bots
from mynah.talk import chat

CHAT = Path(__file__).parent / "samples" / "WhatsApp Chat with Maya.txt"
PERSONA = "Maya"
LINES = (
    "Good morning. Did you sleep well?",
    "What are you doing tonight?",
    "I burned the rice again.",
    "Shall we meet at seven?",
    "I am not sure that the cat likes me.",
)
SECTIONS: dict[str, type[Options]] = {}


def main(call: Call) -> None:
    """`mynah demo`: create, five exchanges, and a chat where a terminal is attached."""
    project, accounts = create.build(call, (CHAT,), "mynah-demo", pair={"persona": PERSONA, "consent": True})
    bot = bots.load(bots.find(project.path))
    exchanges = []
    call.say("")
    for line in LINES:
        call.say(f"you › {line}")
        exchanges.append(chat.exchange(bot, line, call.say.out))
        bot.reset()
    call.say(f"\nReport: {project.path / 'report.html'}\nTalk to it: mynah chat {project.path}")
    call.say.result({**create.as_json(project, accounts), "exchanges": exchanges})
    if sys.stdin.isatty() and sys.stdout.isatty() and not call.say.as_json:
        chat.converse(bot, call.say.out)
