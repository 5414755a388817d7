"""IRC logs: every line accounted for, the days and times that few lines name, and the real logs of #ubuntu."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, inputs
from mynah.data.sources import irc, whatsapp

REAL = Path(__file__).parents[4] / "shared" / "data" / "1_ubuntu_irc"

IRSSI = """--- Log opened Wed Jan 31 21:00:00 2024
21:05 <@quill> anyone awake?
21:05 < mica> quill: yes, what broke?
21:06  * quill checks the fuse
21:07 -!- jett [~j@example.org] has joined #shed
21:08 -mica:#shed- power is back
23:59 <jett> late
--- Day changed Thu Feb 01 2024
00:01 <jett> early
"""
WEECHAT = """2024-01-31 21:05:07\t@quill\tanyone awake?
2024-01-31 21:05:20\tmica\tquill: yes
2024-01-31 21:06:00\t-->\tjett (~j@example.org) has joined #shed
2024-01-31 21:07:00\t *\tquill checks the fuse
2024-01-31 21:07:30\t--\tjett is now known as jett_
"""
ZNC = """[21:05:07] <quill> anyone awake?
[21:06:00] *** Joins: jett (~j@example.org)
[21:06:30] *** mica is now known as mica_away
[21:07:00] * quill checks the fuse
[21:08:00] -jett- a notice
"""
UBUNTU = """[21:05] <quill> mica: which release?
=== mica [n=m@example.org]  has joined #ubuntu
=== mica is now known as mica_away
=== quill sighs
=== ..[topic/#ubuntu:quill] : Ask here
[21:06] <ubottu> quill: see the help page
[21:07]  * mica_away yawns
"""
LOGS = {"irssi": IRSSI, "WeeChat": WEECHAT, "ZNC": ZNC, "#ubuntu": UBUNTU}


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(text: str | bytes, name: str = "2024-01-31.log", day: str = "") -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    path = Path("/logs") / name
    return list(irc.read(Given(path, None, Path("/logs"), data), irc.Options(date=day)))


def messages(text: str | bytes, name: str = "2024-01-31.log", day: str = "") -> list[Message]:
    return [m for item in items(text, name, day) if isinstance(item, Conversation) for m in item.messages]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def said(text: str | bytes) -> list[tuple[Kind, str, str]]:
    return [(m.kind, m.speaker, m.text) for m in messages(text)]


def times(text: str, name: str = "2024-01-31.log") -> list[str]:
    return [str(m.at)[5:16] for m in messages(text, name) if m.speaker]


def covered(found: list[Item]) -> list[int]:
    """The lines that messages and Unparsed say they come from."""
    origins = [item.origin for item in found if isinstance(item, Unparsed)]
    origins += [m.origin for item in found if isinstance(item, Conversation) for m in item.messages]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


# --- What lines are -------------------------------------------------------------------------------------------------


def test_irssi() -> None:
    assert said(IRSSI) == [
        ("system", "", "Log opened Wed Jan 31 21:00:00 2024"),
        ("text", "quill", "anyone awake?"),
        ("text", "mica", "quill: yes, what broke?"),
        ("text", "quill", "/me checks the fuse"),
        ("system", "", "jett [~j@example.org] has joined #shed"),
        ("automatic", "mica", "power is back"),
        ("text", "jett", "late"),
        ("system", "", "Day changed Thu Feb 01 2024"),
        ("text", "jett", "early"),
    ]
    assert times(IRSSI, "x.log")[-2:] == ["01-31 23:59", "02-01 00:01"]


def test_weechat() -> None:
    assert said(WEECHAT) == [
        ("text", "quill", "anyone awake?"),
        ("text", "mica", "quill: yes"),
        ("system", "", "jett (~j@example.org) has joined #shed"),
        ("text", "quill", "/me checks the fuse"),
        ("system", "", "jett is now known as jett_"),
    ]
    assert "times" not in facts(items(WEECHAT))
    newer = WEECHAT.replace(" 21:", "T21:").replace("\t", ".123456Z\t", 1)
    assert messages(newer)[0].at == datetime(2024, 1, 31, 21, 5, 7, 123456)
    assert facts(items(newer))["times"] == "local in 4 lines and UTC in 1"
    assert facts(items(newer.split("\n")[0]))["times"] == "UTC"
    (long,) = messages("2024-01-31 21:05:07\tquill\tone\ntwo\n\nthree\n")
    assert (long.text, long.origin.lines) == ("one\ntwo\n\nthree", 4)


def test_znc() -> None:
    assert said(ZNC) == [
        ("text", "quill", "anyone awake?"),
        ("system", "", "Joins: jett (~j@example.org)"),
        ("system", "", "mica is now known as mica_away"),
        ("text", "quill", "/me checks the fuse"),
        ("automatic", "jett", "a notice"),
    ]
    assert str(messages(ZNC)[0].at) == "2024-01-31 21:05:07"


def test_old_logs_of_ubuntu_have_actions_among_the_events() -> None:
    assert said(UBUNTU) == [
        ("text", "quill", "mica: which release?"),
        ("system", "", "mica [n=m@example.org]  has joined #ubuntu"),
        ("system", "", "mica is now known as mica_away"),
        ("text", "quill", "/me sighs"),
        ("system", "", "..[topic/#ubuntu:quill] : Ask here"),
        ("automatic", "ubottu", "quill: see the help page"),
        ("text", "mica_away", "/me yawns"),
    ]
    assert facts(items(UBUNTU))["times"] == "UTC"


def test_colors_old_encodings_and_line_ends() -> None:
    assert said("\ufeff21:05 < quill> \x0304,12red\x03 \x02bold\x0f\r\n") == [("text", "quill", "red bold")]
    assert said(b"21:05 < quill> caf\xe9 \xc3\xa9\n21:05 < mica> a\xe2\x80\xa8b") == [
        ("text", "quill", "café é"),
        ("text", "mica", "a\u2028b"),
    ]


@pytest.mark.parametrize(
    "line", ["", "hello", "25:61 <quill> hi", "[21:05] (quill/#shed) hi", "2024-02-31 21:05:07\ta\tb"]
)
def test_other_lines_are_unparsed_with_a_reason(line: str) -> None:
    found = items(f"21:05 < quill> hi\n{line}\n21:06 < quill> you\n")
    (unread,) = (item for item in found if isinstance(item, Unparsed))
    assert unread.reason and unread.text == line and covered(found) == [1, 2, 3]


# --- Days and times -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day", "chat"),
    [
        ("2024-01-31.log", "2024-01-31", ""),
        ("libera/#shed/2024-01-31.log", "2024-01-31", "libera/#shed"),
        ("libera/mica/2024-01-31.log", "2024-01-31", "libera/mica"),
        ("2004/11/15/#ubuntu.txt", "2004-11-15", "#ubuntu"),
        ("2004-11-15-#ubuntu.txt", "2004-11-15", "#ubuntu"),
        ("libera/#shed_20240131.log", "2024-01-31", "libera/#shed"),
        ("2004-11-15_03.raw.txt", "2004-11-15", ""),
        ("irc.libera.#shed.weechatlog", "1970-01-01", "irc.libera.#shed"),
        ("2024-13-31.log", "1970-01-01", ""),
    ],
)
def test_the_name_of_the_file_tells_day_and_channel(name: str, day: str, chat: str) -> None:
    found = items("[21:05] <quill> hi\n", name)
    (conversation,) = (item for item in found if isinstance(item, Conversation))
    assert str(conversation.messages[0].at) == f"{day} 21:05:00" and conversation.chat == chat
    assert ("not known" in facts(found)["day"]) == day.startswith("1970")


def test_the_day_can_be_set() -> None:
    assert str(messages("21:05 < quill> hi", "x.log", "2019-05-04")[0].at) == "2019-05-04 21:05:00"
    with pytest.raises(UserError, match=r"irc\.date, found 'May'"):
        messages("21:05 < quill> hi", "x.log", "May")


@pytest.mark.parametrize("day", ["Fri Mar 01 2024", "Fr Mär 01 2024", "ven. mars 01 2024", "vie mar 01 2024"])
def test_day_lines_in_several_languages(day: str) -> None:
    assert times(f"23:59 < quill> hi\n--- Day changed {day}\n00:01 < quill> you\n") == ["02-29 23:59", "03-01 00:01"]


def test_a_clock_that_runs_backwards() -> None:
    far = "[23:50] <quill> a\n[00:10] <quill> b\n[21:00] <quill> c\n[08:00] <quill> d\n"
    assert times(far) == ["01-31 23:50", "02-01 00:10", "02-01 21:00", "02-02 08:00"]
    near = "[02:59] <quill> a\n[02:00] <quill> b\n[03:10] <quill> c\n"  # the end of summer time
    assert times(near) == ["01-31 02:59", "01-31 02:59", "01-31 03:10"]
    assert facts(items(near))["lines after the clock was set back"].startswith("1, ")


def test_a_clock_of_twelve_hours() -> None:
    text = "[11:59] <quill> a\n[12:30] <quill> b\n[12:59] <quill> c\n[01:00] <quill> d\n[11:00] <quill> e\n"
    assert times(text) == ["01-31 11:59", "01-31 12:30", "01-31 12:59", "01-31 13:00", "01-31 23:00"]
    assert times("[11:59] <quill> a\n[00:01] <quill> b\n") == ["01-31 11:59", "01-31 12:01"]
    assert "12 hours" in facts(items(text))["clock"] and "clock" not in facts(items(UBUNTU))
    assert times("[12:59] <quill> a\n[13:00] <quill> b\n[01:00] <quill> c\n")[2] == "02-01 01:00"


def test_events_without_a_time_have_that_of_the_line_before() -> None:
    found = messages("=== mica is now known as m\n[21:05] <quill> a\n=== m is now known as mica\n[21:07] <quill> b\n")
    assert [str(m.at)[11:16] for m in found] == ["21:05", "21:05", "21:05", "21:07"]


def test_days_beyond_the_calendar() -> None:
    text = "[23:00] <quill> a\n[01:00] <quill> b\n" * 5
    assert len(messages(text, "9999-12-31.log")) == len(messages(text, "0001-01-01.log")) == 10


# --- Laws -----------------------------------------------------------------------------------------------------------

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=30)
NICKS = st.from_regex(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,15}", fullmatch=True)
TEXTS = PLAIN.map(str.strip).filter(bool) | NICKS.map("/me waves at {}".format)


@given(st.lists(st.tuples(NICKS | st.just(""), TEXTS, st.integers(0, 10**8))))
def test_what_is_written_is_read_again(rows: list[tuple[str, str, int]]) -> None:
    at, wanted = datetime(2024, 1, 31), []
    for number, (nick, text, seconds) in enumerate(rows, 1):
        at += timedelta(seconds=seconds)
        kind: Kind = "automatic" if irc.is_bot(nick) else "text" if nick else "system"
        wanted.append(Message(nick, text, at, Origin("2024-01-31.log", number), kind))
    text = irc.write(Conversation(tuple(wanted), Origin("x", 1)))
    assert [replace(m, id=None, reply_to=None) for m in messages(text)] == wanted


PIECES = [line for log in LOGS.values() for line in log.split("\n")]


@given(st.lists(st.sampled_from(PIECES) | PLAIN), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_line_belongs_to_one_thing(lines: list[str], end: str, final: bool) -> None:
    text = end.join(lines) + (end if final and lines else "")
    count = text.count("\n") + (not text.endswith("\n")) if text else 0
    found = items(text)
    assert covered(found) == list(range(1, count + 1))
    at = [m.at for item in found if isinstance(item, Conversation) for m in item.messages]
    assert None not in at and at == sorted(at)  # type: ignore[type-var]
    assert 0 <= irc.sniff(text, "x") <= 1


def damaged(r: random.Random, data: bytes) -> bytes:
    """A log that was cut, doubled, swapped or overwritten somewhere."""
    for _ in range(r.randint(1, 4)):
        a, b = sorted(r.randint(0, len(data)) for _ in range(2))
        piece = r.choice(
            [b"\xff", b"\x00", b"9" * 300, b"\t", b"\r", b"\n", b"[", b"\xef\xbb\xbf", "²".encode(), b"0000-00-00"]
        )
        data = r.choice(
            [data[:a] + data[b:], data[:b] + data[a:], data[b:] + data[a:b] + data[:a], data[:a] + piece + data[a:]]
        )
    return data


def test_damaged_logs_end_well() -> None:
    r = random.Random(7)
    for index in range(200):
        data = damaged(r, list(LOGS.values())[index % 4].encode())
        file = Given(Path("chat.log"), data=data)
        found, text = list(irc.read(file, irc.Options())), file.text()
        assert covered(found) == list(range(1, text.count("\n") + (not text.endswith("\n") and bool(text)) + 1)), data


@pytest.mark.parametrize(
    "head", ["", "[21:05] ", "21:05 <", "21:05 -", "=== ", "--- Day changed ", "2024-01-31 21:05:07\t"]
)
def test_the_time_grows_with_the_size(head: str) -> None:
    for piece in ("a", " ", ":#", "<", "-", "\x03", "a is now known as ", "\t", "[", "1"):
        items(head + piece * (100_000 // len(piece)))


# --- Sniffing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("log", LOGS)
def test_logs_are_recognized(log: str) -> None:
    text = LOGS[log]
    assert irc.sniff(text, "x") > 0.9 and irc.sniff(text, "x") > whatsapp.sniff(text, "x")
    assert irc.sniff((text * 1000)[:65_536], "x") > 0.9
    assert facts(items(text))["format"] == log


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "[31/01/2024, 21:05:07] Ann: <hi> there\n" * 5, "31/01/2024, 21:05 - Ann: hi\n" * 5,
        "[21:05] Ann: hi\n" * 5, "=== a headline\n=== another\n", "--- a\n+++ b\n", "name,text\n21:05,hi\n",
        "a diary\n[21:05] <quill> hi\nwent on\nand on\n", '{"text": "[21:05] <quill> hi"}', "21:05 news at nine\n" * 9,
    ],
)  # fmt: skip
def test_other_files_are_not_claimed(text: str) -> None:
    assert irc.sniff(text, "irc.log") == 0


# --- Real logs ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_real_logs() -> None:
    total: Counter[str] = Counter()
    for folder, step in (("irc_disentanglement_dev", 1), ("irc_disentanglement_train", 7)):
        wanted = json.loads((REAL / folder / "expected.json").read_text())["files"]
        for name, counts in list(wanted.items())[::step]:
            (file,) = inputs(REAL / folder / name)
            assert irc.sniff(file.head(), file.name) > 0.9
            found = list(irc.read(file, irc.Options()))
            assert covered(found) == list(range(1, counts["lines"] + 1))
            lines = file.text().split("\n")
            read = [
                (m, lines[m.origin.line - 1]) for item in found if isinstance(item, Conversation) for m in item.messages
            ]
            spoken = [m for m, line in read if line[:1] == "[" and m.speaker and " -" not in line[:9]]
            assert sum(not m.text.startswith(irc.ACTION.strip()) for m in spoken) <= counts["messages"]
            assert len(spoken) == counts["messages"] + counts["me_actions"], name
            assert all(str(m.at)[:7] == counts["date"][:7] for m in spoken)
            total[folder] += len(spoken)
    assert total["irc_disentanglement_dev"] == 11_615 + 29
