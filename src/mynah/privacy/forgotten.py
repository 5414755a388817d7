"""Who was forgotten, as salted hashes: so that nobody comes back with the next import of the same export.

`PROJECT/forgotten.json` holds no name and no word of theirs. A name that is guessed can be tried on it, as that is what
an import must do; a slow hash makes guessing many names slow.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from mynah.core.errors import UserError
from mynah.core.folder import read_json, write_json
from mynah.core.tables import span
from mynah.core.types import Conversation, Message
from mynah.privacy.people import fold
from mynah.privacy.trace import PIECES, Trace, telling

FORMAT = 1
FILE = "forgotten.json"
ROUNDS = 5_000  # of the hash of a name: a few milliseconds


@dataclass
class Forgotten:
    """The hashes of a project."""

    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, project: Path) -> Forgotten:
        """Those of a project; nobody where none was forgotten. Raises UserError for a file that is something else."""
        path = project / FILE
        if not path.exists():
            return cls()
        told = read_json(path)
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise UserError(f"format {FORMAT} of {FILE}", f"another in {str(path)!r}", "Upgrade mynah to go on.")
        return cls(told["salt"], set(told["names"]), set(told["texts"]))

    def save(self, project: Path) -> None:
        """Write `PROJECT/forgotten.json`."""
        told = {"format": FORMAT, "salt": self.salt, "names": sorted(self.names), "texts": sorted(self.texts)}
        write_json(project / FILE, told)

    @property
    def fingerprint(self) -> str:
        """What a stage that consults it depends on; empty where nobody was forgotten."""
        if not self.names:
            return ""
        return hashlib.sha256("".join([self.salt, *sorted(self.names), *sorted(self.texts)]).encode()).hexdigest()[:16]

    def add(self, names: Iterable[str], texts: Iterable[str]) -> None:
        """Forget somebody of these names who wrote these texts, of which the short ones tell nothing."""
        self.names.update(_slow(self.salt, _one(name)) for name in names)
        self.texts.update(hashed for text in texts if (hashed := self._hashed(text)))

    def knows(self, name: str) -> bool:
        """Was somebody of this name forgotten?"""
        return bool(self.names) and bool(name) and _slow(self.salt, _one(name)) in self.names

    def wrote(self, text: str) -> bool:
        """Did somebody who was forgotten write this?"""
        return bool(self.texts) and self._hashed(text) in self.texts

    def _hashed(self, text: str) -> str:
        pieces = tuple(PIECES.findall(fold(text)))
        if not telling(pieces):
            return ""
        return hashlib.blake2b(" ".join(pieces).encode(), key=self.salt.encode(), digest_size=12).hexdigest()

    def among(self, messages: Iterable[Message]) -> tuple[set[str], Trace]:
        """Who of the speakers was forgotten, and how to find them and their words in other texts."""
        said = [(m.speaker, m.text) for m in messages]
        speakers = {speaker for speaker, _ in said}
        gone = {speaker for speaker in speakers if self.knows(speaker)}
        texts = (text for speaker, text in said if speaker in gone or self.wrote(text))
        return gone, Trace(gone, speakers - gone, texts)

    def without(self, conversations: Sequence[Conversation]) -> tuple[list[Conversation], int]:
        """The conversations without them and what names them or repeats them, and how many messages went."""
        if not self.names:
            return list(conversations), 0
        gone, trace = self.among(m for c in conversations for m in c.messages)
        kept = [(c, list(self._left(c.messages, gone, trace))) for c in conversations]
        count = sum(len(c.messages) - len(left) for c, left in kept)
        return [Conversation(tuple(left), span(left), trace.scrubbed(c.chat)) for c, left in kept if left], count

    def _left(self, messages: Iterable[Message], gone: set[str], trace: Trace) -> Iterator[Message]:
        lost: set[str] = set()
        for message in messages:
            if message.speaker in gone or trace(message.text) or self.wrote(message.text):
                lost.update([message.id] if message.id else [])
            elif message.reply_to in lost:
                yield replace(message, reply_to=None)
            else:
                yield message


def _one(name: str) -> str:
    """The same whatever the case and the spaces."""
    return " ".join(fold(name).split())


@lru_cache(50_000)
def _slow(salt: str, name: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", name.encode(), salt.encode(), ROUNDS, 16).hex()
