"""Samples of every source: what its docstring shows, every text in its tests that it recognizes, what it writes itself,
and what is neither: archives, databases, packed files and further shapes, all of them invented.

    for sample in samples("telegram"):
        sample.name, sample.members
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

from mynah.core import plugins
from mynah.core.types import Conversation, Message, Origin
from mynah.data.files import HEAD, decoded
from mynah.data.recognize import SURE

TESTS = Path(__file__).parent / "data"
ARCHIVES = (".zip", ".docx", ".xlsx")
SUFFIXES = {"docx": ".docx", "html": ".html", "markdown": ".md", "mbox": ".mbox", "pdf": ".pdf", "x": ".js"}
SIZES = range(40, 20_000)  # letters of a text in a test that may be a sample


@dataclass(frozen=True)
class Sample:
    """A file or an archive, and what is in it by name. A file has one member, which is called like itself."""

    name: str
    members: Mapping[str, bytes]

    @classmethod
    def of(cls, name: str, data: bytes) -> Sample:
        """The sample that is packed like this."""
        if not name.endswith(ARCHIVES):
            return cls(name, {name: data})
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return cls(name, {each: archive.read(each) for each in archive.namelist()})

    def packed(self) -> bytes:
        """The bytes of the file."""
        if not self.name.endswith(ARCHIVES):
            (data,) = self.members.values()
            return data
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in self.members.items():
                archive.writestr(zipfile.ZipInfo(name), data)
        return stream.getvalue()


@cache
def samples(source: str) -> tuple[Sample, ...]:
    """All samples of a source; that of its docstring is the first."""
    module = plugins.load("source", source)
    own = module.sample() if hasattr(module, "sample") else described(module).encode()
    texts = [*_in_tests(source, module), *_written(module)]
    found = [Sample.of(_named(source, decoded(own)), own)]
    found += [
        Sample(name, {name: text.encode("utf-8", "replace")}) for text in texts for name in (_named(source, text),)
    ]
    return (*found, *FURTHER.get(source, list)())


def described(source: ModuleType) -> str:
    """The indented block after `::` in the docstring. → stands for a tab, which is not seen."""
    block = (inspect.getdoc(source) or "").partition("::\n\n")[2].split("\n")
    text = dedent("\n".join(takewhile(lambda line: not line or line.startswith(" "), block))).strip("\n") + "\n"
    return text.replace("→", "\t")


def _named(source: str, text: str) -> str:
    usual = ".json" if text.lstrip().startswith(("{", "[")) else ".txt"
    return f"sample{SUFFIXES.get(source, usual)}"


def _in_tests(source: str, module: ModuleType) -> Iterator[str]:
    """The texts in the tests of a source that it would read. They are looked up, not run: no test need be imported."""
    for path in sorted(TESTS.rglob(f"test_{source}*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and len(text) in SIZES and module.sniff(text[:HEAD], "x") >= SURE:
                yield text


def _written(module: ModuleType) -> Iterator[str]:
    """A small chat as the source itself writes it, if it can."""
    if hasattr(module, "write"):
        said = (
            ("Ida", "are you there?"),
            ("Otto", "at the gate 🙈 é"),
            ("Ida", "9:05 or 21:05: which?"),
            ("Otto", "נפגש"),
        )
        at, origin = datetime(2024, 1, 31, 21, 5, 7), Origin("x", 1)
        rows = [Message(who, text, at.replace(minute=5 + n), origin, id=f"m{n}") for n, (who, text) in enumerate(said)]
        yield module.write(Conversation(tuple(rows), origin, "harbor"))


def _json(name: str, value: Any) -> Sample:
    return Sample(name, {name: json.dumps(value, ensure_ascii=False, indent=1).encode()})


def _rows(name: str, *values: Any) -> Sample:
    return Sample(name, {name: "".join(json.dumps(each) + "\n" for each in values).encode()})


def _text(name: str, text: str) -> Sample:
    return Sample(name, {name: text.encode()})


def _archive(name: str, **members: Any) -> Sample:
    """An archive; what is no text in it is JSON."""
    texts = {each: value if isinstance(value, str) else json.dumps(value) for each, value in members.items()}
    return Sample(name, {each: text.encode() for each, text in texts.items()})


def _chatgpt() -> list[Sample]:
    def node(name: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
        message = {"id": name, "author": {"role": role}, "create_time": 1706731507.1, "content": content, **more}
        return {"id": name, "parent": parent, "children": [], "message": message}

    parts = [{"content_type": "image_asset_pointer"}, "what is it?"]
    nodes = [
        node("a", None, "system", {"content_type": "text", "parts": [""]}, weight=0),
        node("b", "a", "user", {"content_type": "multimodal_text", "parts": parts}, recipient="all"),
        node("c", "b", "tool", {"content_type": "execution_output", "text": "7"}, recipient="all"),
        node("d", "c", "assistant", {"content_type": "code", "language": "x", "text": "print(7)"}, recipient="python"),
        node("e", "d", "assistant", {"content_type": "text", "parts": ["A gull.【1†source】"]}, recipient="all"),
        node("f", "d", "assistant", {"content_type": "thoughts", "thoughts": [{"content": "hm"}]}, recipient="all"),
    ]
    return [
        _json("conversations.json", [{"title": "Gull", "current_node": "e", "mapping": {n["id"]: n for n in nodes}}])
    ]


def _discord() -> list[Sample]:
    author = {"id": "55", "name": "tarn", "nickname": "Tarn", "isBot": False}
    at = "2024-01-31T21:05:07.1+01:00"
    said: dict[str, Any] = {"type": "Default", "timestamp": at, "author": author}
    rows = [
        {**said, "id": "1", "content": "", "attachments": [{"fileName": "x.png"}], "reactions": [{"count": 2}]},
        {**said, "id": "2", "content": "", "stickers": [{"name": "wave"}], "mentions": [{"id": "9", "name": "w"}]},
        {**said, "id": "3", "content": "", "forwardedMessage": {"content": "b"}, "embeds": [{"title": "t"}]},
        {**said, "id": "4", "type": "Call", "content": "Started a call", "callEndedTimestamp": at},
    ]
    head = "AuthorID,Author,Date,Content,Attachments,Reactions\r\n"
    rule = "=" * 62
    texts = "[1/31/2024 9:05 PM] tarn\nhello\n\n{Attachments}\nhttps://x/y.png\n\n\n[1/31/2024 9:07 PM] wren\nyes\n\n\n"
    return [
        _json("harbor [70].json", {"guild": {"id": "7"}, "channel": {"id": "70", "name": "h"}, "messages": rows}),
        _text(
            "c.csv", head + f'"55","tarn","{at}","li,ne\n""two""","a.png","x (2)"\r\n"56","wren","{at}","b","",""\r\n'
        ),
        _text(
            "c.txt", f"{rule}\nGuild: Club\nChannel: Town / harbor\n{rule}\n\n{texts}{rule}\nExported 2 message(s)\n"
        ),
    ]


