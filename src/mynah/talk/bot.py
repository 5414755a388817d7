"""Bot: a run comes in, what `chat` opens goes out: the run with decoding, memory and a persona.

mynah bot
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.folder import MODEL, Account, Project, newest, read_json, slug, write_json
from mynah.core.options import option, resolve
from mynah.core.types import Turn
from mynah.models.decoding import Options as Decoding
from mynah.models.render import BROKEN
from mynah.privacy.pseudonyms import Map

BOT = "bot.json"


class Options(core_options.Options):
    """What the bot is made of."""

    memory: str = option("buffer", "what it remembers of a conversation, by the file in talk/memory")
    run: str = option("", "the run it speaks with; the newest where none is named")


SECTIONS: dict[str, type[core_options.Options]] = {"bot": Options, "decoding": Decoding}


def run(project: Project, bot: Options, decoding: Decoding) -> Account:
    """Write `PROJECT/bots/PERSONA/bot.json`."""
    plugins.load("memory", bot.memory)
    tuned, trained = project.tuned(bot.run)
    persona = project.account("pair").detail["persona"]
    folder = project.folder("bots", slug(persona))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / BOT,
        {
            "persona": persona,
            "base": trained.detail["base"],
            "quant": trained.detail["options"]["model"]["quant"],
            "run": os.path.relpath(tuned, folder),
            "memory": bot.memory,
            "decoding": decoding.model_dump(),
            "pseudonyms": not project.account("pseudonymize").detail["off"],
        },
    )
    return Account("bot", {"run": tuned.name}, {"bot": str(folder)}, detail={"persona": persona, "bot": str(folder)})


@dataclass
class Bot:
    """An opened bot in one conversation."""

    folder: Path
    persona: str
    engine: Any
    memory: Any
    decoding: Decoding
    state: list[Turn] = field(default_factory=list)
    untuned: bool = False
    pseudonyms: Map | None = None

    def say(self, text: str) -> Iterator[str]:
        """The bot's reply to `text`, piece by piece as it is made; a line feed begins the next bubble. What was said
        and heard is remembered. The model hears and speaks of pseudonyms where it learned them; people do not."""
        heard = tuple(line for line in (part.strip() for part in self._heard(text).split("\n")) if line)
        self.memory.remember(self.state, Turn("user", heard))
        pieces: list[str] = []
        with self.engine.untuned() if self.untuned else nullcontext():
            spoken = self._spoken(pieces)
            yield from self.pseudonyms.restored(spoken) if self.pseudonyms else spoken
        said = self.engine.renderer.parse("".join(pieces))
        self.memory.remember(self.state, Turn("assistant", said or ("…",), self.persona))

    def _spoken(self, pieces: list[str]) -> Iterator[str]:
        """What the model says, kept in `pieces`."""
        decoding = self.engine.alone(self.decoding) if self.untuned else self.decoding
        for piece in self.engine.stream(self.memory.recall(self.state), "", decoding):
            pieces.append(piece.replace(BROKEN, ""))
            yield pieces[-1]

    def _heard(self, text: str) -> str:
        """What was typed, as the model knows it. A new secret gets its pseudonym for good."""
        if self.pseudonyms is None:
            return text
        known = len(self.pseudonyms.pairs)
        replaced = self.pseudonyms.replace(text)
        if len(self.pseudonyms.pairs) > known:
            self.pseudonyms.save(_project(self.folder))
        return replaced

    def reset(self) -> None:
        """Begin a new conversation."""
        self.state.clear()


def find(path: Path | None = None) -> Path:
    """The folder of the bot at `path`, or of the newest one below the current folder."""
    if path is None:
        return newest(f"bots/*/{BOT}", "a bot", "Make one with `mynah create EXPORT`, or try `mynah demo`.").parent
    for found in (path / BOT, *sorted(path.glob(f"bots/*/{BOT}"))):
        if found.exists():
            return found.parent
    raise UserError("a bot", f"none in {str(path)!r}", "Make one with `mynah create EXPORT`.")


def load(folder: Path) -> Bot:
    """Open a bot."""
    from mynah.models.engines.transformers import Engine

    told = read_json(folder / BOT)
    trained = folder / told["run"] / MODEL
    if not trained.is_dir():
        raise UserError("the bot's run", f"none at {str(trained)!r}", "Train it again with `mynah train`.")
    memory = plugins.load("memory", told["memory"])
    decoding = resolve(Decoding, told["decoding"], "decoding")
    engine = Engine(told["base"], trained, quant=told["quant"])
    pseudonyms = Map.load(_project(folder)) if told.get("pseudonyms") else None
    return Bot(folder, told["persona"], engine, memory, decoding, pseudonyms=pseudonyms)


def _project(bot: Path) -> Path:
    """The project that the folder of a bot is in."""
    return bot.absolute().parents[1]
