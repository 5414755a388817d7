"""What stands behind the sender: words of a person, or what WhatsApp wrote in their place.

Phrases are known by language (`words.py`). What no phrase covers is known by its structure: iOS puts U+200E
before what it generates, media have names of a certain make, locations link to Google's maps.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mynah.core.types import Kind
from mynah.data.sources.whatsapp import words
from mynah.data.sources.whatsapp.heads import MARKS, any_of, clean

LEFT, RIGHT = "\u200e", "\u200f"  # iOS writes one of them before what it generated
BANNERS = tuple(words.every("banner"))
_BEGIN = min(map(len, BANNERS))
_BANNER_BEGINNINGS = frozenset(banner[:_BEGIN] for banner in BANNERS)
LABELS = frozenset(word.casefold() for word in words.every("location") + words.every("poll"))
"""What WhatsApp writes before a colon inside a body; never the second half of a name."""

_OMITTED = words.every("omitted")
_MEDIA = [f"<{phrase}>" for phrase in words.every("media") + _OMITTED]
_KINDS: dict[str, Kind] = {
    **{phrase.casefold(): "media" for phrase in _MEDIA + _OMITTED + words.every("live") + words.every("waiting")},
    **{phrase.casefold(): "deleted" for phrase in words.every("deleted")},
    **{phrase.casefold(): "system" for phrase in words.every("missed")},
}
_LONGEST = max(map(len, _KINDS)) + 8  # marks and a full stop may stand with it
_LAST_WORDS = frozenset(phrase.casefold().split()[-1] for phrase in _OMITTED)
_BY_ADMIN = ("this message was deleted by admin", "you deleted this message as admin")
_CALLS = tuple(f"{word.casefold()}{mark} " for word in words.every("call") + words.every("missed") for mark in ".,")
_CALL_BEGIN = min(map(len, _CALLS))
_CALL_BEGINNINGS = frozenset(call[:_CALL_BEGIN] for call in _CALLS)
_LENGTH = re.compile(
    rf"\d{{1,2}}(?::\d\d){{1,2}}|\d{{1,3}}\W?[^\W\d]{{1,9}}\.?(?: \d{{1,3}}\W?[^\W\d]{{1,9}}\.?){{0,2}}"
    rf"|{any_of(words.every('unanswered'))}",
    re.I,
)
_ATTACHED_IOS = frozenset(phrase.casefold() for phrase in words.every("attached_ios"))
_ATTACHED = re.compile(rf"(.*\S)\s*\((?:{any_of(words.every('attached'))})\)", re.I)
_ATTACHED_WITH_TEXT = re.compile(rf"([^\n()]+\.\w{{1,5}}) \((?:{any_of(words.every('attached'))})\) (?=\S)", re.I)
_IN_BRACKETS = re.compile(r"(.+\S) \([^()]+\)")
_PHONE_FILE = re.compile(r"[A-Z]{3}-\d{8}-WA\d{4}(?:\.\w*)?|.*\.vcf")  # named by Android; contacts stay without media
_ANGLE = re.compile(r"<([^<>\n:\uff1a]{1,40})[:\uff1a]([^<>\n]+)>")
_ANGLE_OLD = re.compile(rf"(?<!\S)\S+\.\w+ [{MARKS}]{{0,6}}<[{MARKS}]{{0,6}}(?:{any_of(list(_ATTACHED_IOS))})>", re.I)
_OMITTED_AFTER = re.compile(rf"(?:[{LEFT}{RIGHT}]|(?<=\s))({any_of(_OMITTED)})\.?\Z", re.I)
_NUMBERED = re.compile(r"\d{8}-[A-Z]+-")
_FILE_NAME = re.compile(r"[^\n]*\.[a-z][a-z0-9]{1,4}", re.I)
_EDITED = re.compile(
    rf"[{MARKS}]{{0,6}}<[{MARKS}]{{0,6}}(?:{any_of(words.every('edited'))})\.?>[{MARKS}]{{0,6}}\Z"
    rf"|(?<=\s)[{LEFT}{RIGHT}]<[^<>\n:\uff1a]{{5,80}}>\Z",  # whatever the language: iOS marks it
    re.I,
)
_LOCATION = re.compile(
    rf"^[{MARKS}]{{0,6}}(?:(?:{any_of(words.every('location'))})[:\uff1a]\s*(?:-?\d+\.\d+, -?\d+\.\d+ - )?https?://"
    rf"|[^\s:]{{1,30}}[:\uff1a] ?https://maps\.google\.com/\?q=-?\d+\.\d+,-?\d+\.\d+\s*$)"
    rf"|https://foursquare\.com/v/[0-9a-f]{{24}}\s*\Z",
    re.I | re.M,
)
_OPTION_LINE = re.compile(rf"^[{MARKS}]{{0,6}}[^\n:\uff1a]+[:\uff1a] .*\(\d+ [^()\n]+\)[{MARKS}]{{0,6}}$", re.M)
_WEB_POLL = re.compile(r"Poll: [^\n]+(?:\n    - [^\n]+){2,}")
_CONTACTS = re.compile(r"\d+ contacts? shared")
_ONCE = "null"  # Android writes it for what could be viewed only once

# --- What a body must have to be anything but plain text, so that most need not be looked at ------------------------

SPACE = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # what `str.strip` takes away
_NOT_ASCII = r"[^\x00-\x7f]"
SUSPECT = "|".join(
    [
        f"[<({LEFT}{RIGHT}\u2028]",  # placeholders, attachments, options of polls, line feeds of some phones
        f"^[{SPACE}]",
        f"[{SPACE}]$",
        f"[:\uff1a](?:[ \n]|$|{_NOT_ASCII}|-?[0-9]+[.]|https?:)|foursquare",  # a name with a colon ends, or locations
        "\n    - ",  # options of polls of WhatsApp Web
        rf"\.(?:[A-Za-z][A-Za-z0-9]{{0,4}}(?:[ \t-\r]|{_NOT_ASCII})|{_NOT_ASCII})",  # a file, before `document omitted`
        rf"\n[^\n]*(?:[0-9]|{_NOT_ASCII})[:.]",  # a pasted head
    ]
)
"""A pattern of RE2, which Arrow has. What it does not find in a body, and whose beginning is none of BEGINNINGS, is a
text as it is, has no further name, and no line like a head."""
_FULL_STOPS = ".。।۔"
MOST = 100_000  # beginnings that are remembered
BEGINNING = 12  # characters of a body that tell more than the first four
_OPEN = tuple(phrase.casefold() for phrase in (*_CALLS, *_BY_ADMIN, *BANNERS))  # behind which more may stand
_STARTS_OF_PHRASES = frozenset(
    phrase.casefold()[:length] for phrase in (*_KINDS, _ONCE, *_OPEN) for length in range(1, BEGINNING + 1)
)


class _Beginnings(dict[str, bool]):
    """Whether a body with these first characters may be one of WhatsApp's phrases, found out when it is asked."""

    def __missing__(self, start: str) -> bool:
        odd = clean(start) != start or start[:1].isdecimal()
        plain = start.casefold()
        found = odd or plain.rstrip(_FULL_STOPS)[:BEGINNING] in _STARTS_OF_PHRASES or plain.startswith(_OPEN)
        if len(self) < MOST:
            self[start] = found
        return found


