"""What people wrote on Reddit, without Markdown, entities and quotes; and which of it programs wrote.

Reddit hands texts out with `&`, `<` and `>` as entities; in the Markdown below people write entities, too. Lines that
begin with `>` repeat what somebody else said. What is in backquotes or behind a backslash is no markup.
"""

from __future__ import annotations

import html
import re

HIDDEN = 0x10FF00  # what is no markup stands here while markup is read: the end of a plane that is for private use
MARKS = r"\\`*_{}\[\]()#+\-.!>~|^&<"

_PLAIN = re.compile(r"[*_~`^\[\\&>#<\r]|---|  | \n|\n\n\n|\u200b")  # without any of it there is nothing to do
_QUOTE = re.compile(r" {0,3}>(?!!)")
_ESCAPED = re.compile(rf"\\([{MARKS}])")
_MARK = re.compile(rf"[{MARKS}]")
_CODE = re.compile(r"(?<!`)(`{1,3})([^`]{1,1000}+)\1(?!`)")
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,300}+\]\([^()\s]{1,2000}+\)")
_LINK = re.compile(
    r"\[([^\[\]\n]{0,1000}+)\]\(\s{0,5}([^()\s]{1,2000}+(?:\([^()\s]{0,300}+\)[^()\s]{0,2000}+)?)"
    r"(?:[ \n]\"[^\"\n]{0,300}+\")?\s{0,5}\)"
)
_ADDRESS = re.compile(r"<(https?://[^<>\s]{1,2000}+)>")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+", re.M)
_RULE = re.compile(r"^ {0,3}([-*_])(?:[ \t]?\1){2,}[ \t]*$", re.M)
_BULLET = re.compile(r"^( {0,8})[*+][ \t]+", re.M)
_WITHIN = r"((?:[^{0}\n]|\n(?!\n)){{1,1000}}+)"  # to the next such mark, in one paragraph
_STRONG = re.compile(rf"(\*{{2,3}})(?=[^\s*]){_WITHIN.format('*')}(?<=[^\s*])\1")
_EMPHASIS = re.compile(rf"(?<![\w*])\*(?=[^\s*]){_WITHIN.format('*')}(?<=[^\s*])\*(?![\w*])")
_UNDERLINED = re.compile(rf"(?<!\w)(_{{1,3}})(?=[^\s_]){_WITHIN.format('_')}(?<=[^\s_])\1(?!\w)")
_STRUCK = re.compile(rf"~~(?=[^\s~]){_WITHIN.format('~')}~~")
_SPOILER = re.compile(r">!|!<")
_RAISED = re.compile(r"\^\(([^()\n]{0,1000}+)\)|(?<![\w)\]^])\^{1,9}(?=[^\s^])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BLANK = re.compile(r"\n{3,}")
_SHOWN = {HIDDEN + code: code for code in range(33, 127)}

_BOT = re.compile(r"(?:(?<=[a-z0-9])B(?:ot|OT)|(?:^|(?<=[_-]))[bB](?:ot|OT))[-_0-9]{0,9}$")
_SAYS_SO = re.compile(
    r"^[^\w\n]{0,10}(?:beep,? boop[^\w\n]{0,10})?I(?: am|['’]m) (?:just )?a bot\b"
    r"(?=[ \t]*$|[ \t]*[.,;:!|()\[\]~*^—–-]|[ \t]+(?:and|made|created|by)\b)",
    re.M | re.I,
)
_GONE = re.compile(r"\s*\[\s*(deleted|removed)(?: by [^\[\]]{1,80}| in [^\[\]]{1,80})?\s*\]\s*", re.I)


def gone(text: str) -> str:
    """How a text that is no longer there is called: `deleted` (by its writer) or `removed`; empty where it is there."""
    match = _GONE.fullmatch(text) if len(text) < 200 else None
    return match[1].lower() if match else ""


def unescaped(text: str) -> str:
    """Without the entities that Reddit puts in; what people wrote as entities stays."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """What `unescaped` undoes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(body: str) -> tuple[str, int]:
    """The writer's own words without markup, and the number of lines that quote others."""
    if not _PLAIN.search(body):
        return body.strip(), 0
    text = unescaped(body).replace("\r\n", "\n").replace("\r", "\n")
    pieces = text.split("```")  # every second one is code
    quoted = 0
    for index in range(0, len(pieces), 2):
        lines = pieces[index].split("\n")
        own = [line for line in lines if not _QUOTE.match(line)]
        quoted += len(lines) - len(own)
        pieces[index] = _without_markup("\n".join(own))
    lines = [line.rstrip() for line in "".join(pieces).replace("\u200b", "").split("\n")]
    return _BLANK.sub("\n\n", "\n".join(lines)).strip(), quoted


def marked(text: str) -> str:
    """A text as Markdown that means just this, as Reddit hands it out: what `plain` undoes."""
    return escaped(_MARK.sub(r"\\\g<0>", text))


def quotes(body: str) -> str:
    """What a text repeats of others."""
    lines = unescaped(body).replace("\r\n", "\n").split("\n")
    return "\n".join(line.lstrip(" >").strip() for line in lines if _QUOTE.match(line)).strip()


def _without_markup(text: str) -> str:
    """The text that a reader sees."""
    hidden = "\\" in text or "`" in text
    text = _ESCAPED.sub(lambda match: _hidden(match[1]), text) if "\\" in text else text
    text = _CODE.sub(lambda match: _MARK.sub(lambda mark: _hidden(mark[0]), match[2]), text) if "`" in text else text
    if "](" in text:
        text = _LINK.sub(lambda match: match[1].strip() or match[2], _IMAGE.sub("", text))
    text = _ADDRESS.sub(r"\1", text) if "<" in text else text
    text = _BULLET.sub(r"\1- ", _RULE.sub("", _HEADING.sub("", text)))
    if "*" in text:  # bold may be in italics, and the other way around
        text = _STRONG.sub(r"\2", _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text)))
    text = _UNDERLINED.sub(r"\2", text) if "_" in text else text
    text = _STRUCK.sub(r"\1", text) if "~~" in text else text
    text = _SPOILER.sub("", text) if ">!" in text else text
    text = _RAISED.sub(lambda match: match[1] or "", text) if "^" in text else text
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text
    return text.translate(_SHOWN) if hidden else text


def _hidden(mark: str) -> str:
    return chr(HIDDEN + ord(mark))


def is_bot(author: str) -> bool:
    """Is it a program by its name? `AutoModerator`, `RemindMeBot`, `gif_bot`; not `abbot` or `Robot`."""
    return author == "AutoModerator" or _BOT.search(author) is not None


def says_bot(text: str) -> bool:
    """Does a line of a plain text begin with `I am a bot`, as programs sign?"""
    return "bot" in text and _SAYS_SO.search(text) is not None
