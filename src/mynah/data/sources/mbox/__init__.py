"""E-mail: an mbox, as Google Takeout and most programs for mail write it, or a single mail (`.eml`).

From Gmail it comes by takeout.google.com with "Mail" alone selected, in a zip with an `.mbox`; Thunderbird keeps a
folder in a file of that format, and Apple Mail has Mailbox, Export Mailbox::

    From 1700000000000000001@xxx Wed Jan 31 21:05:07 +0000 2024
    X-GM-THRID: 1700000000000000001
    X-Gmail-Labels: Inbox
    Message-ID: <1@example.org>
    From: Ines <ines@example.org>
    Subject: =?UTF-8?Q?Caf=C3=A9?=
    Date: Wed, 31 Jan 2024 21:05:07 +0000

    >From my side it is fine. Shall we meet there?

    From 1700000000000000002@xxx Wed Jan 31 21:09:40 +0000 2024
    X-GM-THRID: 1700000000000000001
    X-Gmail-Labels: Sent
    Message-ID: <2@example.org>
    In-Reply-To: <1@example.org>
    From: Jo Moor <jo@example.net>
    Subject: Re: =?UTF-8?Q?Caf=C3=A9?=
    Date: Wed, 31 Jan 2024 22:09:40 +0100

    At nine, by the door.

    On Wed, 31 Jan 2024 at 21:05, Ines <ines@example.org> wrote:
    > From my side it is fine. Shall we meet there?
    --
    Jo Moor, Example Mills

A thread is a chat, called by its first subject, and people are their addresses, called by the last name they wrote.
Quoted mails, signatures and what phones add are cut (`texts.py`), and of what was only passed on the text is kept
as forwarded. Mail of lists and programs is automatic; drafts and second copies are not read.
"""

from __future__ import annotations

import email
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Mail
from email.utils import parseaddr, parsedate_tz
from hashlib import sha256

from mynah.core import options as core_options
from mynah.core.arrow import writable
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, decoded
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import EPOCH
from mynah.data.sources.mbox.texts import Written, written

LABEL = "e-mail (mbox)"

