"""Chat: talk to a bot in the terminal.

    mynah chat

`/reset` begins a new conversation, `/base` switches to the untuned model and back, `/quit` or Ctrl-D ends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TextIO

from mynah.core import options as core_options
from mynah.core.command import Call
from mynah.core.options import option
from mynah.models.render import JOINER
from mynah.talk.bot import Bot, find, load

HELP = "/reset begins anew, /base switches to the untuned model and back, /quit ends."


class Options(core_options.Options):
    """How the conversation is held."""

    say: str = option("", "say one thing, print the reply and end", flag=True)


PATH = ("a bot, or a project with one [default: the newest below here]", None)
SECTIONS: dict[str, type[core_options.Options]] = {"chat": Options}


def main(call: Call) -> None:
    """`mynah chat [PATH]`: input comes from the terminal or from a pipe."""
    options = call.options(SECTIONS)["chat"]
    assert isinstance(options, Options)
    folder = find(Path(call.path) if call.path else call.project)
    call.say(f"Opening {folder}")
    bot = load(folder)
    said = [exchange(bot, options.say, call.say.out)] if options.say else converse(bot, call.say.out)
    call.say.result({"bot": str(folder), "persona": bot.persona, "exchanges": said})


def converse(bot: Bot, out: TextIO) -> list[dict[str, Any]]:
    """Talk until the user ends it, and return what was said."""
    print(f"You are talking to {bot.persona}, a bot. {HELP}", file=out)
    said = []
    while (text := _heard()) is not None and text not in ("/quit", "/exit"):
        if text.startswith("/"):
            print(_command(bot, text), file=out)
        elif text:
            said.append(exchange(bot, text, out))
    return said


def _heard() -> str | None:
    try:
        if sys.stdin.isatty():
            return input("you › ").strip()
        line = sys.stdin.readline()
        return line.strip() if line else None
    except (EOFError, KeyboardInterrupt):
        print()
        return None


def _command(bot: Bot, text: str) -> str:
    if text == "/reset":
        bot.reset()
        return "A new conversation."
    if text == "/base":
        bot.untuned = not bot.untuned
        bot.reset()
        return "Now the untuned base answers." if bot.untuned else f"Now {bot.persona} answers again."
    return HELP


def exchange(bot: Bot, text: str, out: TextIO) -> dict[str, Any]:
    """Say one thing and print the reply as it is made, bubble by bubble."""
    name = "base" if bot.untuned else bot.persona
    spoken = ""
    for piece in bot.say(text):
        for letter in piece:
            begins = not spoken or spoken.endswith("\n")
            if letter.isspace() and begins:
                continue  # no empty bubbles
            if letter == JOINER:  # a further line of the same bubble
                letter = " " * (len(name) + 3) if begins else ""
            elif begins:
                letter = f"{name} › {letter}"
            print(letter, end="", file=out)
            spoken += letter
        out.flush()
    if not spoken.endswith("\n"):
        print(file=out, flush=True)
    return {"user": text, "reply": list(bot.state[-1].bubbles), "by": name}
