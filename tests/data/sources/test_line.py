"""LINE: languages, clocks, layouts, and what is written is read again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from _damaged import chats, check_damaged, covered, facts, messages, read, said, unparsed
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Kind, Message, Origin
from mynah.data.sources import line

TABS = """[LINE] Chat history with Nami Ray
Saved on: 2024/02/01 08:00

2024/01/31(水)
21:05\tNami Ray\tare you at the station?
21:06\tTaro\t"almost

five minutes"
21:07\tNami Ray\t[スタンプ]
21:08\t\tTaro changed the name.
21:09\tTaro\t☎ 不在着信
21:10\tTaro\tメッセージの送信を取り消しました

2024/02/01(木)
0:01\tTaro\t[hello] "you"
"""
SPACES = """2024.01.31 Wednesday
21:05 Nami Ray are you here?
21:05 Nami Ray or not?
21:06 Taro almost
five minutes
21:07 Nami Ray Stickers
21:08 Nami Ray well
21:09 Nami Ray fine
21:09 Nami Ray see you
21:09 Taro yes
"""


def test_what_is_in_a_chat() -> None:
    found = read(line, TABS)
    assert said(found) == [
        ("", "system", "[LINE] Chat history with Nami Ray\nSaved on: 2024/02/01 08:00"),
        ("", "system", "2024/01/31(水)"),
        ("Nami Ray", "text", "are you at the station?"),
        ("Taro", "text", "almost\n\nfive minutes"),
        ("Nami Ray", "media", "sticker"),
        ("", "system", "Taro changed the name."),
        ("", "system", "☎ 不在着信"),
        ("Taro", "deleted", "メッセージの送信を取り消しました"),
        ("", "system", "2024/02/01(木)"),
        ("Taro", "text", '[hello] "you"'),
    ]
    assert covered(found) == list(range(1, 16)) and not unparsed(found)
    times = [m.at for m in messages(found)]
    assert times[:3] == [datetime(2024, 1, 31, 21, 5)] * 3, "the header and the day are as late as what follows"
    assert times[-2:] == [datetime(2024, 2, 1, 0, 1)] * 2
    assert chats(found)[0].chat == "Nami Ray" and facts(found) == {"layout": "tabs", "clock": "24 hours"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024/01/31(水)", (2024, 1, 31)), ("2024/1/31週三", (2024, 1, 31)), ("2024/01/31（週三）", (2024, 1, 31)),
        ("2024.01.31 Wednesday", (2024, 1, 31)), ("2024.01.31 水曜日", (2024, 1, 31)),
        ("2024.01.31 星期三", (2024, 1, 31)), ("Wed, 1/31/2024", (2024, 1, 31)), ("Fri, 3/1/2024", (2024, 3, 1)),
        ("Wed, 3/1/2024", (2024, 1, 3)), ("2024.1.31 수요일", (2024, 1, 31)),
    ],
)  # fmt: skip
def test_the_days_of_all_languages(day: str, expected: tuple[int, int, int]) -> None:
    (m,) = [m for m in messages(read(line, f"[LINE] x\n\n{day}\n9:05\tNami\thi\n")) if m.speaker]
    assert m.at == datetime(*expected, 9, 5)


@pytest.mark.parametrize(
    ("time", "expected"),
    [("21:05", 21), ("午後9:05", 21), ("午前0:05", 0), ("午後0:05", 12), ("下午09:05", 21), ("上午12:05", 0),
     ("09:05PM", 21), ("9:05 PM", 21), ("12:05 AM", 0)],
)  # fmt: skip
def test_the_clocks_of_all_languages(time: str, expected: int) -> None:
    found = read(line, f"2024/01/31(水)\n{time}\tNami\thi\n")
    assert messages(found)[1].at == datetime(2024, 1, 31, expected, 5)
    assert facts(found)["clock"] == ("24 hours" if time == "21:05" else "12 hours")


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("[LINE] Namiとのトーク履歴", "Nami"), ("[LINE] 登山部のトーク履歴", "登山部"), 
        ("[LINE] 与Nami的聊天记录", "Nami"),
        ("[LINE] 與Nami的聊天記錄", "Nami"), ("[LINE] Chat history in Hiking: A", "Hiking: A"), ("[LINE] else", "else"),
    ],
)  # fmt: skip
def test_the_names_of_chats(header: str, title: str) -> None:
    found = read(line, f"\ufeff{header}\r\n保存日時：2024/02/01 08:00\r\n\r\n2024/01/31(水)\r\n21:05\tNami\thi\r\n")
    assert chats(found)[0].chat == title and said(found)[-1] == ("Nami", "text", "hi")


def test_spaces_in_place_of_tabs() -> None:
    """Names of several words are known by how often they stand together."""
    found = read(line, SPACES)
    assert [who for who, kind, _ in said(found) if kind != "system"] == [
        "Nami Ray", "Nami Ray", "Taro", "Nami Ray", "Nami Ray", "Nami Ray", "Nami Ray", "Taro"
    ]  # fmt: skip
    assert said(found)[3] == ("Taro", "text", "almost\nfive minutes") and said(found)[4][1:] == ("media", "sticker")
    assert covered(found) == list(range(1, 11)) and facts(found)["layout"] == "spaces"
    few = read(line, "2024.01.31 Wednesday\n21:05 Nami ok sure\n21:06 Nami ok then\n")
    assert said(few)[1:] == [("Nami", "text", "ok sure"), ("Nami", "text", "ok then")]


def test_what_stands_before_the_chat_and_no_chat_at_all() -> None:
    found = read(line, f"a note\n\n{TABS}")
    assert [(u.text, u.origin.lines, u.reason) for u in unparsed(found)] == [
        ("a note\n", 2, "before the first message")
    ]
    assert chats(found)[0].chat == "Nami Ray"
    for text in ("a note\nof nothing\n", "[LINE] Chat history with Nami\n", "2024/01/31(水)\n"):
        found = read(line, text)
        assert not chats(found) and covered(found) == list(range(1, text.count("\n") + 1)) and facts(found)
    assert not covered(read(line, ""))


def test_a_text_is_no_day_and_no_placeholder() -> None:
    found = read(line, "2024/01/31(水)\n21:05\tNami\tsee [Photo]\n2024/02/30(木)\n2024/02/01 maybe\n25:61\tNami\tno\n")
    assert said(found)[1:] == [("Nami", "text", "see [Photo]\n2024/02/30(木)\n2024/02/01 maybe\n25:61\tNami\tno")]


def test_sniff() -> None:
    assert line.sniff(TABS, "x") == line.sniff("\ufeff" + TABS, "x") > 0.9 > line.sniff(SPACES, "x") > 0.5
    assert line.sniff(TABS.partition("\n\n")[2], "x") > 0.8
    for other in (
        "",
        "[21:05] <nami> hi",
        "2024-01-31 21:05:07\tnami\thi\n" * 3,
        "21:05 nami hi\n" * 9,
        "2024/01/31(水)\n",
    ):
        assert line.sniff(other, "[LINE] Nami.txt") == 0


# --- Reading undoes writing -----------------------------------------------------------------------------------------

NAMES = st.text("ab Zé水:-🙂", min_size=1, max_size=6).map(str.strip).filter(bool)
TEXTS = st.text('ab Z:é<>()水🙂-1/.,"\n', min_size=1, max_size=40).map(str.strip).filter(bool)
KINDS: dict[Kind, st.SearchStrategy[str]] = {
    "text": TEXTS,
    "media": st.sampled_from(["photo", "video", "sticker", "file", "voice message", "location"]),
    "system": st.text("ab Z", min_size=1, max_size=20).map(str.strip).filter(bool),
    "deleted": st.just("Nami unsent a message."),
}


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    at, written = datetime(2024, 1, 31, 21, 5), []
    for _ in range(draw(st.integers(1, 8))):
        at += timedelta(minutes=draw(st.sampled_from([0, 1, 70, 1500])))
        kind = draw(st.sampled_from(list(KINDS)))
        speaker = "" if kind == "system" else draw(NAMES)
        written.append(Message(speaker, draw(KINDS[kind]), at, Origin("chat.txt", 1), kind))
    return Conversation(tuple(written), Origin("chat.txt", 1), draw(NAMES))


@given(conversations())
def test_what_is_written_is_read_again(conversation: Conversation) -> None:
    text = line.write(conversation)
    (again,) = chats(found := read(line, text))
    kept = [m for m in again.messages if line._day(m.text) is None and not m.text.startswith("[LINE]")]
    assert [(m.speaker, m.text, m.at, m.kind) for m in kept] == [
        (m.speaker, m.text, m.at, m.kind) for m in conversation.messages
    ]
    assert again.chat == conversation.chat and line.write(again) == text
    assert covered(found) == list(range(1, text.count("\n") + 1))


def test_damaged_files_end_well() -> None:
    check_damaged(line, [TABS, SPACES])
