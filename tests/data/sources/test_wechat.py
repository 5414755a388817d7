"""WeChat: the tables and the JSON of each program that exports it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from _damaged import chats, check_damaged, covered, facts, messages, read, said, unparsed

from mynah.core.types import Kind
from mynah.data.sources import messages as training
from mynah.data.sources import wechat

HEADER = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"
MEMOTRACE = (
    HEADER
    + '''11,2,1,0,0,1706731507,3,到了吗,2024-01-31 21:05:07,小禾,禾,wxid_h1
12,2,1,0,1,1706731530,2,"快了, ""真的""
两分钟",2024-01-31 21:05:30,,Me,wxid_me,extra

14,7,1,0,0,1706731590,3,在家,2024-01-31 21:06:30,,禾,wxid_h2
13,2,10000,0,0,1706731600,3,"""禾"" 撤回了一条消息",2024-01-31 21:06:40,小禾,禾,wxid_h1
15,2,3,0,0,1706731610,3,<msg/>,2024-01-31 21:06:50,小禾,禾,wxid_h1
16,2
17,2,999,0,0,1706731620,3,?,2024-01-31 21:07:00,小禾,禾,wxid_h1
'''
)
OLD = """localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime
11,2,1,0,0,1706731507,3,到了吗,2024-01-31 21:05:07,8801
12,2,1,0,1,1706731530,2,快了,2024-01-31 21:05:30,8802
"""
ONE_CHAT = """消息ID,类型,发送人,时间,内容
8801,文本,小禾,2024-01-31 21:05:07,到了吗
8802,图片,Me,2024-01-31 21:05:30,
8803,系统消息,系统,2024-01-31 21:05:40,小禾拍了拍我
"""
PYWXDUMP = """id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime
1,8801,文本,0,wxid_h1,77@chatroom,"wxid_h1:
到了吗",,2024/1/31 21:05
2,8802,动画表情,1,我,77@chatroom,[表情],,2024/1/31 21:06
3,8803,神秘,1,我,77@chatroom,?,,2024/1/31 21:06
"""
CHATLOG = """Time,SenderName,Sender,TalkerName,Talker,Content
2024-01-31 21:05:07,小禾,wxid_h1,登山,77@chatroom,到了吗 [微笑]
2024-01-31 21:05:30,我,wxid_me,登山,77@chatroom,![图片](http://127.0.0.1/x)
2024-01-31 21:05:40,系统消息,系统消息,登山,77@chatroom,小禾 加入了群聊
2024-01-31 21:05:50,,wxid_h2,小禾,wxid_h2,[文件|plan.pdf]
"""
WEFLOW: dict[str, Any] = {
    "session": {"wxid": "wxid_h1", "displayName": "小禾", "type": "私聊"},
    "messages": [
        {"localId": 2, "createTime": 1706731530, "type": "文本消息", "content": "快了", "isSend": 1,
         "senderUsername": "wxid_me", "senderDisplayName": "Me"},
        {"localId": 1, "createTime": 1706731507, "type": "文本消息", "content": "到了吗", "isSend": 0,
         "senderUsername": "wxid_h1", "senderDisplayName": ""},
        {"localId": 3, "createTime": 1706731540, "type": "系统消息", "content": "小禾撤回了一条消息", "isSend": None,
         "senderUsername": "wxid_h1"},
        {"localId": 4, "createTime": 1706731550, "type": "引用消息", "content": "「小禾:到了吗」\n- - - - - - - -\n嗯",
         "isSend": 1, "senderUsername": "wxid_me"},
        {"localId": 5, "createTime": None, "type": "文本消息", "content": "?", "senderUsername": "wxid_h1"},
        7,
    ],
}  # fmt: skip
JSON = json.dumps(WEFLOW, ensure_ascii=False)
ALL = {"memotrace": MEMOTRACE, "old": OLD, "chat": ONE_CHAT, "pywxdump": PYWXDUMP, "chatlog": CHATLOG, "weflow": JSON}


def test_memotrace() -> None:
    found = read(wechat, MEMOTRACE)
    first, second = chats(found)
    assert said([first]) == [
        ("小禾", "text", "到了吗"),
        ("Me", "text", '快了, "真的"\n两分钟'),
        ("小禾", "deleted", '"禾" 撤回了一条消息'),
        ("小禾", "media", "photo"),
    ]
    assert said([second]) == [("禾", "text", "在家")] and (first.chat, second.chat) == ("小禾", "禾")
    assert [m.origin.line for m in first.messages] == [1, 2, 4, 5] and covered(found) == list(range(1, 8))
    assert [u.reason for u in unparsed(found)] == ["2 columns, where the header has 12", "unknown type '999'"]
    assert first.messages[0].at == datetime(2024, 1, 31, 21, 5, 7) and first.messages[0].id == "11"
    assert facts(found) == {"counts": "messages"}


def test_without_a_local_time_all_times_are_utc() -> None:
    found = read(wechat, MEMOTRACE.replace("2024-01-31 21:05:07", ""))
    assert facts(found)["times"] == "UTC" and messages(found)[0].at == datetime(2024, 1, 31, 20, 5, 7)


def test_older_tables_name_nobody() -> None:
    assert said(read(wechat, OLD)) == [("talker 2", "text", "到了吗"), ("我", "text", "快了")]


def test_other_tables() -> None:
    assert said(read(wechat, ONE_CHAT)) == [
        ("小禾", "text", "到了吗"), ("Me", "media", "photo"), ("", "system", "小禾拍了拍我")
    ]  # fmt: skip
    found = read(wechat, PYWXDUMP)
    assert said(found) == [("wxid_h1", "text", "到了吗"), ("我", "media", "sticker")] and len(unparsed(found)) == 1
    assert chats(found)[0].chat == "77@chatroom" and covered(found) == [1, 2, 3]
    group, single = chats(read(wechat, CHATLOG))
    assert said([group]) == [
        ("小禾", "text", "到了吗 [微笑]"), ("我", "media", "photo"), ("", "system", "小禾 加入了群聊")
    ]  # fmt: skip
    assert said([single]) == [("wxid_h2", "media", "file")] and (group.chat, single.chat) == ("登山", "小禾")


def test_json() -> None:
    found = read(wechat, JSON)
    assert said(found) == [
        ("小禾", "text", "到了吗"), ("Me", "text", "快了"), ("小禾", "deleted", "小禾撤回了一条消息"),
        ("Me", "text", "嗯"),
    ]  # fmt: skip
    assert [m.origin.line for m in messages(found)] == [2, 1, 3, 4] and covered(found) == list(range(1, 7))
    assert facts(found) == {"counts": "messages", "times": "UTC"} and chats(found)[0].chat == "小禾"
    for broken in ("{", '{"session": {}}', "{}"):
        assert len(unparsed(read(wechat, broken))) == 1


REPLY = "<msg><appmsg><title>嗯 &amp; 好</title><type>57</type><refermsg><type>1</type></refermsg></appmsg></msg>"


@pytest.mark.parametrize(
    ("number", "sub", "content", "expected"),
    [
        ("49", "57", REPLY, ("text", "嗯 & 好")),
        ("49", "57", "嗯", ("text", "嗯")),
        ("49", "0", "<msg><title>plan.pdf</title><type>6</type></msg>", ("media", "file")),
        ("49", "5", "", ("media", "link")),
        (
            "49",
            "19",
            "<msg><title><![CDATA[禾的记录]]></title><type>19</type></msg>",
            ("forwarded", "禾的记录"),
        ),
        ("34", "0", "<voicemsg/>", ("media", "voice message")),
        ("50", "0", "", ("system", "call")),
        ("1", "0", "wxid_h1:\n到了", ("text", "到了")),
        ("1", "0", "", ("media", "empty message")),
    ],
)
def test_numbers_of_types(number: str, sub: str, content: str, expected: tuple[Kind, str]) -> None:
    found = read(wechat, f'{HEADER}1,2,{number},{sub},0,1706731507,3,"{content}",2024-01-31 21:05:07,,禾,wxid_h1\n')
    assert said(found)[0][1:] == expected


def test_a_field_that_is_too_large_is_no_message() -> None:
    found = read(wechat, OLD + '13,2,1,0,1,1706731530,2,"' + "x\n" * 100_000)
    assert len(messages(found)) == 2 and "broken row" in unparsed(found)[0].reason
    assert covered(found) == list(range(1, len(covered(found)) + 1))


@pytest.mark.parametrize("name", ALL)
def test_sniff(name: str) -> None:
    assert wechat.sniff(ALL[name], "x") > 0.9 and wechat.sniff("\ufeff" + ALL[name][:200], "x") > 0.5
    assert training.sniff(ALL[name], "x.json") < 0.5


def test_other_files_are_no_wechat() -> None:
    for other in (
        "",
        "Date,User,Message\n1,2,3\n",
        '{"session": 1, "messages": []}',
        "localId,TalkerId\n",
        "消息ID 类型",
    ):
        assert wechat.sniff(other, "wechat.csv") == 0


def test_damaged_files_end_well() -> None:
    check_damaged(wechat, list(ALL.values()))
