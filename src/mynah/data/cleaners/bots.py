"""Bots: speakers that are programs, by their name or because they only fill in templates.

A name tells where "bot" ends it after a boundary: `Weather-Bot`, `NewsBot`, `quiz_bot2`. Where it may be somebody's
name ("Jan Bot", "bot"), what the speaker writes must look like it, too. Where only two talk, a program is the one that
is talked to, and stays. What the export itself calls automatic has a cleaner of its own.

dropped: (by Weather-Bot) Rain from nine, 12 degrees.
dropped: (by NewsBot) Two goats crossed the bridge.
dropped: (60 times, by Door) The front door was opened by key number # at the usual time of day.
dropped: (20 times, by Jan Bot) The front door was opened by key number # at the usual time of day.
kept: (by Jan Bot) the tram is late
kept: (by Talbot) the tram is late
kept: (by robotto) the tram is late
kept: (60 times) good morning
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from mynah.core.types import Message

# Programs that do not call themselves so, or without a boundary.
KNOWN = {"automoderator", "slackbot", "dependabot", "nightbot", "streamelements", "mee6", "remindmebot"}
SURE = re.compile(r".*(?:[^\W_A-Z]Bot|[-_](?i:bot))\d*|.*[\[(](?i:bot)[\])]\W*", re.DOTALL)
MAYBE = re.compile(r"(?<![^\W\d_])bot(?![^\W\d_])", re.IGNORECASE)
NUMBER = re.compile(r"\d+")
BEGINNING = 3  # words that tell one template from another
TEMPLATES, REPEATED = 10, 5  # at most so many templates, each filled in at least so often
ENOUGH, TYPED = 50, 40  # messages, and characters of the middle one: nobody types that much after so few patterns
SHARE = 0.95  # of a speaker's messages that come from templates
ENOUGH_NAMED, SHARE_NAMED = 10, 0.5  # the same for who is called "bot" besides
SPEAKERS = 3


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of what programs said."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        if message.kind == "text" and message.speaker:
            said[message.speaker].append(message.text)
    if len(said) < SPEAKERS:
        return iter(())
    programs = {name for name, texts in said.items() if is_program(name, texts)}
    return (i for i, m in enumerate(messages) if m.kind == "text" and m.speaker in programs)


def is_program(name: str, texts: Sequence[str]) -> bool:
    """Is a speaker of this name, who wrote these texts, a program?"""
    if name.casefold() in KNOWN or SURE.fullmatch(name):
        return True
    if MAYBE.search(name) and len(texts) >= ENOUGH_NAMED and _from_templates(texts) >= SHARE_NAMED:
        return True
    return len(texts) >= ENOUGH and median(map(len, texts)) >= TYPED and _from_templates(texts) >= SHARE


def _from_templates(texts: Sequence[str]) -> float:
    """The share of texts that begin as many others do, numbers aside; a text of fewer words comes from no template."""
    words = (NUMBER.sub("0", text[:200]).casefold().split() for text in texts)
    begun = Counter(tuple(each[:BEGINNING]) for each in words if len(each) > BEGINNING)
    return sum(count for _, count in begun.most_common(TEMPLATES) if count >= REPEATED) / len(texts)
