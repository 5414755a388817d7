"""E-mail: where a mail begins, who wrote it and what of it is theirs, threads, and damaged boxes."""

from __future__ import annotations

import io
import random
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, decoded
from mynah.data.sources import mbox
from mynah.data.sources.mbox.texts import cut


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def read(data: bytes) -> list[Item]:
    return list(mbox.read(Given(Path("mail.mbox"), data=data), mbox.Options()))


def chats(found: list[Item]) -> list[Conversation]:
    return [item for item in found if isinstance(item, Conversation)]


def messages(found: list[Item]) -> list[Message]:
    return [m for chat in chats(found) for m in chat.messages]


def said(found: list[Item]) -> list[tuple[str, str, str]]:
    return [(m.speaker, m.kind, m.text) for m in messages(found)]


def reasons(found: list[Item]) -> list[str]:
    return [item.reason for item in found if isinstance(item, Unparsed)]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def covered(found: list[Item]) -> list[int]:
    origins = [item.origin for item in found if isinstance(item, Unparsed)] + [m.origin for m in messages(found)]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def all_lines(data: bytes) -> list[int]:
    return list(range(1, data.count(b"\n") + (not data.endswith(b"\n")) + 1)) if data else []


EARLY = "Date: Wed, 31 Jan 2024 21:00:30 +0000"
LINE = "From ines@example.org Wed Jan 31 21:05:07 2024"
sent = iter(range(1, 10**6))


def mail(body: str | bytes, *headers: str, sender: str = "Ines <ines@example.org>", line: str = LINE) -> bytes:
    """A mail, a minute after the last one unless a header says otherwise."""
    at = datetime(2024, 1, 31, 21) + timedelta(minutes=next(sent))
    known = [f"From: {sender}", "Subject: Mill", f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000"]
    used = {header.partition(":")[0].lower() for header in headers}
    head = [line, *(each for each in known if each.partition(":")[0].lower() not in used), *headers]
    return "\n".join(head).encode() + b"\n\n" + (body.encode() if isinstance(body, str) else body) + b"\n\n"


def text_of(body: str | bytes, *headers: str) -> tuple[str, str]:
    found = read(mail(body, *headers))
    ((_, kind, text),) = said(found)
    return kind, text


# --- Where a mail begins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        "From 1700000000000000001@xxx Wed Jan 31 21:05:07 +0000 2024",
        "From - Wed Jan 31 21:05:07 2024",
        "From MAILER-DAEMON Fri Feb  2 08:05:07 2024",
        "From ines@example.org  Wed Jan 31 21:05 MET 2024",
        "From ines@example.org Wed, 31 Jan 2024 21:05:07 +0000",
    ],
)
def test_lines_that_begin_a_mail(line: str) -> None:
    data = mail("one", line=line) + mail("two", line=line)
    for each in (data, data.replace(b"\n", b"\r\n")):
        found = read(each)
        assert [m.text for m in messages(found)] == ["one", "two"] and covered(found) == all_lines(each)
        assert mbox.sniff(decoded(each), "x") == 0.95


@pytest.mark.parametrize(
    "body",
    [
        "From here on it is fine.\n\nFrom what I know, on Wed at 9:00 too",
        f"a\n{LINE}\nb",
        f"a\n\n{LINE}\nand so on",
        "a\n\n>From here\n>>From there".replace(">>", ">").replace(">From", "From"),
    ],
)
def test_lines_that_do_not(body: str) -> None:
    quoted = body.replace("\nFrom here", "\n>From here").replace("\nFrom there", "\n>From there")
    for each in (body, quoted):
        data = mail(each)
        assert said(read(data)) == [("Ines", "text", body)] and covered(read(data)) == all_lines(data)


def test_a_single_mail() -> None:
    data = mail("hi").partition(b"\n")[2]
    assert said(read(data)) == [("Ines", "text", "hi")] and covered(read(data)) == all_lines(data)
    assert mbox.sniff(decoded(b"Message-ID: <1@x>\n" + data), "x.eml") == 0.8