def _docx() -> list[Sample]:
    """The sample of the source with a table, a list, tracked changes and a footnote in place of its text."""
    module = plugins.load("source", "docx")
    members = dict(Sample.of("manual.docx", module.sample()).members)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def run(text: str, inside: str = "r", what: str = "t") -> str:
        return f"<w:{inside}><w:r><w:{what}>{text}</w:{what}></w:r></w:{inside}>"

    cells = "".join(f"<w:tc><w:p>{run(text, 'ins')}</w:p></w:tc>" for text in ("saw", "shelf 2"))
    body = (
        f'<w:p><w:pPr><w:pStyle w:val="H1"/></w:pPr>{run("Tools", "ins")}</w:p><w:tbl><w:tr>{cells}</w:tr></w:tbl>'
        f'<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>{run("nails", "ins")}{run("x", "del", "delText")}'
        '<w:r><w:footnoteReference w:id="2"/></w:r></w:p><w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>'
    )
    notes = f'<w:footnotes {space}><w:footnote w:id="2"><w:p>{run("a note", "ins")}</w:p></w:footnote></w:footnotes>'
    style = '<w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    members["word/document.xml"] = f"<w:document {space}><w:body>{body}</w:body></w:document>".encode()
    members["word/footnotes.xml"] = notes.encode()
    members["word/styles.xml"] = f"<w:styles {space}>{style}</w:styles>".encode()
    return [Sample("manual.docx", members)]


