"""KakaoTalk: its five shapes, and what is written is read again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from _damaged import chats, check_damaged, covered, facts, messages, read, said, unparsed
from hypothesis import example, given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Kind, Message, Origin
from mynah.data.sources import kakaotalk, whatsapp

WINDOWS = """솔 님과 카카오톡 대화
저장한 날짜 : 2024-02-01 08:00:00

--------------- 2024년 1월 31일 수요일 ---------------
[솔] [오후 9:05] 어디야?
[바다/94 [A]] [오후 9:06] 곧 도착

두 정거장 남았어
[솔] [오후 9:07] 사진 3장
들님이 들어왔습니다.
--------------- 2024년 2월 1일 목요일 ---------------
[솔] [오전 12:05] 사진 보냈어
"""
ANDROID = """솔 님과 카카오톡 대화
저장한 날짜 : 2024년 2월 1일 오전 8:00


2024년 1월 31일 오후 9:05
2024년 1월 31일 오후 9:05, 솔 : 어디야?
2024년 1월 31일 오후 9:06, 바다 : 곧 도착 : 바로

두 정거장 남았어
2024년 1월 31일 오후 9:07, 솔 : 사진 3장
2024년 1월 31일 오후 9:08, 들님이 들어왔습니다.

2024년 2월 1일 오전 12:05
2024년 2월 1일 오전 12:05, 솔 : 사진 보냈어
"""
IOS_DATED = """솔 님과 카카오톡 대화
저장한 날짜 : 2024. 2. 1. 오전 8:00

2024년 1월 31일 수요일
2024. 1. 31. 오후 9:05, 솔 : 어디야?
2024. 1. 31. 오후 9:06, 바다 : 곧 도착 : 바로

두 정거장 남았어
2024. 1. 31. 오후 9:07, 솔 : 사진 3장
2024. 1. 31. 오후 9:08: 들님이 들어왔습니다.

2024년 2월 1일 목요일
2024. 2. 1. 오전 12:05, 솔 : 사진 보냈어
"""
IOS_TIMED = """솔 님과 카카오톡 대화
저장한 날짜 : 2024. 2. 1. 오전 8:00

2024년 1월 31일 수요일
오후 9:05, 솔 : 어디야?
오후 9:06, 바다 : 곧 도착 : 바로

두 정거장 남았어
오후 9:07, 솔 : 사진 3장
들님이 들어왔습니다.

2024년 2월 1일 목요일
오전 12:05, 솔 : 사진 보냈어
"""
MAC = """Date,User,Message
2024-01-31 21:05:07,"솔","어디야?"
2024-01-31 21:06:10,"바다","곧 도착

""두"" 정거장, 남았어"
2024-01-31 21:07:00,"솔","사진 3장"
2024-01-31 21:08:00,"들","들님이 들어왔습니다."
no time,"솔","?"
broken
2024-02-01 00:05:00,"솔","사진 보냈어"
"""
ENGLISH = """KakaoTalk Chats with Sol
Date Saved : Feb 1, 2024 at 08:00

