"""The Ubuntu Dialogue Corpus: both of its shapes, every row accounted for."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources import irc, ubuntu_dialogue

DIALOGUE = """2004-11-23T11:49:00.000Z\tquill\t\tsound is "gone
2004-11-23T11:50:00.000Z\tmica\tquill\tis the mixer\tmuted?
2004-11-23T11:50:00.000Z\tubotu\tquill\tsee the page
2004-11-23T11:51:00.000Z\tquill\tmica\tit was, thanks"
"""
TRAIN = """Context,Utterance,Label
"sound is gone __eou__ since today __eou__ __eot__ is the mixer muted ? __eou__ __eot__","it was , ""thanks"" __eou__",1
"sound is gone __eou__ __eot__","try another mirror __eou__",0
which release ? __eou__ __eot__,the new one __eou__ I think __eou__,1
"""
VALID = """Context,Ground Truth Utterance,Distractor_0,Distractor_1
sound is gone __eou__ __eot__,is it muted ? __eou__,no __eou__,yes __eou__
"""
OLD = """"Context","Utterance","Flag"
"sound is gone __EOS__ is it muted ? __EOS__ no",then reboot,1.0
"""
WEECHAT = "2024-01-31T21:05:07.123456Z\tquill\tanyone awake?\n2024-01-31T21:05:20.123456Z\tmica\tquill: a\tb\n"


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(text: str | bytes) -> list[Item]:
    file = Given(Path("1.tsv"), data=text.encode() if isinstance(text, str) else text)
    return list(ubuntu_dialogue.read(file, ubuntu_dialogue.Options()))


def chats(text: str | bytes) -> list[Conversation]:
    return [item for item in items(text) if isinstance(item, Conversation)]


def said(chat: Conversation) -> list[tuple[str, str]]:
    return [(m.speaker, m.text) for m in chat.messages]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def covered(found: list[Item]) -> list[int]:
    """The lines or rows that messages and Unparsed say they come from, each once."""
    origins = {item.origin for item in found if isinstance(item, Unparsed)}
    origins |= {m.origin for item in found if isinstance(item, Conversation) for m in item.messages}
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def test_a_dialogue_a_file() -> None:
    (chat,) = chats(DIALOGUE)
    assert said(chat) == [
        ("quill", 'sound is "gone'),
        ("mica", "is the mixer\tmuted?"),
        ("ubotu", "see the page"),
        ("quill", 'it was, thanks"'),
    ]
    assert [m.kind for m in chat.messages] == ["text", "text", "automatic", "text"]
    assert chat.messages[0].at == datetime(2004, 11, 23, 11, 49) and facts(items(DIALOGUE))["times"] == "UTC"


def test_rows_in_another_order_are_sorted() -> None:
    lines = DIALOGUE.rstrip("\n").split("\n")
    (chat,) = chats("\r\n".join(reversed(lines)))
    assert [m.origin.line for m in chat.messages] == [4, 2, 3, 1]
    assert (chat.origin.line, chat.origin.lines) == (1, 4)


@pytest.mark.parametrize(
    "line",
    ["", "hello", "2004-11-23T11:49:00.000Z\tquill\thi", "2004-02-31T11:49:00.000Z\ta\tb\tc", DIALOGUE[:25] + "\ta\tb"],
)
def test_other_lines_are_unparsed_with_a_reason(line: str) -> None:
    found = items(f"{DIALOGUE}{line}\n")
    (unread,) = (item for item in found if isinstance(item, Unparsed))
    assert unread.reason and unread.origin.line == 5 and len(chats(f"{DIALOGUE}{line}\n")) == 1


def test_a_dialogue_a_row() -> None:
    first, second = chats(TRAIN)
    assert said(first) == [
        ("assistant", "sound is gone"),
        ("assistant", "since today"),
        ("user", "is the mixer muted ?"),
        ("assistant", 'it was , "thanks"'),
    ]
    assert said(second) == [("user", "which release ?"), ("assistant", "the new one"), ("assistant", "I think")]
    (random_one,) = (item for item in items(TRAIN) if isinstance(item, Unparsed))
    assert "label 0" in random_one.reason and random_one.origin.line == 2
    assert covered(items(TRAIN)) == [1, 2, 3] and facts(items(TRAIN))["counts"] == "rows"


def test_tables_of_other_versions() -> None:
    assert [said(chat) for chat in chats(VALID)] == [[("user", "sound is gone"), ("assistant", "is it muted ?")]]
    assert facts(items(VALID))["wrong answers left out"] == "2"
    assert [said(chat) for chat in chats(OLD)] == [
        [("user", "sound is gone"), ("assistant", "is it muted ?"), ("user", "no"), ("assistant", "then reboot")]
    ]
    assert (
        said(chats(("\ufeff" + TRAIN).encode("utf-16"))[1]) == said(chats(TRAIN)[1]) == said(chats("\ufeff" + TRAIN)[1])
    )


def test_broken_rows() -> None:
    for rows in ("only one cell\n", "\n", "a,b,c\n", '"' + "x" * 200_000, "__eou__ __eot__,__eou__,1\n", "caf\udce9"):
        data = (TRAIN + rows).encode(errors="surrogateescape")
        (_, unread) = (item for item in items(data) if isinstance(item, Unparsed))
        assert unread.reason and covered(items(data)) == [1, 2, 3, 4]


def test_sniff() -> None:
    for text in (DIALOGUE, TRAIN, VALID, OLD, (DIALOGUE * 1000)[:65_536], (TRAIN * 1000)[:65_536]):
        assert ubuntu_dialogue.sniff(text, "x") > max(0.9, irc.sniff(text, "x"))
    for text in ("", "hello", "Context,Utterance,Label\na,b,1\n", "context of the matter\n", WEECHAT, "a\tb\tc\td\n"):
        assert ubuntu_dialogue.sniff(text, "train.csv") == 0
    assert irc.sniff(WEECHAT, "x") > 0.5


PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=30)
TEXTS = PLAIN.map(str.strip).filter(bool)
NICKS = st.from_regex(r"[A-Za-z_^|][A-Za-z0-9_^|-]{0,15}", fullmatch=True)


@given(st.lists(st.tuples(NICKS, TEXTS, st.integers(0, 10**8)), min_size=1))
def test_what_is_written_is_read_again(rows: list[tuple[str, str, int]]) -> None:
    at, wanted = datetime(2004, 11, 23), []
    for number, (nick, text, seconds) in enumerate(rows, 1):
        at += timedelta(seconds=seconds)
        kind = "automatic" if irc.is_bot(nick) else "text"
        wanted.append(Message(nick, text, at, Origin("1.tsv", number), kind))  # type: ignore[arg-type]
    (chat,) = chats(ubuntu_dialogue.write(Conversation(tuple(wanted), Origin("x", 1))))
    assert list(chat.messages) == wanted


def test_damaged_files_end_well() -> None:
    r = random.Random(7)
    pieces = [b"\xff", b"\x00", b'"', b"\t", b"\r", b"\n", b",", b"__eot__", b"\xef\xbb\xbf", b"9" * 300]
    for index in range(200):
        data = (DIALOGUE, TRAIN, VALID, OLD)[index % 4].encode()
        for _ in range(r.randint(1, 4)):
            a, b = sorted(r.randint(0, len(data)) for _ in range(2))
            cut, doubled, swapped = data[:a] + data[b:], data[:b] + data[a:], data[b:] + data[a:b] + data[:a]
            data = r.choice([cut, doubled, swapped, data[:a] + r.choice(pieces) + data[a:]])
        found = items(data)
        lines = covered(found)
        assert lines == list(range(1, len(lines) + 1)), data
        if "counts" not in facts(found):
            text = Given(Path("x"), data=data).text()
            assert len(lines) == text.count("\n") + (bool(text) and not text.endswith("\n")), data
        assert 0 <= ubuntu_dialogue.sniff(data.decode(errors="replace"), "x") <= 1