def _google_chat() -> list[Sample]:
    bram, cleo = ({"name": n, "email": f"{n.lower()}@example.org", "user_type": "Human"} for n in ("Bram", "Cleo"))
    at = "Wednesday, January 31, 2024 at 9:05:07\u202fPM UTC"
    said = {"creator": bram, "created_date": at, "topic_id": "t1"}
    quoted = {"message_id": "g/t1/1", "text": "agenda?", "creator": bram}
    rows: list[dict[str, Any]] = [
        {**said, "message_id": "g/t1/1", "text": "agenda?", "reactions": [{"emoji": {"unicode": "👍"}}]},
        {**said, "message_id": "g/t1/2", "creator": cleo, "attached_files": [{"original_name": "a.png"}]},
        {**said, "message_id": "g/t2/3", "topic_id": "t2", "text": "café", "quoted_message_metadata": quoted},
        {**said, "message_id": "g/t2/4", "text": "", "annotations": [{"start_index": 0, "url_metadata": {}}]},
        {**said, "message_id": "g/t2/5", "creator": {**bram, "user_type": "Bot"}, "text": "report",
         "created_date": "31 de enero de 2024, 21:05:07 UTC", "message_state": "DELETED"},
    ]  # fmt: skip
    folder = "Takeout/Google Chat"
    files = {
        f"{folder}/Groups/Space 1/messages.json": {"messages": rows},
        f"{folder}/Groups/Space 1/group_info.json": {"name": "Boat crew", "members": [bram, cleo]},
        f"{folder}/Users/User 1/user_info.json": {"user": bram, "membership_info": []},
    }
    return [_archive("takeout.zip", **files), _json("messages.json", {"messages": rows})]


MESSAGES_TABLES = """
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE, text TEXT, attributedBody BLOB,
  handle_id INTEGER DEFAULT 0, date INTEGER, is_from_me INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0,
  group_action_type INTEGER DEFAULT 0, group_title TEXT, other_handle INTEGER DEFAULT 0,
  associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0, thread_originator_guid TEXT,
  balloon_bundle_id TEXT, date_edited INTEGER DEFAULT 0, is_auto_reply INTEGER DEFAULT 0);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, chat_identifier TEXT, display_name TEXT);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT, person_centric_id TEXT);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, PRIMARY KEY (chat_id, message_id));
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, filename TEXT, transfer_name TEXT, mime_type TEXT,
  is_sticker INTEGER DEFAULT 0);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
"""


def _imessage() -> list[Sample]:
    """A database of Messages, as small as the source takes it, with two people and a group."""
    people = """
    INSERT INTO handle VALUES (1, '+15550100', 'iMessage', NULL), (2, 'bo@example.org', 'iMessage', NULL);
    INSERT INTO chat VALUES (1, 'iMessage;-;+15550100', '+15550100', ''), (2, 'iMessage;+;chat7', 'chat7', 'Mill');
    INSERT INTO chat_handle_join VALUES (1, 1), (2, 1), (2, 2);
    INSERT INTO attachment VALUES (1, '~/a.jpg', 'a.jpg', 'image/jpeg', 0);
    """
    body = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00"
    body += b"\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+\x05hello\x86\x84\x02iI\x01\x05"
    start = 728_049_600 * 10**9  # nanoseconds from 2001 to 2024-01-27
    rows: list[dict[str, Any]] = [
        {"text": "are we still on?", "handle_id": 1}, {"attributedBody": body, "is_from_me": 1},
        {"text": "\ufffc", "handle_id": 2}, {"text": "Loved it", "associated_message_type": 2000,
        "associated_message_guid": "p:0/G1", "handle_id": 1}, {"item_type": 2, "group_title": "Mill", "handle_id": 1},
        {"text": "yes", "thread_originator_guid": "G1", "is_from_me": 1, "date_edited": start},
    ]  # fmt: skip
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(MESSAGES_TABLES + people)
        for number, row in enumerate(rows, 1):
            values = {"ROWID": number, "guid": f"G{number}", "date": start + number * 10**9, **row}
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO message ({names}) VALUES ({marks})", list(values.values()))
            connection.execute("INSERT INTO chat_message_join VALUES (?, ?)", (1 + number % 2, number))
        connection.execute("INSERT INTO message_attachment_join VALUES (3, 1)")
        connection.commit()
        return [Sample("chat.db", {"chat.db": connection.serialize()})]


