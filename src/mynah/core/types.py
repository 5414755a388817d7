"""The nouns: what flows through the pipeline. Pure values, no I/O.

A Conversation of Messages becomes an Example of Turns; an Example yields prompts and replies; a Score says how a reply
did. Records and Documents are what comes in when it is not a chat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "media", "deleted", "system", "instruction", "forwarded", "automatic"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was read: a file (inside an archive: `archive.zip/member`) and its lines, counted from 1. In a
    file whose lines mean nothing, such as JSON, a "line" is one element: a message, a row."""

    file: str
    line: int
    lines: int = 1

    def __str__(self) -> str:
        """For people."""
        return f"{self.file}, line {self.line}" + (f" to {self.line + self.lines - 1}" if self.lines > 1 else "")


GONE, UNKNOWN = "[deleted]", "[unknown]"  # the speakers whose account is gone, and who are not named
NOBODY = frozenset((GONE, "[removed]", UNKNOWN))  # what stands in the place of many names: nobody's way to write


@dataclass(frozen=True, slots=True)
class Message:
    """What one speaker sent at one time. `kind` says what the source knows: text of a person, a placeholder for media,
    a deleted message, a system line or an instruction to the assistant (their speaker is empty), what somebody passed
    on but did not write (forwarded), what a program wrote (automatic). `at` is local wall-clock time where the file has
    that, and UTC where it has nothing else.
    """

    speaker: str
    text: str
    at: datetime | None
    origin: Origin
    kind: Kind = "text"
    id: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in the order they were sent. A source yields one for a chat; `ingest` cuts it at long silences. `chat`
    is the chat's own name where a file holds several, or several files hold one. The messages are a tuple, or those of
    `core.columns`: to be looked at, never added to."""

    messages: Sequence[Message]
    origin: Origin
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of named fields: a ticket, a row of a FAQ."""

    fields: dict[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Document:
    """Text by page or section: (heading or page, text)."""

    title: str
    sections: tuple[tuple[str, str], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Lines that no rule could read, and why. They are reported, never dropped in silence."""

    text: str
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Understood:
    """What a source concluded about a file (date order and the line that proves it, platform, …), for the account."""

    facts: dict[str, str]


Item = Conversation | Record | Document | Unparsed | Understood


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says before the other answers: one or several bubbles. `learn`: does the loss see it?"""

    role: Role
    bubbles: tuple[str, ...]
    speaker: str = ""
    learn: bool = False
    rejected: str | None = None

    @property
    def text(self) -> str:
        """The bubbles as lines, for people to read. Tokens are made by `models.render`."""
        return "\n".join(self.bubbles)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands before a reply, and the reply: one case of evaluation."""

    example: str
    turn: int
    system: str
    context: tuple[Turn, ...]
    reply: Turn


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation with the persona, in which every turn of the persona is learned exactly once. `chat` is the name
    of the chat that it is of, if it has one. Forms of one record differ in their ids behind a point: r12, r12.1."""

    id: str
    turns: tuple[Turn, ...]
    system: str = ""
    at: datetime | None = None
    origins: tuple[Origin, ...] = field(default=())
    synthetic: bool = False
    chat: str = ""

    def prompts(self) -> Iterator[Prompt]:
        """Each learned turn with what stands before it."""
        for index, turn in enumerate(self.turns):
            if turn.learn:
                yield Prompt(self.id, index, self.system, self.turns[:index], turn)


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its 95 % bootstrap interval, the number of rows it rests on, and how it was computed."""

    value: float
    low: float
    high: float
    n: int
    signature: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What metrics see: n cases as columns. `nll` is the negative log-likelihood of each reference in nats and `tokens`
    the tokens it was summed over, both [n]; they are None where nothing was scored (a reward in training, say).
    """

    prompts: tuple[str, ...]
    replies: tuple[str, ...]
    references: tuple[str, ...]
    nll: tuple[float, ...] | None = None
    tokens: tuple[int, ...] | None = None