BEGINNINGS = _Beginnings()


def is_generated(body: str, line_mark: str) -> bool:
    """Did iOS write this? U+200E says so; people who write right to left type U+200F themselves, so it must stand
    before the bracket, too.
    """
    return body.startswith(LEFT) or (body.startswith(RIGHT) and line_mark in (LEFT, RIGHT))


def classify(text: str, generated: bool, ios: bool, members: Collection[str]) -> tuple[Kind, str]:
    """The kind of a body that has a sender, and the text to keep of it."""
    angle = "<" in text
    if angle:
        text = _EDITED.sub("", text).rstrip()
    if len(text) <= _LONGEST and BEGINNINGS[text[:4]] and (kind := _kind_of_phrase(text, ios)):
        return kind, text.lstrip(MARKS)
    may_be_attached = angle or "." in text or ")" in text or LEFT in text or RIGHT in text
    if may_be_attached and (caption := _caption(text, angle, members)) is not None:
        return ("text", caption) if caption else ("media", text.lstrip(MARKS))
    if ("://" in text and _LOCATION.search(text)) or ("\n" in text and _is_poll(text)):
        return "media", text.lstrip(MARKS)
    if generated or _is_banner(text):
        return "system", text.lstrip(MARKS)
    return "text", text


def _is_banner(text: str) -> bool:
    """Is it the notice of encryption? The set of beginnings is quicker than so many phrases."""
    plain = text.lstrip(MARKS)
    return plain[:_BEGIN] in _BANNER_BEGINNINGS and plain.startswith(BANNERS)


