"""Text of Slack as people saw it: `<@U01> is <https://example.org|this> &amp; that` is marked up and escaped.

A message has its text in `text`, in rich text among its `blocks`, or, if a program wrote it, in its `attachments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mynah.data.sources._shared.jsons import text_of

DEEPEST = 20  # lists of Slack are at most eight deep
_MARKED = re.compile(r"<([^<>\n]{1,4000})>")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_TONE = re.compile(r"(:[^\s:]{1,60}:):skin-tone-\d:")
_BLOCKS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote", "section", "header")
_INLINE = ("text", "link", "emoji", "user", "channel", "usergroup", "broadcast", "date", "color")


class Names(NamedTuple):
    """How people, channels and groups are called, by id, and which of the people are programs."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    bots: frozenset[str] = frozenset()


def plain(text: str, names: Names) -> str:
    """What people saw: mentions as names, links as their labels, no escapes."""
    if "<" in text:
        text = _MARKED.sub(lambda found: _seen(found, names), text)
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return (_TONE.sub(r"\1", text) if ":skin-tone-" in text else text).strip()


def _seen(found: re.Match[str], names: Names) -> str:
    """What a mention, a command or a link looks like."""
    target, _, label = found[1].partition("|")
    mark, key = target[:1], target[1:]
    if mark == "@":
        return "@" + (names.people.get(key) or label or key)
    if mark == "#":
        return "#" + (label or names.channels.get(key) or key)
    if mark == "!":
        name = (label or key.partition("^")[0]).lstrip("@")
        return name if key.startswith("date^") else f"@{name}"
    return (label or target.removeprefix("mailto:")) if _ADDRESS.match(target) else found[0]


# --- Blocks ---------------------------------------------------------------------------------------------------------


def of_blocks(blocks: Any, names: Names) -> str:
    """The text of blocks, a line for each."""
    lines = [_TONE.sub(r"\1", line).strip() for block in _dicts(blocks) for line in _lines(block, names, DEEPEST)]
    return "\n".join(filter(None, lines)).strip()


def _lines(block: Mapping[str, Any], names: Names, depth: int) -> Iterator[str]:
    """The lines of a block, which may hold blocks."""
    kind, text = block.get("type"), block.get("text")
    if kind in _BLOCKS and isinstance(text, dict):
        yield plain(text_of(text.get("text")), names)
    elif kind in _BLOCKS:
        yield "".join(_inline(each, names) for each in _dicts(block.get("elements")) if each.get("type") in _INLINE)
    elif depth:
        mark = "• " if kind == "rich_text_list" else ""
        for each in _dicts(block.get("elements")):
            yield from (f"{mark}{line}" for line in _lines(each, names, depth - 1))


def _inline(element: Mapping[str, Any], names: Names) -> str:
    """A piece of a line."""
    kind = element.get("type")
    if kind == "user":
        key = text_of(element.get("user_id"))
        return f"@{names.people.get(key, key)}"
    if kind == "channel":
        key = text_of(element.get("channel_id"))
        return f"#{names.channels.get(key, key)}"
    if kind == "usergroup":
        return "@" + text_of(element.get("usergroup_id"))
    if kind == "broadcast":
        return "@" + text_of(element.get("range"))
    if kind == "emoji":
        return f":{text_of(element.get('name')).partition('::')[0]}:"
    if kind == "date":
        return text_of(element.get("fallback"))
    return text_of(element.get("text")) or text_of(element.get("url")) or text_of(element.get("value"))


# --- Attachments ----------------------------------------------------------------------------------------------------


def of_attachments(attachments: Any, names: Names) -> str:
    """What a program says in attachments: each has parts, and a fallback in case they cannot be shown."""
    return "\n".join(filter(None, (_of_attachment(each, names) for each in _dicts(attachments))))


def _of_attachment(attachment: Mapping[str, Any], names: Names) -> str:
    parts = [plain(text_of(attachment.get(key)), names) for key in ("pretext", "title", "text")]
    said = "\n".join(filter(None, parts)) or of_blocks(attachment.get("blocks"), names)
    return said or plain(text_of(attachment.get("fallback")), names)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