def _matrix() -> list[Sample]:
    said: dict[str, Any] = {"type": "m.room.message", "sender": "@lark:example.org", "origin_server_ts": 1706731507000}
    new = {"msgtype": "m.text", "body": "boxes gone"}
    edit = {"rel_type": "m.replace", "event_id": "$1"}
    rows = [
        {**said, "event_id": "$1", "content": {"msgtype": "m.text", "body": "boxes moved"}},
        {
            **said,
            "event_id": "$2",
            "content": {**new, "body": "* boxes gone", "m.new_content": new, "m.relates_to": edit},
        },
        {**said, "event_id": "$3", "content": {"msgtype": "m.image", "body": "a.png", "url": "mxc://x"}},
        {**said, "event_id": "$4", "content": {}, "unsigned": {"redacted_because": {"sender": "@lark:example.org"}}},
        {**said, "event_id": "$5", "type": "m.room.encrypted", "content": {"algorithm": "m.megolm"}},
        {**said, "event_id": "$6", "type": "m.reaction", "content": {"m.relates_to": {"event_id": "$1", "key": "👍"}}},
        {**said, "event_id": "$7", "content": {"msgtype": "m.emote", "body": "waves"}},
    ]
    room = {
        "room_name": "Attic",
        "room_creator": "@lark:example.org",
        "exported_by": "@dove:example.org",
        "messages": rows,
    }
    return [_json("matrix.json", room), _archive("matrix.zip", **{"export.json": room, "images/a.txt": "no picture"})]


def _mbox() -> list[Sample]:
    part = (
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9 =\nat nine"
    )
    page = "Content-Type: text/html\n\n<p>caf&eacute; <b>at nine</b></p>"
    photo = 'Content-Type: image/jpeg; name="a.jpg"\nContent-Transfer-Encoding: base64\n\nAAAA'
    inside = "".join(f"--b\n{each}\n" for each in (part, page, photo))
    head = "From: =?UTF-8?B?SW5lcw==?= <ines@example.org>\nTo: jo@example.net\nSubject: Re: x\n"
    more = "Message-ID: <2@example.org>\nReferences: <1@example.org>\nDate: Wed, 31 Jan 2024 21:05:07 +0000\n"
    mail = f'{head}{more}Content-Type: multipart/mixed; boundary="b"\n\n{inside}--b--\n'
    auto = "From: list@example.org\nPrecedence: bulk\nList-Id: <l.example.org>\nDate: 1 Feb 2024 08:00 +0100\n\nnews\n"
    begin = "From ines@example.org Wed Jan 31 21:05:07 2024\n"
    half = f"{head}{more}Content-Type: text/plain; charset=utf-7\n\nhalf a character: +2D0-\n"
    return [_text("mail.eml", mail), _text("all.mbox", f"{begin}{mail}\n{begin}{auto}\n{begin}{half}\n")]