Wednesday, January 31, 2024
Jan 31, 2024 at 21:05, Sol : where are you?
Jan 31, 2024 at 21:06: Sol invited Bada.
Jan 31, 2024 at 21:07, Bada : Photo
"""
SHAPES = {"windows": WINDOWS, "android": ANDROID, "ios dated": IOS_DATED, "ios timed": IOS_TIMED, "mac": MAC}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_five_shapes(shape: str) -> None:
    found = read(kakaotalk, SHAPES[shape])
    people = [m for m in messages(found) if m.speaker]
    assert [(m.kind, m.text) for m in people][::2] == [("text", "어디야?"), ("media", "photo")]
    assert [m.speaker for m in people] == ["솔", "바다/94 [A]" if shape == "windows" else "바다", "솔", "솔"]
    assert people[1].text.startswith("곧 도착") and people[1].text.endswith("\n\n" + people[1].text.rpartition("\n")[2])
    assert people[-1].text == "사진 보냈어", "only a whole message is a placeholder"
    assert [(m.at.day, m.at.hour, m.at.minute) for m in people if m.at] == [
        (31, 21, 5), (31, 21, 6), (31, 21, 7), (1, 0, 5)
    ]  # fmt: skip
    assert "들님이 들어왔습니다." in [m.text.strip() for m in messages(found) if m.kind == "system"]
    if shape == "mac":
        assert [u.origin.line for u in unparsed(found)] == [5, 6] and covered(found) == list(range(1, 8))
    else:
        assert covered(found) == list(range(1, SHAPES[shape].count("\n") + 1)) and not unparsed(found)
        assert chats(found)[0].chat == "솔"
    assert kakaotalk.sniff(SHAPES[shape], "x") >= 0.9 > whatsapp.sniff(SHAPES[shape], "x")


def test_english() -> None:
    found = read(kakaotalk, ENGLISH)
    assert said(found)[2:] == [
        ("Sol", "text", "where are you?"), ("", "system", "Sol invited Bada."), ("Bada", "media", "photo")
    ]  # fmt: skip
    assert chats(found)[0].chat == "Sol" and facts(found) == {"platform": "Android or iPhone"}
    assert kakaotalk.sniff(ENGLISH, "x") > 0.9 > whatsapp.sniff(ENGLISH, "x")
    windows = "--------------- Wednesday, January 31, 2024 ---------------\n[Sol] [9:05 PM] hi\n[Bada] [21:06] yes\n"
    assert [m.at for m in messages(read(kakaotalk, windows))[1:]] == [
        datetime(2024, 1, 31, 21, 5), datetime(2024, 1, 31, 21, 6)
    ]  # fmt: skip
    assert kakaotalk.sniff(windows, "x") > 0.8


@pytest.mark.parametrize("text", [WINDOWS, ANDROID, IOS_TIMED])
def test_old_files_in_cp949(text: str) -> None:
    found = read(kakaotalk, text.encode("cp949"))
    assert said(found) == said(read(kakaotalk, text)) and facts(found)["encoding"] == "CP949"
    assert kakaotalk.sniff(text.encode("cp949").decode("windows-1252", "replace"), "x") > 0.9


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("사진", "media"), ("동영상", "media"), ("이모티콘", "media"), ("파일: plan.pdf", "media"), ("투표", "media"),
        ("사진 있어?", "text"), ("삭제된 메시지입니다.", "deleted"), ("메시지가 삭제되었습니다.", "deleted"),
        ("보이스톡 해요", "system"), ("보이스톡 1:02", "system"), 
        ("보이스톡 하자", "text"), ("솔님이 나갔습니다.", "text"),
    ],
)  # fmt: skip
def test_kinds_of_what_people_send(text: str, kind: Kind) -> None:
    found = read(kakaotalk, f"--------------- 2024년 1월 31일 수요일 ---------------\n[솔] [오후 9:05] {text}\n")
    assert said(found)[-1][1] == kind


def test_pasted_lines_of_another_shape_stay_text() -> None:
    pasted = "2024년 1월 30일 오후 9:05, 들 : 안녕\n2024년 1월 29일 수요일"
    found = read(kakaotalk, WINDOWS + pasted)
    assert said(found)[-1] == ("솔", "text", f"사진 보냈어\n{pasted}")
    assert not chats(read(kakaotalk, "[솔] [오후 9:05] 어디야?\n")), "a time without a day"
    strange = read(kakaotalk, ANDROID + "2024년 2월 30일 오후 9:05, 솔 : 안녕\n")
    assert said(strange)[-1][2].endswith("솔 : 안녕"), "no such day"


def test_notices_with_a_colon_have_no_speaker() -> None:
    notice = "솔님이 채팅방 이름을 변경했습니다 : 새벽"
    assert ("", "system", notice) in said(read(kakaotalk, ANDROID + f"2024년 2월 1일 오전 12:06, {notice}\n"))


def test_what_is_no_chat() -> None:
    for text in ("", "일기\n오늘\n", "솔 님과 카카오톡 대화\n"):
        found = read(kakaotalk, text)
        assert not chats(found) and covered(found) == list(range(1, text.count("\n") + 1))
    for other in (
        "",
        "[21:05] <sol> hi",
        "January 31, 2024 at 9:05, we left\n" * 3,
        "Date,User,Amount\n",
        "été : oui\n" * 3,
    ):
        assert kakaotalk.sniff(other, "KakaoTalk.txt") == 0


# --- Reading undoes writing -----------------------------------------------------------------------------------------

NAMES = st.text("ab Z솔水:-🙂[]", min_size=1, max_size=6).map(str.strip).filter(lambda n: n and " : " not in f" {n} ")
TEXTS = st.text('ab Z:é<>()솔🙂-1/.,"\n', min_size=1, max_size=40).map(str.strip).filter(bool)
KINDS: dict[Kind, st.SearchStrategy[str]] = {
    "text": TEXTS,
    "media": st.sampled_from(["photo", "video", "sticker", "file", "voice message", "map"]),
    "system": st.just("솔님이 나갔습니다."),
    "deleted": st.just("삭제된 메시지입니다."),
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


COLONS = Message("::", ":\n1", datetime(2024, 1, 31, 21, 5), Origin("chat.txt", 1))


@given(conversations())
@example(Conversation((COLONS,), Origin("chat.txt", 1), "Z"))
def test_what_is_written_is_read_again(conversation: Conversation) -> None:
    text = kakaotalk.write(conversation)
    (again,) = chats(found := read(kakaotalk, text))
    days = ("2024년", f"{conversation.chat} 님과", "저장한")
    kept = [m for m in again.messages if m.speaker or not m.text.startswith(days)]
    assert [(m.speaker, m.text, m.at, m.kind) for m in kept] == [
        (m.speaker, m.text, m.at, m.kind) for m in conversation.messages
    ]
    assert again.chat == conversation.chat and kakaotalk.write(again) == text
    assert covered(found) == list(range(1, text.count("\n") + 1))


def test_damaged_files_end_well() -> None:
    check_damaged(kakaotalk, list(SHAPES.values()))