SHOWN = 1000  # characters of what could not be read
LONGEST = 1000  # characters of a line `From ...`, or of a header that is looked at
WEEKDAYS = {b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"}
MONTHS = {b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"}
# Gmail's labels, in the languages of its users.
SENT = {"sent", "gesendet", "messages envoyés", "enviados", "enviado", "posta inviata", "verzonden", "skickat",
        "отправленные", "wysłane", "gönderilmiş postalar", "送信済み", "已发送"}  # fmt: skip
DRAFTS = {"drafts", "draft", "entwürfe", "entwurf", "brouillons", "borradores", "rascunhos", "bozze", "concepten",
          "utkast", "черновики", "wersje robocze", "taslaklar", "下書き", "草稿"}  # fmt: skip
SPAM = {"spam", "junk"}
PROGRAMS = re.compile(
    r"(?:mailer-daemon|postmaster|(?:do-?)?not?[-_.]?reply|notifications?|bounces?|newsletter|alerts?|automated)\b",
    re.I,
)
MARKERS = ("List-Id", "List-Unsubscribe", "List-Post", "X-Autoreply", "Feedback-ID", "X-Auto-Reply-From")
PRECEDENCES = {"bulk", "list", "junk", "auto_reply"}
# What the parser of the standard library is known to raise for mail that breaks the rules.
MALFORMED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)

_QUOTED = re.compile(rb"^>(>*From )", re.M)
_ID = re.compile(r"<([^<>\s]{1,500})>")
_ANSWER = re.compile(r"(?:\s*(?:re|fwd?|aw|wg|antw|sv|vs|tr|ref|rv|odp|r|i|回复|转发)(?:\[\d+\])?\s?[:：])+\s*", re.I)
_FIELD = re.compile(r"^([!-9;-~]{1,100}):", re.M)
_HEADER_LINE = re.compile(rb">?From |[!-9;-~]+[ \t]*:")
_NEWLINES = re.compile(r"\s*\n\s*")


class Options(core_options.Options):
    """Nothing to set: the headers say everything."""


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is: by the line before each mail with headers below, or the headers of a single mail."""
    text = head.removeprefix("\ufeff").lstrip("\r\n")
    first, _, rest = text.partition("\n")
    fields = {field.lower() for field in _FIELD.findall(re.split(r"\n\r?\n", rest or text, maxsplit=1)[0][:20_000])}
    if _separates(first.encode("utf-8", "replace")) and fields:
        return 0.95
    if not re.match(r"[!-9;-~]{1,100}:[ \t\r\n]", text):
        return 0.0
    fields |= {field.lower() for field in _FIELD.findall(first)}
    return 0.8 if {"from", "date"} < fields and fields & {"message-id", "received", "mime-version"} else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what is no mail of a person, and each thread."""
    box = _Box(file)
    with file.open() as stream:
        for start, lines, data in _pieces(stream):
            box.add(Origin(file.name, start, lines), data)
    yield from box.items()


def write(conversation: Conversation) -> str:
    """The thread as an mbox in which every `From ` is quoted (mboxrd). Who has no address gets one."""
    first = conversation.messages[0]
    return "".join(_as_mail(conversation.chat, first, each) for each in conversation.messages)


def _as_mail(subject: str, first: Message, message: Message) -> str:
    at = message.at or EPOCH
    address = message.speaker
    if parseaddr(f"<{address}>")[1] != address or "@" not in address:
        address = f"{sha256(address.encode()).hexdigest()[:16]}@example.invalid"
    headers = [
        f"From {address} {at:%a %b %d %H:%M:%S %Y}",
        f"From: {_encoded(message.speaker)} <{address}>",
        f"Subject: {_encoded(subject)}",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
    ]
    headers += [f"Message-ID: <{message.id}>"] if message.id else []
    headers += [f"In-Reply-To: <{message.reply_to}>"] if message.reply_to else []
    headers += [f"References: <{first.id}>"] if first.id and first is not message else []
    headers += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    text = re.sub(r"^(>*From )", r">\1", message.text, flags=re.M)
    return "\n".join([*headers, "", text, "", ""])


def _encoded(text: str) -> str:
    """A text of any characters in a header (RFC 2047), in words of at most 75 characters."""
    pieces = [text[start : start + 10].encode() for start in range(0, len(text), 10)]
    return " ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces)


# --- The mails of a box ---------------------------------------------------------------------------------------------


def _pieces(stream: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Each mail with its first line and the number of its lines; what stands before the first may be one without a line
    `From `. That line stands below a blank one and above a header: others were written by somebody."""
    held: list[bytes] = []
    start, number, blank = 1, 0, True
    pending: bytes | None = None  # a line that may begin a mail, if the next one is a header
    for number, line in enumerate(stream, 1):
        if pending is not None:
            if _HEADER_LINE.match(line):
                if held:
                    yield start, number - 1 - start, b"".join(held)
                start, held = number - 1, []
            held.append(pending)
            pending = None
        if blank and line.startswith(b"From ") and _separates(line):
            pending = line
        else:
            held.append(line)
        blank = not line.strip()
    if pending is not None:
        held.append(pending)
    if held:
        yield start, number + 1 - start, b"".join(held)


def _separates(line: bytes) -> bool:
    """Is it `From `, an address and a date?"""
    if not line.startswith(b"From ") or len(line) > LONGEST:
        return False
    words = line.replace(b",", b" ").split()
    days = (i for i, word in enumerate(words[1:-3], 1) if word in WEEKDAYS)
    return any(MONTHS.intersection(words[i + 1 : i + 3]) and b":" in line for i in days)


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail of a person, before it is known how people and threads are called."""

    message: Message
    name: str
    subject: str
    links: tuple[str, ...]


class _Box:
    """The mails of a file."""

    def __init__(self, file: Input) -> None:
        self.file = file
        self.mails: list[_Read] = []
        self.unparsed: list[Unparsed] = []
        self.ids: dict[str, int] = {}
        self.owners: Counter[str] = Counter()

    def add(self, origin: Origin, data: bytes) -> None:
        """Read a mail."""
        if not data.strip():
            self._leave(origin, data, "blank lines")
            return
        head, _, rest = data.partition(b"\n")
        separated = _separates(head)
        try:
            mail = email.message_from_bytes(_QUOTED.sub(rb"\1", rest) if separated else data)
            if not mail.keys() or not (separated or _raw(mail, "From")):
                self._leave(origin, data, "no mail")
                return
            self._add(origin, data, mail, written(mail))
        except MALFORMED as error:
            self._leave(origin, data, f"a broken mail ({type(error).__name__})")

    def _leave(self, origin: Origin, data: bytes, reason: str) -> None:
        self.unparsed.append(Unparsed(decoded(data[: 4 * SHOWN])[:SHOWN], reason, origin))

    def _add(self, origin: Origin, data: bytes, mail: Mail, found: Written) -> None:
        name, address = _sender(mail)
        labels = {label.strip().strip('"').casefold() for label in _header(mail, "X-Gmail-Labels").split(",")}
        own = _ids(mail, "Message-ID")[:1]
        if not address:
            self._leave(origin, data, "a mail without a sender")
        elif labels & DRAFTS:
            self._leave(origin, data, "a draft, which was not sent")
        elif own and own[0] in self.ids:
            self._leave(origin, data, f"a copy of the mail in line {self.ids[own[0]]}")
        else:
            kind, text = _words(found, _is_automatic(mail, address) or bool(labels & SPAM))
            if not text:
                self._leave(origin, data, "a mail without words of its sender")
                return
            self.ids |= dict.fromkeys(own, origin.line)
            self.owners[address] += bool(labels & SENT)
            answered = _ids(mail, "In-Reply-To")[:1]
            at = _time(mail)
            message = Message(
                address, text, at, origin, kind, own[0] if own else None, answered[0] if answered else None
            )
            self.mails.append(_Read(message, name, _subject(mail), _links(mail, own)))

    def items(self) -> Iterator[Item]:
        """What was understood, what was left, and each thread."""
        self.mails.sort(key=lambda each: (each.message.at or datetime.min, each.message.origin.line))
        names = names_of((each.message.speaker, each.name) for each in self.mails)
        threads: dict[str, list[_Read]] = {}
        for root, each in zip(_roots(self.mails), self.mails, strict=True):
            threads.setdefault(root, []).append(each)
        facts = {"counts": "lines", "times": "UTC", "encoding": "as each mail says", "threads": f"{len(threads):,}"}
        owner, sent = self.owners.most_common(1)[0] if self.owners else ("", 0)
        if sent:
            facts["owner"] = f"{names[owner]} ({owner} sent {sent:,})"
        yield Understood(facts)
        yield from self.unparsed
        called = names_of((root, mails[0].subject) for root, mails in threads.items())
        for root, mails in threads.items():
            messages = tuple(replace(each.message, speaker=names[each.message.speaker]) for each in mails)
            yield Conversation(messages, _span(messages), called[root])


def _span(messages: Sequence[Message]) -> Origin:
    first = min(messages, key=lambda m: m.origin.line).origin
    last = max(messages, key=lambda m: m.origin.line).origin
    return Origin(first.file, first.line, last.line + last.lines - first.line)


# --- Threads --------------------------------------------------------------------------------------------------------


def _links(mail: Mail, own: Sequence[str]) -> tuple[str, ...]:
    """What ties a mail to others of its thread: Gmail's number, its own id, and those that it answers."""
    number = _header(mail, "X-GM-THRID").strip()
    ids = [*own, *_ids(mail, "In-Reply-To"), *_ids(mail, "References")[:200]]
    return ((f"thread {number}",) if number else ()) + tuple(ids)


def _roots(mails: Sequence[_Read]) -> list[str]:
    """A key of its thread for each mail: mails with a link in common are of one thread."""
    parents: dict[str, str] = {}

    def root(link: str) -> str:
        while (parent := parents.setdefault(link, link)) != link:
            parents[link] = parents[parent]
            link = parent
        return link

    keys = [each.links or (f"line {each.message.origin.line}",) for each in mails]
    for first, *others in keys:
        for other in others:
            parents[root(other)] = root(first)
    named: dict[str, str] = {}
    return [named.setdefault(root(links[0]), links[0]) for links in keys]


# --- Headers --------------------------------------------------------------------------------------------------------


def _raw(mail: Mail, name: str) -> str:
    """A header as one line, as it is written: bytes that are no ASCII are kept as surrogates."""
    found = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    return _NEWLINES.sub(" ", found[: 10 * LONGEST])


def _header(mail: Mail, name: str) -> str:
    """A header as text."""
    return _unencoded(_raw(mail, name))


def _unencoded(text: str) -> str:
    """A text without the encoding of RFC 2047. What breaks its rules is tried as UTF-8."""
    if "=?" in text:
        try:
            return writable("".join(_part(data, charset) for data, charset in decode_header(text)))
        except HeaderParseError:
            pass
    return _plain(text)


def _plain(text: str) -> str:
    """A text whose bytes that are no ASCII were kept as halves of characters."""
    return text if text.isascii() else decoded(text.encode("utf-8", "surrogateescape"))


def _part(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return _plain(data)
    try:
        return data.decode(charset or "ascii")
    except (UnicodeError, LookupError, ValueError):
        return decoded(data)


def _ids(mail: Mail, name: str) -> list[str]:
    return [_unencoded(each) for each in _ID.findall(_raw(mail, name))]


def _sender(mail: Mail) -> tuple[str, str]:
    """Name and address. The name is decoded after the two are told apart: it may hold an address itself."""
    name, address = parseaddr(_raw(mail, "From")[:LONGEST])
    name = _unencoded(name).strip()
    if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name, _unencoded(address).strip().lower()


def _subject(mail: Mail) -> str:
    subject = _header(mail, "Subject").strip()
    answer = _ANSWER.match(subject[:LONGEST])
    return subject[answer.end() if answer else 0 :][:200].strip() or "no subject"


def _time(mail: Mail) -> datetime | None:
    """The time in UTC."""
    parsed = parsedate_tz(_raw(mail, "Date")[:LONGEST])
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:6]) - timedelta(seconds=parsed[9] or 0)  # UTC where no zone is given
    except (ValueError, OverflowError):
        return None


def _is_automatic(mail: Mail, address: str) -> bool:
    """Was it sent by a program, or to the readers of a list?"""
    submitted = _header(mail, "Auto-Submitted").strip().lower()
    return (
        any(_raw(mail, name) for name in MARKERS)
        or submitted not in ("", "no")
        or _header(mail, "Precedence").strip().lower() in PRECEDENCES
        or _header(mail, "Return-Path").strip() == "<>"
        or mail.get_content_type() == "multipart/report"
        or PROGRAMS.match(address) is not None
    )


def _words(found: Written, automatic: bool) -> tuple[Kind, str]:
    """Kind and text of a mail; no text where nothing in it is its sender's."""
    if automatic:
        return "automatic", found.text or found.forwarded or ", ".join(found.attached)
    if found.text:
        return "text", found.text
    return ("forwarded", found.forwarded) if found.forwarded else ("media", ", ".join(found.attached))