def test_sniff() -> None:
    for other in (
        "", "From ", "From Ines: hi", "From: Ines\nTo: Jo\n\nhi", LINE, f"{LINE}\n\nno headers", f"x\n\n{LINE}\nA: b",
        "31/01/2024, 21:05 - Ida: hi\n", '{"From": "Date"}',
    ):  # fmt: skip
        assert mbox.sniff(other, "All mail Including Spam and Trash.mbox") == 0, other


def test_what_is_no_mail() -> None:
    data = b"a note\n\n" + mail("hi") + f"{LINE}\nX: y\n\nwho?\n\n".encode()
    found = read(data)
    assert reasons(found) == ["no mail", "a mail without a sender"] and covered(found) == all_lines(data)
    assert covered(read(b"\n\n")) == [1, 2] and covered(read(b"")) == []


# --- Who, when and what ---------------------------------------------------------------------------------------------


def test_headers() -> None:
    data = mail(
        b"hi",
        "Date: Wed, 31 Jan 2024 22:09:40 +0130",
        "subject: =?UTF-8?Q?RE:_Caf=C3=A9?=\n =?UTF-8?B?wqE=?=",
        "Message-ID: <a@b>",
        "In-Reply-To: x <c@d>",
        sender="=?ISO-8859-1?Q?Moor=2C_J=F6?= <JO@example.org>",
    )
    (chat,) = chats(read(data))
    (message,) = chat.messages
    assert (message.speaker, message.at) == ("Moor, Jö", datetime(2024, 1, 31, 20, 39, 40))
    assert (message.id, message.reply_to, chat.chat) == ("a@b", "c@d", "Café¡")
    assert said(read(mail("hi", sender="Jö Möller <a@b.c>")))[0][0] == "Jö Möller"
    assert said(read(mail("hi", sender="a@b.c")))[0][0] == "a@b.c"
    for broken in ("=?utf-8?b?x?=", "=?none?q?=FF?=", "=?utf-8?q?=?="):
        assert said(read(mail("hi", sender=f"{broken} <a@b.c>", line=LINE)))[0][1:] == ("text", "hi")


@pytest.mark.parametrize("date", ["Date: soon", "Date: Wed, 99 Jan 2024 21:05:07 +0000", "Date:", "Date: 1"])
def test_an_impossible_time_is_none(date: str) -> None:
    assert messages(read(mail("hi", date)))[0].at is None


def test_a_time_without_a_zone_does_not_depend_on_the_machine() -> None:
    assert messages(read(mail("hi", "Date: Wed, 31 Jan 2024 21:05:07")))[0].at == datetime(2024, 1, 31, 21, 5, 7)


def test_people_are_addresses() -> None:
    senders = ("ines@example.org", "Ines <INES@example.org>", "Ines <ines@mill.example>", "Ines K. <ines@example.org>")
    found = read(b"".join(mail("hi", sender=each) for each in senders))
    assert [m.speaker for m in messages(found)] == ["Ines K.", "Ines K.", "Ines", "Ines K."]


@pytest.mark.parametrize(
    "header",
    ["List-Id: <a.b>", "Precedence: Bulk", "Auto-Submitted: auto-replied", "Return-Path: <>", "List-Unsubscribe: <x>",
     "From: No-Reply <no-reply@example.org>", "From: noreply@example.org", "X-Gmail-Labels: Inbox,Spam"],
)  # fmt: skip
def test_lists_and_programs_are_automatic(header: str) -> None:
    assert text_of("hi", header) == ("automatic", "hi")


def test_people_are_not() -> None:
    assert text_of("hi", "Auto-Submitted: no", "Precedence: normal", "From: Notter <notter@example.org>")[0] == "text"


def test_labels() -> None:
    data = mail("hi", "X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=") + mail("ho", "X-Gmail-Labels: Inbox,Sent")
    found = read(data)
    assert (
        reasons(found) == ["a draft, which was not sent"] and facts(found)["owner"] == "Ines (ines@example.org sent 1)"
    )
    assert facts(found)["counts"] == "lines" and covered(found) == all_lines(data)