def _messages() -> list[Sample]:
    turns = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Open?"},
        {"from": "gpt", "value": "Yes."},
    ]
    tool = {"role": "tool", "content": "7", "tool_call_id": "c"}
    called: dict[str, Any] = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "function": {"name": "f"}}],
    }
    parts = {
        "role": "user",
        "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {}}],
    }
    return [
        _json(
            "alpaca.json",
            [{"instruction": "Add.", "input": "3 4", "output": "7"}, {"instruction": "Hi", "output": "Ho"}],
        ),
        _json("sharegpt.json", [{"conversations": turns, "tools": "[]"}, {"conversations": turns[1:]}]),
        _json(
            "dpo.json", [{"conversations": turns[:2], "chosen": turns[2], "rejected": {"from": "gpt", "value": "No."}}]
        ),
        _rows(
            "chat.jsonl",
            {"messages": [parts, called, tool]},
            {"messages": [parts]},
            {"prompt": "a", "completion": "b", "half a character: \ud83d": 7},
        ),
        _rows(
            "faq.jsonl",
            {"question": "Where?", "alternatives": ["In which place?"], "answer": "Here."},
            {"question": "a"},
        ),
    ]


def _messenger() -> list[Sample]:
    people = [{"name": "Zo\u00c3\u00ab Pine"}, {"name": "Abe Lund"}]
    who: dict[str, Any] = {"sender_name": "Zo\u00c3\u00ab Pine", "timestamp_ms": 1706731507123}
    rows = [
        {**who, "content": "caf\u00c3\u00a9 at nine?", "share": {"link": "https://www.example.org/boats"}},
        {
            **who,
            "sender_name": "Abe Lund",
            "photos": [{"uri": "1.jpg"}],
            "reactions": [{"reaction": "x", "actor": "A"}],
        },
        {**who, "type": "Subscribe", "users": [{"name": "Bo"}], "content": "added Bo"},
        {**who, "content": "Reacted x to your message ", "is_unsent": True},
        {**who, "call_duration": 7, "content": "called you", "type": "Call"},
    ]
    thread = {"participants": people, "messages": rows, "title": "Abe Lund", "thread_path": "inbox/abelund_9"}
    sent = {"senderName": "Abe Lund", "text": "keys", "timestamp": 1706731507123, "type": "text", "isUnsent": False}
    media = {**sent, "type": "media", "text": "", "media": [{"uri": "./media/0b.jpeg"}], "reactions": []}
    secret = {"participants": ["Zoë Pine", "Abe Lund"], "threadName": "Abe Lund_40", "messages": [sent, media]}
    folder = "your_activity_across_facebook/messages/inbox/abelund_9"
    files = {f"{folder}/message_{n}.json": {**thread, "messages": rows[n:]} for n in (1, 2)}
    return [_json("message_1.json", thread), _json("Abe Lund_40.json", secret), _archive("facebook.zip", **files)]


def _reddit() -> list[Sample]:
    from backports import zstd

    post = {"id": "q1", "author": "loam", "title": "Slate", "selftext": "Which?", "created_utc": 5, "subreddit": "a"}
    reply = {"link_id": "t3_q1", "parent_id": "t3_q1", "author": "fern", "created_utc": 6.5, "subreddit": "a"}
    first, gone = {**reply, "id": "k1", "body": "*Epoxy*."}, {**reply, "id": "k2", "body": "[removed]"}
    last = {
        **reply,
        "id": "k3",
        "parent_id": "t1_k1",
        "body": "&gt; Epoxy\n\nOh",
        "created_utc": "7",
        "author": "[deleted]",
    }
    lines = _rows("x", post, first, gone, last).members["x"]
    tree = {
        **first,
        "replies": {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {**last, "replies": ""}}]}},
    }
    more = {"kind": "more", "data": {"count": 3, "children": ["k9"]}}
    listing = [{"kind": "Listing", "data": {"children": each}}
               for each in ([{"kind": "t3", "data": post}], [{"kind": "t1", "data": tree}, more])]  # fmt: skip
    head = "id,link_id,parent_id,author,body,created_utc\n"
    return [
        Sample("RC_2019-04.zst", {"RC_2019-04.zst": zstd.compress(lines)}),
        _json("listing.json", listing),
        _json("array.json", [post, first, last]),
        _text("comments.csv", head + 'k1,t3_q1,t3_q1,moss,"a, b\nc",5\nk2,t3_q1,t1_k1,fern,yes,6\n'),
        _text(
            "posts.csv", "created_utc,score,title,selftext,permalink\n1375000000.0,7,Which?,,/r/a/1/\n5,1,b,c,/r/a/2/\n"
        ),
    ]


