"""Boilerplate: lines that end or begin very many messages of one person, such as signatures and disclaimers.

The line goes, the message stays; one that holds nothing else is dropped. "Sent from my iPhone" always goes, and so does
what stands below the mark of an e-mail's signature, a line of `-- `. Other lines must be long and at the same place of
many messages: "love, Mum" was typed.

dropped: Sent from my iPhone
mended: on my way\\n\\nSent from my iPhone → on my way
mended: see you\\n-- \\nIda Kern, Goat Street 9 → see you
mended: (40 times) number #\\nThis message is for its reader only; whoever is not, please forget it. → number 39
mended: (40 times) Office of Goats, Department of Bells\\nbell # is ready → bell 39 is ready
kept: (40 times) number #\\nlove, Mum
kept: (90 times) good morning, sun of my life and moon of my night
kept: (5 times) number #\\nThis message is for its reader only; whoever is not, please forget it.
kept: i got a mail that said: Sent from my iPhone
kept: typing is hard\\nsent from my phone, will look at it tomorrow
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Message

DEVICE = r"(?:\w+ )?(?:iphone|ipad|ipod|android|galaxy|huawei|xiaomi|blackberry|windows phone|mobile|smartphone|handy)"
MORE = r"(?: (?:device|phone|smartphone|tablet|(?:using|via|with|mit|con|avec) .{1,30})){0,2}"
SENT = (
    rf"(?:sent (?:from|via|with|using) (?:my |a |the )?|get outlook for ){DEVICE}{MORE}|"
    r"get outlook for ios|"
    r"sent (?:from|with|via) (?:outlook|yahoo|mail|proton\s?mail|gmx|aol)(?: mail)?(?: (?:for|on) \w+)?|"
    rf"(?:von|vom) mein(?:em|er) {DEVICE} gesendet|gesendet (?:von|mit|über) (?:meine[mr] )?{DEVICE}{MORE}|"
    rf"envoyé (?:de|depuis) mon {DEVICE}{MORE}|enviado desde mi {DEVICE}{MORE}|enviado d[oe] meu {DEVICE}{MORE}|"
    rf"inviato da(?:l mio)? {DEVICE}{MORE}|verzonden vanaf mijn {DEVICE}{MORE}|отправлено с {DEVICE}|נשלח מה-?{DEVICE}"
)
DEVICE_LINE = re.compile(SENT, re.IGNORECASE)
MARK = re.compile(r"\n-- \n")  # RFC 3676
SIGNED = 10  # lines below the mark, at most
ALWAYS = 0.9  # of the messages with a line of boilerplate that have the same line next to it
DEEPEST = 12  # lines that are taken from either end, at most


class Options(core_options.Options):
    """Which lines of a person are boilerplate."""

    times: int = option(20, "messages of a person that begin or end with the same line", ge=3)
    share: float = option(0.3, "the share of this person's messages that they must be, too", gt=0, le=1)
    shortest: int = option(25, "characters below which such a line is the person's own", ge=1)


DEFAULTS = Options()


def mend(messages: Sequence[Message], options: Options = DEFAULTS) -> dict[int, str]:
    """What is left of each message that has boilerplate, by its index; nothing where it holds nothing else."""
    sent: Counter[str] = Counter()
    several: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
    left: dict[int, str] = {}
    for index, message in enumerate(messages):
        if message.kind == "text" and message.speaker:
            sent[message.speaker] += 1
            left[index] = text = _unsigned(message.text.strip())
            if "\n" in text:
                several[message.speaker][index] = text.split("\n")
    for speaker, said in several.items():
        least = max(options.times, options.share * sent[speaker])
        for end in (-1, 0):
            said = _without_repeated(said, end, least, options)
        left |= {index: "\n".join(lines).strip() for index, lines in said.items()}
    return {index: text for index, text in left.items() if text != messages[index].text.strip()}


def _unsigned(text: str) -> str:
    """The text without an e-mail's signature, and without what a device added."""
    marks = list(MARK.finditer(text))
    if marks and text.count("\n", marks[-1].end()) < SIGNED:
        text = text[: marks[-1].start()].rstrip()
    head, _, last = text.rpartition("\n")
    return head.rstrip() if DEVICE_LINE.fullmatch(last.strip(" .\u200e")) else text


def _without_repeated(said: dict[int, list[str]], end: int, least: float, options: Options) -> dict[int, list[str]]:
    """The lines of one person's messages without those that at least so many have at this end, line by line. A message
    keeps its last line: what somebody says again and again in a message of its own is a habit."""
    beyond = dict.fromkeys(said, "")  # the line that was taken last
    for depth in range(DEEPEST):
        lines = {index: (line, said[index][end].strip()) for index, line in beyond.items() if len(said[index]) > 1}
        counts, sizes = Counter(lines.values()), Counter(line for line, _ in lines.values())
        if depth:  # a telephone number above the address is a part of it, however short
            often = {each for each, count in counts.items() if count >= max(options.times, ALWAYS * sizes[each[0]])}
        else:
            often = {each for each, count in counts.items() if count >= least and len(each[1]) >= options.shortest}
        beyond = {index: line for index, (other, line) in lines.items() if (other, line) in often}
        if not beyond:
            break
        said = {index: _cut(each, end) if index in beyond else each for index, each in said.items()}
    return said


def _cut(lines: list[str], end: int) -> list[str]:
    """Two and more lines without the one at this end, and without empty ones there."""
    left = lines[:-1] if end else lines[1:]
    while len(left) > 1 and not left[end].strip():
        left = left[:-1] if end else left[1:]
    return left