def test_a_copy_is_not_read_again() -> None:
    data = mail("hi", "Message-ID: <a@b>") + mail("hi", "Message-ID: <a@b>")
    assert reasons(read(data)) == ["a copy of the mail in line 1"] and len(messages(read(data))) == 1


# --- What of it is theirs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("yes\n\nOn Wed, 31 Jan 2024 at 21:05, Ines <ines@example.org> wrote:\n> hi\n>> ho", "yes"),
        ("yes\n\nOn Wed, 31 Jan 2024 at 21:05, Ines Long-Name\n<ines@example.org> wrote:\n\n> hi", "yes"),
        ("yes\n\nOn Wed, 31 Jan 2024 at 21:05, Ines <ines@example.org> wrote:\nhi\nho", "yes"),
        ("On 31.01.2024 Ines wrote:\n> hi\nyes\n> ho\nno", "yes\nno"),
        ("ja\n\nAm 31.01.2024 um 21:05 schrieb Ines <ines@example.org>:\n> hi", "ja"),
        ("oui\n\nLe mer. 31 janv. 2024 à 21:05, Ines <i@example.org> a écrit :\n> hi", "oui"),
        ("да\n\n31.01.2024 21:05, Инес пишет:\n> привет", "да"),
        ("yes\n\n-----Original Message-----\nFrom: Ines\nhi", "yes"),
        ("yes\n\n________________________________\nFrom: Ines\nSent: Wednesday\nTo: Jo\nSubject: Mill\n\nhi", "yes"),
        ("ja\n\n*Von:* Ines\n*Gesendet:* Mittwoch\n*An:* Jo\n\nhi", "ja"),
        ("yes\n-- \nInes\nMill Lane 1", "yes"),
        ("yes\n\nSent from my iPhone", "yes"),
        ("Sent from the mill", "Sent from the mill"),
        ("From: the mill\nto the gate", "From: the mill\nto the gate"),
        ("He wrote:\nyes", "He wrote:\nyes"),
        ("On Monday we wrote:\nthree pages", "On Monday we wrote:\nthree pages"),
        ("a -- b\n--- c", "a -- b\n--- c"),
        ("see:\n\n\n\nthere  ", "see:\n\nthere"),
    ],
)
def test_what_is_cut(body: str, text: str) -> None:
    assert text_of(body) == ("text", text)


def test_what_is_passed_on() -> None:
    mark = "---------- Forwarded message ---------\nFrom: Bo\nSubject: Mill\n\nThe mill is closed."
    assert text_of(mark) == ("forwarded", "The mill is closed.")
    assert text_of("look\n\n" + mark) == ("text", "look")
    assert text_of("Begin forwarded message:\n\n> From: Bo\n> Date: today\n\n> closed") == ("forwarded", "closed")


def test_only_quoted() -> None:
    data = mail("> hi\n> ho")
    assert reasons(read(data)) == ["a mail without words of its sender"] and covered(read(data)) == all_lines(data)


def test_encodings() -> None:
    plain = "Content-Type: text/plain; charset="
    assert (
        text_of("Caf=C3=A9 =\nhere", plain + "utf-8", "Content-Transfer-Encoding: quoted-printable")[1] == "Café here"
    )
    assert text_of(b64encode("Café".encode()), plain + "utf-8", "Content-Transfer-Encoding: base64")[1] == "Café"
    assert text_of("Café".encode("latin-1"), plain + "iso-8859-1")[1] == "Café"
    assert text_of("Привет".encode("koi8-r"), plain + "koi8-r")[1] == "Привет"
    for charset in ("nonsense", "ascii", '""', "hex", "punycode"):
        assert text_of("Café", plain + charset)[1] == "Café"
    assert text_of("Café".encode("cp1252"))[1] == "Café"
    assert text_of("one \ntwo\n three\n> q\n-- \nI", "Content-Type: text/plain; format=flowed")[1] == "one two\nthree"
    assert text_of("on \ne", "Content-Type: text/plain; format=flowed; delsp=yes")[1] == "one"