def _signal() -> list[Sample]:
    sent = 1_706_735_107_000
    said = {"date": "2024-01-31T21:05:07", "sender": "Alder", "body": "tea at four?", "quote": "", "sticker": ""}
    row = {"type": "incoming", "body": "tea at four?", "sent_at": sent, "conversationId": "c1", "sourceServiceId": "a"}
    mention = [{"start": 0, "length": 1, "mentionAci": "a", "replacementText": "Bo"}]
    text = {"text": {"body": "tea at four?", "bodyRanges": [{"start": 0, "length": 1, "mentionAci": "YWNp"}]}}
    item = {"chatId": "11", "authorId": "2", "dateSent": str(sent), "incoming": {}}
    frames: list[Any] = [
        {"account": {"givenName": "Ida"}}, {"recipient": {"id": "1", "self": {}}},
        {"recipient": {"id": "2", "contact": {"aci": "YWNp", "profileGivenName": "Alder", "e164": "4930"}}},
        {"recipient": {"id": 4, "group": {"snapshot": {"title": {"title": "Rowing"}}}}},
        {"chat": {"id": "11", "recipientId": "4"}}, {"chatItem": {**item, "standardMessage": text}},
        {"chatItem": {**item, "authorId": "1", "standardMessage": {**text, "quote": {"targetSentTimestamp": sent}}}},
        {"chatItem": {**item, "updateMessage": {"simpleUpdate": {"type": "JOINED"}}, "directionless": {}}},
        {"chatItem": {**item, "stickerMessage": {"sticker": {"emoji": "x"}}, "reactions": [{"emoji": "x"}]}},
    ]  # fmt: skip
    pages = {"Alder/chat.md": "[2024-01-31 21:05:07] Alder: tea?\n", "Alder/data.json": json.dumps(said) + "\n"}
    return [
        _rows("data.json", said, {**said, "sender": "Me", "reactions": [["Al", "x"]], "attachments": [{"name": "a"}]}),
        _json("Alder.json", [row, {**row, "type": "outgoing", "quote": {"id": sent}, "bodyRanges": mention},
                             {**row, "type": "call-history", "body": None}, {**row, "deletedForEveryone": 1}]),
        _rows("main.jsonl", *frames), _archive("signal.zip", **pages),
    ]  # fmt: skip


def _skype() -> list[Sample]:
    said = {"originalarrivaltime": "2024-01-31T20:06:00.1Z", "messagetype": "RichText", "from": "8:live:holt"}
    call = "<partlist><part identity='una'><duration>7</duration></part></partlist>"
    rows = [
        {
            **said,
            "id": "5",
            "content": '<quote author="una">later</quote>done &amp; <e_m ts="1"/>sent',
            "displayName": "H",
        },
        {**said, "id": "4", "messagetype": "Event/Call", "content": call},
        {
            **said,
            "id": "3",
            "messagetype": "ThreadActivity/AddMember",
            "content": "<addmember><target>8:bo</target></addmember>",
        },
        {
            **said,
            "id": "2",
            "messagetype": "RichText/UriObject",
            "content": '<URIObject type="Picture.1">a</URIObject>',
        },
        {**said, "id": "1", "messagetype": "Poll", "content": "{}"},
    ]
    group = {"id": "19:x@thread.skype", "displayName": "Shed", "threadProperties": {"members": '["8:bo"]'}}
    return [_json("messages.json", {"userId": "8:live:holt", "conversations": [{**group, "MessageList": rows}]})]


