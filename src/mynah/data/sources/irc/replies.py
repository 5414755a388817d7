"""Who answers whom in a channel where all talk at once: concluded from the nicks that messages begin with, and time.

A message to somebody ("quill: yes") answers what that person said last, first of all to its writer. One to nobody
answers what its writer was told last, or goes on with what was said last by the writer or by whom the writer talks to,
if that is not long ago. All else begins something new, and so does what somebody repeats. Bots answer the last command.
`benchmarks/replies.py` says how often people see the same; the limits were set on other logs than it counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from mynah.core.types import Message

TOLD = timedelta(minutes=10)  # so long somebody may take to answer without a nick
ALONE = timedelta(minutes=4)  # so long somebody may go on without an answer
ASKED = timedelta(hours=1)  # so long somebody may be answered by nick
COMMANDED = timedelta(minutes=1)  # so long a bot may take
PROMPT = timedelta(minutes=1)  # so long to answer somebody who named nobody either
NEAR = 12  # and so many messages of others may stand between
KEPT = 6  # messages of one person that may be answered
RECENT = 100  # messages back to which a nick counts that may be a word
SHORTEST = 3  # letters that stand for a longer nick

_RENAMED = re.compile(r"(\S{1,100})(?: \[[^\]]{0,200}\])? is now known as (\S{1,100})")
_ADDRESSED = re.compile(r"<?@?([^\s:,;<>]{1,100})>?\s?[:,;>](?!\S)|<([^\s<>]{1,100})>")
_FIRST = re.compile(r"@?([^\s:,;>.!?]{1,100})(?!\S)")
_LAST = re.compile(r"[\s,]@?([^\s:,;.!?()]{3,100})[\s.!?:;()]{0,10}\Z")
_COMMAND = re.compile(r"[!@]\w")


class _Said(NamedTuple):
    """A message, and to whom it was."""

    place: int
    to: str


@dataclass(slots=True)
class _Person:
    """What one nick said last, and was told last."""

    said: deque[_Said] = field(default_factory=lambda: deque(maxlen=KEPT))
    told: int = -1

    @property
    def last(self) -> int:
        return self.said[-1].place if self.said else -1

    @property
    def partner(self) -> str:
        """Whom one talks to."""
        return next((said.to for said in reversed(self.said) if said.to), "")

    def last_to(self, name: str) -> int:
        """What was said to one person last."""
        return next((said.place for said in reversed(self.said) if said.to == name), -1)


def answered(messages: Sequence[Message]) -> list[int | None]:
    """For each message the index of the one that it answers or goes on with, if there is one."""
    channel = _Channel(messages)
    return [channel.hears(index) for index in range(len(messages))]


class _Channel:
    """The people of a channel, by their nicks in lower case."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.people: dict[str, _Person] = {}
        self.recent: deque[str] = deque(maxlen=RECENT)
        self.command = -1

    def hears(self, index: int) -> int | None:
        """The message that this one answers, which is remembered."""
        message = self.messages[index]
        if not message.speaker:
            self._renamed(message.text)
            return None
        name = message.speaker.casefold()
        me = self.people.setdefault(name, _Person())
        to = self._addressed(name, message.text)
        if message.kind == "automatic":
            found = self._within(self.command, index, COMMANDED)
        elif to:
            found = self._to(me, name, to, index)
        else:
            found = self._to_nobody(me, index)
        me.said.append(_Said(index, to))
        self.recent.append(name)
        if to:
            self.people[to].told = index
        if _COMMAND.match(message.text):
            self.command = index
        return found

    def _to(self, me: _Person, name: str, to: str, index: int) -> int | None:
        """What the other said last to this one, or said last; what this one said to the other since is gone on with."""
        other = self.people[to]
        mine, theirs = me.last_to(to), other.last_to(name)
        if mine > other.last:
            found = other.last if self._asks(other, name) else mine
        else:
            found = theirs if theirs > mine else other.last
        return self._within(found, index, ASKED)

    def _asks(self, other: _Person, name: str) -> bool:
        """Was the last that somebody said a question, and to nobody else? Then several messages may answer it."""
        return bool(other.said) and other.said[-1].to in ("", name) and "?" in self._text(other.last)

    def _to_nobody(self, me: _Person, index: int) -> int | None:
        """What one was told last; what the one said last whom one talks to; what one said last oneself."""
        if me.said and self._text(me.last) == self._text(index):
            return None
        if me.told > me.last:
            return self._within(me.told, index, TOLD)
        other = self.people.get(me.partner)
        if other and other.last > max(me.last, index - 2 * NEAR) and not other.said[-1].to:
            found = self._within(other.last, index, PROMPT)
            if found is not None:
                return found
        return self._within(me.last, index, ALONE) if index - me.last <= NEAR else None

    def _within(self, found: int, index: int, most: timedelta) -> int | None:
        return found if found >= 0 and self._at(index) - self._at(found) <= most else None

    def _text(self, index: int) -> str:
        return self.messages[index].text

    def _at(self, index: int) -> datetime:
        return self.messages[index].at or datetime.min

    def _addressed(self, name: str, text: str) -> str:
        """The one whose nick the text begins or ends with."""
        if match := _ADDRESSED.match(text):
            nick = (match[1] or match[2]).casefold()
            return self._known(nick, name) or self._longer(nick, name)
        if match := _FIRST.match(text):
            found = self._near(match[1].casefold(), name)
            if found:
                return found
        if match := _LAST.search(text, max(0, len(text) - 100)):
            return self._near(match[1].casefold(), name)
        return ""

    def _known(self, nick: str, name: str) -> str:
        return nick if nick in self.people and nick != name else ""

    def _near(self, nick: str, name: str) -> str:
        """Without a mark a nick may be a word: it must have spoken not long ago."""
        return nick if nick in self.recent and nick != name else ""

    def _longer(self, nick: str, name: str) -> str:
        """The one who spoke last of those whose nicks begin like this."""
        if len(nick) < SHORTEST:
            return ""
        return next((each for each in reversed(self.recent) if each.startswith(nick) and each != name), "")

    def _renamed(self, text: str) -> None:
        if match := _RENAMED.match(text):
            old, new = match[1].casefold(), match[2].casefold()
            if old in self.people:
                self.people[new] = self.people[old]