def parts(kind: str, *pieces: str) -> tuple[str, str]:
    body = "".join(f"--B\n{piece}\n" for piece in pieces) + "--B--\n"
    return body, f'Content-Type: multipart/{kind}; boundary="B"'


PLAIN = "Content-Type: text/plain\n\nhi"
PAGE = "Content-Type: text/html\n\n<p>hey</p>"
PHOTO = 'Content-Type: image/jpeg; name="a.jpg"\nContent-Transfer-Encoding: base64\n\nAAAA'
NOTE = "Content-Type: text/plain\nContent-Disposition: attachment; filename=n.txt\n\nnot mine"
INSIDE = "Content-Type: message/rfc822\n\nFrom: Bo <bo@example.org>\n\nnot mine either"


@pytest.mark.parametrize(
    ("kind", "pieces", "expected"),
    [
        ("alternative", (PAGE, PLAIN), ("text", "hi")),
        ("alternative", (PAGE,), ("text", "hey")),
        ("mixed", (PLAIN, PHOTO, PLAIN), ("text", "hi\nhi")),
        ("mixed", (PHOTO,), ("media", "photo")),
        ("mixed", (NOTE, INSIDE, "Content-Type: text/calendar\n\nx"), ("media", "file, mail, invitation")),
    ],
)
def test_parts(kind: str, pieces: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert text_of(*parts(kind, *pieces)) == expected


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<html><head><title>x</title><style>p {a: b}</style></head><body>a&nbsp;&lt;b&gt;<br>c</body></html>",
            "a <b>\nc",
        ),
        ("<div>yes</div><blockquote><p>hi</p><blockquote>ho</blockquote></blockquote><p>no</p>", "yes\n\nno"),
        ('yes<div class="gmail_quote">On Wed Ines wrote:<blockquote>hi</blockquote></div>', "yes"),
        ("yes<div id=divRplyFwdMsg>From: Ines</div>hi", "yes"),
        ("a<!-- <b>x --> b<!--[if mso]><p>y</p><![endif]-->", "a b"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('x<div class="gmail_quote">---------- Forwarded message ---------<br>From: Bo<br><br>hi</div>', "x"),
    ],
)
def test_pages(page: str, text: str) -> None:
    assert text_of(page, "Content-Type: text/html") == ("text", text)


# --- Threads --------------------------------------------------------------------------------------------------------


def test_threads() -> None:
    data = b"".join((
        mail("a", "Message-ID: <1@x>"), mail("other", "Message-ID: <9@x>"),
        mail("c", "Message-ID: <3@x>", "References: <1@x> <2@x>", "Subject: Re: Mill"),
        mail("b", "Message-ID: <2@x>", "In-Reply-To: <1@x>", "Subject: AW: Mill", EARLY),
        mail("d", "X-GM-THRID: 7", "Subject: Re: Re:"), mail("e", "X-GM-THRID: 7"),
    ))  # fmt: skip
    found = {chat.chat: [m.text for m in chat.messages] for chat in chats(read(data))}
    assert found == {"Mill": ["b", "a", "c"], "Mill (9@x)": ["other"], "no subject": ["d", "e"]}
    assert covered(read(data)) == all_lines(data)


IDS = st.text("abc", min_size=3, max_size=8).map(lambda name: f"{name}@example.org")
NAMES = st.sampled_from(("Ines", "Moor, Jö", "דנה לוי", '"🙈" Bo (x)', "Ann <b@c.d>", "=?x?="))
TEXTS = st.text("ab Z:é<>()ש🙂1/.,\nFrom \u2028", min_size=1, max_size=60).map(str.strip).map(
    lambda text: "\n".join(line.strip() for line in text.split("\n") if line.strip())
)  # fmt: skip


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    texts = TEXTS.filter(lambda text: text and cut(text.split("\n")) == (text, ""))
    ids = draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    made, line, at = [], 1, datetime(2024, 1, 31, 23, 59)
    for number, own in enumerate(ids):
        said_before = draw(st.sampled_from(ids[:number])) if number else None
        message = Message(draw(NAMES), draw(texts), at, Origin("mail.mbox", line, 1), "text", own, said_before)
        lines = 10 + (number > 0) * 2 + message.text.count("\n") + 1
        made.append(
            Message(*(message.speaker, message.text, at, Origin("mail.mbox", line, lines), "text", own, said_before))
        )
        line, at = line + lines, at + timedelta(seconds=draw(st.integers(0, 10**6)))
    subject = draw(st.sampled_from(("Mill", "Café: 🙂" * 5, "From x")))
    return Conversation(tuple(made), Origin("mail.mbox", 1, line - 1), subject)