def _slack() -> list[Sample]:
    said = {
        "type": "message",
        "user": "U1",
        "ts": "1706731507.000100",
        "text": "<@U2> is <https://a.example|it> &amp; :tada:",
    }
    inside = [{"type": "text", "text": "hi"}, {"type": "emoji", "name": "x"}, {"type": "user", "user_id": "U2"}]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": inside}]}]
    day = [
        {**said, "thread_ts": "1706731507.000100", "replies": [{"user": "U2", "ts": "1706"}], "edited": {"ts": "1"}},
        {**said, "text": "", "blocks": blocks, "reactions": [{"name": "x", "users": ["U2"], "count": 1}]},
        {**said, "text": "", "files": [{"mimetype": "image/png", "name": "a"}], "subtype": "file_share"},
        {**said, "subtype": "bot_message", "bot_id": "B1", "username": "build", "attachments": [{"fallback": "ok"}]},
        {**said, "subtype": "channel_join", "inviter": "U2"},
        {**said, "attachments": [{"is_share": True, "text": "x"}]},
    ]  # fmt: skip
    users = [
        {"id": "U1", "name": "tarn", "profile": {"display_name": "tarn"}},
        {"id": "U2", "name": "wren", "profile": {}},
    ]
    files = {"users.json": users, "channels.json": [{"id": "C1", "name": "harbor"}], "harbor/2024-01-31.json": day}
    return [_archive("slack.zip", **files, **{"harbor/2024-02-01.json": day[:1]}), _json("2024-01-31.json", day)]