def _kind_of_phrase(text: str, ios: bool) -> Kind | None:
    """The kind of a body that is nothing but one of WhatsApp's phrases, or None."""
    plain = (text if text.isascii() else clean(text).strip()).rstrip(_FULL_STOPS).casefold()
    if kind := _KINDS.get(plain):
        return kind
    if plain == _ONCE and not ios:
        return "media"
    if plain[:_CALL_BEGIN] in _CALL_BEGINNINGS and _is_call(plain):
        return "system"
    if plain.startswith(_BY_ADMIN):
        return "deleted"
    return "media" if plain[:1].isdecimal() and _CONTACTS.fullmatch(plain) else None


def _is_call(plain: str) -> bool:
    """A call with its length, or with why it has none: `Voice call. 12 min`, `Video call. No answer`."""
    return any(plain.startswith(call) and _LENGTH.fullmatch(plain, len(call)) for call in _CALLS)


# --- Attachments ----------------------------------------------------------------------------------------------------


def _caption(text: str, angle: bool, members: Collection[str]) -> str | None:
    """The caption that stands with an attachment, empty if there is none; None where nothing is attached."""
    if angle and (caption := _of_angles(text, members)) is not None:
        return caption
    first, _, rest = text.partition("\n")
    if "(" in first and (caption := _of_brackets(first, rest, members)) is not None:
        return caption
    if text.rpartition(" ")[2].rpartition(LEFT)[2].casefold().rstrip(".") in _LAST_WORDS:
        return _of_omitted(text)
    return _of_omitted(text) if LEFT in text or RIGHT in text else None


def _of_angles(text: str, members: Collection[str]) -> str | None:
    """`<attached: FILE>`, or a placeholder with the caption behind it."""
    for found in _ANGLE.finditer(text):
        label, name = clean(found[1]).strip().casefold(), clean(found[2]).strip()
        if label in _ATTACHED_IOS or _NUMBERED.match(name) or name in members:
            return _without_file_name(text[: found.start()] + text[found.end() :])
    if old := _ANGLE_OLD.search(text):
        return _without_file_name(text[: old.start()] + text[old.end() :])
    placeholder, bracket, rest = text.partition(">")
    if bracket and rest.startswith(("\n", " ")) and _KINDS.get(clean(placeholder + ">").strip().casefold()) == "media":
        return _without_file_name(rest)
    return None


def _of_brackets(first: str, rest: str, members: Collection[str]) -> str | None:
    """`FILE (file attached)`, the caption in the next line, or behind it in exports of WhatsApp Web."""
    if behind := _ATTACHED_WITH_TEXT.match(first):
        return f"{first[behind.end() :]}\n{rest}".strip()
    if not first.endswith((")", *MARKS)):
        return None
    plain = clean(first).strip()
    named = _ATTACHED.fullmatch(plain)
    if named is None:
        named = _IN_BRACKETS.fullmatch(plain)
        if named is None or not (named[1] in members or _PHONE_FILE.fullmatch(named[1])):
            return None
    name, caption = named[1], rest.strip()
    return "" if caption in (name, name.rpartition(".")[0]) else caption


def _of_omitted(text: str) -> str | None:
    """A caption or the name of a document, and `image omitted` behind it."""
    after = _OMITTED_AFTER.search(text)
    if after is None:
        return None
    caption = _without_file_name(text[: after.start()])
    return None if caption and text[after.start()] not in (LEFT, RIGHT) else caption


def _without_file_name(text: str) -> str:
    """A caption; what is only the name of the document (`plan.pdf`, `plan.pdf • 2 pages`) is none."""
    caption = text.strip().strip(MARKS).strip()
    named = _FILE_NAME.fullmatch(clean(caption).partition(" • ")[0].strip())
    return "" if named else caption


# --- Polls ----------------------------------------------------------------------------------------------------------


def _is_poll(text: str) -> bool:
    """A poll in any language: a word with a colon, the question, and at least two options with their votes."""
    word, _, rest = text.partition("\n")
    word = clean(word).strip()
    if word.endswith((":", "\uff1a")) and word == word.upper() and len(_OPTION_LINE.findall(rest)) >= 2:
        return True
    return _WEB_POLL.fullmatch(text) is not None