@given(conversations())
def test_reading_undoes_writing(chat: Conversation) -> None:
    data = mbox.write(chat).encode()
    assert chats(read(data)) == [chat] and covered(read(data)) == all_lines(data)


# --- Damage ---------------------------------------------------------------------------------------------------------

SEED = (
    mail("yes\n\nOn Wed, 31 Jan 2024, Ines <i@x.y> wrote:\n> hi\n-- \nInes", "Message-ID: <1@x>", "X-GM-THRID: 7")
    + mail(*parts("alternative", PLAIN, PAGE)) + mail(*parts("mixed", PLAIN, PHOTO, NOTE, INSIDE))
    + mail("Caf=C3=A9", "Content-Type: text/plain; charset=utf-8; format=flowed",
           "Content-Transfer-Encoding: quoted-printable",
           "Subject: =?UTF-8?Q?Caf=C3=A9?=", "References: <1@x>", sender="=?ISO-8859-1?Q?J=F6?= <jo@x.y>")
    + mail("<p>a<!-- b --><blockquote>c</blockquote>", "Content-Type: text/html; charset=iso-8859-1")
)  # fmt: skip
PIECES = (
    b"\n",
    b"\n\n",
    b"\r",
    b"\xff",
    b"\x00",
    LINE.encode() + b"\n",
    b"--B\n",
    b"=?utf-8?b?",
    b";",
    b'"',
    b"<",
    b">" * 9,
)


def mutated(r: random.Random, data: bytes) -> bytes:
    for _ in range(r.randint(1, 5)):
        start, end = sorted((r.randint(0, len(data)), r.randint(0, len(data))))
        lines = data.split(b"\n")
        data = r.choice((
            data[:start], data[:start] + data[end:], data[:end] + data[start:], b"\n".join(r.sample(lines, len(lines))),
            data[:start] + r.choice(PIECES) + data[start:], data[:start] + r.choice(PIECES) + data[start:],
            data.replace(r.choice((b"utf-8", b"text", b"B", b": ", b"@")), r.choice(PIECES)),
        ))  # fmt: skip
    return data[: 5 * len(SEED)]


def test_no_mutation_breaks_it_and_the_lines_add_up() -> None:
    r = random.Random(7)
    for _ in range(200):
        data = mutated(r, SEED)
        assert 0 <= mbox.sniff(decoded(data), "x") <= 1
        assert covered(read(data)) == all_lines(data)


@pytest.mark.parametrize(
    "data",
    [
        mail("<" * 200_000, "Content-Type: text/html"),
        mail("<!--" * 50_000, "Content-Type: text/html"),
        mail("<style>" * 30_000, "Content-Type: text/html"),
        mail(f"<p {'id=' * 60_000}>", "Content-Type: text/html"),
        mail("_" * 100_000 + "\n" + "__________\n" * 3000 + "From: a\n" * 3000),
        mail("On 1 wrote:\n" * 3000 + "> a\n" * 3000),
        mail("hi", "Subject: " + "=?x?q?" * 20_000, sender="=?x?q?" * 20_000 + "<a@b.c>"),
        mail("hi", "References: " + "<" * 100_000),
        mail("".join(f"--{n}\nContent-Type: multipart/mixed; boundary={n + 1}\n\n" for n in range(300)),
             "Content-Type: multipart/mixed; boundary=0"),
        (LINE + "\n").encode() * 3000,
    ],
    ids=range(10),
)  # fmt: skip
def test_nothing_takes_long(data: bytes) -> None:
    start = time.process_time()
    assert covered(read(data)) == all_lines(data)
    assert time.process_time() - start < 5