def _table() -> list[Sample]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    rows = (
        ("Date", "Machine", "Problem", "Work done", "Hours"),
        ("31/01/2024", "saw 2", "no power", "new fuse", "1,5"),
    )
    cells = [[f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row] for row in rows]
    lines = "".join(f"<row>{''.join(row)}</row>" for row in [*cells, ['<c s="1"><v>45322</v></c>', *cells[1][1:]]])
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="one" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{lines}</sheetData></worksheet>",
    }
    columns = {
        "question": ["Where?", None],
        "answer": ["Here.", "There."],
        "tags": [["a"], []],
        "at": [datetime.max, None],
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return [
        _archive("tickets.xlsx", **parts),
        Sample("faq.parquet", {"faq.parquet": stream.getvalue()}),
        _rows("chat.jsonl", *({"from": who, "text": "x y", "date": "1/2/24"} for who in "abab")),
        _json("rows.json", [{"question": "Where?", "answer": "Here."}, {"question": "Who?", "answer": None}]),
    ]


def _telegram() -> list[Sample]:
    said: dict[str, Any] = {"type": "message", "date": "2024-01-31T21:05:07", "date_unixtime": "1706731507"}
    reed = {**said, "from": "Reed", "from_id": "user41"}
    poll = {
        "question": "When?",
        "closed": True,
        "total_voters": 2,
        "answers": [{"text": "now", "voters": 2, "chosen": True}],
    }
    rows = [
        {**reed, "id": 1, "text": ["a ", {"type": "text_link", "text": "map", "href": "http://a"}, {"type": "x"}]},
        {**reed, "id": 2, "text": "", "photo": "(File not included.)", "media_type": "sticker", "sticker_emoji": "x"},
        {**reed, "id": 3, "text": "", "poll": poll, "reactions": [{"type": "emoji", "count": 1, "emoji": "x"}]},
        {**reed, "id": 4, "text": "b", "forwarded_from": None, "reply_to_message_id": 1, "edited": "x"},
        {**said, "id": 5, "type": "service", "actor": "Reed", "actor_id": "user41", "action": "invite_members",
         "members": [None, "Bo"], "text": ""},
        {**reed, "id": 6, "text": "c", "via_bot": "@x", "location_information": {"latitude": 1.5, "longitude": 2.5}},
    ]  # fmt: skip
    one = {"name": "Reed", "type": "personal_chat", "id": 41, "messages": rows}
    code = {"type": "verification_codes", "id": 7, "messages": [{**said, "id": 9, "text": "77777", "from": "Telegram"}]}
    account = {"about": "x", "personal_information": {"user_id": 1}, "chats": {"about": "y", "list": [one, code]}}
    left = {"left_chats": {"about": "z", "list": [{**one, "name": None, "type": "private_group"}]}}
    return [_json("result.json", one), _json("account.json", {**account, **left})]


def _wechat() -> list[Sample]:
    said = {
        "localId": 1,
        "createTime": 1706731507,
        "type": "文本消息",
        "content": "到了吗",
        "senderUsername": "wxid_h1",
    }
    session = {"wxid": "7@chatroom", "displayName": "登山", "type": "群聊"}
    rows = [{**said, "isSend": 0, "senderDisplayName": "小禾"}, {**said, "localId": 2, "isSend": 1, "type": "图片消息"},
            {**said, "localId": 3, "isSend": None, "type": "系统消息"}]  # fmt: skip
    return [_json("weflow.json", {"session": session, "messages": rows})]


def _whatsapp() -> list[Sample]:
    """A chat in every way of writing that the source knows, and one in the zip of a phone."""
    from mynah.data.sources import whatsapp

    at, origin = datetime(2014, 1, 9, 21, 5, 7), Origin("x", 1)
    rows = [Message("Ida", "are you there?\nat the gate", at, origin), Message("Otto", "", at, origin, "media"),
            Message("Ida", "", at, origin, "deleted"),
            Message("🙈 Bo", "up: 9 - 12", at.replace(day=31), origin)]  # fmt: skip
    chat = Conversation(tuple(rows), origin)
    texts = [whatsapp.write(chat, dialect) for dialect in whatsapp.DIALECTS.values()]
    files = {"_chat.txt": texts[0] + texts[0], "note.txt": "sent in the chat\n", "__MACOSX/._chat.txt": "x"}
    return [*(_text("WhatsApp Chat.txt", text) for text in texts), _archive("WhatsApp Chat - Ida.zip", **files)]


def _x() -> list[Sample]:
    said = {
        "id": "902",
        "senderId": "22",
        "text": "sure, see https://t.co/abc",
        "createdAt": "2024-01-31T20:06:00.000Z",
    }
    url = {"url": "https://t.co/abc", "expanded": "https://example.org/shifts"}
    event = {"initiatingUserId": "11", "userIds": ["33"], "createdAt": "2024-01-31T20:07:00.000Z"}
    two = [{"messageCreate": {**said, "recipientId": "11", "urls": [url], "mediaUrls": ["a.jpg"], "reactions": [{}]}},
           {"messageCreate": {**said, "id": "901", "senderId": "11", "urls": [], "mediaUrls": []}}]  # fmt: skip
    group = [
        {"participantsJoin": event},
        {"conversationNameUpdate": {**event, "name": "Crew"}},
        two[0],
        {"welcomeMessageCreate": said},
    ]
    account = [{"account": {"accountId": "11", "username": "ada", "accountDisplayName": "Ada"}}]
    tweets = [{"tweet": {"entities": {"user_mentions": [{"id_str": "22", "name": "Bo", "screen_name": "bo"}]}}}]

    def program(name: str, value: Any) -> str:
        return f"window.YTD.{name}.part0 = {json.dumps(value)}"

    def talk(name: str, rows: Any) -> list[Any]:
        return [{"dmConversation": {"conversationId": name, "messages": rows}}]

    files = {
        "data/direct-messages.js": program("direct_messages", talk("11-22", two)),
        "data/direct-messages-group.js": program("direct_messages_group", talk("7", group)),
        "data/account.js": program("account", account), "data/tweets.js": program("tweets", tweets),
    }  # fmt: skip
    return [_archive("twitter.zip", **files), _text("direct-messages-group.js", files["data/direct-messages-group.js"])]


FURTHER: dict[str, Callable[[], list[Sample]]] = {
    "chatgpt": _chatgpt, "discord": _discord, "docx": _docx, "google_chat": _google_chat, "imessage": _imessage,
    "matrix": _matrix, "mbox": _mbox, "messages": _messages, "messenger": _messenger, "reddit": _reddit,
    "signal": _signal, "skype": _skype, "slack": _slack, "table": _table, "telegram": _telegram, "wechat": _wechat,
    "whatsapp": _whatsapp, "x": _x,
}  # fmt: skip
"""What is neither in the docstring of a source nor a text in its tests: archives, databases, and further shapes."""
